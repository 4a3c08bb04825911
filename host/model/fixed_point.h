// SPDX-License-Identifier: Apache-2.0

// The fixed-point arithmetic of the TFLite reference kernels for int8, as far as it can be done
// when a model is read: multipliers, and the table that int8 softmax looks its exponentials up in.
// Bit for bit the same as the reference (double rounding, ties away from zero).
#ifndef HOST_MODEL_FIXED_POINT_H_
#define HOST_MODEL_FIXED_POINT_H_

#include <array>
#include <cstdint>

namespace host {

// multiplier / 2^31 * 2^shift; multiplier is 0 or at least 2^30.
struct FixedMultiplier {
  int32_t multiplier = 0;
  int32_t shift = 0;  // positive: left
  bool operator==(const FixedMultiplier&) const = default;
};

// `real` is finite and not negative.
[[nodiscard]] FixedMultiplier QuantizeMultiplier(double real);

// a * b / 2^31, rounded; INT32_MAX for INT32_MIN squared.
[[nodiscard]] int32_t RoundingDoublingHighProduct(int32_t a, int32_t b);
// value / 2^exponent, rounded, ties away from zero; exponent is in 0..31.
[[nodiscard]] int32_t RoundingShiftRight(int32_t value, int exponent);
// value * real with both roundings.
[[nodiscard]] int32_t MultiplyByFixed(int32_t value, FixedMultiplier by);

// For an int8 input, difference to the row's maximum negated (0..255) -> its exponential, Q0.31;
// 0 where the reference counts it as nothing.
[[nodiscard]] std::array<int32_t, 256> SoftmaxExponentials(float beta, float input_scale);

}  // namespace host

#endif  // HOST_MODEL_FIXED_POINT_H_
