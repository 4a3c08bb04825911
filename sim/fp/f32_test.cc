// SPDX-License-Identifier: Apache-2.0

#include "sim/fp/f32.h"

#include <gtest/gtest.h>

#include <bit>
#include <cfenv>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace sim {
namespace {

constexpr uint32_t kOne = 0x3F800000;
constexpr uint32_t kMinNormal = 0x00800000;
constexpr uint32_t kLargest = 0x7F7FFFFF;
constexpr uint32_t kQuietNan = 0x7FC01234;
constexpr uint32_t kSignalingNan = 0x7F800001;

struct Outcome {
  uint32_t bits;
  uint8_t flags;
  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& os, const Outcome& o) {
  return os << std::hex << "0x" << o.bits << " flags 0x" << static_cast<int>(o.flags);
}

struct Operation {
  const char* name;
  std::function<uint32_t(uint32_t, uint32_t, uint32_t, FpContext&)> ours;
  std::function<float(float, float, float)> host;
};

const std::vector<Operation>& Operations() {
  static const std::vector<Operation> operations = {
      {"add", [](auto a, auto b, auto, auto& c) { return F32Add(a, b, c); },
       [](float a, float b, float) { return a + b; }},
      {"sub", [](auto a, auto b, auto, auto& c) { return F32Sub(a, b, c); },
       [](float a, float b, float) { return a - b; }},
      {"mul", [](auto a, auto b, auto, auto& c) { return F32Mul(a, b, c); },
       [](float a, float b, float) { return a * b; }},
      {"div", [](auto a, auto b, auto, auto& c) { return F32Div(a, b, c); },
       [](float a, float b, float) { return a / b; }},
      {"sqrt", [](auto a, auto, auto, auto& c) { return F32Sqrt(a, c); },
       [](float a, float, float) { return std::sqrt(a); }},
      {"fma", [](auto a, auto b, auto d, auto& c) { return F32MulAdd(a, b, d, c); },
       [](float a, float b, float c) { return std::fma(a, b, c); }},
  };
  return operations;
}

// Numbers whose sums, products and quotients meet the edges: close exponents, few bits, specials.
uint32_t RandomFloat(std::mt19937& engine) {
  const auto rng = [&] { return static_cast<uint32_t>(engine()); };
  static constexpr uint32_t kSpecial[] = {
      0,        kF32SignBit, kF32Infinity, 0xFF800000,     kQuietNan, kSignalingNan,
      kOne,     0xBF800000,  kMinNormal,   kMinNormal - 1, 1,         0x80000001,
      kLargest, 0xFF7FFFFF,  0x34000000,   0x33800000};
  switch (rng() % 4) {
    case 0:
      return kSpecial[rng() % std::size(kSpecial)];
    case 1:
      return (rng() & kF32SignBit) | ((126 + rng() % 4) << 23) | (rng() & 0x7FFFFF);
    case 2:
      return rng() & (kF32SignBit | 0x7F800000 | 0x7FC000FF >> (rng() % 9) << (rng() % 5));
    default:
      return rng();
  }
}

uint8_t HostFlags() {
  uint8_t flags = 0;
  if (std::fetestexcept(FE_INVALID)) flags |= kFlagInvalid;
  if (std::fetestexcept(FE_DIVBYZERO)) flags |= kFlagDivideByZero;
  if (std::fetestexcept(FE_OVERFLOW)) flags |= kFlagOverflow;
  if (std::fetestexcept(FE_UNDERFLOW)) flags |= kFlagUnderflow;
  if (std::fetestexcept(FE_INEXACT)) flags |= kFlagInexact;
  return flags;
}

TEST(F32, AgreesWithHostFpuInItsFourRoundingModes) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "the host's underflow flag is only known to be detected after rounding on x86-64";
#endif
  constexpr int kHostMode[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
  std::mt19937 rng(20260901);
  for (const Operation& operation : Operations()) {
    for (int i = 0; i < 100'000; ++i) {
      const uint32_t a = RandomFloat(rng);
      const uint32_t b = RandomFloat(rng);
      const uint32_t c = RandomFloat(rng);
      for (uint8_t mode = 0; mode < 4; ++mode) {
        std::feclearexcept(FE_ALL_EXCEPT);
        std::fesetround(kHostMode[mode]);
        const volatile float result = operation.host(
            std::bit_cast<float>(a), std::bit_cast<float>(b), std::bit_cast<float>(c));
        const uint8_t flags = HostFlags();
        std::fesetround(FE_TONEAREST);
        Outcome want{std::bit_cast<uint32_t>(static_cast<float>(result)), flags};
        if (F32IsNan(want.bits)) want.bits = kF32CanonicalNan;
        const bool zero_times_infinity =
            std::string(operation.name) == "fma" && F32IsNan(want.bits) &&
            ((a << 1 == 0 && b << 1 == 0xFF000000) || (b << 1 == 0 && a << 1 == 0xFF000000));
        if (zero_times_infinity) want.flags |= kFlagInvalid;  // RISC-V: even with a quiet NaN
        FpContext ctx{.rounding_mode = mode, .flags = 0};
        const uint32_t bits = operation.ours(a, b, c, ctx);
        ASSERT_EQ((Outcome{bits, ctx.flags}), want)
            << operation.name << " mode " << int{mode} << std::hex << " a=" << a << " b=" << b
            << " c=" << c;
      }
    }
  }
}

TEST(F32, RoundsTiesAwayFromZeroInModeRmm) {
  struct Row {
    const char* what;
    uint32_t a, b;
    Outcome nearest_even, max_magnitude;
  };
  const Row rows[] = {
      {"1 + half ulp", kOne, 0x33800000, {kOne, 1}, {kOne + 1, 1}},
      {"-1 - half ulp", 0xBF800000, 0xB3800000, {0xBF800000, 1}, {0xBF800001, 1}},
      {"1 + less than half", kOne, 0x337FFFFF, {kOne, 1}, {kOne, 1}},
      {"odd + half ulp", kOne + 1, 0x33800000, {kOne + 2, 1}, {kOne + 2, 1}},
  };
  for (const Row& row : rows) {
    FpContext rne{};
    const uint32_t rne_bits = F32Add(row.a, row.b, rne);
    EXPECT_EQ((Outcome{rne_bits, rne.flags}), row.nearest_even) << row.what;
    FpContext rmm{.rounding_mode = kRoundNearestMaxMagnitude, .flags = 0};
    const uint32_t rmm_bits = F32Add(row.a, row.b, rmm);
    EXPECT_EQ((Outcome{rmm_bits, rmm.flags}), row.max_magnitude) << row.what;
  }
}

TEST(F32, DetectsTininessAfterRounding) {
  // (1 - 2^-24) * 2^-126 rounds to the least normal number: inexact, not tiny.
  FpContext ctx{};
  EXPECT_EQ(F32Mul(0x3F7FFFFF, kMinNormal, ctx), kMinNormal);
  EXPECT_EQ(ctx.flags, kFlagInexact | kFlagUnderflow);  // 24 bits fit above 2^-127: it is tiny
  ctx = {};
  EXPECT_EQ(F32MulAdd(0x3F7FFFFF, kMinNormal, 1, ctx), kMinNormal);  // exact part cancels
  ctx = {};
  EXPECT_EQ(F32Mul(0x00FFFFFF, 0x3F000000, ctx), kMinNormal);
  EXPECT_EQ(ctx.flags, kFlagInexact | kFlagUnderflow);
  ctx = {};
  // 2^-126 - 2^-151: 25 bits, its rounding to 24 bits reaches 2^-126.
  EXPECT_EQ(F32Mul(0x1FFFFFFF, 0x20000001, ctx), kMinNormal);
  EXPECT_EQ(ctx.flags, kFlagInexact);
}

TEST(F32, MinAndMaxFollowIeee2019) {
  struct Row {
    uint32_t a, b;
    Outcome min, max;
  };
  const Row rows[] = {
      {0, kF32SignBit, {kF32SignBit, 0}, {0, 0}},
      {kF32SignBit, 0, {kF32SignBit, 0}, {0, 0}},
      {kQuietNan, kOne, {kOne, 0}, {kOne, 0}},
      {kOne, kSignalingNan, {kOne, kFlagInvalid}, {kOne, kFlagInvalid}},
      {kQuietNan, kQuietNan, {kF32CanonicalNan, 0}, {kF32CanonicalNan, 0}},
      {0xFF800000, 0xFF7FFFFF, {0xFF800000, 0}, {0xFF7FFFFF, 0}},
      {1, 0x80000001, {0x80000001, 0}, {1, 0}},
  };
  for (const Row& row : rows) {
    FpContext min{}, max{};
    const uint32_t min_bits = F32Min(row.a, row.b, min);
    const uint32_t max_bits = F32Max(row.a, row.b, max);
    EXPECT_EQ((Outcome{min_bits, min.flags}), row.min) << std::hex << row.a << " " << row.b;
    EXPECT_EQ((Outcome{max_bits, max.flags}), row.max) << std::hex << row.a << " " << row.b;
  }
}

TEST(F32, ComparesSignalAsTheManualSays) {
  FpContext quiet{};
  EXPECT_FALSE(F32Equal(kQuietNan, kQuietNan, quiet));
  EXPECT_EQ(quiet.flags, 0);
  EXPECT_FALSE(F32Equal(kSignalingNan, kOne, quiet));
  EXPECT_EQ(quiet.flags, kFlagInvalid);
  FpContext less{}, less_equal{};
  EXPECT_FALSE(F32Less(kQuietNan, kOne, less));
  EXPECT_EQ(less.flags, kFlagInvalid);
  EXPECT_FALSE(F32LessEqual(kOne, kQuietNan, less_equal));
  EXPECT_EQ(less_equal.flags, kFlagInvalid);
  FpContext ctx{};
  EXPECT_TRUE(F32Equal(0, kF32SignBit, ctx));
  EXPECT_FALSE(F32Less(kF32SignBit, 0, ctx));
  EXPECT_TRUE(F32LessEqual(0, kF32SignBit, ctx));
  EXPECT_TRUE(F32Less(0x80000001, 1, ctx));
  EXPECT_EQ(ctx.flags, 0);
}

TEST(F32, ClassifyHasOneBitForEachClass) {
  const uint32_t rows[][2] = {
      {0xFF800000, 0},     {0xBF800000, 1}, {0x80000001, 2},   {kF32SignBit, 3},   {0, 4},
      {kMinNormal - 1, 5}, {kMinNormal, 6}, {kF32Infinity, 7}, {kSignalingNan, 8}, {kQuietNan, 9}};
  for (const auto& [bits, bit] : rows) EXPECT_EQ(F32Classify(bits), 1u << bit) << std::hex << bits;
}

TEST(F32, ConversionsSaturateAndRound) {
  struct Row {
    float value;
    uint8_t mode;
    int32_t i32;
    uint32_t u32;
    int16_t i16;
    uint16_t u16;
    uint8_t i32_flags, u32_flags, i16_flags, u16_flags;
  };
  const Row rows[] = {
      {2.5f, 0, 2, 2, 2, 2, 1, 1, 1, 1},
      {2.5f, 4, 3, 3, 3, 3, 1, 1, 1, 1},
      {2.5f, 3, 3, 3, 3, 3, 1, 1, 1, 1},
      {2.9f, 1, 2, 2, 2, 2, 1, 1, 1, 1},
      {-0.5f, 0, 0, 0, 0, 0, 1, 1, 1, 1},
      {-0.5f, 2, -1, 0, -1, 0, 1, 16, 1, 16},
      {-1.0f, 0, -1, 0, -1, 0, 0, 16, 0, 16},
      {32767.5f, 1, 32767, 32767, 32767, 32767, 1, 1, 1, 1},
      {32767.5f, 0, 32768, 32768, 32767, 32768, 1, 1, 16, 1},
      {65536.0f, 0, 65536, 65536, 32767, 65535, 0, 0, 16, 16},
      {2147483648.0f, 0, 2147483647, 2147483648u, 32767, 65535, 16, 0, 16, 16},
      {-2147483648.0f, 0, INT32_MIN, 0, -32768, 0, 0, 16, 16, 16},
      {4294967296.0f, 0, 2147483647, 4294967295u, 32767, 65535, 16, 16, 16, 16},
      {1e-40f, 3, 1, 1, 1, 1, 1, 1, 1, 1},
      {INFINITY, 0, INT32_MAX, UINT32_MAX, INT16_MAX, UINT16_MAX, 16, 16, 16, 16},
      {-INFINITY, 0, INT32_MIN, 0, INT16_MIN, 0, 16, 16, 16, 16},
      {-NAN, 0, INT32_MAX, UINT32_MAX, INT16_MAX, UINT16_MAX, 16, 16, 16, 16},
  };
  for (const Row& row : rows) {
    const uint32_t bits = std::bit_cast<uint32_t>(row.value);
    FpContext i32{row.mode, 0}, u32{row.mode, 0}, i16{row.mode, 0}, u16{row.mode, 0};
    EXPECT_EQ(F32ToI32(bits, i32), row.i32) << row.value;
    EXPECT_EQ(F32ToU32(bits, u32), row.u32) << row.value;
    EXPECT_EQ(F32ToI16(bits, i16), row.i16) << row.value;
    EXPECT_EQ(F32ToU16(bits, u16), row.u16) << row.value;
    EXPECT_EQ(i32.flags, row.i32_flags) << row.value;
    EXPECT_EQ(u32.flags, row.u32_flags) << row.value;
    EXPECT_EQ(i16.flags, row.i16_flags) << row.value;
    EXPECT_EQ(u16.flags, row.u16_flags) << row.value;
  }
  FpContext ctx{};
  EXPECT_EQ(I32ToF32(-1, ctx), 0xBF800000);
  EXPECT_EQ(U32ToF32(0xFFFFFF00, ctx), 0x4F7FFFFFu);
  EXPECT_EQ(ctx.flags, 0);
  EXPECT_EQ(U32ToF32(0xFFFFFFFF, ctx), 0x4F800000u);
  EXPECT_EQ(ctx.flags, kFlagInexact);
}

TEST(F32, SevenBitEstimates) {
  struct Row {
    uint32_t in;
    uint8_t mode;
    Outcome reciprocal, reciprocal_sqrt;
  };
  // V specification, sections 13.9 and 13.10: special cases, and the worked examples' magnitudes.
  const Row rows[] = {
      {kOne, 0, {0x3F7F0000, 0}, {0x3F7F0000, 0}},
      {0x40000000, 0, {0x3EFF0000, 0}, {0x3F340000, 0}},
      {0, 0, {kF32Infinity, 8}, {kF32Infinity, 8}},
      {kF32SignBit, 0, {0xFF800000, 8}, {0xFF800000, 8}},
      {kF32Infinity, 0, {0, 0}, {0, 0}},
      {0xBF800000, 0, {0xBF7F0000, 0}, {kF32CanonicalNan, 16}},
      {kSignalingNan, 0, {kF32CanonicalNan, 16}, {kF32CanonicalNan, 16}},
      {kQuietNan, 0, {kF32CanonicalNan, 0}, {kF32CanonicalNan, 0}},
      {1, 0, {kF32Infinity, 5}, {0x64B40000, 0}},
      {1, 1, {kLargest, 5}, {0x64B40000, 0}},
      {0x00200000, 0, {0x7F7F0000, 0}, {0x5F7F0000, 0}},
      {kLargest, 0, {0x00200000, 0}, {0x1F800000, 0}},
  };
  for (const Row& row : rows) {
    FpContext a{row.mode, 0}, b{row.mode, 0};
    const uint32_t reciprocal = F32Reciprocal7(row.in, a);
    const uint32_t reciprocal_sqrt = F32ReciprocalSqrt7(row.in, b);
    EXPECT_EQ((Outcome{reciprocal, a.flags}), row.reciprocal) << std::hex << row.in;
    EXPECT_EQ((Outcome{reciprocal_sqrt, b.flags}), row.reciprocal_sqrt) << std::hex << row.in;
  }
}

}  // namespace
}  // namespace sim
