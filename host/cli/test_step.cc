// SPDX-License-Identifier: Apache-2.0

#include "host/cli/test_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "base/try.h"
#include "host/cli/module_check.h"
#include "host/model/io_specification.h"
#include "host/results/atomic_file.h"
#include "host/session/device_spec.h"
#include "host/session/merged_results.h"
#include "host/session/parallel_run.h"

namespace host::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kMaxDevices = 256;

// "<path>.json", where the contract puts a model's I/O specification (section 4.3).
fs::path SpecificationPath(fs::path model) { return model += ".json"; }

fs::path PartialPath(const fs::path& measurements) {
  fs::path partial = measurements;
  if (partial.extension() == ".json") partial.replace_extension();
  return partial += ".partial.json";
}

// The samples that the scenario, and of these the shard, asks for.
Result<SampleRange> RangeOf(const TestOptions& options, const DeviceChoice& choice,
                            const Scenario& scenario, const Dataset& dataset) {
  size_t total = choice.sensor.is_used() ? choice.sensor.batches : dataset.test_order.size();
  if (scenario.inference_loop && !scenario.inference_loop->IsNull("inference_limit")) {
    const int64_t limit = scenario.inference_loop->Integer("inference_limit");
    total = std::min(total, static_cast<size_t>(limit));
  }
  if (total == 0) return InputError("the data set has no test samples");
  return PartOf({0, total, total}, options.shard.value_or(Shard{}));
}

Result<Json> Merged(std::vector<NamedResults> parts, bool is_shard, bool has_failed, Log& log) {
  // A lone part is what a single device gives; its own account of itself is for `kenning merge`.
  if (parts.size() == 1) {
    Json contents = std::move(parts.front().contents);
    if (!is_shard) contents.erase(std::string(kShardKey));
    return contents;
  }
  // Parts of a shard do not begin with the first sample, which is all that merging needs to know.
  const Json first = parts.front().contents[kShardKey];
  const auto base = first["first"].get<size_t>();
  const auto end = parts.back().contents[kShardKey]["last"].get<size_t>();
  for (NamedResults& part : parts) {
    Json& shard = part.contents[kShardKey];
    shard["first"] = shard["first"].get<size_t>() - base;
    shard["last"] = shard["last"].get<size_t>() - base;
    shard["total"] = end - base;
  }
  MergeOutcome merged = TRY(MergeResults(std::move(parts), has_failed));
  for (const std::string& note : merged.notes) log.Debug(note);
  if (is_shard) {
    Json shard = first;
    const Json& series = merged.contents["protocol_inference_step"];
    shard["last"] = base + series.size();
    shard["end_s"] = merged.end_s;
    merged.contents[std::string(kShardKey)] = std::move(shard);
  } else {
    merged.contents.erase(std::string(kShardKey));
  }
  return std::move(merged.contents);
}

Result<> WritePartial(const TestOptions& options, const SampleRange& range, const Error& failure,
                      Json contents, Log& log) {
  if (options.measurements.empty() || contents.value("total", 0) == 0) return {};
  contents["partial"] = {
      {"reason", failure.Format()}, {"measured", contents["total"]}, {"of", range.size()}};
  const fs::path path = PartialPath(options.measurements);
  TRY(WriteMeasurements(path, contents));
  log.Warning(fmt::format("what was measured before the failure: {}", path.string()));
  return {};
}

// Ends the run on a device, and adds to its record what only then can be read.
Result<> FinishDevice(Device& device, TestOutcome* outcome, Log* log) {
  if (outcome->failure) return {};
  std::optional<sim::Profile>& after = outcome->record.after;
  if (auto series = TRY(device.Finish()); series && after) {
    after->bins = std::move(series->bins);
    after->peripherals = std::move(series->peripherals);
  }
  if (!after && log != nullptr) {
    log->Info(
        fmt::format("{} keeps its counters to itself: the results have no opcode counters "
                    "and no profiler series",
                    device.name()));
  }
  return {};
}

Result<size_t> ParseDevices(const std::string& text) {
  size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1 ||
      count > kMaxDevices) {
    return InputError(
        fmt::format("argument --devices: '{}' is not a number from 1 to {}", text, kMaxDevices));
  }
  return count;
}

}  // namespace

Result<TestOptions> TestOptionsOf(const Arguments& arguments, const DeviceChoice& device) {
  TestOptions options{.measurements = arguments.One("--measurements"),
                      .save_outputs_to = arguments.One("--save-outputs")};
  if (arguments.Has("--devices")) options.devices = TRY(ParseDevices(arguments.One("--devices")));
  if (device.sensor.is_used() && (options.devices > 1 || arguments.Has("--shard"))) {
    return InputError("a sensor's samples are one stream: --devices and --shard cannot split it");
  }
  if (options.devices > 1 && device.place != Place::kBuiltin) {
    return InputError(
        "argument --devices: several devices are simulated ones; the scenario or "
        "--simulator names a single UART");
  }
  if (arguments.Has("--shard")) {
    auto shard = ParseShard(arguments.One("--shard"));
    if (!shard) return InputError("argument --shard: " + shard.error().sentence);
    options.shard = *shard;
  }
  return options;
}

Result<std::vector<std::unique_ptr<Device>>> StartDevices(const TestOptions& options,
                                                          const DeviceChoice& choice,
                                                          const SensorFeed& feed, Log& log,
                                                          std::stop_token stop) {
  std::vector<std::unique_ptr<Device>> devices;
  for (size_t i = 0; i < options.devices; ++i) {
    devices.push_back(TRY(StartDevice(choice, feed, InstallLayout::OfThisProgram(), log, stop)));
    if (i == 0 && options.devices > 1) {
      log.Info(fmt::format("and {} more devices like it", options.devices - 1));
    }
  }
  return devices;
}

Result<> RunTestStep(const TestOptions& options, const DeviceChoice& choice,
                     const std::vector<std::unique_ptr<Device>>& devices, const Scenario& scenario,
                     const Dataset& dataset, const fs::path& module_path,
                     RunDescription description, Log& log) {
  const CheckedModule module = TRY(ReadModule(module_path, MachineOf(choice)));
  TRY(CheckAccepted(module, module_path));
  if (description.compiler_version.empty()) {
    description.compiler_version = module.report.compiler_generation;
  }
  description.compiled_model_bytes = module.bytes.size();
  const IoSpecification specification = TRY(ReadIoSpecification(SpecificationPath(module_path)));
  const SampleRange range = TRY(RangeOf(options, choice, scenario, dataset));
  const TestPlan plan{.dataset = dataset,
                      .spec = TRY(DeviceSpecification(specification)),
                      .module = module.bytes,
                      .range = range,
                      .from_sensor = choice.sensor.is_used(),
                      .skip_module_upload = scenario.inference_loop &&
                                            scenario.inference_loop->Flag("skip_model_sending"),
                      .save_outputs_to = options.save_outputs_to};

  if (plan.from_sensor) {
    log.Info(fmt::format("The device reads its inputs from the {}: {} inferences",
                         choice.sensor.name, range.size()));
  }
  const std::vector<SampleRange> parts = PartsOf(range, devices.size());
  log.Info(fmt::format("Running on {}{}", devices.front()->name(),
                       parts.size() > 1 ? fmt::format(", {} of them", parts.size()) : ""));
  std::vector<TestOutcome> outcomes =
      RunTestOnDevices(devices, choice.connection, plan, parts, log);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    TRY(FinishDevice(*devices[i], &outcomes[i], i == 0 ? &log : nullptr));
  }

  std::vector<NamedResults> results;
  Json saved = Json::array();
  std::optional<Error> failure;
  for (TestOutcome& outcome : outcomes) {
    Json contents = ComposeResults(description, outcome.record);
    contents[std::string(kShardKey)] = ShardKey(outcome.record);
    results.push_back({fmt::format("device {}", results.size() + 1), std::move(contents)});
    for (Json& row : outcome.record.saved) saved.push_back(std::move(row));
    if (outcome.failure) break;
  }
  for (TestOutcome& outcome : outcomes) {
    if (outcome.failed_first) failure = std::move(outcome.failure);
  }
  Json contents =
      TRY(Merged(std::move(results), options.shard.has_value(), failure.has_value(), log));
  if (failure) {
    TRY(WritePartial(options, range, *failure, std::move(contents), log));
    return std::unexpected(*std::move(failure));
  }
  if (!options.save_outputs_to.empty()) {
    TRY(WriteFileAtomically(options.save_outputs_to / "samples.json", saved.dump(2) + "\n"));
  }
  if (options.measurements.empty()) {
    log.Warning("nothing is saved: --measurements names the file to write");
    return {};
  }
  TRY(WriteMeasurements(options.measurements, contents));
  std::error_code ignored;
  fs::remove(PartialPath(options.measurements), ignored);
  log.Info(fmt::format("Measurements path: {}", options.measurements.string()));
  return {};
}

}  // namespace host::cli
