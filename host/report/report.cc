#include "host/report/report.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/report/html_writer.h"
#include "host/report/markdown_writer.h"
#include "host/report/model_document.h"
#include "host/report/png_drawer.h"
#include "host/results/atomic_file.h"
#include "host/results/measurements.h"
#include "host/results/metrics.h"

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
          &Reporter::WritePage, &Reporter::WriteSummary}) {
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
    return {};
  }

  Result<> Build() {
    report::DocumentOptions document{.title = options_.report_name,
                                     .types = options_.report_types,
                                     .model_names = options_.model_names,
                                     .current_command = options_.current_command,
                                     .skip_unoptimized_model = options_.skip_unoptimized_model,
                                     .comparison_only = options_.comparison_only,
                                     .skip_general_information = options_.skip_general_information};
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

  Result<> WriteSummary() {
    if (!options_.save_summary) return {};
    Json summary = Json::array();
    for (size_t i = 0; i < files_.size(); ++i) {
      const Measurements& m = files_[i];
      Json metrics = Json::array();
      const auto add = [&](const char* type, const char* name, double value) {
        metrics.push_back({{"type", type}, {"name", name}, {"value", value}});
      };
      if (m.has_inference_times()) {
        const TimeStatistics times = ComputeTimeStatistics(m.inference().duration_s);
        add("performance", "inference_time_mean", times.mean_s);
        add("performance", "inference_time_std", times.deviation_s);
        add("performance", "inference_time_median", times.median_s);
      }
      if (!m.confusion_matrix.empty()) {
        const QualityMetrics quality = ComputeQuality(m);
        add("classification", "accuracy", quality.accuracy);
        add("classification", "mean_precision", quality.mean_precision);
        add("classification", "mean_sensitivity", quality.mean_sensitivity);
        add("classification", "g_mean", quality.g_mean);
      }
      if (!m.opcode_counters.empty()) {
        const InstructionMetrics instructions = ComputeInstructions(m);
        add("renode_stats", "instructions_per_inference_pass",
            static_cast<double>(instructions.per_inference));
        add("renode_stats", "vector_opcodes_fraction", instructions.vector_fraction);
      }
      // A file with an unoptimized twin shows two models; the summary is of what was deployed.
      size_t shown = 0;
      for (size_t before = 0; before < i; ++before) {
        shown += files_[before].unoptimized && !options_.skip_unoptimized_model ? 2 : 1;
      }
      summary.push_back({{"modelName", built_.model_names.at(i > 0 ? shown : 0)},
                         {"scenarioPath", m.cfg_path},
                         {"metrics", std::move(metrics)}});
    }
    paths_.summary = places_.markdown;
    paths_.summary.replace_extension(".summary.json");
    return WriteFileAtomically(paths_.summary,
                               summary.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }

  const ReportOptions& options_;
  Places places_;
  std::vector<Measurements> files_;
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
