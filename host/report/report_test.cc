// SPDX-License-Identifier: Apache-2.0

// Whole reports: from a measurements file to Markdown and page. Golden texts are rewritten by
// running with KN_REWRITE_GOLDEN=1.
#include "host/report/report.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const fs::path kTestdata = "host/report/testdata";

fs::path Vectors() {
  const char* shared = std::getenv("KN_SHARED");
  return fs::path(shared != nullptr ? shared : "../shared") / "spec/kenning/vectors";
}

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

size_t CountOf(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class ReportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::path(::testing::TempDir()) /
        (std::string("report_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    std::ofstream(folder_ / "bundle.js") << "window.vegaEmbed = null;";
  }
  void TearDown() override { fs::remove_all(folder_); }

  ReportOptions Options(std::vector<fs::path> files) {
    ReportOptions options;
    options.measurements = std::move(files);
    options.report_path = folder_ / "out" / "report.md";
    options.to_html = true;
    options.png = PngPolicy::kOff;
    options.web_bundle = folder_ / "bundle.js";
    options.message = [this](ReportMessage, std::string_view text) { messages_ += text; };
    return options;
  }

  fs::path WriteJson(const std::string& name, const std::string& json) {
    std::ofstream(folder_ / name) << json;
    return folder_ / name;
  }

  fs::path folder_;
  std::string messages_;
};

TEST_F(ReportTest, SmallFileGolden) {
  ReportOptions options = Options({kTestdata / "small_results.json"});
  options.report_name = "v-extensions-riscv";
  options.model_names = {"magic_wand_fp32"};
  options.current_command = {"kenning report"};
  const auto paths = WriteReport(options);
  ASSERT_TRUE(paths) << paths.error().Format();
  EXPECT_EQ(paths->html, folder_ / "out" / "report" / "report.html");
  const std::string markdown = Read(paths->markdown);
  const fs::path golden = kTestdata / "small_report.md";
  if (std::getenv("KN_REWRITE_GOLDEN") != nullptr) std::ofstream(golden) << markdown;
  EXPECT_EQ(markdown, Read(golden));
  const std::string html = Read(paths->html);
  EXPECT_THAT(html, HasSubstr("synthetic data"));
  EXPECT_EQ(CountOf(html, "<figure "), paths->figures);
  EXPECT_TRUE(fs::exists(folder_ / "out/img/inference_time.html"));
  EXPECT_TRUE(fs::exists(folder_ / "out/img/vega-embed.js"));
}

TEST_F(ReportTest, HostileNamesStayNamesAndFilesStayInside) {
  const auto paths = WriteReport(Options({kTestdata / "hostile_results.json"}));
  ASSERT_TRUE(paths) << paths.error().Format();
  const std::string html = Read(paths->html);
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_EQ(CountOf(html, "</script>"), 3u);
  EXPECT_THAT(Read(paths->markdown), Not(HasSubstr("\n# not a heading")));
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_))
    files += entry.is_regular_file();
  EXPECT_EQ(files, paths->figures + 4);  // figures, two bundles, Markdown, page
}

struct VectorRow {
  const char* file;
  std::vector<std::string> parts;  // the Markdown must have
  size_t figures;
};

TEST_F(ReportTest, RealFilesOfKenningRenderCompletely) {
  if (!fs::exists(Vectors())) GTEST_SKIP() << "no results vectors at " << Vectors();
  const std::vector<std::string> all = {
      "| First inference duration | **0.031000** |",
      "| Mean | **0.020675** |",
      "| Standard deviation | **0.002402** |",
      "| Median | **0.020100** |",
      "| Accuracy | **0.500000** |",
      "| Mean precision | **0.589286** |",
      "| Mean sensitivity | **0.442857** |",
      "| G-mean | **0.000000** |",
      "* *Instructions counters per inference pass*: **16983**",
      "* *V Vector Extension instructions percentage*: **27.41 %**",
      "    * `addi`: **4510**",
      "* *Host bytes peak*: **51200 bytes**",
      "* *Compiled model size*: **26944 bytes**",
      "### Memory access counters",
      "cumulative_memory_writes_plot",
      "uart0_reads_plot",
      "cumulative_vec_controlblock_writes_plot",
      "cumulative_exceptions_plot",
      "executed_instructions_cpu_plot",
      "vector_instr_barplot",
      "General information for mw",
      "* tensorflow ver. 2.11.1",
      "\"split_seed\": 1234",
  };
  const VectorRow rows[] = {
      {"results_legacy_renode.json", all, 20},
      {"results_head_renode.json", all, 20},
      {"results_legacy_novec.json",
       {"* *V Vector Extension instructions percentage*: **0.00 %**"},
       19},
      {"results_head_novec.json",
       {"* *V Vector Extension instructions percentage*: **0.00 %**"},
       19},
      {"results_legacy_real_run.json", {"| Accuracy |", "| Median |"}, 2},
      {"results_pinned_real_run.json", {"| Accuracy | **0.550000** |"}, 2},
      {"results_head_real_run.json", {"| Accuracy |", "| Median |"}, 2},
      {"results_legacy_person_real_run.json", {"| Accuracy | **0.000000** |", "not-person"}, 2},
  };
  for (const VectorRow& row : rows) {
    SCOPED_TRACE(row.file);
    ReportOptions options = Options({Vectors() / row.file});
    options.model_names = {"mw"};
    const auto paths = WriteReport(options);
    ASSERT_TRUE(paths) << paths.error().Format();
    const std::string markdown = Read(paths->markdown);
    for (const std::string& part : row.parts) EXPECT_THAT(markdown, HasSubstr(part));
    EXPECT_EQ(paths->figures, row.figures);
    EXPECT_THAT(markdown, Not(HasSubstr("uart1")));  // never accessed
    EXPECT_THAT(Read(paths->html), HasSubstr("Mean inference time"));
  }
}

TEST_F(ReportTest, ComparisonOfTwo) {
  const fs::path small = kTestdata / "small_results.json";
  ReportOptions options = Options({small, small});
  options.model_names = {"with vec", "no_vec"};
  options.save_summary = true;
  const auto paths = WriteReport(options);
  ASSERT_TRUE(paths) << paths.error().Format();
  const std::string markdown = Read(paths->markdown);
  for (const char* part :
       {"# Comparison of with_vec and no_vec", "## Inference comparison",
        "## Classification comparison", "img/accuracy_vs_inference_time.html",
        "img/classification_metric_comparison.html", "img/mean_performance_comparison.html",
        "img/executed_instructions_cpu_plot_comparison.html", "img/instr_barplot_comparison.html",
        "img/with_vec_inference_time.html", "img/no_vec_confusion_matrix.html"}) {
    EXPECT_THAT(markdown, HasSubstr(part));
  }
  const auto summary = nlohmann::json::parse(Read(paths->summary));
  ASSERT_EQ(summary.size(), 2u);
  EXPECT_EQ(summary[1]["modelName"], "no_vec");
  EXPECT_EQ(summary[0]["metrics"][3]["name"], "accuracy");
  EXPECT_EQ(summary[0]["metrics"][3]["value"], 0.875);

  options.comparison_only = true;
  EXPECT_THAT(Read(WriteReport(options)->markdown),
              Not(HasSubstr("## Inference quality metrics for")));
}

TEST_F(ReportTest, AgainstABaseline) {
  const std::string text = Read(kTestdata / "small_results.json");
  auto results = nlohmann::ordered_json::parse(text);
  results["compiled_model_size"] = 30000;
  results["simulator_profile"]["kernels"][0]["instructions"] = 99000;
  ReportOptions options = Options({WriteJson("now.json", results.dump())});
  options.baseline = kTestdata / "small_results.json";
  options.save_csv = true;
  options.save_junit = true;
  options.junit_path = folder_ / "ci.xml";
  auto paths = WriteReport(options);
  ASSERT_TRUE(paths) << paths.error().Format();
  EXPECT_THAT(paths->regressions, ElementsAre());
  EXPECT_THAT(Read(paths->markdown),
              HasSubstr("| Compiled model | 21.0 KiB | **29.3 KiB** | +39.5 % | – | worse |"));
  EXPECT_EQ(paths->csv, folder_ / "out/report.csv");
  EXPECT_THAT(Read(paths->csv), HasSubstr("compiled_model_size,30000,bytes,21504,"));

  options.baseline_thresholds = {"compiled_model_size=10"};
  paths = WriteReport(options);
  ASSERT_TRUE(paths) << paths.error().Format();
  ASSERT_EQ(paths->regressions.size(), 1u);
  EXPECT_THAT(paths->regressions[0], HasSubstr("39.5 % worse (10.0 % allowed)"));
  EXPECT_THAT(Read(paths->markdown), HasSubstr("**1 number is worse than allowed.**"));
  EXPECT_THAT(Read(folder_ / "ci.xml"), HasSubstr("failures=\"1\""));

  options.baseline.clear();
  const auto alone = WriteReport(options);
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().kind, ErrorKind::kInput);
  EXPECT_THAT(alone.error().Format(), HasSubstr("needs --baseline"));
}

TEST_F(ReportTest, MemoryMapDividesTheHeap) {
  auto results = nlohmann::ordered_json::parse(Read(kTestdata / "small_results.json"));
  results["compiled_model_size"] = 30000;
  results["allocation_stats"] = {{"host_bytes_peak", 2000}, {"device_bytes_peak", 500}};
  results["simulator_profile"]["memory_map"] = {
      {{"name", "firmware code"}, {"start", 0x32000000}, {"size", 70000}},
      {{"name", "heap"}, {"start", 0x34020000}, {"size", 40000}}};
  const auto paths = WriteReport(Options({WriteJson("now.json", results.dump())}));
  ASSERT_TRUE(paths) << paths.error().Format();
  const std::string markdown = Read(paths->markdown);
  EXPECT_THAT(markdown, HasSubstr("| firmware code | 0x32000000 | 0x32011170 | **70,000** |"));
  EXPECT_THAT(markdown, HasSubstr("| in it: model file | – | – | 30,000 |"));
  EXPECT_THAT(markdown, HasSubstr("| in it: free at the peak | – | – | 7,500 |"));
  EXPECT_THAT(Read(paths->html), HasSubstr("runtime state"));
}

TEST_F(ReportTest, SweepMarksTheBestAndKeepsWhatFailed) {
  SweepRow slow;
  slow.release = "3.0.0";
  slow.kernel_instructions = 200;
  SweepRow fast = slow;
  fast.release = "3.6.0";
  fast.flags = "a=1";
  fast.kernel_instructions = 100;
  fast.other_predictions = 0;
  SweepRow failed;
  failed.release = "9.9.9";
  failed.failure = "is not a release\nmore";
  ReportOptions options = Options({kTestdata / "small_results.json"});
  options.sweep = {slow, fast, failed};
  const auto paths = WriteReport(options);
  ASSERT_TRUE(paths) << paths.error().Format();
  const std::string markdown = Read(paths->markdown);
  EXPECT_THAT(markdown, HasSubstr("Fewest instructions in kernels: **3.6.0 with a=1**, 100 per"));
  EXPECT_THAT(markdown, HasSubstr("| 3.6.0 | a=1 | **100** |"));
  EXPECT_THAT(markdown, HasSubstr("| 3.0.0 | as in the scenario | 200 |"));
  EXPECT_THAT(markdown, HasSubstr("* **9.9.9** failed: is not a release\n"));
}

TEST_F(ReportTest, AFolderIsAcceptedWhereAFileIsMeant) {
  ReportOptions options = Options({kTestdata / "small_results.json"});
  options.report_path = folder_ / "springbok-magic-wand" / "";
  const auto slash = WriteReport(options);
  ASSERT_TRUE(slash) << slash.error().Format();
  EXPECT_EQ(slash->markdown, folder_ / "springbok-magic-wand/report.md");
  EXPECT_EQ(slash->html, folder_ / "springbok-magic-wand/report/report.html");
  options.report_path = folder_ / "springbok-magic-wand";  // exists by now
  options.html_dir = folder_ / "page";
  const auto existing = WriteReport(options);
  EXPECT_EQ(existing->markdown, folder_ / "springbok-magic-wand/report.md");
  EXPECT_EQ(existing->html, folder_ / "page/report.html");
  options.report_path = folder_ / "bare";
  options.html_dir.clear();
  EXPECT_EQ(WriteReport(options)->html, folder_ / "bare-html/bare.html");
}

TEST_F(ReportTest, ImagePathsAreRelativeToTheRoot) {
  ReportOptions options = Options({kTestdata / "small_results.json"});
  options.root_dir = folder_;
  options.img_dir = folder_ / "pictures/new";
  const auto paths = WriteReport(options);
  ASSERT_TRUE(paths) << paths.error().Format();
  EXPECT_THAT(Read(paths->markdown), HasSubstr("(<pictures/new/inference_time.html>)"));
  EXPECT_TRUE(fs::exists(folder_ / "pictures/new/inference_time.html"));
}

TEST_F(ReportTest, WithoutBundleThePageSaysSo) {
  ReportOptions options = Options({kTestdata / "small_results.json"});
  options.web_bundle = folder_ / "absent.js";
  const auto paths = WriteReport(options);
  ASSERT_TRUE(paths) << paths.error().Format();
  EXPECT_THAT(Read(paths->html), HasSubstr("Figures are missing"));
  EXPECT_THAT(messages_, HasSubstr("No interactive figures"));
}

TEST_F(ReportTest, PngIsOptionalUnlessRequired) {
  ReportOptions options = Options({kTestdata / "small_results.json"});
  options.png = PngPolicy::kAuto;
  options.python = folder_ / "no-python";
  ASSERT_TRUE(WriteReport(options));
  EXPECT_THAT(messages_, HasSubstr("No PNG figures"));
  options.png = PngPolicy::kRequired;
  const auto failed = WriteReport(options);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::kRun);
  options.python = "/bin/false";
  EXPECT_THAT(WriteReport(options).error().sentence, HasSubstr("drawing the figures failed"));
}

TEST_F(ReportTest, AFailureLeavesTheEarlierReportAsItWas) {
  ReportOptions options = Options({kTestdata / "small_results.json"});
  const auto paths = WriteReport(options);
  ASSERT_TRUE(paths);
  const std::string before = Read(paths->markdown) + Read(paths->html);
  options.measurements = {WriteJson("bad.json", "{\"total\": ")};
  EXPECT_FALSE(WriteReport(options));
  EXPECT_EQ(Read(paths->markdown) + Read(paths->html), before);
}

TEST_F(ReportTest, ClearErrors) {
  struct Row {
    const char* name;
    std::vector<std::string> files;
    std::vector<std::string> types;
    const char* message;
  };
  const Row rows[] = {
      {"no file", {}, {}, "--measurements: no measurements were given"},
      {"nothing to report", {"{}"}, {}, "so there is nothing to report"},
      {"unknown type", {"{}"}, {"detection"}, "unknown report type \"detection\""},
      {"other classes",
       {R"({"class_names": ["a"], "eval_confusion_matrix": [[1]]})",
        R"({"class_names": ["b"], "eval_confusion_matrix": [[1]]})"},
       {},
       "#/class_names: has other class_names than"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    ReportOptions options = Options({});
    for (size_t i = 0; i < row.files.size(); ++i) {
      options.measurements.push_back(WriteJson(std::to_string(i) + ".json", row.files[i]));
    }
    options.report_types = row.types;
    const auto result = WriteReport(options);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().exit_code(), 2);
    EXPECT_THAT(result.error().Format(), HasSubstr(row.message));
  }
}

TEST_F(ReportTest, ATypeThatTheFileLacksIsSaidInItsSection) {
  ReportOptions options = Options({WriteJson("empty.json", R"({"total": 1})")});
  options.report_types = {"renode_stats", "performance", "classification"};
  const auto paths = WriteReport(options);
  ASSERT_TRUE(paths) << paths.error().Format();
  const std::string markdown = Read(paths->markdown);
  EXPECT_THAT(markdown, HasSubstr("hold no opcode counters"));
  EXPECT_THAT(markdown, HasSubstr("hold no inference times"));
  EXPECT_THAT(markdown, HasSubstr("hold no evaluated predictions"));
}

TEST_F(ReportTest, WrongNumberOfModelNamesIsSaidAndIgnored) {
  ReportOptions options = Options({kTestdata / "small_results.json"});
  options.model_names = {"a", "b"};
  ASSERT_TRUE(WriteReport(options));
  EXPECT_THAT(messages_, HasSubstr("--model-names has 2 names for 1 measurements files"));
}

TEST_F(ReportTest, TheUnoptimizedTwinIsAModelOfItsOwn) {
  const fs::path file = WriteJson(
      "twin.json",
      R"({"model_name": "m", "protocol_inference_step": [1], "__unoptimized__": {"protocol_inference_step": [2]}})");
  ReportOptions options = Options({file});
  EXPECT_THAT(Read(WriteReport(options)->markdown), HasSubstr("Comparison of m and m_unoptimized"));
  options.skip_unoptimized_model = true;
  EXPECT_THAT(Read(WriteReport(options)->markdown), Not(HasSubstr("unoptimized")));
}

TEST_F(ReportTest, AVeryLongRunStaysASmallPage) {
  nlohmann::ordered_json results;
  const size_t intervals = 50000;
  std::vector<double> times;
  std::vector<int> counts;
  for (size_t i = 0; i < intervals; ++i) {
    times.push_back(0.01 * static_cast<double>(i));
    counts.push_back(static_cast<int>(i * 7919 % 100003));
  }
  results["protocol_inference_step"] = times;
  results["profiler_timestamps"] = times;
  results["executed_instructions"] = {{"cpu", counts}};
  results["memory_accesses"] = {{"read", counts}, {"write", counts}};
  results["peripheral_accesses"] = {{"uart0", {{"read", counts}, {"write", counts}}}};
  results["opcode_counters"] = {{"cpu", {{"addi", 5}}}};
  results["total"] = 1;
  const auto paths = WriteReport(Options({WriteJson("long.json", results.dump())}));
  ASSERT_TRUE(paths) << paths.error().Format();
  EXPECT_LT(fs::file_size(paths->html), 1'500'000u);
  EXPECT_THAT(Read(paths->markdown), HasSubstr("each point stands for 34 consecutive values"));
}

}  // namespace
}  // namespace host
