// SPDX-License-Identifier: Apache-2.0

#include "host/report/report.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "base/try.h"
#include "host/report/baseline.h"
#include "host/report/html_writer.h"
#include "host/report/markdown_writer.h"
#include "host/report/model_document.h"
#include "host/report/png_drawer.h"
#include "host/report/summary_files.h"
#include "host/results/atomic_file.h"
#include "host/results/measurements.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using report::Figure;
using report::Json;

constexpr std::string_view kBundleName = "vega-embed.js";

struct Places {
  fs::path markdown;
  fs::path html;  // the page
  fs::path root_dir;
  fs::path img_dir;
};

fs::path OrHere(const fs::path& folder) { return folder.empty() ? fs::path(".") : folder; }

Result<Places> FindPlaces(const ReportOptions& options) {
  if (options.report_path.empty()) return InputError("no path was given", "--report-path");
  Places places;
  places.markdown = options.report_path;
  std::error_code error;
  if (!options.report_path.has_filename() || fs::is_directory(options.report_path, error)) {
    places.markdown /= "report.md";
  }
  const fs::path folder = OrHere(places.markdown.parent_path());
  places.root_dir = options.root_dir.empty() ? folder : options.root_dir;
  places.img_dir = options.img_dir.empty() ? places.root_dir / "img" : options.img_dir;
  if (options.to_html) {
    fs::path html_dir = options.html_dir;
    if (html_dir.empty()) {
      html_dir = places.markdown;
      html_dir.replace_extension();
      // Without a suffix the folder would have the name of the Markdown file.
      if (html_dir == places.markdown) html_dir += "-html";
    }
    places.html = html_dir / places.markdown.stem().concat(".html");
  }
  return places;
}

std::string ReadWhole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Reporter {
 public:
  explicit Reporter(const ReportOptions& options) : options_(options) {}

  Result<ReportPaths> Write() {
    Result<Places> places = FindPlaces(options_);
    if (!places) return std::unexpected(std::move(places.error()));
    places_ = *std::move(places);
    if (Result<> loaded = Load(); !loaded) return std::unexpected(std::move(loaded.error()));
    if (Result<> built = Build(); !built) return std::unexpected(std::move(built.error()));
    figures_ = report::AllFigures(built_.document);
    paths_.markdown = places_.markdown;
    paths_.img_dir = places_.img_dir;
    paths_.figures = figures_.size();
    bundle_ = options_.web_bundle.empty() ? "" : ReadWhole(options_.web_bundle);
    for (const auto step :
         {&Reporter::DrawFigures, &Reporter::WriteFigurePages, &Reporter::WriteMarkdownFile,
          &Reporter::WritePage, &Reporter::WriteSummaries}) {
      if (Result<> done = (this->*step)(); !done) return std::unexpected(std::move(done.error()));
    }
    return std::move(paths_);
  }

 private:
  void Say(ReportMessage kind, const std::string& text) const {
    if (options_.message) options_.message(kind, text);
  }

  Result<> Load() {
    for (const fs::path& path : options_.measurements) {
      Result<Measurements> file = LoadMeasurements(path);
      if (!file) return std::unexpected(std::move(file.error()));
      files_.push_back(*std::move(file));
    }
    thresholds_ = TRY(report::Thresholds::Parse(options_.baseline_thresholds));
    if (!options_.baseline.empty()) {
      baseline_ = TRY(LoadMeasurements(options_.baseline));
    } else if (!thresholds_.empty()) {
      return InputError("needs --baseline, the measurements that it is a threshold against",
                        "--baseline-threshold");
    }
    return {};
  }

  Result<> Build() {
    report::DocumentOptions document{.title = options_.report_name,
                                     .types = options_.report_types,
                                     .model_names = options_.model_names,
                                     .current_command = options_.current_command,
                                     .skip_unoptimized_model = options_.skip_unoptimized_model,
                                     .comparison_only = options_.comparison_only,
                                     .skip_general_information = options_.skip_general_information,
                                     .baseline = baseline_ ? &*baseline_ : nullptr,
                                     .thresholds = thresholds_,
                                     .sweep = options_.sweep};
    if (!document.model_names.empty() && document.model_names.size() != files_.size()) {
      Say(ReportMessage::kWarning,
          "--model-names has " + std::to_string(document.model_names.size()) + " names for " +
              std::to_string(files_.size()) + " measurements files and is ignored");
      document.model_names.clear();
    }
    if (document.comparison_only && files_.size() < 2) {
      Say(ReportMessage::kWarning,
          "--comparison-only needs at least two measurements files and is ignored");
    }
    Result<report::ModelDocument> built = report::BuildDocument(files_, document);
    if (!built) return std::unexpected(std::move(built.error()));
    built_ = *std::move(built);
    if (options_.report_types.empty()) {
      std::string types;
      for (const std::string& type : built_.types) types += (types.empty() ? "" : ", ") + type;
      Say(ReportMessage::kInfo, "Following report types were deduced: [" + types + "]");
    }
    Say(ReportMessage::kInfo, "Report name: " + built_.document.title);
    return {};
  }

  Result<> MakeImageFolder() const {
    std::error_code error;
    fs::create_directories(places_.img_dir, error);
    if (error) {
      return RunError("cannot make the folder: " + error.message(), places_.img_dir.string());
    }
    return {};
  }

  Result<> DrawFigures() {
    if (options_.png == PngPolicy::kOff || figures_.empty()) return {};
    if (Result<> made = MakeImageFolder(); !made) return made;
    Result<report::DrawnFigures> drawn =
        report::DrawPngs(figures_, places_.img_dir, options_.python);
    if (!drawn) {
      if (options_.png == PngPolicy::kRequired) return std::unexpected(std::move(drawn.error()));
      Say(ReportMessage::kWarning, "No PNG figures: " + drawn.error().Format());
      return {};
    }
    for (const std::string& complaint : drawn->complaints) {
      if (options_.png == PngPolicy::kRequired) return RunError("cannot draw " + complaint);
      Say(ReportMessage::kWarning, "cannot draw " + complaint);
    }
    pngs_ = std::move(drawn->stems);
    paths_.png_figures = pngs_.size();
    return {};
  }

  [[nodiscard]] bool interactive() const { return !options_.only_png_images && !bundle_.empty(); }

  Result<> WriteFigurePages() {
    if (options_.only_png_images || figures_.empty()) return {};
    if (bundle_.empty()) {
      Say(ReportMessage::kWarning,
          "No interactive figures: the charting bundle is not installed (" +
              options_.web_bundle.string() + ")");
      return {};
    }
    if (Result<> written = WriteFileAtomically(places_.img_dir / kBundleName, bundle_); !written) {
      return written;
    }
    for (const Figure* figure : figures_) {
      const fs::path path = places_.img_dir / (figure->file_stem + ".html");
      if (Result<> written = WriteFileAtomically(path, report::WriteFigurePage(*figure));
          !written) {
        return written;
      }
    }
    return {};
  }

  Result<> WriteMarkdownFile() {
    std::error_code error;
    fs::path images = fs::relative(places_.img_dir, places_.root_dir, error);
    if (error || images.empty()) images = fs::absolute(places_.img_dir, error);
    return WriteFileAtomically(
        places_.markdown,
        report::WriteMarkdown(built_.document, {.image_folder = images.generic_string(),
                                                .smaller_header = options_.smaller_header,
                                                .interactive_files = interactive(),
                                                .pngs = pngs_}));
  }

  Result<> WritePage() {
    if (!options_.to_html) return {};
    report::HtmlOptions page;
    if (interactive()) {
      page.web_bundle = bundle_;
    } else {
      for (const std::string& stem : pngs_) {
        page.pngs[stem] = ReadWhole(places_.img_dir / (stem + ".png"));
      }
      if (!options_.only_png_images) {
        page.note = pngs_.empty()
                        ? "Figures are missing: neither the charting bundle nor the PNG drawer is "
                          "installed. The tables hold the numbers."
                        : "Figures are still pictures: the charting bundle is not installed.";
      }
    }
    paths_.html = places_.html;
    return WriteFileAtomically(places_.html, report::WriteHtml(built_.document, page));
  }

  // What was deployed; a file's unoptimized twin is shown in the report only.
  [[nodiscard]] std::vector<report::SummaryModel> SummaryModels() const {
    std::vector<report::SummaryModel> models;
    size_t shown = 0;
    for (const Measurements& m : files_) {
      report::SummaryModel& model = models.emplace_back(built_.model_names.at(shown), &m);
      if (baseline_) model.changes = report::CompareMetrics(*baseline_, m, thresholds_);
      shown += m.unoptimized && !options_.skip_unoptimized_model ? 2 : 1;
    }
    return models;
  }

  Result<> WriteSummaries() {
    const std::vector<report::SummaryModel> models = SummaryModels();
    for (const report::SummaryModel& model : models) {
      for (const report::MetricChange& change : model.changes) {
        if (change.verdict != report::Verdict::kTooMuch) continue;
        paths_.regressions.push_back(model.name + ", " + report::Sentence(change));
      }
    }
    if (options_.save_summary) {
      paths_.summary = Beside(".summary.json");
      TRY(WriteFileAtomically(paths_.summary, report::SummaryJson(models)));
    }
    if (options_.save_csv) {
      paths_.csv = options_.csv_path.empty() ? Beside(".csv") : options_.csv_path;
      TRY(WriteFileAtomically(paths_.csv, report::SummaryCsv(models)));
    }
    if (options_.save_junit) {
      paths_.junit = options_.junit_path.empty() ? Beside(".junit.xml") : options_.junit_path;
      TRY(WriteFileAtomically(paths_.junit, report::SummaryJUnit(models, built_.document.title)));
    }
    return {};
  }

  // The report's path with another suffix.
  [[nodiscard]] fs::path Beside(const char* suffix) const {
    fs::path path = places_.markdown;
    return path.replace_extension(suffix);
  }

  const ReportOptions& options_;
  Places places_;
  std::vector<Measurements> files_;
  std::optional<Measurements> baseline_;
  report::Thresholds thresholds_;
  report::ModelDocument built_;
  std::vector<const Figure*> figures_;
  std::string bundle_;
  std::set<std::string> pngs_;
  ReportPaths paths_;
};

}  // namespace

std::vector<std::string_view> ReportTypeNames() { return report::SectionTypes(); }

Result<ReportPaths> WriteReport(const ReportOptions& options) { return Reporter(options).Write(); }

}  // namespace host
