// SPDX-License-Identifier: Apache-2.0

#include "sim/fp/host_float.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <vector>

namespace sim {
namespace {

// Whatever the length (whole SIMD blocks, remainders), the array and the scalar way agree.
TEST(HostFloat, MapAgreesWithF32InValuesAndFlags) {
  if (!kHostFloatIsExact) GTEST_SKIP() << "this host's FPU is not used";
  std::mt19937 engine(7);
  const auto rng = [&] { return static_cast<uint32_t>(engine()); };
  for (int round = 0; round < 20'000; ++round) {
    const uint32_t count = rng() % 40;
    std::vector<float> a(count), b(count), c(count), out(count);
    for (std::vector<float>* values : {&a, &b, &c}) {
      for (float& value : *values) {
        value = std::bit_cast<float>(static_cast<uint32_t>(
            rng() % 4 == 0 ? rng()
                           : (rng() & kF32SignBit) | (100 + rng() % 50) << 23 |
                                 (rng() & (0x7FFFFF << rng() % 23))));
      }
    }
    FpContext want{}, got{};
    std::vector<uint32_t> expected(count);
    bool nan = false;
    for (uint32_t i = 0; i < count; ++i) {
      expected[i] = F32MulAdd(std::bit_cast<uint32_t>(a[i]), std::bit_cast<uint32_t>(b[i]),
                              std::bit_cast<uint32_t>(c[i]), want);
      nan |= F32IsNan(expected[i]);
    }
    const bool done = HostFloatMap(
        count, out.data(), [&](uint32_t i) { return __builtin_elementwise_fma(a[i], b[i], c[i]); },
        got);
    ASSERT_EQ(done, !nan);
    if (!done) continue;
    ASSERT_EQ(got.flags, want.flags);
    for (uint32_t i = 0; i < count; ++i) ASSERT_EQ(std::bit_cast<uint32_t>(out[i]), expected[i]);
  }
}

TEST(HostFloat, DeclinesOtherRoundingModes) {
  float out = 0;
  for (uint8_t mode = kRoundTowardZero; mode <= kRoundNearestMaxMagnitude; ++mode) {
    FpContext ctx{.rounding_mode = mode, .flags = 0};
    EXPECT_FALSE(HostFloatMap(1, &out, [](uint32_t) { return 1.0f; }, ctx));
    EXPECT_FALSE(HostFloatSum(1, &out, [](uint32_t) { return 1.0f; }, ctx));
  }
}

TEST(HostFloat, SumIsOrdered) {
  if (!kHostFloatIsExact) GTEST_SKIP() << "this host's FPU is not used";
  // Any other order than left to right loses or keeps the ones.
  const std::vector<float> values = {1.0f, 1e8f, -1e8f, 1.0f};
  float sum = 0;
  FpContext ctx{};
  ASSERT_TRUE(HostFloatSum(
      static_cast<uint32_t>(values.size()), &sum, [&](uint32_t i) { return values[i]; }, ctx));
  EXPECT_EQ(sum, 1.0f);
  EXPECT_EQ(ctx.flags, kFlagInexact);
}

}  // namespace
}  // namespace sim
