// SPDX-License-Identifier: Apache-2.0

#include "host/report/baseline.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host::report {
namespace {

using ::testing::HasSubstr;

Measurements RunOf(uint64_t kernel_instructions, double accuracy_hits) {
  Measurements m;
  m.confusion_matrix = {{accuracy_hits, 10 - accuracy_hits}, {0, 10}};
  m.simulator.emplace();
  m.simulator->inferences = 10;
  m.simulator->kernel_instructions = kernel_instructions;
  m.simulator->runtime_instructions = 50;
  m.simulator->kernels = {{"steady", {}, 100, {}}, {"moves", {}, kernel_instructions, {}}};
  return m;
}

Thresholds Parsed(std::vector<std::string> texts) {
  Result<Thresholds> parsed = Thresholds::Parse(texts);
  EXPECT_TRUE(parsed) << parsed.error().Format();
  return parsed.value_or(Thresholds());
}

const MetricChange& Find(const std::vector<MetricChange>& changes, std::string_view name) {
  for (const MetricChange& change : changes) {
    if (change.metric->name == name) return change;
  }
  ADD_FAILURE() << name;
  return changes.front();
}

struct VerdictCase {
  const char* name;
  std::vector<std::string> thresholds;
  uint64_t kernel_instructions;
  Verdict verdict;
};

TEST(Baseline, VerdictsAgainstAThousandInstructions) {
  const VerdictCase rows[] = {
      {"same", {"0"}, 1000, Verdict::kSame},
      {"fewer", {"0"}, 999, Verdict::kBetter},
      {"more, nothing forbidden", {}, 1500, Verdict::kWorse},
      {"more, but allowed", {"2"}, 1020, Verdict::kWorse},
      {"more than allowed", {"2"}, 1021, Verdict::kTooMuch},
      {"its own threshold wins",
       {"2", "kernel_instructions_per_inference=50%"},
       1500,
       Verdict::kWorse},
      {"another's threshold is not its own", {"accuracy=0"}, 1500, Verdict::kWorse},
  };
  for (const VerdictCase& row : rows) {
    SCOPED_TRACE(row.name);
    const auto changes =
        CompareMetrics(RunOf(1000, 8), RunOf(row.kernel_instructions, 8), Parsed(row.thresholds));
    EXPECT_EQ(Find(changes, "kernel_instructions_per_inference").verdict, row.verdict);
  }
}

TEST(Baseline, LessAccuracyIsWorse) {
  const auto changes = CompareMetrics(RunOf(1, 8), RunOf(1, 7), Parsed({"accuracy=1"}));
  const MetricChange& change = Find(changes, "accuracy");
  EXPECT_EQ(change.verdict, Verdict::kTooMuch);
  EXPECT_EQ(Sentence(change), "accuracy: 85.00 % instead of 90.00 %, 5.6 % worse (1.0 % allowed)");
}

TEST(Baseline, WhatIsNoLongerMeasuredFailsOnlyWithAThreshold) {
  Measurements without = RunOf(1000, 8);
  without.confusion_matrix.clear();
  EXPECT_EQ(Find(CompareMetrics(RunOf(1000, 8), without, {}), "accuracy").verdict, Verdict::kOther);
  const auto changes = CompareMetrics(RunOf(1000, 8), without, Parsed({"5"}));
  EXPECT_EQ(Find(changes, "accuracy").verdict, Verdict::kTooMuch);
  EXPECT_THAT(Sentence(Find(changes, "accuracy")), HasSubstr("not measured any more"));
}

TEST(Baseline, KernelsByTheSizeOfTheirChange) {
  Measurements now = RunOf(2000, 8);
  now.simulator->kernels.push_back({"added", {}, 5000, {}});
  const auto changes = CompareKernels(RunOf(1000, 8), now);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].name, "added");
  EXPECT_EQ(changes[0].before, 0);
  EXPECT_EQ(changes[1].name, "moves");
  EXPECT_EQ(changes[1].before, 100);
  EXPECT_EQ(changes[1].now, 200);
}

TEST(Baseline, WrongThresholdsAreNamedAllAtOnce) {
  const std::vector<std::string> texts = {
      "two", "acuracy=1", "-1", "accuracy=", "g_mean=1e999", "vector_opcodes_fraction=1", "nan"};
  const Result<Thresholds> parsed = Thresholds::Parse(texts);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().kind, ErrorKind::kInput);
  const std::string text = parsed.error().Format();
  for (const char* part :
       {"--baseline-threshold", "\"two\"", "no metric \"acuracy\"", "\"-1\"", "\"accuracy=\"",
        "\"g_mean=1e999\"", "no metric \"vector_opcodes_fraction\"", "\"nan\""}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

}  // namespace
}  // namespace host::report
