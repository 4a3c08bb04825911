// SPDX-License-Identifier: Apache-2.0

#include "host/model/int8_tables.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/model/fixed_point.h"

namespace host {
namespace {

constexpr int32_t kMin16 = std::numeric_limits<int16_t>::min();
constexpr int32_t kMax16 = std::numeric_limits<int16_t>::max();

int8_t Saturated(int64_t value) {
  return static_cast<int8_t>(std::clamp<int64_t>(value, std::numeric_limits<int8_t>::min(),
                                                 std::numeric_limits<int8_t>::max()));
}

template <typename Function>
Int8Table Tabulate(const Function& function) {
  Int8Table table{};
  for (int32_t x = -128; x < 128; ++x) table[static_cast<uint8_t>(x)] = function(x);
  return table;
}

// a * b / 2^15, rounded, ties upwards; of 16-bit numbers.
int32_t RoundingHighProduct16(int32_t a, int32_t b) {
  if (a == kMin16 && b == kMin16) return kMax16;
  return (a * b + (1 << 14)) >> 15;
}

// a * b / 2^15, cut towards zero.
int32_t HighProduct16(int32_t a, int32_t b) {
  if (a == kMin16 && b == kMin16) return kMax16;
  return a * b / (1 << 15);
}

int32_t SaturatingShiftLeft16(int32_t value, int exponent) {
  return static_cast<int32_t>(
      std::clamp<int64_t>(int64_t{value} * (int64_t{1} << exponent), kMin16, kMax16));
}

// The upper half of a 32-bit multiplier, rounded.
int32_t Multiplier16(int32_t multiplier) {
  if (multiplier >= std::numeric_limits<int32_t>::max() - (1 << 15)) return kMax16;
  return (multiplier + (1 << 15)) >> 16;
}

}  // namespace

Int8Table FloatTable(Int8Scale from, Int8Scale to, const std::function<float(float)>& transform) {
  const float inverse = 1.0f / to.scale;
  return Tabulate([&](int32_t x) {
    const float real = from.scale * static_cast<float>(x - from.zero_point);
    const float rescaled = std::round(transform(real) * inverse);
    const float quantized = rescaled + static_cast<float>(to.zero_point);
    return static_cast<int8_t>(std::isnan(quantized) ? 0.0f
                                                     : std::clamp(quantized, -128.0f, 127.0f));
  });
}

Int8Table LeakyReluTable(Int8Scale from, Int8Scale to, float alpha) {
  const FixedMultiplier above = QuantizeMultiplier(static_cast<double>(from.scale / to.scale));
  const FixedMultiplier below =
      QuantizeMultiplier(static_cast<double>(from.scale * alpha / to.scale));
  return Tabulate([&](int32_t x) {
    const int32_t real = x - from.zero_point;
    return Saturated(int64_t{to.zero_point} + MultiplyByFixed(real, real >= 0 ? above : below));
  });
}

Int8Table HardSwishTable(Int8Scale from, Int8Scale to) {
  constexpr int kFinerBits = 7;
  const float fine_scale = from.scale * (1.0f / 128.0f);
  const FixedMultiplier to_output = QuantizeMultiplier(static_cast<double>(fine_scale / to.scale));
  const FixedMultiplier to_reluish =
      QuantizeMultiplier(static_cast<double>(fine_scale / (3.0f / 32768.0f)));
  return Tabulate([&](int32_t x) {
    const int32_t fine = (x - from.zero_point) * (1 << kFinerBits);
    const int32_t preshift = RoundingHighProduct16(fine, Multiplier16(to_output.multiplier));
    int32_t reluish = fine;
    if (to_reluish.shift > 0) reluish = SaturatingShiftLeft16(reluish, to_reluish.shift - 1);
    reluish = RoundingHighProduct16(reluish, Multiplier16(to_reluish.multiplier));
    if (to_reluish.shift > 0) reluish = SaturatingShiftLeft16(reluish, 1);
    if (to_reluish.shift < 0) reluish = RoundingShiftRight(reluish, -to_reluish.shift);
    // From [-1, 1] to [0, 1].
    reluish = (reluish + (1 << 15)) >> 1;
    const int32_t product = HighProduct16(reluish, preshift);
    return Saturated(int64_t{to.zero_point} +
                     RoundingShiftRight(product, std::max(-to_output.shift, 0)));
  });
}

}  // namespace host
