#include "runtime/vm/i64_math.h"

#include <bit>

namespace runtime {
namespace {

constexpr int kMantissaBits = 24;  // of a float, the hidden one included
constexpr int kExponentBias = 127;

uint64_t Magnitude(int64_t value) {
  return value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
}

}  // namespace

Quotient DivideUnsigned(uint64_t dividend, uint64_t divisor) {
  if (((dividend | divisor) >> 32) == 0) {
    const auto small = static_cast<uint32_t>(dividend);
    const auto by = static_cast<uint32_t>(divisor);
    return {small / by, small % by};
  }
  if (dividend < divisor) return {0, dividend};
  int shift = std::countl_zero(divisor) - std::countl_zero(dividend);
  uint64_t subtrahend = divisor << shift;
  uint64_t quotient = 0;
  for (; shift >= 0; --shift) {
    quotient <<= 1;
    if (dividend >= subtrahend) {
      dividend -= subtrahend;
      quotient |= 1;
    }
    subtrahend >>= 1;
  }
  return {quotient, dividend};
}

Quotient DivideSigned(int64_t dividend, int64_t divisor) {
  Quotient result = DivideUnsigned(Magnitude(dividend), Magnitude(divisor));
  if ((dividend < 0) != (divisor < 0)) result.quotient = ~result.quotient + 1;
  if (dividend < 0) result.remainder = ~result.remainder + 1;
  return result;
}

float FloatFromU64(uint64_t value) {
  if (value == 0) return 0.0f;
  const int length = 64 - std::countl_zero(value);
  uint32_t mantissa;
  if (length <= kMantissaBits) {
    mantissa = static_cast<uint32_t>(value) << (kMantissaBits - length);
  } else {
    const int drop = length - kMantissaBits;
    mantissa = static_cast<uint32_t>(value >> drop);
    const uint64_t rest = value & ((uint64_t{1} << drop) - 1);
    const uint64_t half = uint64_t{1} << (drop - 1);
    if (rest > half || (rest == half && (mantissa & 1) != 0)) ++mantissa;
  }
  // A mantissa that rounded up to 2^24 carries into the exponent by itself.
  const auto exponent = static_cast<uint32_t>(length - 1 + kExponentBias - 1);
  return std::bit_cast<float>((exponent << (kMantissaBits - 1)) + mantissa);
}

float FloatFromI64(int64_t value) {
  const float magnitude = FloatFromU64(Magnitude(value));
  return value < 0 ? -magnitude : magnitude;
}

uint64_t RoundToU64(float value) {
  if (!(value >= 0.5f)) return 0;
  const auto bits = std::bit_cast<uint32_t>(value);
  const int exponent = static_cast<int>(bits >> (kMantissaBits - 1)) - kExponentBias;
  if (exponent >= 64) return UINT64_MAX;
  const uint32_t mantissa = (bits & ((1u << (kMantissaBits - 1)) - 1)) | 1u << (kMantissaBits - 1);
  const int shift = exponent - (kMantissaBits - 1);
  if (shift >= 0) return static_cast<uint64_t>(mantissa) << shift;
  return (mantissa + (1u << (-shift - 1))) >> -shift;
}

int64_t RoundToI64(float value) {
  const uint64_t magnitude = RoundToU64(value < 0 ? -value : value);
  if (value < 0) {
    return magnitude > uint64_t{1} << 63 ? INT64_MIN : static_cast<int64_t>(~magnitude + 1);
  }
  return magnitude > INT64_MAX ? INT64_MAX : static_cast<int64_t>(magnitude);
}

}  // namespace runtime
