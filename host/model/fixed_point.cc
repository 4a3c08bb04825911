// SPDX-License-Identifier: Apache-2.0

#include "host/model/fixed_point.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace host {
namespace {

constexpr int kInputIntegerBits = 5;  // of the scaled difference, Q5.26

int32_t SaturatingShiftLeft(int32_t value, int exponent) {
  const int64_t wide = int64_t{value} * (int64_t{1} << exponent);
  return static_cast<int32_t>(std::clamp<int64_t>(wide, std::numeric_limits<int32_t>::min(),
                                                  std::numeric_limits<int32_t>::max()));
}

int32_t WrappingAdd(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

// exp(a) for a in [-1/4, 0), Q0.31: a polynomial around -1/8.
int32_t ExponentialOfQuarter(int32_t a) {
  constexpr int32_t kExpOfMinusOneEighth = 1895147668;
  constexpr int32_t kOneThird = 715827883;
  const int32_t x = WrappingAdd(a, 1 << 28);
  const int32_t x2 = RoundingDoublingHighProduct(x, x);
  const int32_t x3 = RoundingDoublingHighProduct(x2, x);
  const int32_t x4 = RoundingDoublingHighProduct(x2, x2);
  const int32_t x4_over_4 = RoundingShiftRight(x4, 2);
  const int32_t thirds = RoundingDoublingHighProduct(WrappingAdd(x4_over_4, x3), kOneThird);
  const int32_t tail = RoundingShiftRight(WrappingAdd(thirds, x2), 1);
  return WrappingAdd(kExpOfMinusOneEighth,
                     RoundingDoublingHighProduct(kExpOfMinusOneEighth, WrappingAdd(x, tail)));
}

// exp(a) for a <= 0 in Q5.26, as Q0.31.
int32_t Exponential(int32_t a) {
  constexpr int kFractionalBits = 31 - kInputIntegerBits;
  constexpr int32_t kOneQuarter = 1 << (kFractionalBits - 2);
  // exp(-2^(i-2)), Q0.31.
  constexpr int32_t kPowers[] = {1672461947, 1302514674, 790015084, 290630308,
                                 39332535,   720401,     242};
  if (a == 0) return std::numeric_limits<int32_t>::max();
  const int32_t quarter = (a & (kOneQuarter - 1)) - kOneQuarter;
  int32_t result = ExponentialOfQuarter(SaturatingShiftLeft(quarter, kInputIntegerBits));
  const int32_t remainder = quarter - a;
  for (int i = 0; i < static_cast<int>(std::size(kPowers)); ++i) {
    if ((remainder >> (kFractionalBits - 2 + i)) & 1) {
      result = RoundingDoublingHighProduct(result, kPowers[i]);
    }
  }
  return result;
}

}  // namespace

FixedMultiplier QuantizeMultiplier(double real) {
  if (real == 0) return {};
  int exponent = 0;
  const double fraction = std::frexp(real, &exponent);
  auto multiplier = static_cast<int64_t>(std::round(fraction * static_cast<double>(1ll << 31)));
  if (multiplier == 1ll << 31) {
    multiplier /= 2;
    ++exponent;
  }
  if (exponent < -31) return {};
  if (exponent > 30) return {std::numeric_limits<int32_t>::max(), 30};
  return {static_cast<int32_t>(multiplier), exponent};
}

int32_t RoundingDoublingHighProduct(int32_t a, int32_t b) {
  constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
  if (a == kMin && b == kMin) return std::numeric_limits<int32_t>::max();
  return static_cast<int32_t>((int64_t{a} * b + (1 << 30)) >> 31);
}

int32_t RoundingShiftRight(int32_t value, int exponent) {
  const int64_t mask = (int64_t{1} << exponent) - 1;
  const int64_t threshold = (mask >> 1) + (value < 0 ? 1 : 0);
  return (value >> exponent) + ((value & mask) > threshold ? 1 : 0);
}

int32_t MultiplyByFixed(int32_t value, FixedMultiplier by) {
  const auto shifted = static_cast<int32_t>(static_cast<uint32_t>(value)
                                            << static_cast<unsigned>(std::max(by.shift, 0)));
  return RoundingShiftRight(RoundingDoublingHighProduct(shifted, by.multiplier),
                            std::max(-by.shift, 0));
}

std::array<int32_t, 256> SoftmaxExponentials(float beta, float input_scale) {
  const double real = std::min(static_cast<double>(beta) * static_cast<double>(input_scale) *
                                   (1 << (31 - kInputIntegerBits)),
                               static_cast<double>((1ll << 31) - 1));
  const FixedMultiplier scale = QuantizeMultiplier(real);
  // Below it the scaled difference would not fit Q5.26; the reference leaves such elements out.
  const double radius = static_cast<double>((1 << kInputIntegerBits) - 1) *
                        static_cast<double>(1 << (31 - kInputIntegerBits)) /
                        std::exp2(std::max(scale.shift, 0));
  std::array<int32_t, 256> table{};
  for (int32_t i = 0; i < std::ssize(table); ++i) {
    if (i > std::floor(radius)) break;
    table[static_cast<size_t>(i)] = Exponential(MultiplyByFixed(-i, scale));
  }
  return table;
}

}  // namespace host
