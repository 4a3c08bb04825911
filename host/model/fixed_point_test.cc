// SPDX-License-Identifier: Apache-2.0

#include "host/model/fixed_point.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace host {
namespace {

constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

TEST(FixedPointTest, MultipliersHaveTheirTopBitSet) {
  EXPECT_EQ(QuantizeMultiplier(0), (FixedMultiplier{0, 0}));
  EXPECT_EQ(QuantizeMultiplier(0.5), (FixedMultiplier{1 << 30, 0}));
  EXPECT_EQ(QuantizeMultiplier(1), (FixedMultiplier{1 << 30, 1}));
  EXPECT_EQ(QuantizeMultiplier(0.75), (FixedMultiplier{3 << 29, 0}));
  // Rounds up to one half of the next power.
  EXPECT_EQ(QuantizeMultiplier(1 - 1e-12), (FixedMultiplier{1 << 30, 1}));
  EXPECT_EQ(QuantizeMultiplier(std::ldexp(1.0, -40)), (FixedMultiplier{0, 0}));
  EXPECT_EQ(QuantizeMultiplier(std::ldexp(1.0, 40)), (FixedMultiplier{kMax, 30}));
}

TEST(FixedPointTest, RoundsAsTheReference) {
  EXPECT_EQ(RoundingDoublingHighProduct(kMin, kMin), kMax);
  EXPECT_EQ(RoundingDoublingHighProduct(1, 1 << 30), 1);    // 1/2 up
  EXPECT_EQ(RoundingDoublingHighProduct(-1, 1 << 30), 0);   // -1/2 up
  EXPECT_EQ(RoundingDoublingHighProduct(-3, 1 << 30), -1);  // -3/2 up
  EXPECT_EQ(RoundingShiftRight(3, 1), 2);                   // ties away from zero
  EXPECT_EQ(RoundingShiftRight(-3, 1), -2);
  EXPECT_EQ(RoundingShiftRight(-5, 2), -1);
  EXPECT_EQ(RoundingShiftRight(-7, 0), -7);
  EXPECT_EQ(RoundingShiftRight(kMin, 31), -1);
  EXPECT_EQ(MultiplyByFixed(1000, QuantizeMultiplier(0.1)), 100);
  EXPECT_EQ(MultiplyByFixed(-1000, QuantizeMultiplier(2.5)), -2500);
}

TEST(FixedPointTest, ExponentialsAreCloseToTheRealOnes) {
  constexpr float kScale = 0.1f;
  const auto table = SoftmaxExponentials(1.0f, kScale);
  EXPECT_EQ(table[0], kMax);
  for (size_t i = 1; i < table.size(); ++i) {
    const double real = std::exp(-static_cast<double>(kScale) * static_cast<double>(i));
    EXPECT_NEAR(table[i] / 2147483648.0, real, 1e-6) << i;
  }
  // 31 is the largest difference that Q5.26 holds.
  const auto steep = SoftmaxExponentials(1.0f, 1.0f);
  EXPECT_NE(steep[10], 0);
  EXPECT_EQ(steep[32], 0);
}

}  // namespace
}  // namespace host
