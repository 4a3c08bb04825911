// SPDX-License-Identifier: Apache-2.0

#include "host/results/metrics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <tuple>

namespace host {
namespace {

// Keeps a class without samples or predictions from dividing by zero (section 3.5).
constexpr double kEpsilon = 1e-8;
constexpr size_t kTopOpcodes = 10;

void SortByCount(std::vector<NamedCount>* counts) {
  std::ranges::sort(*counts, [](const NamedCount& a, const NamedCount& b) {
    return std::tie(a.count, a.name) > std::tie(b.count, b.name);
  });
}

}  // namespace

TimeStatistics ComputeTimeStatistics(std::span<const double> durations_s) {
  TimeStatistics statistics;
  if (durations_s.empty()) return statistics;
  std::vector<double> sorted(durations_s.begin(), durations_s.end());
  std::ranges::sort(sorted);
  const size_t n = sorted.size();
  const double count = static_cast<double>(n);
  statistics.samples = n;
  statistics.first_s = durations_s.front();
  statistics.minimum_s = sorted.front();
  statistics.maximum_s = sorted.back();
  statistics.median_s = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  statistics.mean_s = std::accumulate(sorted.begin(), sorted.end(), 0.0) / count;
  double squares = 0;
  for (const double value : sorted) squares += std::pow(value - statistics.mean_s, 2);
  statistics.deviation_s = std::sqrt(squares / count);
  return statistics;
}

QualityMetrics ComputeQuality(const std::vector<std::vector<double>>& matrix) {
  QualityMetrics metrics;
  const size_t classes = matrix.size();
  if (classes == 0) return metrics;
  std::vector<double> actual(classes);
  std::vector<double> predicted(classes);
  double diagonal = 0;
  for (size_t a = 0; a < classes; ++a) {
    for (size_t p = 0; p < classes; ++p) {
      actual[a] += matrix[a][p];
      predicted[p] += matrix[a][p];
    }
    diagonal += matrix[a][a];
  }
  const double sum = std::accumulate(actual.begin(), actual.end(), 0.0);
  // The product of up to thousands of factors is taken as a sum of logarithms; one class that is
  // never found still makes it zero.
  double log_product = 0;
  for (size_t i = 0; i < classes; ++i) {
    metrics.precision.push_back(matrix[i][i] / (predicted[i] + kEpsilon));
    metrics.sensitivity.push_back(matrix[i][i] / (actual[i] + kEpsilon));
    log_product += std::log(metrics.sensitivity.back());
  }
  const double count = static_cast<double>(classes);
  metrics.accuracy = sum > 0 ? diagonal / sum : 0;
  metrics.mean_precision =
      std::accumulate(metrics.precision.begin(), metrics.precision.end(), 0.0) / count;
  metrics.mean_sensitivity =
      std::accumulate(metrics.sensitivity.begin(), metrics.sensitivity.end(), 0.0) / count;
  metrics.g_mean = std::exp(log_product / count);
  return metrics;
}

QualityMetrics ComputeQuality(const Measurements& measurements) {
  QualityMetrics metrics = ComputeQuality(measurements.confusion_matrix);
  if (measurements.top_5_count && measurements.total > 0) {
    metrics.top_5_accuracy =
        static_cast<double>(*measurements.top_5_count) / static_cast<double>(measurements.total);
  }
  return metrics;
}

InstructionMetrics ComputeInstructions(const Measurements& measurements) {
  InstructionMetrics metrics;
  std::map<std::string, uint64_t, std::less<>> counts;
  for (const CpuOpcodes& cpu : measurements.opcode_counters) {
    for (const NamedCount& opcode : cpu.opcodes) counts[opcode.name] += opcode.count;
  }
  for (const auto& [name, count] : counts) {
    if (count == 0) continue;
    metrics.opcodes.push_back({name, count});
    metrics.executed += count;
    if (IsVectorOpcode(name)) metrics.executed_vector += count;
  }
  SortByCount(&metrics.opcodes);
  for (const NamedCount& opcode : metrics.opcodes) {
    if (IsVectorOpcode(opcode.name)) metrics.vector_opcodes.push_back(opcode);
  }
  if (metrics.executed > 0) {
    metrics.vector_fraction =
        static_cast<double>(metrics.executed_vector) / static_cast<double>(metrics.executed);
  }
  if (measurements.total > 0) {
    metrics.per_inference = metrics.executed / measurements.total;
    const size_t shown = std::min(kTopOpcodes, metrics.opcodes.size());
    for (size_t i = 0; i < shown; ++i) {
      metrics.top_10.push_back(
          {metrics.opcodes[i].name, metrics.opcodes[i].count / measurements.total});
    }
  }
  return metrics;
}

uint64_t PeakMemory(const Measurements& measurements) {
  uint64_t peak = 0;
  for (const NamedCount& stat : measurements.allocation_stats) {
    if (stat.name.ends_with("_bytes_peak")) peak += stat.count;
  }
  return peak;
}

}  // namespace host
