// SPDX-License-Identifier: Apache-2.0

#include "host/results/headline.h"

#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "host/results/metrics.h"

namespace host {
namespace {

// What the rows below read, computed once for all of them.
struct Computed {
  explicit Computed(const Measurements& m)
      : measurements(m),
        times(ComputeTimeStatistics(m.inference().duration_s)),
        quality(ComputeQuality(m)),
        instructions(ComputeInstructions(m)) {}

  const Measurements& measurements;
  TimeStatistics times;
  QualityMetrics quality;
  InstructionMetrics instructions;
};

using Value = std::optional<double>;

Value Time(const Computed& c, double TimeStatistics::* member) {
  return c.times.samples > 0 ? Value(c.times.*member) : std::nullopt;
}

Value Quality(const Computed& c, double QualityMetrics::* member) {
  return c.measurements.confusion_matrix.empty() ? std::nullopt : Value(c.quality.*member);
}

// A sum over all inferences, for one.
Value PerInference(const Computed& c, uint64_t SimulatorProfile::* member) {
  const auto& profile = c.measurements.simulator;
  if (!profile || profile->inferences == 0) return std::nullopt;
  return static_cast<double>((*profile).*member) / static_cast<double>(profile->inferences);
}

Value Positive(uint64_t number) {
  return number > 0 ? Value(static_cast<double>(number)) : std::nullopt;
}

struct Row {
  HeadlineMetric metric;
  Value (*value)(const Computed&);
};

constexpr const char* kPerformance = "performance";
constexpr const char* kClassification = "classification";
constexpr const char* kRenode = "renode_stats";

// Names of the first nine are Kenning's (section 7.7).
constexpr auto kRows = std::to_array<Row>({
    {{kPerformance, "inference_time_mean", "Mean inference time", Unit::kSeconds, Better::kLess},
     [](const Computed& c) { return Time(c, &TimeStatistics::mean_s); }},
    {{kPerformance, "inference_time_std", "Standard deviation of it", Unit::kSeconds,
      Better::kNeither},
     [](const Computed& c) { return Time(c, &TimeStatistics::deviation_s); }},
    {{kPerformance, "inference_time_median", "Median inference time", Unit::kSeconds,
      Better::kLess},
     [](const Computed& c) { return Time(c, &TimeStatistics::median_s); }},
    {{kClassification, "accuracy", "Accuracy", Unit::kFraction, Better::kMore},
     [](const Computed& c) { return Quality(c, &QualityMetrics::accuracy); }},
    {{kClassification, "mean_precision", "Mean precision", Unit::kFraction, Better::kMore},
     [](const Computed& c) { return Quality(c, &QualityMetrics::mean_precision); }},
    {{kClassification, "mean_sensitivity", "Mean sensitivity", Unit::kFraction, Better::kMore},
     [](const Computed& c) { return Quality(c, &QualityMetrics::mean_sensitivity); }},
    {{kClassification, "g_mean", "G-mean", Unit::kFraction, Better::kMore},
     [](const Computed& c) { return Quality(c, &QualityMetrics::g_mean); }},
    {{kRenode, "instructions_per_inference_pass", "Instructions per inference pass", Unit::kCount,
      Better::kLess},
     [](const Computed& c) { return Positive(c.instructions.per_inference); }},
    {{kRenode, "vector_opcodes_fraction", "V extension's share of them", Unit::kFraction,
      Better::kNeither},
     [](const Computed& c) {
       return c.instructions.executed > 0 ? Value(c.instructions.vector_fraction) : std::nullopt;
     }},
    {{kRenode, "kernel_instructions_per_inference", "Instructions inside kernels", Unit::kCount,
      Better::kLess},
     [](const Computed& c) { return PerInference(c, &SimulatorProfile::kernel_instructions); }},
    {{kRenode, "runtime_instructions_per_inference", "Instructions of the runtime around them",
      Unit::kCount, Better::kLess},
     [](const Computed& c) { return PerInference(c, &SimulatorProfile::runtime_instructions); }},
    {{kRenode, "load_instructions", "Instructions to load the model", Unit::kCount, Better::kLess},
     [](const Computed& c) {
       const auto& profile = c.measurements.simulator;
       return profile ? Positive(profile->load_instructions) : std::nullopt;
     }},
    {{kRenode, "peak_memory", "Peak of allocated memory", Unit::kBytes, Better::kLess},
     [](const Computed& c) { return Positive(PeakMemory(c.measurements)); }},
    {{kRenode, "compiled_model_size", "Compiled model", Unit::kBytes, Better::kLess},
     [](const Computed& c) {
       return Positive(c.measurements.compiled_model_size_bytes.value_or(0));
     }},
});

constexpr auto kMetrics = [] {
  std::array<HeadlineMetric, kRows.size()> metrics;
  for (size_t i = 0; i < kRows.size(); ++i) metrics[i] = kRows[i].metric;
  return metrics;
}();

}  // namespace

std::span<const HeadlineMetric> HeadlineMetrics() { return kMetrics; }

std::vector<HeadlineValue> HeadlineValues(const Measurements& measurements) {
  const Computed computed(measurements);
  std::vector<HeadlineValue> values;
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (const Value value = kRows[i].value(computed)) values.push_back({&kMetrics[i], *value});
  }
  return values;
}

std::string_view UnitName(Unit unit) {
  switch (unit) {
    case Unit::kSeconds:
      return "s";
    case Unit::kBytes:
      return "bytes";
    case Unit::kCount:
    case Unit::kFraction:
      return "";
  }
  return "";
}

double RelativeChange(double before, double now) {
  if (before == now) return 0;
  if (before == 0) return std::copysign(std::numeric_limits<double>::infinity(), now);
  return (now - before) / std::abs(before);
}

double Worsening(Better better, double before, double now) {
  switch (better) {
    case Better::kNeither:
      return 0;
    case Better::kLess:
      return RelativeChange(before, now);
    case Better::kMore:
      return -RelativeChange(before, now);
  }
  return 0;
}

}  // namespace host
