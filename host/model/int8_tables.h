// SPDX-License-Identifier: Apache-2.0

// Functions of one int8 number as tables of all 256, bit for bit as the TFLite reference kernels
// compute them. A table is ordered by the input's byte taken as unsigned (0, 1, … 127, -128, … -1).
#ifndef HOST_MODEL_INT8_TABLES_H_
#define HOST_MODEL_INT8_TABLES_H_

#include <array>
#include <cstdint>
#include <functional>

namespace host {

using Int8Table = std::array<int8_t, 256>;

// Scales are positive and finite, zero points within int8.
struct Int8Scale {
  float scale = 1;
  int32_t zero_point = 0;
};

// `transform` of the real numbers, in single precision.
[[nodiscard]] Int8Table FloatTable(Int8Scale from, Int8Scale to,
                                   const std::function<float(float)>& transform);
// Below 0 times alpha; in fixed point.
[[nodiscard]] Int8Table LeakyReluTable(Int8Scale from, Int8Scale to, float alpha);
// x * clamp(x + 3, 0, 6) / 6 in 16-bit fixed point. The scale of the input is at most 128 times the
// output's.
[[nodiscard]] Int8Table HardSwishTable(Int8Scale from, Int8Scale to);

}  // namespace host

#endif  // HOST_MODEL_INT8_TABLES_H_
