// SPDX-License-Identifier: Apache-2.0

#include "host/report/figures.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "host/report/figure_data.h"

namespace host::report {
namespace {

using nlohmann::literals::operator""_json_pointer;

SeriesPlot Plot(std::vector<double> values) {
  std::vector<double> times;
  for (size_t i = 0; i < values.size(); ++i) times.push_back(10 + static_cast<double>(i));
  return {"Time [s]", "Inference time [s]", true, {{"m", std::move(times), std::move(values)}}};
}

const Json& Values(const Json& view) { return view.at("/data/values"_json_pointer); }

TEST(FiguresTest, ScatterKeepsTheFirstSampleAndStartsAt0) {
  const Json spec = ScatterWithHistogram(Plot({5, 2, 3}));
  const Json& points = Values(spec["hconcat"][0]);
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0]["t"], 0);
  EXPECT_EQ(points[0]["v"], 5);
}

TEST(FiguresTest, HistogramCountsEveryValueOnce) {
  for (const std::vector<double>& values : {std::vector<double>{1, 2, 2, 3},
                                            {7, 7, 7},
                                            {0},
                                            {0, 0},
                                            {-1e300, 1e300},
                                            {1e-320, 1e-310}}) {
    const Json spec = ScatterWithHistogram(Plot(values));
    size_t counted = 0;
    for (const Json& bin : Values(spec["hconcat"][1])) counted += bin["n"].get<size_t>();
    EXPECT_EQ(counted, values.size());
  }
}

TEST(FiguresTest, MissingValuesAreLeftOut) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Values(ScatterWithHistogram(Plot({nan, 1, inf}))["hconcat"][0]).size(), 1u);
  EXPECT_EQ(Values(ScatterWithHistogram(Plot({}))["hconcat"][0]).size(), 0u);
  const Json sums = CumulativeLines(Plot({1, nan, 2}));
  EXPECT_EQ(Values(sums).back()["v"], 3);
}

TEST(FiguresTest, ShortTimesGetAShortUnit) {
  SeriesPlot plot = Plot({0.0002, 0.0004});
  const Json spec = ScatterWithHistogram(plot);
  EXPECT_EQ(spec.at("/hconcat/0/encoding/y/title"_json_pointer), "Inference time [µs]");
  EXPECT_EQ(Values(spec["hconcat"][0])[0]["v"], 200);
}

TEST(FiguresTest, LongSeriesAreThinnedButSumAndCountAreExact) {
  const std::vector<double> ones(100000, 1.0);
  const Json scatter = ScatterWithHistogram(Plot(ones));
  EXPECT_LE(Values(scatter["hconcat"][0]).size(), kShownPoints);
  EXPECT_EQ(Values(scatter["hconcat"][0])[5]["v"], 1);
  size_t counted = 0;
  for (const Json& bin : Values(scatter["hconcat"][1])) counted += bin["n"].get<size_t>();
  EXPECT_EQ(counted, ones.size());
  const Json sums = CumulativeLines(Plot(ones));
  EXPECT_LE(Values(sums).size(), kShownPoints);
  EXPECT_EQ(Values(sums).back()["v"], 100000);
}

TEST(FiguresTest, OpcodesKeepTheirOrderAndSayWhichAreVector) {
  const NamedCounts models[] = {{"m", {{"vle32.v", 9}, {"addi", 4}}}};
  const Json spec = OpcodeBars(models);
  const Json& values = Values(spec);
  EXPECT_EQ(values[0]["o"], "vle32.v");
  EXPECT_EQ(values[0]["k"], "V extension");
  EXPECT_EQ(values[1]["k"], "scalar");
  EXPECT_EQ(values[1]["r"], 2);
  EXPECT_EQ(spec.at("/params/0/name"_json_pointer), "most");
}

TEST(FiguresTest, ConfusionRowsAreSharesOfThePredictedClass) {
  const std::vector<std::vector<double>> matrix = {{0, 1}, {0, 3}};
  const std::vector<std::string> names = {"a", "Precision"};
  const Json spec = ConfusionMatrix(matrix, names, ComputeQuality(matrix));
  std::map<std::pair<size_t, size_t>, double> shares;
  for (const Json& cell : Values(spec)) {
    shares[{cell["p"].get<size_t>(), cell["a"].get<size_t>()}] = cell["s"].get<double>();
  }
  const std::map<std::pair<size_t, size_t>, double> expected = {
      {{0, 0}, 0},    {{0, 1}, 0},    {{0, 2}, 0},  // nothing was predicted as class 0
      {{1, 0}, 0.25}, {{1, 1}, 0.75}, {{1, 2}, 0.75}, {{2, 0}, 0}, {{2, 1}, 1}, {{2, 2}, 0.75}};
  EXPECT_EQ(shares, expected);
}

TEST(FiguresTest, AHugeConfusionMatrixStaysSmall) {
  const std::vector<std::vector<double>> matrix(1000, std::vector<double>(1000, 1.0));
  const Json spec = ConfusionMatrix(matrix, {}, ComputeQuality(matrix));
  EXPECT_LE(Values(spec).size(), kShownCells);
  EXPECT_EQ(spec["layer"].size(), 1u);
}

TEST(FiguresTest, ShortenedKeepsSevenDigits) {
  EXPECT_EQ(Shortened(0.1 + 0.2), 0.3);
  EXPECT_EQ(Shortened(1434.138803317), 1434.139);
  EXPECT_EQ(Shortened(0), 0);
  EXPECT_EQ(Shortened(std::nan("")), 0);
  EXPECT_DOUBLE_EQ(Shortened(-2.5e300), -2.5e300);
}

}  // namespace
}  // namespace host::report
