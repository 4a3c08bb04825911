// SPDX-License-Identifier: Apache-2.0

// The numbers that sum a run up, as one table: what the summary, the CSV and JUnit files list and
// what a baseline is compared by. Pure functions; a number that was not measured is absent.
#ifndef HOST_RESULTS_HEADLINE_H_
#define HOST_RESULTS_HEADLINE_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "host/results/measurements.h"

namespace host {

enum class Better : uint8_t { kNeither, kLess, kMore };
enum class Unit : uint8_t { kCount, kFraction, kSeconds, kBytes };

struct HeadlineMetric {
  std::string_view type;   // the report type it belongs to: "performance", …
  std::string_view name;   // "instructions_per_inference_pass"; unique, the key in files
  std::string_view title;  // "Instructions per inference"
  Unit unit = Unit::kCount;
  Better better = Better::kNeither;
};

struct HeadlineValue {
  const HeadlineMetric* metric = nullptr;
  double value = 0;
};

// Every metric there is, in the order of the report.
[[nodiscard]] std::span<const HeadlineMetric> HeadlineMetrics();
// Those that `measurements` has, in the same order.
[[nodiscard]] std::vector<HeadlineValue> HeadlineValues(const Measurements& measurements);

// "s", "bytes", "" for counts and fractions.
[[nodiscard]] std::string_view UnitName(Unit unit);

// By how much `now` is above `before`, as a fraction of `before`'s size; infinite where `before`
// is 0 and `now` is not.
[[nodiscard]] double RelativeChange(double before, double now);
// The same in the direction that is worse; negative for an improvement, 0 for Better::kNeither.
[[nodiscard]] double Worsening(Better better, double before, double now);

}  // namespace host

#endif  // HOST_RESULTS_HEADLINE_H_
