// SPDX-License-Identifier: Apache-2.0

#include "host/cli/run_command.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "base/try.h"
#include "host/cli/device_choice.h"
#include "host/cli/exit_code.h"
#include "host/cli/module_check.h"
#include "host/cli/options.h"
#include "host/cli/profile_files.h"
#include "host/input/npy.h"
#include "host/results/atomic_file.h"
#include "host/scenario/nearest_name.h"
#include "host/session/module_call.h"
#include "host/terminal/interrupt.h"

namespace host::cli {
namespace {

constexpr size_t kShownElements = 16;
constexpr std::string_view kCallSeparator = "--call";
constexpr std::string_view kDefaultFunction = "main";

struct CallPlan {
  ModuleCall call;
  std::vector<Tensor> expected;
  double tolerance = 0;
};

// The words of each call: those before the first --call, then those after each.
std::vector<std::span<const std::string>> SplitAtCalls(std::span<const std::string> words) {
  std::vector<std::span<const std::string>> segments;
  size_t start = 0;
  for (size_t i = 0; i <= words.size(); ++i) {
    if (i < words.size() && words[i] != kCallSeparator) continue;
    segments.push_back(words.subspan(start, i - start));
    start = i + 1;
  }
  return segments;
}

Result<double> ParseTolerance(const std::string& text) {
  double tolerance = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tolerance);
  if (error != std::errc() || end != text.data() + text.size() || !(tolerance >= 0)) {
    return InputError(
        fmt::format("argument --tolerance: '{}' is not a number of at least 0", text));
  }
  return tolerance;
}

Result<std::vector<Tensor>> ReadInputs(const std::vector<std::string>& values,
                                       const runtime::inspect::Export* function) {
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].ends_with(".npy")) {
      inputs.push_back(TRY(ReadNpy(values[i])));
      continue;
    }
    std::optional<wire::ElementType> type;
    if (function != nullptr && i < function->arguments.size()) {
      type = ElementTypeOf(function->arguments[i]);
    }
    inputs.push_back(TRY(ParseScalar(values[i], type)));
  }
  return inputs;
}

// As far as the module says what it takes. Extents may be split differently as long as the number
// of elements is right: recordings are often saved without the batch extent.
bool Fits(const Tensor& input, const runtime::ValueInfo& wanted) {
  const auto type = ElementTypeOf(wanted);
  if (type && *type != input.type) return false;
  if (wanted.kind != runtime::ValueKind::kTensor) return input.element_count() == 1;
  if (!wanted.shape_known) return true;
  uint64_t elements = 1;
  for (uint32_t axis = 0; axis < wanted.rank; ++axis) {
    if (wanted.dims[axis] == runtime::ValueInfo::kDynamic) return true;
    elements *= wanted.dims[axis];
  }
  return elements == input.element_count();
}

Result<> CheckFunction(const ModuleCall& call, const runtime::inspect::Export* function,
                       const runtime::inspect::Report& report) {
  if (function == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& row : report.exports) names.push_back(row.name);
    return InputError(fmt::format("the model has no function '{}'{}", call.function,
                                  Suggestion(call.function, names)));
  }
  if (function->arguments.size() != call.inputs.size()) {
    return InputError(fmt::format("'{}' takes {} inputs, {} were given", call.function,
                                  function->arguments.size(), call.inputs.size()));
  }
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    if (Fits(call.inputs[i], function->arguments[i])) continue;
    return InputError(fmt::format("input {} of '{}' is {}, the function takes {}", i, call.function,
                                  TypeText(call.inputs[i]),
                                  runtime::inspect::TypeText(function->arguments[i])));
  }
  return {};
}

Result<CallPlan> PlanCall(const Arguments& arguments, const CheckedModule& module, bool check) {
  CallPlan plan;
  if (arguments.Has("--function") && arguments.One("--function").empty()) {
    return InputError("--function needs a name; `kenning info` lists those of a model");
  }
  plan.call.function =
      arguments.Has("--function") ? arguments.One("--function") : DefaultFunction(module.report);
  if (plan.call.function.empty()) plan.call.function = kDefaultFunction;
  const runtime::inspect::Export* function = FindExport(module.report, plan.call.function);
  plan.call.inputs = TRY(ReadInputs(arguments.Many("--input"), function));
  if (check) TRY(CheckFunction(plan.call, function, module.report));
  for (const std::string& path : arguments.Many("--expected-output")) {
    plan.expected.push_back(TRY(ReadNpy(path)));
  }
  if (arguments.Has("--tolerance")) {
    plan.tolerance = TRY(ParseTolerance(arguments.One("--tolerance")));
  }
  if (function != nullptr) plan.call.results = ResultTypesOf(*function);
  if (!plan.expected.empty()) {
    if (function != nullptr && function->results.size() != plan.expected.size()) {
      return InputError(fmt::format("'{}' returns {} results, {} --expected-output were given",
                                    plan.call.function, function->results.size(),
                                    plan.expected.size()));
    }
    plan.call.results.resize(plan.expected.size());
    // Where the module does not say, the expected files do.
    for (size_t i = 0; i < plan.expected.size(); ++i) {
      if (!plan.call.results[i].size_bytes()) {
        plan.call.results[i] = {plan.expected[i].type, plan.expected[i].dims};
      }
    }
  }
  return plan;
}

// Prints results and differences of one call; true if all is as expected.
Result<bool> Judge(size_t number, const CallPlan& plan, const std::vector<Tensor>& results,
                   const std::string& output_folder) {
  bool good = true;
  for (size_t k = 0; k < results.size(); ++k) {
    const Tensor& result = results[k];
    std::string line = fmt::format("call {} {} output {}: {} {}", number, plan.call.function, k,
                                   TypeText(result), ValuesText(result, kShownElements));
    if (!plan.expected.empty()) {
      const std::string difference = CompareTensors(result, plan.expected[k], plan.tolerance);
      good = good && difference.empty();
      line += difference.empty() ? "  as expected" : "  MISMATCH: " + difference;
    }
    fmt::print("{}\n", line);
    if (!output_folder.empty()) {
      TRY(WriteFileAtomically(
          std::filesystem::path(output_folder) / fmt::format("call{}_output{}.npy", number, k),
          FormatNpy(result)));
    }
  }
  if (results.empty()) fmt::print("call {} {}: no outputs\n", number, plan.call.function);
  return good;
}

Result<bool> RunCalls(Connection& connection, const std::vector<CallPlan>& plans,
                      base::Bytes module, const std::string& output_folder) {
  bool good = true;
  for (size_t i = 0; i < plans.size(); ++i) {
    auto results = CallModule(connection, plans[i].call, i == 0 ? module : base::Bytes());
    if (!results) {
      Error error{results.error().kind,
                  fmt::format("call {} of '{}' failed", i + 1, plans[i].call.function),
                  {},
                  {std::move(results).error()}};
      return std::unexpected(std::move(error));
    }
    const bool as_expected = TRY(Judge(i + 1, plans[i], *results, output_folder));
    good = good && as_expected;
  }
  return good;
}

}  // namespace

Result<int> RunCommand(std::span<const std::string> words, const Arguments& arguments, Log& log) {
  const std::string& path = arguments.positionals().front();
  const bool check = !arguments.Has("--no-check");
  DeviceChoice choice = TRY(ChooseDevice(arguments, nullptr, log));
  const CheckedModule module = TRY(ReadModule(path, MachineOf(choice)));
  if (check) TRY(CheckAccepted(module, path));

  std::vector<CallPlan> plans;
  for (const std::span<const std::string> segment : SplitAtCalls(words)) {
    const Arguments own = TRY(ParseArguments(segment, OptionsOf(Bit(Subcommand::kRun))));
    plans.push_back(TRY(PlanCall(own, module, check)));
  }

  const Interrupt interrupt;
  const auto device =
      TRY(StartDevice(choice, {}, InstallLayout::OfThisProgram(), log, interrupt.token()));
  TRY(SettleWire(*device, &choice, log));
  Connection connection(*device, choice.connection, log);
  TRY(connection.Open());
  const bool good = TRY(RunCalls(connection, plans, module.bytes, arguments.One("--output")));
  TRY(connection.Close());

  TRY(WriteProfileFiles(arguments, *device));
  return good ? kExitGood : kExitRunFailed;
}

}  // namespace host::cli
