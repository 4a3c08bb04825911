// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/f32_math.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "gtest/gtest.h"

namespace runtime {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

// Distance in units of the last place of `exact`'s float neighbourhood.
double UlpError(float got, double exact) {
  const auto nearest = static_cast<float>(exact);
  if (std::isnan(exact)) return std::isnan(got) ? 0 : 1e9;
  if (std::isinf(nearest) || std::isinf(got)) return got == nearest ? 0 : 1e9;
  const float next = std::nextafter(std::abs(nearest), kInf);
  const double unit = std::max(static_cast<double>(next) - std::abs(nearest), 0x1p-149);
  return std::abs(static_cast<double>(got) - exact) / unit;
}

struct UnaryRow {
  const char* name;
  Op op;
  double (*exact)(double);
  float from;
  float to;
  double limit_ulp;
};

const UnaryRow kRows[] = {
    {"exp", Op::kExpF32, std::exp, -110, 90, 2},
    {"exp2", Op::kExp2F32, std::exp2, -155, 130, 2},
    {"expm1", Op::kExpm1F32, std::expm1, -20, 20, 3},
    {"log", Op::kLogF32, std::log, 0, 1e6f, 2},
    {"log near one", Op::kLogF32, std::log, 0.9f, 1.1f, 2},
    {"log2", Op::kLog2F32, std::log2, 0, 1e6f, 2},
    {"log10", Op::kLog10F32, std::log10, 0, 1e6f, 3},
    {"log1p", Op::kLog1pF32, std::log1p, -0.999f, 1000, 3},
    {"log1p small", Op::kLog1pF32, std::log1p, -0.01f, 0.01f, 2},
    {"tanh", Op::kTanhF32, std::tanh, -10, 10, 4},
    {"erf", Op::kErfF32, std::erf, -4.5f, 4.5f, 8},
    {"sin", Op::kSinF32, std::sin, -100, 100, 3},
    {"cos", Op::kCosF32, std::cos, -100, 100, 3},
    {"atan", Op::kAtanF32, std::atan, -100, 100, 3},
    {"sqrt", Op::kSqrtF32, std::sqrt, 0, 1e30f, 1},
    {"floor", Op::kFloorF32, std::floor, -1e7f, 1e7f, 0},
    {"ceil", Op::kCeilF32, std::ceil, -1e7f, 1e7f, 0},
    {"round", Op::kRoundF32, std::round, -1e4f, 1e4f, 0},
    {"round even", Op::kRoundF32Even, std::nearbyint, -1e4f, 1e4f, 0},
};

TEST(F32MathTest, UnaryFunctionsAreCloseToExact) {
  std::mt19937 random(1);
  for (const UnaryRow& row : kRows) {
    std::uniform_real_distribution<float> inside(row.from, row.to);
    double worst = 0;
    float worst_at = 0;
    for (int i = 0; i < 50'000; ++i) {
      const float x = inside(random);
      // Around a zero of sin and cos the relative error of the reduction counts absolutely.
      const double exact = row.exact(x);
      double error = UlpError(f32::Unary(row.op, x), exact);
      if ((row.op == Op::kSinF32 || row.op == Op::kCosF32) && std::abs(exact) < 0.01) {
        error = std::abs(f32::Unary(row.op, x) - exact) / 0x1p-24;
      }
      if (error > worst) {
        worst = error;
        worst_at = x;
      }
    }
    EXPECT_LE(worst, row.limit_ulp) << row.name << " at " << worst_at;
  }
}

TEST(F32MathTest, LargeAnglesReduce) {
  std::mt19937 random(2);
  for (int i = 0; i < 50'000; ++i) {
    const float x = std::bit_cast<float>(static_cast<uint32_t>(0x46800000 + random() % 0x39000000));
    EXPECT_NEAR(f32::Unary(Op::kSinF32, x), std::sin(static_cast<double>(x)), 1e-6) << x;
    EXPECT_NEAR(f32::Unary(Op::kCosF32, -x), std::cos(static_cast<double>(x)), 1e-6) << x;
  }
}

TEST(F32MathTest, PowAtan2AndRemainder) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> base(0, 20);
  std::uniform_real_distribution<float> exponent(-30, 30);
  for (int i = 0; i < 50'000; ++i) {
    const float x = base(random);
    const float y = exponent(random);
    EXPECT_LE(UlpError(f32::Pow(x, y), std::pow(static_cast<double>(x), y)), 4) << x << "^" << y;
    EXPECT_LE(UlpError(f32::Atan2(y, x - 10), std::atan2(static_cast<double>(y), x - 10)), 4)
        << y << " " << x - 10;
    const float a = std::bit_cast<float>(static_cast<uint32_t>(random() & 0x7F7FFFFF));
    const float b = std::bit_cast<float>(static_cast<uint32_t>(random() & 0x7F7FFFFF));
    EXPECT_EQ(f32::Remainder(a, b), std::remainder(a, b)) << a << " " << b;
    EXPECT_EQ(f32::Remainder(-y, x), std::remainder(-y, x)) << -y << " " << x;
  }
}

TEST(F32MathTest, SpecialValuesFollowC) {
  const float specials[] = {
      0.0f,   -0.0f,   1.0f,          -1.0f, 0.5f,        -0.5f,
      2.0f,   -2.0f,   3.0f,          -3.0f, kInf,        -kInf,
      1e-45f, -1e-45f, 3.4028235e38f, 1e10f, 16777217.0f, std::numeric_limits<float>::quiet_NaN()};
  for (const float x : specials) {
    for (const float y : specials) {
      const float power = std::pow(x, y);
      const float got = f32::Pow(x, y);
      EXPECT_TRUE(std::isnan(power) ? std::isnan(got) : UlpError(got, power) <= 2)
          << x << "^" << y << " = " << got << ", C says " << power;
      const float arc = std::atan2(y, x);
      const float angle = f32::Atan2(y, x);
      EXPECT_TRUE(std::isnan(arc) ? std::isnan(angle) : UlpError(angle, arc) <= 2)
          << y << "/" << x << " = " << angle << ", C says " << arc;
    }
    for (const UnaryRow& row : kRows) {
      const auto exact = static_cast<float>(row.exact(x));
      const float got = f32::Unary(row.op, x);
      EXPECT_TRUE(std::isnan(exact) ? std::isnan(got) : UlpError(got, row.exact(x)) <= 8)
          << row.name << " " << x << " = " << got << ", C says " << exact;
    }
  }
}

}  // namespace
}  // namespace runtime
