// SPDX-License-Identifier: Apache-2.0

// A run held against an earlier one: which numbers changed, and which are worse than they may be.
// Pure functions.
#ifndef HOST_REPORT_BASELINE_H_
#define HOST_REPORT_BASELINE_H_

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/error/error.h"
#include "host/results/headline.h"
#include "host/results/measurements.h"

namespace host::report {

// How much worse than the baseline a metric may be, as a fraction of the baseline's value.
class Thresholds {
 public:
  // Each text is "PERCENT" for all metrics or "METRIC=PERCENT" for one, which then wins. kInput,
  // with all faults at once: no number, negative, an unknown metric (the nearest is named), or one
  // that has no better and worse.
  [[nodiscard]] static Result<Thresholds> Parse(std::span<const std::string> texts);

  [[nodiscard]] std::optional<double> Of(const HeadlineMetric& metric) const;
  [[nodiscard]] bool empty() const { return !all_ && each_.empty(); }

 private:
  std::optional<double> all_;
  std::map<std::string, double, std::less<>> each_;
};

enum class Verdict : uint8_t {
  kSame,
  kBetter,
  kWorse,    // worse, and nobody forbade it or not by more than allowed
  kTooMuch,  // worse than the threshold allows, or no longer measured
  kOther,    // changed where neither direction is better
};

struct MetricChange {
  const HeadlineMetric* metric = nullptr;
  double before = 0;
  std::optional<double> now;  // nothing: the baseline has it, the run does not
  Verdict verdict = Verdict::kSame;
  std::optional<double> threshold;
};

// The metrics that the baseline has, in the order of the report.
[[nodiscard]] std::vector<MetricChange> CompareMetrics(const Measurements& baseline,
                                                       const Measurements& now,
                                                       const Thresholds& thresholds);

struct KernelChange {
  std::string name;
  double before = 0;  // instructions per inference; 0: not in that run
  double now = 0;
};
// Kernels by name, the largest change first; those that did not change are left out.
[[nodiscard]] std::vector<KernelChange> CompareKernels(const Measurements& baseline,
                                                       const Measurements& now);

// "accuracy: 0.5 instead of 0.75, 33.3 % worse (2.0 % allowed)".
[[nodiscard]] std::string Sentence(const MetricChange& change);

}  // namespace host::report

#endif  // HOST_REPORT_BASELINE_H_
