// SPDX-License-Identifier: Apache-2.0

#include "host/cli/module_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/try.h"
#include "host/input/read_file.h"
#include "host/scenario/nearest_name.h"

namespace host::cli {
namespace {

using runtime::NumericalKind;

std::optional<wire::TypeCode> TypeCodeOf(NumericalKind kind) {
  switch (kind) {
    case NumericalKind::kInteger:
    case NumericalKind::kSigned:
      return wire::TypeCode::kInt;
    case NumericalKind::kUnsigned:
      return wire::TypeCode::kUint;
    case NumericalKind::kBoolean:
      return wire::TypeCode::kBool;
    case NumericalKind::kFloatAny:
    case NumericalKind::kFloatIeee:
      return wire::TypeCode::kFloat;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<CheckedModule> ReadModule(const std::filesystem::path& path,
                                 std::optional<runtime::Machine> firmware) {
  CheckedModule module{TRY(ReadFile(path, kMaxModuleBytes, "the model")), {}};
  module.report = runtime::inspect::Inspect(module.bytes, firmware);
  return module;
}

Result<> CheckAccepted(const CheckedModule& module, const std::filesystem::path& path) {
  const runtime::inspect::Report& report = module.report;
  if (report.load_status == base::Status::kOk) return {};
  Error error{ErrorKind::kInput, "the device does not accept this model", path.string(), {}};
  const auto because = [&error](std::string sentence) {
    error.causes.push_back({ErrorKind::kInput, std::move(sentence), {}, {}});
  };
  because(fmt::format("{} ({})",
                      report.load_failure.empty() ? base::StatusText(report.load_status)
                                                  : std::string_view(report.load_failure),
                      base::StatusName(report.load_status)));
  for (const std::string& problem : report.problems) {
    if (problem != report.load_failure) because(problem);
  }
  if (report.load_status == base::Status::kKernelElfUnsupported && report.kernels_for) {
    const std::string_view places = PlacesOf(*report.kernels_for);
    because(places.empty()
                ? "no device runs it; compile it for riscv32 (iree-llvmcpu-target-triple)"
                : fmt::format("it runs on {}", places));
  }
  return std::unexpected(std::move(error));
}

std::string_view PlacesOf(runtime::Machine machine) {
  switch (machine) {
    case runtime::Machine::kRiscV32:
      return "RV32: the built-in simulator, --simulator qemu or renode, the UART of a board";
    case runtime::Machine::kRiscV64:
      return "RV64: --simulator qemu-rv64, the UART of a board";
    case runtime::Machine::kX8664:
      return "";
  }
  return "";
}

const runtime::inspect::Export* FindExport(const runtime::inspect::Report& report,
                                           std::string_view function) {
  const std::string prefix = report.module_name + ".";
  if (function.starts_with(prefix)) function.remove_prefix(prefix.size());
  const auto found = std::ranges::find(report.exports, function, &runtime::inspect::Export::name);
  return found == report.exports.end() ? nullptr : &*found;
}

std::string DefaultFunction(const runtime::inspect::Report& report) {
  constexpr std::string_view kUsual = "main";
  if (FindExport(report, kUsual) != nullptr) return std::string(kUsual);
  std::string only;
  for (const runtime::inspect::Export& row : report.exports) {
    if (row.name.starts_with("__") || row.name.contains('$')) continue;
    if (!only.empty()) return {};
    only = row.name;
  }
  return only;
}

std::optional<wire::ElementType> ElementTypeOf(const runtime::ValueInfo& info) {
  using wire::TypeCode;
  switch (info.kind) {
    case runtime::ValueKind::kI32:
      return wire::ElementType{TypeCode::kInt, 32};
    case runtime::ValueKind::kI64:
      return wire::ElementType{TypeCode::kInt, 64};
    case runtime::ValueKind::kF32:
      return wire::ElementType{TypeCode::kFloat, 32};
    case runtime::ValueKind::kTensor:
      break;
  }
  const auto code = TypeCodeOf(info.type.kind());
  if (!info.type.known() || !code || info.type.bits() == 0) return std::nullopt;
  return wire::ElementType{*code, static_cast<uint8_t>(info.type.bytes() * 8)};
}

std::vector<ResultType> ResultTypesOf(const runtime::inspect::Export& function) {
  std::vector<ResultType> results;
  for (const runtime::ValueInfo& info : function.results) {
    ResultType result{ElementTypeOf(info), std::nullopt};
    // A type that has no name on the wire is shown as raw bytes.
    if (result.type && FindElementType(*result.type) == nullptr) result.type.reset();
    if (info.kind != runtime::ValueKind::kTensor) {
      result.dims.emplace();
    } else if (info.shape_known) {
      result.dims.emplace(info.dims.begin(), info.dims.begin() + info.rank);
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace host::cli
