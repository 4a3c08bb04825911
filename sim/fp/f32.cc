// SPDX-License-Identifier: Apache-2.0

// Method: every finite operation is done in binary64, which holds the exact result (mul), the
// result rounded to odd (add, fused: the lost part is recovered by an error-free sum), or a result
// so close that it decides every binary32 rounding (div, sqrt: quotients and roots of 24-bit
// numbers keep at least 2^-51 away from 25-bit numbers they do not equal). RoundToF32 then rounds
// once, in integers, in the asked mode. So the host's rounding mode and flags play no part.
#include "sim/fp/f32.h"

#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <limits>

namespace sim {
namespace {

constexpr int kF32Bias = 127;
constexpr int kF64Bias = 1023;
constexpr int kF32FractionBits = 23;
constexpr int kF64FractionBits = 52;
constexpr int kF32MinExponent = -126;  // of a normal number

struct Rounded {
  uint64_t value;
  bool inexact;
};

// significand / 2^shift, rounded to an integer. shift >= 0.
constexpr Rounded RoundShift(uint64_t significand, int shift, bool negative, uint8_t mode) {
  if (shift == 0) return {significand, false};
  // Everything is below half: keep one sticky bit.
  const bool vanishes = shift > 62;
  const uint64_t truncated = vanishes ? 0 : significand >> shift;
  const uint64_t half = vanishes ? uint64_t{1} << 63 : uint64_t{1} << (shift - 1);
  const uint64_t rest = vanishes ? significand : significand & (2 * half - 1);
  if (rest == 0) return {truncated, false};
  bool up = false;
  switch (mode) {
    case kRoundNearestEven:
      up = rest > half || (rest == half && (truncated & 1) != 0);
      break;
    case kRoundTowardZero:
      break;
    case kRoundDown:
      up = negative;
      break;
    case kRoundUp:
      up = !negative;
      break;
    case kRoundNearestMaxMagnitude:
      up = rest >= half;
      break;
    default:
      break;
  }
  return {truncated + (up ? 1 : 0), true};
}

constexpr uint32_t Sign(uint32_t a) { return a & kF32SignBit; }
constexpr uint32_t Magnitude(uint32_t a) { return a & ~kF32SignBit; }
constexpr bool IsInfinity(uint32_t a) { return Magnitude(a) == kF32Infinity; }
constexpr bool IsZero(uint32_t a) { return Magnitude(a) == 0; }

double ToHost(uint32_t a) { return static_cast<double>(std::bit_cast<float>(a)); }

// `value` is finite, not zero, normal as binary64.
uint32_t RoundToF32(double value, FpContext& ctx) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const uint32_t sign = static_cast<uint32_t>(bits >> 32) & kF32SignBit;
  const bool negative = sign != 0;
  const int exponent = static_cast<int>(bits >> kF64FractionBits & 0x7FF) - kF64Bias;
  const uint64_t significand =
      (bits & ((uint64_t{1} << kF64FractionBits) - 1)) | uint64_t{1} << kF64FractionBits;
  constexpr int kDropped = kF64FractionBits - kF32FractionBits;
  const bool below_normal = exponent < kF32MinExponent;
  const int shift = below_normal ? kDropped + (kF32MinExponent - exponent) : kDropped;
  const Rounded rounded = RoundShift(significand, shift, negative, ctx.rounding_mode);
  if (rounded.inexact) {
    ctx.flags |= kFlagInexact;
    // Tiny after rounding: rounded as if the exponent had no lower bound, still below 2^-126.
    if (below_normal) {
      const Rounded unbounded = RoundShift(significand, kDropped, negative, ctx.rounding_mode);
      const bool reaches_normal = exponent == kF32MinExponent - 1 &&
                                  unbounded.value == uint64_t{1} << (kF32FractionBits + 1);
      if (!reaches_normal) ctx.flags |= kFlagUnderflow;
    }
  }
  // The implicit bit, or a carry out of the fraction, adds one to the exponent field.
  const int exponent_field = below_normal ? 0 : exponent + kF32Bias - 1;
  const uint64_t packed =
      (static_cast<uint64_t>(exponent_field) << kF32FractionBits) + rounded.value;
  if (packed < kF32Infinity) return sign | static_cast<uint32_t>(packed);
  ctx.flags |= kFlagOverflow | kFlagInexact;
  const bool to_largest = ctx.rounding_mode == kRoundTowardZero ||
                          (ctx.rounding_mode == kRoundDown && !negative) ||
                          (ctx.rounding_mode == kRoundUp && negative);
  return sign | (to_largest ? kF32Infinity - 1 : kF32Infinity);
}

uint32_t Invalid(FpContext& ctx) {
  ctx.flags |= kFlagInvalid;
  return kF32CanonicalNan;
}

// The result of an operation with a NaN operand.
template <std::same_as<uint32_t>... Operand>
uint32_t PropagateNan(FpContext& ctx, Operand... operand) {
  if ((F32IsSignalingNan(operand) || ...)) ctx.flags |= kFlagInvalid;
  return kF32CanonicalNan;
}

uint32_t ExactZero(FpContext& ctx) { return ctx.rounding_mode == kRoundDown ? kF32SignBit : 0; }

// a + b rounded to odd in binary64: inexact results get an odd last bit, so a later rounding to
// fewer bits is as if from the exact sum. Neither overflow nor underflow can happen.
double AddRoundedToOdd(double a, double b) {
  const double sum = a + b;
  const double b_part = sum - a;
  const double error = (a - (sum - b_part)) + (b - b_part);
  if (error == 0) return sum;
  uint64_t bits = std::bit_cast<uint64_t>(sum);
  if ((bits & 1) == 0) bits += (error > 0) == (sum > 0) ? uint64_t{1} : ~uint64_t{0};
  return std::bit_cast<double>(bits);
}

// Rounds to an integer of at most 33 bits, saturated to [lowest, highest].
int64_t ToInteger(uint32_t a, int64_t lowest, int64_t highest, FpContext& ctx) {
  if (F32IsNan(a)) {
    ctx.flags |= kFlagInvalid;
    return highest;
  }
  const bool negative = Sign(a) != 0;
  const int exponent = static_cast<int>(Magnitude(a) >> kF32FractionBits) - kF32Bias;
  int64_t value = 0;
  bool inexact = false;
  if (exponent >= 32) {
    value = int64_t{1} << 33;
  } else if (!IsZero(a)) {
    const bool subnormal = exponent == -kF32Bias;
    const uint64_t fraction = a & ((1u << kF32FractionBits) - 1);
    const uint64_t significand = subnormal ? fraction : fraction | 1u << kF32FractionBits;
    const int shift = kF32FractionBits - (subnormal ? kF32MinExponent : exponent);
    const Rounded rounded = shift < 0 ? Rounded{significand << -shift, false}
                                      : RoundShift(significand, shift, negative, ctx.rounding_mode);
    value = static_cast<int64_t>(rounded.value);
    inexact = rounded.inexact;
  }
  if (negative) value = -value;
  if (value < lowest || value > highest) {
    ctx.flags |= kFlagInvalid;
    return value < lowest ? lowest : highest;
  }
  if (inexact) ctx.flags |= kFlagInexact;
  return value;
}

template <std::integral T>
T ToIntegerOf(uint32_t a, FpContext& ctx) {
  return static_cast<T>(
      ToInteger(a, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), ctx));
}

// The tables of vfrec7 and vfrsqrt7 hold the seven fraction bits nearest to 2/x at the middle of
// the input interval, 2/sqrt(x) likewise; they are computed, not copied.
constexpr uint32_t kEstimateBits = 7;

constexpr auto kReciprocalTable = [] {
  std::array<uint8_t, 128> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    const uint32_t x = 257 + 2 * i;  // middle of the interval, in 1/256
    // 128 * (2 / (x / 256)) to nearest.
    table[i] = static_cast<uint8_t>((2 * 65536 + x) / (2 * x) - 128);
  }
  return table;
}();

constexpr auto kReciprocalSqrtTable = [] {
  std::array<uint8_t, 128> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    // Index: exponent's last bit, then six fraction bits. Middle of the interval, in 1/128.
    const uint64_t x = (129 + 2 * (i & 63)) * (i < 64 ? 2 : 1);
    // The least n with n + 1/2 > 128 * 2 / sqrt(x / 128).
    uint64_t n = 128;
    while ((2 * n + 1) * (2 * n + 1) * x <= uint64_t{4} * 65536 * 128) ++n;
    table[i] = static_cast<uint8_t>(n - 128);
  }
  return table;
}();

// A positive finite number as exponent field (may go below 1) and 23 fraction bits.
struct Normalized {
  int exponent_field;
  uint32_t fraction;
};

Normalized Normalize(uint32_t magnitude) {
  const int exponent_field = static_cast<int>(magnitude >> kF32FractionBits);
  const uint32_t fraction = magnitude & ((1u << kF32FractionBits) - 1);
  if (exponent_field != 0) return {exponent_field, fraction};
  const int leading = std::countl_zero(fraction) - (31 - kF32FractionBits);
  return {1 - leading, fraction << leading & ((1u << kF32FractionBits) - 1)};
}

}  // namespace

uint32_t F32Add(uint32_t a, uint32_t b, FpContext& ctx) {
  if (F32IsNan(a) || F32IsNan(b)) return PropagateNan(ctx, a, b);
  if (IsInfinity(a)) return IsInfinity(b) && a != b ? Invalid(ctx) : a;
  if (IsInfinity(b)) return b;
  const double sum = AddRoundedToOdd(ToHost(a), ToHost(b));
  if (sum != 0) return RoundToF32(sum, ctx);
  return IsZero(a) && a == b ? a : ExactZero(ctx);
}

uint32_t F32Sub(uint32_t a, uint32_t b, FpContext& ctx) { return F32Add(a, b ^ kF32SignBit, ctx); }

uint32_t F32Mul(uint32_t a, uint32_t b, FpContext& ctx) {
  if (F32IsNan(a) || F32IsNan(b)) return PropagateNan(ctx, a, b);
  const uint32_t sign = Sign(a ^ b);
  if (IsInfinity(a) || IsInfinity(b)) {
    return IsZero(a) || IsZero(b) ? Invalid(ctx) : sign | kF32Infinity;
  }
  if (IsZero(a) || IsZero(b)) return sign;
  return RoundToF32(ToHost(a) * ToHost(b), ctx);
}

uint32_t F32Div(uint32_t a, uint32_t b, FpContext& ctx) {
  if (F32IsNan(a) || F32IsNan(b)) return PropagateNan(ctx, a, b);
  const uint32_t sign = Sign(a ^ b);
  if (IsInfinity(a)) return IsInfinity(b) ? Invalid(ctx) : sign | kF32Infinity;
  if (IsInfinity(b)) return sign;
  if (IsZero(b)) {
    if (IsZero(a)) return Invalid(ctx);
    ctx.flags |= kFlagDivideByZero;
    return sign | kF32Infinity;
  }
  if (IsZero(a)) return sign;
  return RoundToF32(ToHost(a) / ToHost(b), ctx);
}

uint32_t F32Sqrt(uint32_t a, FpContext& ctx) {
  if (F32IsNan(a)) return PropagateNan(ctx, a);
  if (IsZero(a)) return a;
  if (Sign(a) != 0) return Invalid(ctx);
  if (IsInfinity(a)) return a;
  return RoundToF32(std::sqrt(ToHost(a)), ctx);
}

uint32_t F32MulAdd(uint32_t a, uint32_t b, uint32_t c, FpContext& ctx) {
  const bool product_invalid = (IsInfinity(a) && IsZero(b)) || (IsZero(a) && IsInfinity(b));
  if (F32IsNan(a) || F32IsNan(b) || F32IsNan(c)) {
    // inf * 0 + NaN is invalid even when the NaN is quiet.
    if (product_invalid) ctx.flags |= kFlagInvalid;
    return PropagateNan(ctx, a, b, c);
  }
  if (product_invalid) return Invalid(ctx);
  const uint32_t product_sign = Sign(a ^ b);
  if (IsInfinity(a) || IsInfinity(b)) {
    const uint32_t product = product_sign | kF32Infinity;
    return IsInfinity(c) && c != product ? Invalid(ctx) : product;
  }
  if (IsInfinity(c)) return c;
  if (IsZero(a) || IsZero(b)) {
    if (!IsZero(c)) return c;
    return product_sign == Sign(c) ? c : ExactZero(ctx);
  }
  const double sum = AddRoundedToOdd(ToHost(a) * ToHost(b), ToHost(c));
  return sum != 0 ? RoundToF32(sum, ctx) : ExactZero(ctx);
}

namespace {

// Totally ordered like the numbers, -0 below +0; NaN excluded.
constexpr int32_t OrderKey(uint32_t a) {
  return static_cast<int32_t>(Sign(a) != 0 ? ~Magnitude(a) : a);
}

uint32_t MinMax(uint32_t a, uint32_t b, bool want_min, FpContext& ctx) {
  if (F32IsSignalingNan(a) || F32IsSignalingNan(b)) ctx.flags |= kFlagInvalid;
  if (F32IsNan(a)) return F32IsNan(b) ? kF32CanonicalNan : b;
  if (F32IsNan(b)) return a;
  return (OrderKey(a) < OrderKey(b)) == want_min ? a : b;
}

}  // namespace

uint32_t F32Min(uint32_t a, uint32_t b, FpContext& ctx) { return MinMax(a, b, true, ctx); }
uint32_t F32Max(uint32_t a, uint32_t b, FpContext& ctx) { return MinMax(a, b, false, ctx); }

bool F32Equal(uint32_t a, uint32_t b, FpContext& ctx) {
  if (F32IsNan(a) || F32IsNan(b)) {
    PropagateNan(ctx, a, b);
    return false;
  }
  return a == b || (IsZero(a) && IsZero(b));
}

bool F32Less(uint32_t a, uint32_t b, FpContext& ctx) {
  if (F32IsNan(a) || F32IsNan(b)) {
    ctx.flags |= kFlagInvalid;
    return false;
  }
  return OrderKey(a) < OrderKey(b) && !(IsZero(a) && IsZero(b));
}

bool F32LessEqual(uint32_t a, uint32_t b, FpContext& ctx) {
  if (F32IsNan(a) || F32IsNan(b)) {
    ctx.flags |= kFlagInvalid;
    return false;
  }
  return OrderKey(a) <= OrderKey(b) || (IsZero(a) && IsZero(b));
}

uint32_t F32Classify(uint32_t a) {
  // Bit numbers of fclass.s, from -infinity (0) up to quiet NaN (9).
  if (F32IsNan(a)) return F32IsSignalingNan(a) ? 1u << 8 : 1u << 9;
  const uint32_t magnitude = Magnitude(a);
  const uint32_t distance_from_zero = magnitude == 0             ? 0
                                      : magnitude < 0x00800000   ? 1
                                      : magnitude < kF32Infinity ? 2
                                                                 : 3;
  return Sign(a) != 0 ? 1u << (3 - distance_from_zero) : 1u << (4 + distance_from_zero);
}

int32_t F32ToI32(uint32_t a, FpContext& ctx) { return ToIntegerOf<int32_t>(a, ctx); }
uint32_t F32ToU32(uint32_t a, FpContext& ctx) { return ToIntegerOf<uint32_t>(a, ctx); }
int16_t F32ToI16(uint32_t a, FpContext& ctx) { return ToIntegerOf<int16_t>(a, ctx); }
uint16_t F32ToU16(uint32_t a, FpContext& ctx) { return ToIntegerOf<uint16_t>(a, ctx); }

uint32_t I32ToF32(int32_t a, FpContext& ctx) { return a == 0 ? 0 : RoundToF32(a, ctx); }
uint32_t U32ToF32(uint32_t a, FpContext& ctx) { return a == 0 ? 0 : RoundToF32(a, ctx); }

uint32_t F32Reciprocal7(uint32_t a, FpContext& ctx) {
  if (F32IsNan(a)) return PropagateNan(ctx, a);
  const uint32_t sign = Sign(a);
  if (IsInfinity(a)) return sign;
  if (IsZero(a)) {
    ctx.flags |= kFlagDivideByZero;
    return sign | kF32Infinity;
  }
  const Normalized in = Normalize(Magnitude(a));
  // 1/x of a subnormal below 2^-128 does not fit.
  if (in.exponent_field < -1) {
    ctx.flags |= kFlagOverflow | kFlagInexact;
    const bool to_largest = ctx.rounding_mode == kRoundTowardZero ||
                            (ctx.rounding_mode == kRoundDown && sign == 0) ||
                            (ctx.rounding_mode == kRoundUp && sign != 0);
    return sign | (to_largest ? kF32Infinity - 1 : kF32Infinity);
  }
  const uint32_t estimate = kReciprocalTable[in.fraction >> (kF32FractionBits - kEstimateBits)];
  const int exponent_field = 2 * kF32Bias - 1 - in.exponent_field;
  const uint32_t fraction = estimate << (kF32FractionBits - kEstimateBits);
  if (exponent_field > 0) {
    return sign | static_cast<uint32_t>(exponent_field) << kF32FractionBits | fraction;
  }
  // Subnormal result: exponent field 0 or -1.
  return sign | (fraction | 1u << kF32FractionBits) >> (1 - exponent_field);
}

uint32_t F32ReciprocalSqrt7(uint32_t a, FpContext& ctx) {
  if (F32IsNan(a)) return PropagateNan(ctx, a);
  if (IsZero(a)) {
    ctx.flags |= kFlagDivideByZero;
    return Sign(a) | kF32Infinity;
  }
  if (Sign(a) != 0) return Invalid(ctx);
  if (IsInfinity(a)) return 0;
  const Normalized in = Normalize(a);
  const uint32_t odd = static_cast<uint32_t>(in.exponent_field) & 1;
  const uint32_t index = odd << 6 | in.fraction >> (kF32FractionBits - kEstimateBits + 1);
  const int exponent_field = (3 * kF32Bias - 1 - in.exponent_field) / 2;
  return static_cast<uint32_t>(exponent_field) << kF32FractionBits |
         static_cast<uint32_t>(kReciprocalSqrtTable[index]) << (kF32FractionBits - kEstimateBits);
}

}  // namespace sim
