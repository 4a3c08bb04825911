// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/test_split.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace host {
namespace {

// `counts[c]` samples of class c, one class after the other.
std::vector<uint32_t> Labels(const std::vector<size_t>& counts) {
  std::vector<uint32_t> labels;
  for (size_t c = 0; c < counts.size(); ++c) {
    labels.insert(labels.end(), counts[c], static_cast<uint32_t>(c));
  }
  return labels;
}

std::vector<uint32_t> Reversed(std::vector<uint32_t> labels, uint32_t classes) {
  for (uint32_t& label : labels) label = classes - 1 - label;
  return labels;
}

// kenning-contract, section 3.3.
TEST(TestSplitTest, TestOrderIsTheReferences) {
  const auto small = SplitSamples(Reversed(Labels({5, 5, 5, 5}), 4), 0.2, {}, 1234);
  ASSERT_TRUE(small);
  EXPECT_EQ(small->test, (std::vector<size_t>{6, 7, 16, 4}));
  const auto large = SplitSamples(Reversed(Labels({25, 24, 27, 24}), 4), 0.2, {}, 1234);
  ASSERT_TRUE(large);
  EXPECT_EQ(large->test, (std::vector<size_t>{13, 76, 56, 68, 51, 47, 14, 70, 74, 78,
                                              73, 54, 36, 43, 81, 46, 23, 94, 28, 77}));
}

TEST(TestSplitTest, MatchesTheRecordedVectors) {
  const char* shared = std::getenv("KN_SHARED");
  const std::filesystem::path path =
      std::filesystem::path(shared != nullptr ? shared : "../shared") /
      "spec/kenning/vectors/split_vectors_1.9.1.json";
  std::ifstream stream(path);
  if (!stream) GTEST_SKIP() << path << " is absent (set KN_SHARED)";
  const auto vectors = nlohmann::json::parse(stream);

  std::vector<uint32_t> alternating(30);
  for (uint32_t i = 0; i < alternating.size(); ++i) alternating[i] = i % 2;
  const struct {
    const char* name;
    std::vector<uint32_t> ranks;
  } rows[] = {
      {"mw_5x4", Reversed(Labels({5, 5, 5, 5}), 4)},
      {"mw_25_24_27_24", Reversed(Labels({25, 24, 27, 24}), 4)},
      {"vww_alternating_30", alternating},
      {"vww_40_20", Labels({40, 20})},
  };
  for (const auto& row : rows) {
    const auto split = SplitSamples(row.ranks, 0.2, {}, 1234);
    ASSERT_TRUE(split) << row.name;
    EXPECT_EQ(split->test,
              vectors[row.name]["iter_test_indices_in_order"].get<std::vector<size_t>>())
        << row.name;
  }
}

TEST(TestSplitTest, PartsAreDisjointAndComplete) {
  const auto split = SplitSamples(Labels({25, 24, 27, 24}), 0.2, 0.25, 99);
  ASSERT_TRUE(split);
  EXPECT_EQ(split->test.size(), 20u);
  EXPECT_EQ(split->validation.size(), 25u);
  std::vector<size_t> all = split->train;
  all.insert(all.end(), split->test.begin(), split->test.end());
  all.insert(all.end(), split->validation.begin(), split->validation.end());
  std::ranges::sort(all);
  std::vector<size_t> expected(100);
  std::iota(expected.begin(), expected.end(), size_t{0});
  EXPECT_EQ(all, expected);
}

TEST(TestSplitTest, WholeAndNoTestSubset) {
  const std::vector<uint32_t> labels = Labels({3, 3});
  EXPECT_EQ(SplitSamples(labels, 1.0, {}, 1)->test.size(), 6u);
  EXPECT_EQ(SplitSamples(labels, 0.0, {}, 1)->train.size(), 6u);
}

TEST(TestSplitTest, RefusesWhatCannotBeDivided) {
  const std::vector<uint32_t> labels = Labels({5, 5});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(SplitSamples(labels, -0.1, {}, 1));
  EXPECT_FALSE(SplitSamples(labels, 1.1, {}, 1));
  EXPECT_FALSE(SplitSamples(labels, nan, {}, 1));
  EXPECT_FALSE(SplitSamples(labels, 0.5, nan, 1));
  EXPECT_FALSE(SplitSamples(labels, 0.5, 0.5, 1));
  EXPECT_FALSE(SplitSamples(labels, 0.0, 0.5, 1));
  EXPECT_FALSE(SplitSamples({}, 0.2, {}, 1));
  EXPECT_FALSE(SplitSamples(Labels({5, 1}), 0.5, {}, 1));  // one sample of a class
  EXPECT_FALSE(SplitSamples(labels, 0.01, {}, 1));         // fewer test samples than classes
}

}  // namespace
}  // namespace host
