// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/legacy_random.h"

#include <numeric>

#include "gtest/gtest.h"

namespace host {
namespace {

// Expected values: NumPy 1.26.4 (kenning-contract, split vectors, "seed1234_first_rand").
TEST(LegacyRandomTest, DoublesAreNumPys) {
  LegacyRandom random(1234);
  for (double expected : {0.1915194503788923, 0.6221087710398319, 0.4377277390071145}) {
    EXPECT_EQ(random.NextDouble(), expected);
  }
}

// kenning-contract, section 3.3: n = 20, seed 1234.
TEST(LegacyRandomTest, ShuffleIsNumPys) {
  std::vector<int> items(20);
  std::iota(items.begin(), items.end(), 0);
  LegacyRandom(1234).Shuffle(std::span<int>(items));
  EXPECT_EQ(items, (std::vector<int>{3,  13, 2,  16, 14, 5, 4,  0,  8, 18,
                                     17, 11, 10, 9,  7,  1, 19, 12, 6, 15}));
}

TEST(LegacyRandomTest, IntervalStaysInside) {
  LegacyRandom random(1);
  EXPECT_EQ(random.NextInterval(0), 0u);
  for (uint32_t max : {1u, 2u, 3u, 1000u, 0x80000000u, 0xffffffffu}) {
    for (int i = 0; i < 100; ++i) EXPECT_LE(random.NextInterval(max), max);
  }
}

TEST(LegacyRandomTest, ChooseTakesDifferentItems) {
  LegacyRandom random(7);
  const std::vector<size_t> chosen = random.Choose({10, 20, 30, 40}, 3);
  ASSERT_EQ(chosen.size(), 3u);
  EXPECT_NE(chosen[0], chosen[1]);
  EXPECT_NE(chosen[1], chosen[2]);
  EXPECT_NE(chosen[0], chosen[2]);
}

}  // namespace
}  // namespace host
