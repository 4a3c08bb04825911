// SPDX-License-Identifier: Apache-2.0

// The report of one or more measurements files: MyST Markdown, figures (Vega-Lite specification,
// PNG, interactive) and one self-contained HTML page (spec kenning-contract.md section 7; what
// differs from Kenning and why stands in docs/report.md).
//
// The caller gives paths and names; everything that comes from the files is escaped here. On
// failure nothing that existed before is damaged: each file appears whole or not at all.
// Cost: a few ms per file without PNG; PNG takes one helper process for all figures (about 0.4 s
// plus 0.1 s per figure).
#ifndef HOST_REPORT_REPORT_H_
#define HOST_REPORT_REPORT_H_

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"
#include "host/results/sweep_table.h"

namespace host {

// kAuto draws PNGs if the helper is there and notes it otherwise; kRequired fails without it.
enum class PngPolicy { kAuto, kRequired, kOff };

enum class ReportMessage { kInfo, kWarning };

struct ReportOptions {
  std::vector<std::filesystem::path> measurements;  // one or more
  // A file, or a folder (existing, or written with a trailing slash) that will hold report.md.
  std::filesystem::path report_path;
  bool to_html = false;
  std::filesystem::path html_dir;         // empty: report_path without its last suffix
  std::string report_name;                // empty: made from types and models
  std::filesystem::path root_dir;         // empty: the folder of report_path
  std::filesystem::path img_dir;          // empty: <root_dir>/img
  std::vector<std::string> report_types;  // empty: from what the files hold
  std::vector<std::string> model_names;   // one per file, else ignored with a warning
  bool only_png_images = false;           // no interactive figures
  bool skip_unoptimized_model = false;
  bool smaller_header = false;
  bool comparison_only = false;
  bool skip_general_information = false;
  bool save_summary = false;                     // <report_path>.summary.json, suffix replaced
  bool save_csv = false;                         // metrics as CSV
  std::filesystem::path csv_path;                // empty: <report_path> with .csv
  bool save_junit = false;                       // metrics as JUnit XML
  std::filesystem::path junit_path;              // empty: <report_path> with .junit.xml
  std::filesystem::path baseline;                // measurements of an earlier run, or empty
  std::vector<SweepRow> sweep;                   // what the measurements are part of, or none
  std::vector<std::string> baseline_thresholds;  // "PERCENT" or "METRIC=PERCENT"
  // Lines of the command being run now; shown after those stored in the files if it differs.
  std::vector<std::string> current_command;

  PngPolicy png = PngPolicy::kAuto;
  std::filesystem::path python;      // interpreter that has vl-convert-python; may not exist
  std::filesystem::path web_bundle;  // vega-embed.js; may not exist: the page then shows PNGs
  std::function<void(ReportMessage, std::string_view)> message;  // may be empty
};

struct ReportPaths {
  std::filesystem::path markdown;
  std::filesystem::path html;     // empty if not asked for
  std::filesystem::path summary;  // empty if not asked for
  std::filesystem::path csv;      // likewise
  std::filesystem::path junit;    // likewise
  std::filesystem::path img_dir;
  size_t figures = 0;
  size_t png_figures = 0;  // of these drawn as PNG
  // A sentence for each number that is worse than its threshold allows; the report is complete all
  // the same.
  std::vector<std::string> regressions;
};

// The names --report-types accepts, for the caller's usage text.
[[nodiscard]] std::vector<std::string_view> ReportTypeNames();

// kInput: a measurements file is wrong, an unknown type, files that cannot be compared, nothing to
// report. kRun: a file cannot be written, or PNG was required and could not be drawn.
[[nodiscard]] Result<ReportPaths> WriteReport(const ReportOptions& options);

}  // namespace host

#endif  // HOST_REPORT_REPORT_H_
