// SPDX-License-Identifier: Apache-2.0

// Bilinear resizing of batch x height x width x channels: each element is a blend of four, whose
// places and weights are known here and become constants.
#ifndef HOST_MODEL_BILINEAR_H_
#define HOST_MODEL_BILINEAR_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/model/mlir_text.h"

namespace host {

// How the places of the output lie over those of the input.
enum class PixelGrid { kCorner, kAlignedCorners, kHalfPixel };

// Of one axis: between which two elements each output element lies, and how far from the first.
template <typename T>
struct Taps {
  std::vector<int32_t> first;
  std::vector<int32_t> second;
  std::vector<T> distance;  // float: in elements; int32_t: in 1/1024
};

[[nodiscard]] Taps<float> FloatTaps(PixelGrid grid, int64_t in, int64_t out);

// The body's operands, in the order that Blend expects.
template <typename T>
[[nodiscard]] std::vector<MlirOperand> TapOperands(MlirText& text, const Taps<T>& rows,
                                                   const Taps<T>& columns) {
  std::vector<MlirOperand> operands;
  size_t axis = 1;
  for (const Taps<T>* taps : {&rows, &columns}) {
    const Shape shape = {std::ssize(taps->first)};
    operands.push_back({text.Constant(taps->first, shape), {axis}});
    operands.push_back({text.Constant(taps->second, shape), {axis}});
    operands.push_back({text.Constant(taps->distance, shape), {axis}});
    ++axis;
  }
  return operands;
}

// The operations of an element's type, and the name of its 1.
struct BlendArithmetic {
  MlirElement element;
  std::string_view unit;
  std::string_view multiply;
  std::string_view subtract;
  std::string_view add;
};
// Steps of a body: the sum of four neighbours, each times its two weights.
[[nodiscard]] std::string Blend(MlirBody& body, const MlirValue& in, const BlendArithmetic& with);

[[nodiscard]] MlirValue FloatBilinear(MlirText& text, const MlirValue& input, PixelGrid grid,
                                      const Shape& output);

}  // namespace host

#endif  // HOST_MODEL_BILINEAR_H_
