// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/i64_math.h"

namespace runtime {
namespace {

uint64_t Magnitude(int64_t value) {
  return value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
}

}  // namespace

Quotient DivideUnsigned(uint64_t dividend, uint64_t divisor) {
  // What fits 32 bits, which is nearly all, by the hardware.
  if ((dividend | divisor) >> 32 == 0 && divisor != 0) {
    const auto a = static_cast<uint32_t>(dividend);
    const auto b = static_cast<uint32_t>(divisor);
    return {a / b, a % b};
  }
  // One bit a round, by one bit, since wider shifts would be calls; the quotient's bits take the
  // dividend's place. A zero as divisor gives what the M extension gives.
  uint64_t remainder = 0;
  for (int bit = 0; bit < 64; ++bit) {
    const bool carry = remainder >> 63 != 0;
    remainder = remainder << 1 | dividend >> 63;
    dividend <<= 1;
    if (!carry && remainder < divisor) continue;
    remainder -= divisor;
    dividend |= 1;
  }
  return {dividend, remainder};
}

Quotient DivideSigned(int64_t dividend, int64_t divisor) {
  Quotient result = DivideUnsigned(Magnitude(dividend), Magnitude(divisor));
  if ((dividend < 0) != (divisor < 0)) result.quotient = ~result.quotient + 1;
  if (dividend < 0) result.remainder = ~result.remainder + 1;
  return result;
}

float FloatFromU64(uint64_t value) {
  // Halved until the hardware can take it; what falls off is remembered in the lowest bit, which
  // lies below the 24 that count, so that the hardware's rounding is right.
  float scale = 1.0f;
  while (value >> 32 != 0) {
    value = value >> 1 | (value & 1);
    scale *= 2.0f;
  }
  return static_cast<float>(static_cast<uint32_t>(value)) * scale;
}

float FloatFromI64(int64_t value) {
  const float magnitude = FloatFromU64(Magnitude(value));
  return value < 0 ? -magnitude : magnitude;
}

}  // namespace runtime
