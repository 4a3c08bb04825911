// SPDX-License-Identifier: Apache-2.0

#include "host/cli/report_step.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/try.h"
#include "host/scenario/nearest_name.h"
#include "host/terminal/install_layout.h"

namespace host::cli {
namespace {

// Each option has the same name on the command line ("--img-dir") and in the block ("img_dir").
struct FlagRow {
  std::string_view option;
  std::string_view key;
  bool ReportOptions::* member;
};
constexpr auto kFlags = std::to_array<FlagRow>({
    {"--only-png-images", "only_png_images", &ReportOptions::only_png_images},
    {"--comparison-only", "comparison_only", &ReportOptions::comparison_only},
    {"--skip-unoptimized-model", "skip_unoptimized_model", &ReportOptions::skip_unoptimized_model},
    {"--smaller-header", "smaller_header", &ReportOptions::smaller_header},
    {"--save-summary", "save_summary", &ReportOptions::save_summary},
    {"--skip-general-information", "skip_general_information",
     &ReportOptions::skip_general_information},
});

struct PathRow {
  std::string_view option;
  std::string_view key;
  std::filesystem::path ReportOptions::* member;
};
constexpr auto kPaths = std::to_array<PathRow>({
    {"--report-path", "report_path", &ReportOptions::report_path},
    {"--root-dir", "root_dir", &ReportOptions::root_dir},
    {"--img-dir", "img_dir", &ReportOptions::img_dir},
    {"--baseline", "baseline", &ReportOptions::baseline},
});

struct ListRow {
  std::string_view option;
  std::string_view key;
  std::vector<std::string> ReportOptions::* member;
};
constexpr auto kLists = std::to_array<ListRow>({
    {"--report-types", "report_types", &ReportOptions::report_types},
    {"--model-names", "model_names", &ReportOptions::model_names},
    {"--baseline-threshold", "baseline_threshold", &ReportOptions::baseline_thresholds},
});

// Asked for by the bare option; a value says where.
struct OptionalFileRow {
  std::string_view option;
  std::string_view key;
  bool ReportOptions::* wanted;
  std::filesystem::path ReportOptions::* path;
};
constexpr auto kOptionalFiles = std::to_array<OptionalFileRow>({
    {"--to-html", "to_html", &ReportOptions::to_html, &ReportOptions::html_dir},
    {"--save-csv", "save_csv", &ReportOptions::save_csv, &ReportOptions::csv_path},
    {"--save-junit", "save_junit", &ReportOptions::save_junit, &ReportOptions::junit_path},
});

void ApplyBlock(const Block& block, ReportOptions* options) {
  for (const FlagRow& row : kFlags) options->*row.member = block.Flag(row.key);
  for (const PathRow& row : kPaths) {
    if (!block.IsNull(row.key)) options->*row.member = block.Text(row.key);
  }
  for (const ListRow& row : kLists) {
    if (!block.IsNull(row.key)) options->*row.member = block.TextList(row.key);
  }
  for (const OptionalFileRow& row : kOptionalFiles) {
    const std::optional<std::string> wanted = block.FlagOrPath(row.key);
    options->*row.wanted = wanted.has_value();
    options->*row.path = wanted.value_or("");
  }
  if (!block.IsNull("report_name")) options->report_name = block.Text("report_name");
}

Result<> CheckTypes(const std::vector<std::string>& types) {
  const std::vector<std::string_view> names = ReportTypeNames();
  for (const std::string& type : types) {
    if (std::ranges::find(names, type) == names.end()) {
      return InputError(fmt::format("argument --report-types: invalid choice: '{}'{}", type,
                                    Suggestion(type, names)));
    }
  }
  return {};
}

}  // namespace

Result<ReportOptions> MakeReportOptions(const Arguments& arguments, const Scenario* scenario,
                                        std::vector<std::string> command, Log& log) {
  ReportOptions options;
  if (scenario != nullptr && scenario->report) ApplyBlock(*scenario->report, &options);
  for (const FlagRow& row : kFlags) {
    if (arguments.Has(row.option)) options.*row.member = true;
  }
  for (const PathRow& row : kPaths) {
    if (arguments.Has(row.option)) options.*row.member = arguments.One(row.option);
  }
  for (const ListRow& row : kLists) {
    if (arguments.Has(row.option)) options.*row.member = arguments.Many(row.option);
  }
  if (arguments.Has("--report-name")) options.report_name = arguments.One("--report-name");
  for (const OptionalFileRow& row : kOptionalFiles) {
    if (!arguments.Has(row.option)) continue;
    options.*row.wanted = true;
    options.*row.path = arguments.One(row.option);
  }
  for (const std::string& path : arguments.Many("--measurements")) {
    options.measurements.emplace_back(path);
  }
  TRY(CheckTypes(options.report_types));
  if (options.report_path.empty()) return InputError("argument --report-path: an empty path");
  options.current_command = std::move(command);

  const InstallLayout layout = InstallLayout::OfThisProgram();
  // Both may be missing: the report then says what it could not draw.
  options.python = layout.PythonProgram("python3").value_or(std::filesystem::path());
  options.web_bundle = layout.Share("vega-embed.js").value_or(std::filesystem::path());
  options.message = [&log](ReportMessage kind, std::string_view text) {
    log.Write(kind == ReportMessage::kWarning ? LogLevel::kWarning : LogLevel::kInfo, text);
  };
  return options;
}

Result<> RunReport(const ReportOptions& options, Log& log) {
  const ReportPaths paths = TRY(WriteReport(options));
  log.Info(fmt::format("Report path: {}", paths.markdown.string()));
  if (!paths.html.empty()) log.Info(fmt::format("HTML report path: {}", paths.html.string()));
  if (paths.regressions.empty()) return {};
  std::vector<Error> causes;
  for (const std::string& sentence : paths.regressions) {
    causes.push_back({ErrorKind::kRun, sentence, {}, {}});
  }
  return std::unexpected(Error{ErrorKind::kRun, "worse than the baseline allows",
                               options.baseline.string(), std::move(causes)});
}

}  // namespace host::cli
