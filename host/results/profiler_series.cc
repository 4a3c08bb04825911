// SPDX-License-Identifier: Apache-2.0

#include "host/results/profiler_series.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace host {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kDefaultIntervalSeconds = 0.010;
constexpr double kInt32Wrap = 4294967296.0;  // 2^32

enum class Scale { kPerInterval, kPerSecond };

bool AnyFloat(const Json& value) {
  if (value.is_structured()) return std::ranges::any_of(value, AnyFloat);
  return value.is_number_float();
}

// Our files say it. Of Kenning's, the old ones (flat opcode counters) hold rates; without opcode
// counters, a rate is recognised by being stored as floating point: counts are integers.
Scale FindScale(const Node& root, FieldReader* fields) {
  const Node stated = root.Member("simulator_profile").Member("series");
  if (stated) {
    const std::string text = fields->Text(stated);
    if (text == "per_interval") return Scale::kPerInterval;
    if (text == "per_second") return Scale::kPerSecond;
    fields->Fault(stated.pointer, "must be \"per_interval\" or \"per_second\"");
  }
  if (root.Member("simulator_profile")) return Scale::kPerInterval;
  const Node opcodes = root.Member("opcode_counters");
  if (opcodes && opcodes.json->is_object() && !opcodes.json->empty()) {
    return opcodes.json->front().is_number() ? Scale::kPerSecond : Scale::kPerInterval;
  }
  const Node executed = root.Member("executed_instructions");
  return executed && AnyFloat(*executed.json) ? Scale::kPerSecond : Scale::kPerInterval;
}

// The scenario says it; otherwise the smallest distance between two timestamps is one interval.
double FindInterval(const Node& root, const std::vector<double>& timestamp_s) {
  const Node cfg = root.Member("build_cfg");
  for (const char* block : {"platform", "runtime"}) {
    const Node step = cfg.Member(block).Member("parameters").Member("profiler_interval_step");
    if (step && step.json->is_number() && step.json->get<double>() > 0) {
      return step.json->get<double>() / 1000;
    }
  }
  double smallest = std::numeric_limits<double>::infinity();
  for (size_t i = 1; i < timestamp_s.size(); ++i) {
    const double gap = timestamp_s[i] - timestamp_s[i - 1];
    if (gap > 0) smallest = std::min(smallest, gap);
  }
  if (!std::isfinite(smallest)) return kDefaultIntervalSeconds;
  return std::max(1e-6, std::round(smallest * 1e6) / 1e6);
}

class SeriesReader {
 public:
  SeriesReader(FieldReader* fields, Scale scale, double interval_s, size_t length)
      : fields_(fields), factor_(scale == Scale::kPerSecond ? interval_s : 1), length_(length) {}

  std::vector<double> Read(const Node& node) {
    std::vector<double> values = fields_->Numbers(node);
    if (!node || !node.json->is_array()) return values;
    if (values.size() != length_ && !node.json->empty()) {
      fields_->Fault(node.pointer, "must be as long as profiler_timestamps (" +
                                       std::to_string(length_) + ", not " +
                                       std::to_string(node.json->size()) + ")");
      return {};
    }
    for (double& value : values) {
      if (value < 0 && value >= -kInt32Wrap / 2) {
        value += kInt32Wrap;
        wrapped_ = true;
      }
      if (value < 0) {
        fields_->Fault(node.pointer, "must not hold a negative count");
        return {};
      }
      value *= factor_;
      // Undoing the scaling must give back whole numbers.
      if (const double whole = std::round(value); std::abs(value - whole) < 1e-6 * (1 + whole)) {
        value = whole;
      }
    }
    return values;
  }

  [[nodiscard]] bool wrapped() const { return wrapped_; }

 private:
  FieldReader* fields_;
  double factor_;
  size_t length_;
  bool wrapped_ = false;
};

}  // namespace

ProfilerSeries ReadProfilerSeries(const Node& root, FieldReader* fields,
                                  std::vector<std::string>* remarks) {
  ProfilerSeries series;
  series.timestamp_s = fields->Numbers(root.Member("profiler_timestamps"));
  series.interval_s = FindInterval(root, series.timestamp_s);
  const Scale scale = FindScale(root, fields);
  SeriesReader reader(fields, scale, series.interval_s, series.timestamp_s.size());

  const Node executed = root.Member("executed_instructions");
  if (fields->IsObject(executed)) {
    for (const auto& [cpu, values] : executed.json->items()) {
      series.executed.push_back(
          {cpu, reader.Read({&values, AppendToPointer(executed.pointer, cpu)})});
    }
  }
  const Node memory = root.Member("memory_accesses");
  if (fields->IsObject(memory)) {
    series.memory_reads = reader.Read(memory.Member("read"));
    series.memory_writes = reader.Read(memory.Member("write"));
  }
  const Node peripherals = root.Member("peripheral_accesses");
  if (fields->IsObject(peripherals)) {
    for (const auto& [name, accesses] : peripherals.json->items()) {
      const Node entry{&accesses, AppendToPointer(peripherals.pointer, name)};
      if (!fields->IsObject(entry)) continue;
      series.peripherals.push_back(
          {name, reader.Read(entry.Member("read")), reader.Read(entry.Member("write"))});
    }
  }
  series.exceptions = reader.Read(root.Member("exceptions"));

  if (reader.wrapped()) {
    remarks->emplace_back(
        "Some counts per interval had passed 2^31 and were stored negative; they are shown with "
        "2^32 added.");
  }
  const bool written_by_kenning = !root.Member("simulator_profile");
  if (written_by_kenning && scale == Scale::kPerInterval) {
    bool dropped = false;
    for (CpuSeries& cpu : series.executed) {
      if (cpu.instructions.empty()) continue;
      cpu.instructions.front() = std::numeric_limits<double>::quiet_NaN();
      dropped = true;
    }
    if (dropped) {
      remarks->emplace_back(
          "The first interval of executed instructions is left out: in files of this Kenning it "
          "holds everything since power-on.");
    }
  }
  return series;
}

}  // namespace host
