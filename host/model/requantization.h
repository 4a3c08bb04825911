// SPDX-License-Identifier: Apache-2.0

// The TFLite reference's integer scaling as linalg text: i32 values times a real number that is
// given as a fixed-point multiplier (fixed_point.h), bit for bit, with both roundings.
//
// The product has 64 bits, which the target's vectors have not. Where the largest value allows it,
// twice the product is taken, whose high word needs one rounding bit only; otherwise the two words
// are put together, which takes a third more steps. What overflows wraps around, as it does in the
// reference.
#ifndef HOST_MODEL_REQUANTIZATION_H_
#define HOST_MODEL_REQUANTIZATION_H_

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/model/fixed_point.h"
#include "host/model/mlir_text.h"

namespace host {

inline constexpr int32_t kInt8Min = std::numeric_limits<int8_t>::min();
inline constexpr int32_t kInt8Max = std::numeric_limits<int8_t>::max();

// Steps of a body: `value` (i32) times `by`. `largest` is the largest |value| there can be.
[[nodiscard]] std::string FixedProduct(MlirBody& body, std::string_view value, FixedMultiplier by,
                                       int64_t largest);
// round(a * b / 2^31), ties upwards; saturation of the one product that does not fit is left out.
[[nodiscard]] std::string RoundingHighProduct(MlirBody& body, std::string_view a,
                                              std::string_view b);

// How accumulators become 8-bit numbers.
struct Requantization {
  std::vector<FixedMultiplier> multipliers;  // one a channel, or one for all
  int32_t zero_point = 0;
  int32_t low = kInt8Min;
  int32_t high = kInt8Max;
};

// Steps of a body: `value` (i32), which lacks the zero point, to an i8 within low and high.
[[nodiscard]] std::string ToInt8(MlirBody& body, std::string_view value, const Requantization& to);

// Accumulators (i32, channels last) plus bias, as int8. `largest` is the largest |accumulator +
// bias| of each channel; an empty bias stands for zeros.
[[nodiscard]] MlirValue Requantize(MlirText& text, const MlirValue& accumulators,
                                   std::span<const int32_t> bias, std::span<const int64_t> largest,
                                   const Requantization& to);

}  // namespace host

#endif  // HOST_MODEL_REQUANTIZATION_H_
