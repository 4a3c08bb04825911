// SPDX-License-Identifier: Apache-2.0

// A run's headline numbers for other programs: JSON as Kenning writes it (section 7.7), CSV for
// spreadsheets and notebooks, JUnit XML for CI. Pure functions from numbers to text.
#ifndef HOST_REPORT_SUMMARY_FILES_H_
#define HOST_REPORT_SUMMARY_FILES_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/report/baseline.h"
#include "host/results/measurements.h"

namespace host::report {

struct SummaryModel {
  std::string name;
  const Measurements* measurements = nullptr;
  std::vector<MetricChange> changes;  // against a baseline; empty without one
};

// [{modelName, scenarioPath, metrics: [{type, name, value}]}].
[[nodiscard]] std::string SummaryJson(std::span<const SummaryModel> models);

// One row for each model and metric: model, type, metric, value, unit and, with a baseline, its
// value, the change as a fraction and the verdict. RFC 4180 quoting; a text that a spreadsheet
// would take for a formula gets an apostrophe in front.
[[nodiscard]] std::string SummaryCsv(std::span<const SummaryModel> models);

// A suite for each model, a case for each metric, with its value; a case fails if the metric is
// worse than its threshold allows.
[[nodiscard]] std::string SummaryJUnit(std::span<const SummaryModel> models,
                                       std::string_view title);

}  // namespace host::report

#endif  // HOST_REPORT_SUMMARY_FILES_H_
