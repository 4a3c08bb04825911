// SPDX-License-Identifier: Apache-2.0

#include "host/results/metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using Matrix = std::vector<std::vector<double>>;

TEST(MetricsTest, QualityMatchesTheContractsCheckValues) {
  const QualityMetrics metrics =
      ComputeQuality(Matrix{{0, 0, 0, 3}, {1, 1, 0, 3}, {0, 0, 4, 3}, {0, 0, 0, 5}});
  EXPECT_DOUBLE_EQ(metrics.accuracy, 0.5);
  EXPECT_NEAR(metrics.mean_precision, 0.5892857110969388, 1e-12);
  EXPECT_NEAR(metrics.mean_sensitivity, 0.44285714205306126, 1e-12);
  EXPECT_DOUBLE_EQ(metrics.g_mean, 0.0);
}

TEST(MetricsTest, GeometricMeanOfManyClassesDoesNotUnderflow) {
  Matrix matrix(2000, std::vector<double>(2000));
  for (size_t i = 0; i < matrix.size(); ++i) {
    matrix[i][i] = 1;
    matrix[i][(i + 1) % matrix.size()] = 1;
  }
  EXPECT_NEAR(ComputeQuality(matrix).g_mean, 0.5, 1e-6);
}

TEST(MetricsTest, NothingMeasuredGivesZeroNotNaN) {
  EXPECT_EQ(ComputeQuality(Matrix{}).accuracy, 0);
  EXPECT_EQ(ComputeQuality(Matrix{{0, 0}, {0, 0}}).accuracy, 0);
  EXPECT_EQ(ComputeTimeStatistics({}).mean_s, 0);
  EXPECT_EQ(ComputeInstructions(Measurements{}).vector_fraction, 0);
}

TEST(MetricsTest, TimeStatisticsUseThePopulationDeviation) {
  const std::vector<double> durations = {4, 1, 3, 2};
  const TimeStatistics statistics = ComputeTimeStatistics(durations);
  EXPECT_EQ(statistics.first_s, 4);
  EXPECT_EQ(statistics.minimum_s, 1);
  EXPECT_EQ(statistics.maximum_s, 4);
  EXPECT_EQ(statistics.mean_s, 2.5);
  EXPECT_EQ(statistics.median_s, 2.5);
  EXPECT_THAT(statistics.deviation_s, DoubleNear(1.118033988749895, 1e-12));
}

TEST(MetricsTest, InstructionsAddUpOverCpusAndSortByCountThenName) {
  Measurements measurements;
  measurements.total = 4;
  measurements.opcode_counters = {{"cpu0", {{"addi", 10}, {"vle32.v", 5}, {"lw", 5}}},
                                  {"cpu1", {{"addi", 2}, {"vsetvli", 2}}}};
  const InstructionMetrics metrics = ComputeInstructions(measurements);
  EXPECT_THAT(metrics.opcodes, ElementsAre(NamedCount{"addi", 12}, NamedCount{"vle32.v", 5},
                                           NamedCount{"lw", 5}, NamedCount{"vsetvli", 2}));
  EXPECT_THAT(metrics.vector_opcodes,
              ElementsAre(NamedCount{"vle32.v", 5}, NamedCount{"vsetvli", 2}));
  EXPECT_EQ(metrics.executed, 24u);
  EXPECT_EQ(metrics.per_inference, 6u);
  EXPECT_DOUBLE_EQ(metrics.vector_fraction, 7.0 / 24);
  EXPECT_THAT(metrics.top_10, ElementsAre(NamedCount{"addi", 3}, NamedCount{"vle32.v", 1},
                                          NamedCount{"lw", 1}, NamedCount{"vsetvli", 0}));
}

}  // namespace
}  // namespace host
