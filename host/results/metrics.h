// SPDX-License-Identifier: Apache-2.0

// Figures derived from measurements (spec kenning-contract.md sections 3.5 and 6.2). Pure
// functions; nothing fails: what cannot be computed is absent or zero as stated.
#ifndef HOST_RESULTS_METRICS_H_
#define HOST_RESULTS_METRICS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/results/measurements.h"

namespace host {

struct TimeStatistics {
  size_t samples = 0;
  double first_s = 0;
  double mean_s = 0;
  double median_s = 0;
  double deviation_s = 0;  // of the population
  double minimum_s = 0;
  double maximum_s = 0;
};
// All zero for no durations.
[[nodiscard]] TimeStatistics ComputeTimeStatistics(std::span<const double> durations_s);

struct QualityMetrics {
  double accuracy = 0;
  double mean_precision = 0;
  double mean_sensitivity = 0;
  double g_mean = 0;
  std::vector<double> precision;    // per predicted class
  std::vector<double> sensitivity;  // per actual class
  std::optional<double> top_5_accuracy;
};
// `matrix[actual][predicted]`, square. All zero for an empty matrix.
[[nodiscard]] QualityMetrics ComputeQuality(const std::vector<std::vector<double>>& matrix);
[[nodiscard]] QualityMetrics ComputeQuality(const Measurements& measurements);

struct InstructionMetrics {
  std::vector<NamedCount> opcodes;         // all CPUs together, by (count, name) descending
  std::vector<NamedCount> vector_opcodes;  // those whose name starts with "v", same order
  uint64_t executed = 0;
  uint64_t executed_vector = 0;
  double vector_fraction = 0;      // 0 if nothing was executed
  uint64_t per_inference = 0;      // executed / total, rounded down; 0 if total is 0
  std::vector<NamedCount> top_10;  // counts per inference, rounded down
};
[[nodiscard]] InstructionMetrics ComputeInstructions(const Measurements& measurements);

// The peaks of all of the device's allocators together; 0 if it told none.
[[nodiscard]] uint64_t PeakMemory(const Measurements& measurements);

[[nodiscard]] constexpr bool IsVectorOpcode(std::string_view name) {
  return !name.empty() && name.front() == 'v';
}

}  // namespace host

#endif  // HOST_RESULTS_METRICS_H_
