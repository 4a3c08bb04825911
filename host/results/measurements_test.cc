// SPDX-License-Identifier: Apache-2.0

#include "host/results/measurements.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "host/results/metrics.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

fs::path Vectors() {
  const char* shared = std::getenv("KN_SHARED");
  return fs::path(shared != nullptr ? shared : "../shared") / "spec/kenning/vectors";
}

std::string Repeat(std::string_view text, size_t times) {
  std::string repeated;
  for (size_t i = 0; i < times; ++i) repeated.append(text);
  return repeated;
}

// Each row is a file that must be refused, and a part of the message.
struct BadRow {
  const char* name;
  std::string json;
  const char* message;
};

class BadMeasurementsTest : public ::testing::TestWithParam<BadRow> {};

TEST_P(BadMeasurementsTest, IsRefusedWithItsPlace) {
  const auto result = ParseMeasurements(GetParam().json, "r.json");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kInput);
  EXPECT_THAT(result.error().Format(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadMeasurementsTest,
    ::testing::Values(
        BadRow{"Empty", "", "r.json:1:1: not valid JSON"},
        BadRow{"Cut", "{\"total\": 3,\n \"class_na", "r.json:2:"},
        BadRow{"NotAnObject", "[1]", "r.json#: must hold a JSON object"},
        BadRow{"Deep", Repeat("[", 100000), "r.json:1:65: nested too deeply"},
        BadRow{"ManyMembers", "{" + Repeat("\"a\":1,", 5000), "too many members"},
        BadRow{"ManyContainers", "[" + Repeat("[],", 1000001), "too many lists and objects"},
        BadRow{"HugeNumber", "{\"total\": 1e999}", "not valid JSON"},
        BadRow{"BadUtf8", "{\"model_name\": \"\xff\"}", "not valid JSON"},
        BadRow{"TotalText", R"({"total": "3"})", "r.json#/total: must be a number"},
        BadRow{"TotalNegative", R"({"total": -3})", "r.json#/total: must be a count"},
        BadRow{"TimesNotNumbers", R"({"protocol_inference_step": [1, null]})",
               "r.json#/protocol_inference_step/1: must be a number"},
        BadRow{"TimestampsShorter",
               R"({"protocol_inference_step": [1, 2], "protocol_inference_step_timestamp": [1]})",
               "r.json#/protocol_inference_step_timestamp: must be as long as "
               "protocol_inference_step (2, not 1)"},
        BadRow{"MatrixNotSquare", R"({"eval_confusion_matrix": [[1, 2], [3]]})",
               "r.json#/eval_confusion_matrix/1: must have 2 numbers, not 1"},
        BadRow{"MatrixNegative", R"({"eval_confusion_matrix": [[-1]]})",
               "r.json#/eval_confusion_matrix/0: must not hold a negative count"},
        BadRow{"MatrixAgainstClasses",
               R"({"class_names": ["a"], "eval_confusion_matrix": [[1, 0], [0, 1]]})",
               "must have a row for each of the 1 class_names, not 2"},
        BadRow{"OpcodesMixed", R"({"opcode_counters": {"cpu": {"lw": 1}, "addi": 2}})",
               "r.json#/opcode_counters/addi: must be an object"},
        BadRow{"PointerEscapes", R"({"opcode_counters": {"a/b~c": {"lw": "x"}}})",
               "r.json#/opcode_counters/a~1b~0c/lw: must be a number"},
        BadRow{"SeriesLength", R"({"profiler_timestamps": [1], "exceptions": [1, 2]})",
               "r.json#/exceptions: must be as long as profiler_timestamps (1, not 2)"},
        BadRow{"SeriesUnit", R"({"simulator_profile": {"series": "per_year"}})",
               "r.json#/simulator_profile/series: must be"},
        BadRow{"KernelName", R"({"simulator_profile": {"kernels": [{"name": 3}]}})",
               "r.json#/simulator_profile/kernels/0/name: must be a text"},
        BadRow{"NestedFault", R"({"__unoptimized__": {"total": true}})", "must be a number"}),
    [](const auto& row) { return row.param.name; });

TEST(MeasurementsTest, AllFaultsAreReportedAtOnceUpToALimit) {
  const auto two = ParseMeasurements(R"({"total": "x", "class_names": 3})", "r.json");
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().causes.size(), 2u);
  const auto many = ParseMeasurements("{\"class_names\": [" + Repeat("1,", 99) + "1]}", "r.json");
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().sentence, "100 faults in the measurements");
  EXPECT_EQ(many.error().causes.size(), 21u);
  EXPECT_EQ(many.error().causes.back().sentence, "and 80 more");
}

TEST(MeasurementsTest, AMissingFileOrAFolderIsAnInputError) {
  EXPECT_THAT(LoadMeasurements("/nowhere/x.json").error().Format(),
              HasSubstr("/nowhere/x.json: the measurements file does not exist"));
  EXPECT_THAT(LoadMeasurements("/").error().Format(), HasSubstr("is a folder"));
}

TEST(MeasurementsTest, FlatCountersMeanRatesNestedOnesMeanCounts) {
  constexpr const char* kSeries =
      R"("profiler_timestamps": [1.0, 1.01], "executed_instructions": {"cpu": [)";
  const auto legacy = ParseMeasurements(
      std::string(R"({"opcode_counters": {"lw": 3, "c.addi": 0}, )") + kSeries + "300.0, 100.0]}}",
      "r");
  ASSERT_TRUE(legacy) << legacy.error().Format();
  ASSERT_EQ(legacy->opcode_counters.size(), 1u);
  EXPECT_THAT(legacy->opcode_counters[0].opcodes, ElementsAre(NamedCount{"lw", 3}));
  EXPECT_THAT(legacy->profiler.executed[0].instructions, ElementsAre(3.0, 1.0));
  EXPECT_TRUE(legacy->remarks.empty());

  const auto head = ParseMeasurements(
      std::string(R"({"opcode_counters": {"cpu": {"lw": 3}}, )") + kSeries + "900, 7]}}", "r");
  ASSERT_TRUE(head) << head.error().Format();
  EXPECT_TRUE(std::isnan(head->profiler.executed[0].instructions[0]));
  EXPECT_EQ(head->profiler.executed[0].instructions[1], 7);
  EXPECT_THAT(head->remarks, ElementsAre(HasSubstr("first interval")));

  const auto ours = ParseMeasurements(
      std::string(R"({"simulator_profile": {"series": "per_interval"}, )") + kSeries + "9, 7]}}",
      "r");
  ASSERT_TRUE(ours) << ours.error().Format();
  EXPECT_THAT(ours->profiler.executed[0].instructions, ElementsAre(9.0, 7.0));
}

TEST(MeasurementsTest, CountsThatWrappedAt32BitsAreRestored) {
  const auto result =
      ParseMeasurements(R"({"profiler_timestamps": [1, 2], "exceptions": [5, -2147483648]})", "r");
  ASSERT_TRUE(result) << result.error().Format();
  EXPECT_THAT(result->profiler.exceptions, ElementsAre(5.0, 2147483648.0));
  EXPECT_THAT(result->remarks, ElementsAre(HasSubstr("2^32")));
}

TEST(MeasurementsTest, IntervalComesFromTheScenarioElseFromTheTimestamps) {
  const auto stated = ParseMeasurements(
      R"({"build_cfg": {"platform": {"parameters": {"profiler_interval_step": 2.5}}}})", "r");
  EXPECT_DOUBLE_EQ(stated->profiler.interval_s, 0.0025);
  const auto guessed = ParseMeasurements(R"({"profiler_timestamps": [0.99, 1.04, 1.06]})", "r");
  EXPECT_DOUBLE_EQ(guessed->profiler.interval_s, 0.02);
}

TEST(MeasurementsTest, SyntheticDataIsRecognisedByKeyAndByScenario) {
  EXPECT_TRUE(ParseMeasurements(R"({"dataset_synthetic": true})", "r")->synthetic_data);
  constexpr const char* kPath =
      R"("build_cfg": {"dataset": {"type": "a.B", "parameters": {"root": "x/Synthetic-y"}}})";
  const auto by_path = ParseMeasurements(std::string("{") + kPath + "}", "r");
  EXPECT_TRUE(by_path->synthetic_data);
  EXPECT_EQ(by_path->dataset_class, "B");
  EXPECT_FALSE(ParseMeasurements(std::string(R"({"dataset_synthetic": false, )") + kPath + "}", "r")
                   ->synthetic_data);
}

TEST(MeasurementsTest, WhatIsWrittenIsReadBackInOrder) {
  const fs::path path = fs::path(::testing::TempDir()) / "written.json";
  nlohmann::ordered_json contents = {{"total", 2}, {"model_name", "caf\xc3\xa9 \xff"}};
  ASSERT_TRUE(WriteMeasurements(path, contents));
  const auto read = LoadMeasurements(path);
  ASSERT_TRUE(read) << read.error().Format();
  EXPECT_EQ(read->total, 2u);
  EXPECT_EQ(read->model_name, "caf\xc3\xa9 \xef\xbf\xbd");
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::getline(file, line);
  EXPECT_EQ(line, "  \"total\": 2,");
  fs::remove(path);
}

TEST(MeasurementsTest, RealFilesOfThreeKennings) {
  struct Row {
    const char* file;
    uint64_t total;
    double accuracy;
    uint64_t per_inference;
    size_t intervals;
  };
  constexpr Row kRows[] = {
      {"results_legacy_renode.json", 20, 0.5, 16983, 40},
      {"results_head_renode.json", 20, 0.5, 16983, 41},
      {"results_legacy_person_real_run.json", 6, 0.0, 0, 0},
      {"results_pinned_real_run.json", 20, 0.55, 0, 0},
  };
  if (!fs::exists(Vectors())) GTEST_SKIP() << "no results vectors at " << Vectors();
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.file);
    const auto result = LoadMeasurements(Vectors() / row.file);
    ASSERT_TRUE(result) << result.error().Format();
    EXPECT_EQ(result->total, row.total);
    EXPECT_DOUBLE_EQ(ComputeQuality(*result).accuracy, row.accuracy);
    EXPECT_EQ(ComputeInstructions(*result).per_inference, row.per_inference);
    EXPECT_EQ(result->profiler.timestamp_s.size(), row.intervals);
    EXPECT_FALSE(result->build_cfg.empty());
    EXPECT_FALSE(result->synthetic_data);
  }
}

TEST(MeasurementsTest, TheTwoScalingsOfOneDumpAgree) {
  if (!fs::exists(Vectors())) GTEST_SKIP() << "no results vectors at " << Vectors();
  const auto legacy = LoadMeasurements(Vectors() / "results_legacy_renode.json");
  const auto head = LoadMeasurements(Vectors() / "results_head_renode.json");
  ASSERT_TRUE(legacy && head);
  // HEAD's window has one interval more at the front, and its last includes the closing bound.
  for (size_t i = 0; i + 1 < legacy->profiler.timestamp_s.size(); ++i) {
    EXPECT_EQ(legacy->profiler.executed[0].instructions[i],
              head->profiler.executed[0].instructions[i + 1]);
    EXPECT_EQ(legacy->profiler.memory_reads[i], head->profiler.memory_reads[i + 1]);
  }
}

}  // namespace
}  // namespace host
