// SPDX-License-Identifier: Apache-2.0

#include "host/model/int8_tables.h"

#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"

namespace host {
namespace {

int At(const Int8Table& table, int x) { return table[static_cast<uint8_t>(x)]; }

TEST(Int8TablesTest, FloatTablesRoundAwayFromZeroAndSaturate) {
  const auto identity = [](float x) { return x; };
  const Int8Table halves = FloatTable({0.5f, 0}, {1.0f, 0}, identity);
  EXPECT_EQ(At(halves, 1), 1);
  EXPECT_EQ(At(halves, -1), -1);
  EXPECT_EQ(At(halves, 127), 64);
  const Int8Table twice = FloatTable({2.0f, 0}, {1.0f, 10}, identity);
  EXPECT_EQ(At(twice, 100), 127);
  EXPECT_EQ(At(twice, -100), -128);
  EXPECT_EQ(At(twice, -3), 4);
  const Int8Table nothing = FloatTable({1, 0}, {1, 0}, [](float) { return std::nanf(""); });
  EXPECT_EQ(At(nothing, 5), 0);
}

TEST(Int8TablesTest, LeakyReluScalesBothSides) {
  const Int8Table table = LeakyReluTable({0.5f, 4}, {0.25f, -8}, 0.25f);
  EXPECT_EQ(At(table, 4), -8);
  EXPECT_EQ(At(table, 14), 12);   // 10 * 2 - 8
  EXPECT_EQ(At(table, -6), -13);  // -10 * 0.5 - 8
  EXPECT_EQ(At(table, 127), 127);
}

// Within one step of the real function everywhere.
TEST(Int8TablesTest, HardSwishFollowsTheRealFunction) {
  const Int8Scale from{0.05f, -3};
  const Int8Scale to{0.04f, 11};
  const Int8Table table = HardSwishTable(from, to);
  for (int x = -128; x < 128; ++x) {
    const float real = from.scale * static_cast<float>(x - from.zero_point);
    const float wanted = real * std::clamp(real + 3.0f, 0.0f, 6.0f) / 6.0f / to.scale + 11.0f;
    EXPECT_NEAR(At(table, x), std::clamp(wanted, -128.0f, 127.0f), 1.0f) << x;
  }
}

}  // namespace
}  // namespace host
