// SPDX-License-Identifier: Apache-2.0

#include "host/session/results_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace host {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kNanosecondsPerSecond = 1e9;
constexpr std::string_view kCpu = "cpu";  // the hart's node name on Springbok

// Counters by name as differences: both profiles come from one machine, `after` has all the rows
// of `before` in the same order and perhaps more.
Json OpcodeDifference(const sim::Profile& before, const sim::Profile& after) {
  Json counters = Json::object();
  for (size_t i = 0; i < after.renode_opcodes.size(); ++i) {
    const uint64_t earlier = i < before.renode_opcodes.size() ? before.renode_opcodes[i].count : 0;
    const uint64_t count = after.renode_opcodes[i].count - earlier;
    if (count > 0) counters[after.renode_opcodes[i].name] = count;
  }
  return counters;
}

// Intervals that begin at or after the start of the measurement, each value times `scale`.
void AddSeries(const sim::Profile& before, const sim::Profile& after, double scale, Json* results) {
  const auto value = [scale](uint64_t count) -> Json {
    if (scale == 1) return count;
    return static_cast<double>(count) * scale;
  };
  Json timestamps = Json::array();
  Json executed = Json::array();
  Json reads = Json::array();
  Json writes = Json::array();
  Json exceptions = Json::array();
  std::vector<std::pair<Json, Json>> peripherals(after.peripherals.size(),
                                                 {Json::array(), Json::array()});
  for (const sim::Bin& bin : after.bins) {
    if (bin.start_ns < before.virtual_time_ns) continue;
    timestamps.push_back(static_cast<double>(bin.start_ns) / kNanosecondsPerSecond);
    executed.push_back(value(bin.instructions));
    reads.push_back(value(bin.memory.reads));
    writes.push_back(value(bin.memory.writes));
    exceptions.push_back(value(bin.exceptions));
    for (size_t i = 0; i < peripherals.size(); ++i) {
      const sim::AccessCount count =
          i < bin.peripherals.size() ? bin.peripherals[i] : sim::AccessCount{};
      peripherals[i].first.push_back(value(count.reads));
      peripherals[i].second.push_back(value(count.writes));
    }
  }
  Json by_name = Json::object();
  for (size_t i = 0; i < peripherals.size(); ++i) {
    by_name[after.peripherals[i].name] = {{"read", std::move(peripherals[i].first)},
                                          {"write", std::move(peripherals[i].second)}};
  }
  (*results)["profiler_timestamps"] = std::move(timestamps);
  (*results)["executed_instructions"] = {{std::string(kCpu), std::move(executed)}};
  (*results)["memory_accesses"] = {{"read", std::move(reads)}, {"write", std::move(writes)}};
  (*results)["peripheral_accesses"] = std::move(by_name);
  (*results)["exceptions"] = std::move(exceptions);
}

// Modules compiled without debug symbols carry no names; the address then tells kernels apart.
std::string KernelName(const sim::Profile& profile, size_t index) {
  const sim::Kernel& kernel = profile.kernels[index];
  return kernel.name.empty() ? fmt::format("kernel at {:#010x}", kernel.address) : kernel.name;
}

struct KernelSum {
  uint64_t calls = 0;
  uint64_t instructions = 0;
  uint64_t reads = 0;
  uint64_t writes = 0;
};

// The kernel that takes most instructions first.
Json KernelRows(const std::map<std::string, KernelSum>& kernels) {
  std::vector<std::pair<std::string, KernelSum>> sorted(kernels.begin(), kernels.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    if (a.second.instructions != b.second.instructions) {
      return a.second.instructions > b.second.instructions;
    }
    return a.first < b.first;
  });
  Json rows = Json::array();
  for (const auto& [name, sum] : sorted) {
    rows.push_back({{"name", name},
                    {"calls", sum.calls},
                    {"instructions", sum.instructions},
                    {"reads", sum.reads},
                    {"writes", sum.writes}});
  }
  return rows;
}

Json Describe(const RunDescription& run) {
  const bool legacy = run.grammar == Grammar::kLegacy;
  Json results;
  results["optimizers"] = Json::array();
  if (!run.compiler_version.empty()) {
    results["optimizers"].push_back(
        {{"compiler_framework", "iree"}, {"compiler_version", run.compiler_version}});
  }
  results["command"] = run.command;
  if (run.build_configuration != nullptr) results["build_cfg"] = *run.build_configuration;
  if (!legacy) results["cfg_path"] = run.scenario_path;
  results["model_framework"] = run.model_framework;
  results["model_version"] = run.model_version;
  results["class_names"] = run.class_names;
  if (legacy) {
    results["compiled_model_size"] = run.compiled_model_bytes;
  } else {
    results["compiled_model_size"] = static_cast<double>(run.compiled_model_bytes);
  }
  if (run.synthetic_data) results["dataset_synthetic"] = true;
  return results;
}

void AddStep(const std::string& name, const StepSeries& series, Json* results) {
  (*results)[name] = series.duration_s;
  (*results)[name + "_timestamp"] = series.timestamp_s;
}

Json Measure(const RunDescription& run, const TestRecord& record) {
  const bool legacy = run.grammar == Grammar::kLegacy;
  Json results;
  Json tags = Json::array();
  for (const Tag& tag : record.tags) {
    tags.push_back({{"name", tag.name}, {"start", tag.start_s}, {"end", tag.end_s}});
  }
  results["tags"] = std::move(tags);
  AddStep("input_preprocess_step", record.preprocess, &results);
  AddStep("protocol_inference_step", record.inference, &results);
  AddStep("output_postprocess_step", record.postprocess, &results);
  if (record.predictions.empty()) {
    results["eval_confusion_matrix"] = record.evaluation.confusion_matrix;
    results["total"] = record.evaluation.total;
  } else {
    results["predictions"] = record.predictions;
  }
  Json allocation = Json::object();
  for (const AllocationStatistic& row : record.allocation) allocation[row.name] = row.value;
  results["allocation_stats"] = std::move(allocation);
  if (!record.before || !record.after) return results;

  if (run.with_opcode_counters) {
    Json counters = OpcodeDifference(*record.before, *record.after);
    if (legacy) {
      results["opcode_counters"] = std::move(counters);
    } else {
      results["opcode_counters"] = {{std::string(kCpu), std::move(counters)}};
    }
  }
  if (run.with_profiler) {
    const auto width_ns = static_cast<double>(record.after->bin_width_ns);
    AddSeries(*record.before, *record.after, legacy ? kNanosecondsPerSecond / width_ns : 1,
              &results);
  }
  // Also without the time series: it tells readers that no counter includes the start-up.
  results["simulator_profile"] =
      SimulatorProfile(*record.before, *record.after, legacy ? "per_second" : "per_interval");
  for (const MemoryPart& part : record.memory_parts) {
    results["simulator_profile"]["memory_map"].push_back(
        {{"name", part.name}, {"start", part.start}, {"size", part.size_bytes}});
  }
  return results;
}

}  // namespace

Json ComposeResults(const RunDescription& description, const TestRecord& record) {
  Json first = Describe(description);
  Json second = Measure(description, record);
  if (description.grammar != Grammar::kLegacy) std::swap(first, second);
  first.update(second);
  return first;
}

Json SimulatorProfile(const sim::Profile& before, const sim::Profile& after,
                      std::string_view series) {
  uint64_t inferences = 0;
  uint64_t load_instructions = 0;
  uint64_t inference_instructions = 0;
  uint64_t kernel_instructions = 0;
  // Kernels of one name in several executables count together, as readers know them by name.
  std::map<std::string, KernelSum> kernels;
  for (const sim::Span& span : after.spans) {
    if (span.name == "model_load") load_instructions = span.instructions;
    if (span.name != "inference" || span.start_ns < before.virtual_time_ns) continue;
    ++inferences;
    inference_instructions += span.instructions;
    kernel_instructions += span.kernel_instructions;
    for (const sim::KernelDelta& delta : span.kernels) {
      KernelSum& sum = kernels[KernelName(after, delta.kernel)];
      sum.calls += delta.calls;
      sum.instructions += delta.instructions;
      sum.reads += delta.memory.reads;
      sum.writes += delta.memory.writes;
    }
  }
  Json regions = Json::array();
  for (size_t i = 0; i < after.memories.size(); ++i) {
    const sim::RegionCount& region = after.memories[i];
    const sim::AccessCount earlier =
        i < before.memories.size() ? before.memories[i].count : sim::AccessCount{};
    regions.push_back({{"name", region.name},
                       {"start", region.base},
                       {"size", region.size_bytes},
                       {"reads", region.count.reads - earlier.reads},
                       {"writes", region.count.writes - earlier.writes}});
  }
  Json profile;
  profile["version"] = 1;
  if (!series.empty()) profile["series"] = std::string(series);
  profile["inferences"] = inferences;
  profile["load_instructions"] = load_instructions;
  profile["kernel_instructions"] = kernel_instructions;
  profile["runtime_instructions"] = inference_instructions - kernel_instructions;
  profile["kernels"] = KernelRows(kernels);
  profile["memory_regions"] = std::move(regions);
  return profile;
}

}  // namespace host
