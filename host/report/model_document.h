// SPDX-License-Identifier: Apache-2.0

// From measurements to a document: which sections, in which order, under which names. No I/O; the
// fuzzer calls it with whatever ParseMeasurements accepts.
#ifndef HOST_REPORT_MODEL_DOCUMENT_H_
#define HOST_REPORT_MODEL_DOCUMENT_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"
#include "host/report/baseline.h"
#include "host/report/document.h"
#include "host/results/measurements.h"
#include "host/results/sweep_table.h"

namespace host::report {

struct DocumentOptions {
  std::string title;                     // empty: made from types and models
  std::vector<std::string> types;        // empty: those every file has
  std::vector<std::string> model_names;  // one per file, or empty
  std::vector<std::string> current_command;
  bool skip_unoptimized_model = false;
  bool comparison_only = false;  // needs two models
  bool skip_general_information = false;
  const Measurements* baseline = nullptr;  // adds what changed since then
  Thresholds thresholds;                   // of the baseline
  std::vector<SweepRow> sweep;             // adds a table of all combinations
};

struct ModelDocument {
  Document document;
  std::vector<std::string> types;        // chosen
  std::vector<std::string> model_names;  // as shown
};

[[nodiscard]] std::vector<std::string_view> SectionTypes();

// kInput: unknown type, no type fits, models that cannot be compared.
[[nodiscard]] Result<ModelDocument> BuildDocument(std::span<const Measurements> files,
                                                  const DocumentOptions& options);

}  // namespace host::report

#endif  // HOST_REPORT_MODEL_DOCUMENT_H_
