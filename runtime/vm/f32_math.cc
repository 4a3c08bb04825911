// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/f32_math.h"

#include <bit>
#include <cstdint>
#include <limits>
#include <span>

#include "runtime/vm/i64_math.h"

namespace runtime::f32 {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kPi = 3.14159265f;
constexpr float kPiLow = -8.74227766e-8f;
constexpr float kHalfPi = 1.57079633f;
constexpr float kHalfPiLow = -4.37113883e-8f;
constexpr float kLn2 = 0.693147182f;
constexpr float kLn2Low = -1.90465421e-9f;
constexpr float kLog10Of2 = 0.30103001f;
constexpr float kLog10Of2Low = -1.43209888e-8f;
constexpr float kLog2E = 1.44269502f;
constexpr float kLog2ELow = 1.92596303e-8f;
constexpr float kIntegersOnly = 8388608.0f;  // 2^23: no fraction from here on
constexpr uint32_t kSign = 0x80000000;
constexpr int kFractionBits = 23;
constexpr int kBias = 127;

uint32_t Bits(float x) { return std::bit_cast<uint32_t>(x); }
float FromBits(uint32_t bits) { return std::bit_cast<float>(bits); }
float Fma(float a, float b, float c) { return __builtin_elementwise_fma(a, b, c); }
float CopySign(float x, float sign) { return __builtin_copysignf(x, sign); }
bool IsNan(float x) { return x != x; }

[[gnu::always_inline]] inline float Polynomial(float x, std::span<const float> coefficients) {
  float sum = 0.0f;
  for (size_t i = coefficients.size(); i != 0; --i) sum = Fma(sum, x, coefficients[i - 1]);
  return sum;
}

// The fraction gone, the way `round` does it; the conversion to an integer rounds each way.
template <typename Rounding>
float Whole(float x, Rounding round) {
  if (!(Abs(x) < kIntegersOnly)) return x;
  return CopySign(static_cast<float>(static_cast<int32_t>(round(x))), x);
}

float Truncate(float x) {
  return Whole(x, [](float y) { return __builtin_elementwise_trunc(y); });
}
float Floor(float x) {
  return Whole(x, [](float y) { return __builtin_elementwise_floor(y); });
}
float Ceil(float x) {
  return Whole(x, [](float y) { return __builtin_elementwise_ceil(y); });
}
float Round(float x) {
  return Whole(x, [](float y) { return __builtin_elementwise_round(y); });
}
float RoundToEven(float x) {
  return Whole(x, [](float y) { return __builtin_elementwise_roundeven(y); });
}

// x * 2^exponent, one rounding; x from 0.5 to 2^24 (or 0), exponent from -152 to 254.
float Scale(float x, int exponent) {
  if (exponent > kBias) {
    x *= 0x1p127f;
    exponent -= kBias;
  } else if (exponent < 1 - kBias) {
    // Stay normal until the last product, which then rounds once.
    x *= 0x1p-102f;
    exponent += 102;
  }
  return x * FromBits(static_cast<uint32_t>(exponent + kBias) << kFractionBits);
}

// 1/n! from n = 0: up to 1/7! for e^r with |r| <= ln(2)/2, up to 1/8! for (e^r - 1 - r) / r^2.
constexpr float kReciprocalFactorials[] = {1.0f,           1.0f,           0.5f,
                                           1.66666672e-1f, 4.16666679e-2f, 8.33333377e-3f,
                                           1.38888892e-3f, 1.98412701e-4f, 2.48015876e-5f};
constexpr std::span kExpSeries = std::span(kReciprocalFactorials).first<8>();
constexpr std::span kExpm1Series = std::span(kReciprocalFactorials).subspan<2>();

// 2^(high + low), low tiny.
float Exp2Sum(float high, float low) {
  if (high > 129.0f) return kInfinity;
  if (high < -152.0f) return 0.0f;
  if (IsNan(high)) return high;
  const float k = RoundToEven(high);
  const float r = (high - k) + low;
  return Scale(Polynomial(Fma(r, kLn2, r * kLn2Low), kExpSeries), static_cast<int>(k));
}

float Exp(float x) {
  const float high = x * kLog2E;
  return Exp2Sum(high, Fma(x, kLog2E, -high) + x * kLog2ELow);
}

float Expm1(float x) {
  if (Abs(x) > 0.5f) return x < -18.0f ? -1.0f : Exp(x) - 1.0f;
  return Fma(x * x, Polynomial(x, kExpm1Series), x);
}

// x = mantissa * 2^exponent with the mantissa around 1; x positive and finite.
struct Split {
  float mantissa;
  float exponent;
};
Split SplitAtOne(float x) {
  int exponent = 0;
  if (x < 0x1p-126f) {
    x *= 0x1p25f;
    exponent = -25;
  }
  // sqrt(1/2) … sqrt(2): subtracting the bits of sqrt(1/2) splits there.
  constexpr uint32_t kSqrtHalf = 0x3F3504F3;
  const uint32_t offset = Bits(x) - kSqrtHalf;
  const int shift = static_cast<int32_t>(offset) >> kFractionBits;
  exponent += shift;
  return {FromBits(Bits(x) - (static_cast<uint32_t>(shift) << kFractionBits)),
          static_cast<float>(exponent)};
}

// (log(1 + f) - 2 s) / s with s = f / (2 + f): the tail of the area tangent's series.
float LogTail(float s) {
  static constexpr float kCoefficients[] = {6.66666687e-1f, 4.00000006e-1f, 2.85714298e-1f,
                                            2.22222224e-1f, 1.81818187e-1f};
  const float z = s * s;
  return z * Polynomial(z, kCoefficients);
}

// A value in two parts, the second below the last place of the first.
struct Sum {
  float high;
  float low;
};

// log2 with about 40 bits, for Pow.
Sum Log2Precise(float x) {
  const Split split = SplitAtOne(x);
  const float f = split.mantissa - 1.0f;
  const float d = 2.0f + f;
  const float d_low = f - (d - 2.0f);
  const float s = f / d;
  const float s_low = (Fma(-s, d, f) - s * d_low) / d;
  const float high = 2.0f * s;
  const float low = Fma(2.0f, s_low, s * LogTail(s));
  const float product = high * kLog2E;
  const float product_low = Fma(high, kLog2E, -product) + Fma(high, kLog2ELow, low * kLog2E);
  const float sum = split.exponent + product;
  const float lost = product - (sum - split.exponent);
  return {sum, lost + product_low};
}

// Logarithm to another base: `factor` and `factor_low` are that of 2.
float LogTo(float x, float factor, float factor_low) {
  if (!(x > 0.0f && x < kInfinity)) return x == 0.0f ? -kInfinity : (x < 0.0f ? kNan : x);
  const Sum log = Log2Precise(x);
  return Fma(log.high, factor, Fma(log.high, factor_low, log.low * factor));
}

float Log(float x) { return LogTo(x, kLn2, kLn2Low); }

float Log1p(float x) {
  if (Abs(x) < 0.25f) {
    const float s = x / (2.0f + x);
    return x - s * (x - LogTail(s));
  }
  const float sum = 1.0f + x;
  const float log = Log(sum);
  if (!(Abs(log) < kInfinity)) return log;
  // What the addition lost.
  const float lost = x > 1.0f ? 1.0f - (sum - x) : x - (sum - 1.0f);
  return log + lost / sum;
}

float Sqrt(float x) { return __builtin_elementwise_sqrt(x); }

float Tanh(float x) {
  const float magnitude = Abs(x);
  if (magnitude > 9.5f) return CopySign(1.0f, x);
  if (magnitude < 1e-4f) return x;
  const float t = Expm1(2.0f * magnitude);
  return CopySign(t / (t + 2.0f), x);
}

float Erf(float x) {
  if (Abs(x) >= 4.0f) return CopySign(1.0f, x);
  static constexpr float kNumerator[] = {-1.60960333e-2f, -2.95459981e-3f, -7.34990630e-4f,
                                         -5.69250639e-5f, -2.10102402e-6f, 2.77068142e-8f,
                                         -2.72614226e-10f};
  static constexpr float kDenominator[] = {-1.42647391e-2f, -7.37332917e-3f, -1.68282697e-3f,
                                           -2.13374055e-4f, -1.45660718e-5f};
  const float z = x * x;
  return x * Polynomial(z, kNumerator) / Polynomial(z, kDenominator);
}

// x = quadrant * pi/2 + reduced, |reduced| <= pi/4.
struct Angle {
  uint32_t quadrant;
  float reduced;
};

// Multiplies the mantissa with the 96 bits of 2/pi that matter. x = mantissa * 2^shift, so the bits
// of 2/pi in front of weight 2^(2 - shift) only add whole turns; the product's top two bits are
// then the quadrant.
Angle Reduce(float x) {
  if (Abs(x) < kHalfPi / 2) return {0, x};
  if (!(Abs(x) < kInfinity)) return {0, kNan};
  // 2/pi behind a word of zeroes, for the shifts that need a few bits in front of it.
  static constexpr uint32_t kTwoOverPi[] = {0,          0xA2F9836E, 0x4E441529, 0xFC2757D1,
                                            0xF534DDC0, 0xDB629599, 0x3C439041, 0xFE5163AB};
  const uint32_t bits = Bits(x);
  const uint32_t mantissa = (bits & 0x7FFFFF) | 0x800000;
  const int shift = static_cast<int>(bits >> kFractionBits & 0xFF) - kBias - kFractionBits;
  const auto position = static_cast<uint32_t>(shift - 2 + 32);
  uint32_t window[3];
  for (uint32_t i = 0; i < 3; ++i) {
    const uint32_t word = position / 32 + i;
    const uint64_t pair = static_cast<uint64_t>(kTwoOverPi[word]) << 32 | kTwoOverPi[word + 1];
    window[i] = static_cast<uint32_t>(pair >> (32 - position % 32));
  }
  const uint64_t product = (static_cast<uint64_t>(mantissa * window[0]) << 32) +
                           static_cast<uint64_t>(mantissa) * window[1] +
                           (static_cast<uint64_t>(mantissa) * window[2] >> 32);
  const auto fraction = static_cast<int64_t>(product << 2);
  const uint32_t quadrant = static_cast<uint32_t>(product >> 62) + (fraction < 0 ? 1 : 0);
  const float reduced = FloatFromI64(fraction) * 0x1p-64f * kHalfPi;
  return (bits & kSign) != 0 ? Angle{0u - quadrant, -reduced} : Angle{quadrant, reduced};
}

float SinOfQuadrant(Angle angle) {
  const float z = angle.reduced * angle.reduced;
  float result;
  if ((angle.quadrant & 1) == 0) {
    static constexpr float kSine[] = {-1.66666672e-1f, 8.33333377e-3f, -1.98412701e-4f,
                                      2.71831149e-6f};
    result = Fma(angle.reduced * z, Polynomial(z, kSine), angle.reduced);
  } else {
    static constexpr float kCosine[] = {1.0f, -0.5f, 4.16666679e-2f, -1.38888892e-3f,
                                        2.47609663e-5f};
    result = Polynomial(z, kCosine);
  }
  return (angle.quadrant & 2) != 0 ? -result : result;
}

float Sin(float x) {
  if (Abs(x) < 1e-4f) return x;
  return SinOfQuadrant(Reduce(x));
}

float Cos(float x) {
  Angle angle = Reduce(x);
  ++angle.quadrant;
  return SinOfQuadrant(angle);
}

float Atan(float x) {
  constexpr float kTan3Pi8 = 2.41421366f;
  constexpr float kTanPi8 = 0.414213568f;
  float right_angles = 0.0f;  // what y's arc is counted from
  float y = Abs(x);
  if (y > kTan3Pi8) {
    right_angles = 1.0f;
    y = -1.0f / y;
  } else if (y > kTanPi8) {
    right_angles = 0.5f;
    y = (y - 1.0f) / (y + 1.0f);
  }
  static constexpr float kCoefficients[] = {-3.33329492e-1f, 1.99777106e-1f, -1.38776856e-1f,
                                            8.05374450e-2f};
  const float z = y * y;
  const float tail = Fma(y * z, Polynomial(z, kCoefficients), right_angles * kHalfPiLow);
  return CopySign(Fma(right_angles, kHalfPi, y + tail), x);
}

}  // namespace

float Abs(float x) { return __builtin_fabsf(x); }

float Atan2(float y, float x) {
  if (IsNan(x) || IsNan(y)) return kNan;
  const bool left = (Bits(x) & kSign) != 0;
  float angle;
  if (y == 0.0f) {
    angle = 0.0f;
  } else if (Abs(x) == kInfinity && Abs(y) == kInfinity) {
    angle = kHalfPi / 2;
  } else {
    angle = Atan(Abs(y) / Abs(x));  // a division by zero gives infinity, whose arc is pi/2
  }
  if (left) angle = kPi - (angle - kPiLow);
  return CopySign(angle, y);
}

float Pow(float x, float y) {
  if (y == 0.0f || x == 1.0f) return 1.0f;
  if (IsNan(x) || IsNan(y)) return kNan;
  const bool whole = Truncate(y) == y;
  const bool odd = whole && Truncate(y * 0.5f) * 2.0f != y;
  const float sign = odd && (Bits(x) & kSign) != 0 ? -1.0f : 1.0f;
  const float magnitude = Abs(x);
  if (Abs(y) == kInfinity) {
    if (magnitude == 1.0f) return 1.0f;
    return (magnitude > 1.0f) == (y > 0.0f) ? kInfinity : 0.0f;
  }
  if (magnitude == 0.0f || magnitude == kInfinity) {
    return sign * ((magnitude == 0.0f) == (y > 0.0f) ? 0.0f : kInfinity);
  }
  if (x < 0.0f && !whole) return kNan;
  const Sum log = Log2Precise(magnitude);
  const float high = y * log.high;
  const float low = Fma(y, log.high, -high) + y * log.low;
  return sign * Exp2Sum(high, low);
}

float Remainder(float x, float y) {
  if (IsNan(x) || IsNan(y) || Abs(x) == kInfinity || y == 0.0f) return kNan;
  if (Abs(y) == kInfinity || x == 0.0f) return x;
  // Long division on the mantissas, exact; the last quotient bit decides ties.
  const auto unpack = [](float value, int& exponent) {
    const uint32_t bits = Bits(value) & ~kSign;
    exponent = static_cast<int>(bits >> kFractionBits);
    if (exponent != 0) return (bits & 0x7FFFFF) | 0x800000;
    exponent = 1;
    return bits;
  };
  int exponent_x;
  int exponent_y;
  uint32_t rest = unpack(x, exponent_x);
  const uint32_t divisor = unpack(y, exponent_y);
  float magnitude = Abs(x);
  bool odd = false;
  if (exponent_x >= exponent_y) {
    for (int i = exponent_x - exponent_y; i > 0; --i) rest = rest % divisor << 1;
    odd = (rest / divisor & 1) != 0;
    rest %= divisor;
    magnitude = Scale(static_cast<float>(rest), exponent_y - kBias - kFractionBits);
  }
  const float limit = Abs(y);
  const float other = limit - magnitude;  // exact where it is used
  if (magnitude > other || (magnitude == other && odd)) magnitude = -other;
  return (Bits(x) & kSign) != 0 ? -magnitude : magnitude;
}

float Unary(Op op, float x) {
  switch (OperationOf(op)) {
    case OperationOf(Op::kRoundF32):
      return Round(x);
    case OperationOf(Op::kRoundF32Even):
      return RoundToEven(x);
    case OperationOf(Op::kCeilF32):
      return Ceil(x);
    case OperationOf(Op::kFloorF32):
      return Floor(x);
    case OperationOf(Op::kAtanF32):
      return Atan(x);
    case OperationOf(Op::kCosF32):
      return Cos(x);
    case OperationOf(Op::kSinF32):
      return Sin(x);
    case OperationOf(Op::kExpF32):
      return Exp(x);
    case OperationOf(Op::kExp2F32):
      return Exp2Sum(x, 0.0f);
    case OperationOf(Op::kExpm1F32):
      return Expm1(x);
    case OperationOf(Op::kLogF32):
      return Log(x);
    case OperationOf(Op::kLog10F32):
      return LogTo(x, kLog10Of2, kLog10Of2Low);
    case OperationOf(Op::kLog1pF32):
      return Log1p(x);
    case OperationOf(Op::kLog2F32):
      return LogTo(x, 1.0f, 0.0f);
    case OperationOf(Op::kRsqrtF32):
      return 1.0f / Sqrt(x);
    case OperationOf(Op::kSqrtF32):
      return Sqrt(x);
    case OperationOf(Op::kTanhF32):
      return Tanh(x);
    case OperationOf(Op::kErfF32):
      return Erf(x);
    default:
      return kNan;
  }
}

uint64_t RoundToU64(float x) {
  if (!(x >= 0.5f)) return 0;
  if (x >= 0x1p64f) return UINT64_MAX;
  const auto high = static_cast<uint32_t>(x * 0x1p-32f);
  const auto low = static_cast<uint32_t>(
      __builtin_elementwise_round(Fma(static_cast<float>(high), -0x1p32f, x)));
  return static_cast<uint64_t>(high) << 32 | low;
}

int64_t RoundToI64(float x) {
  if (x >= 0x1p63f) return INT64_MAX;
  if (x < -0x1p63f) return INT64_MIN;
  const uint64_t magnitude = RoundToU64(Abs(x));
  return static_cast<int64_t>(x < 0.0f ? 0 - magnitude : magnitude);
}

uint32_t RoundToU32(float x) {
  const uint64_t wide = RoundToU64(x);
  return wide > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(wide);
}

int32_t RoundToI32(float x) {
  if (IsNan(x)) return 0;
  if (x < -0x1p31f) return INT32_MIN;
  return x < 0x1p31f ? static_cast<int32_t>(__builtin_elementwise_round(x)) : INT32_MAX;
}

}  // namespace runtime::f32
