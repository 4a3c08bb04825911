// SPDX-License-Identifier: Apache-2.0

#include "host/model/bilinear.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace host {

Taps<float> FloatTaps(PixelGrid grid, int64_t in, int64_t out) {
  const float scale = grid == PixelGrid::kAlignedCorners && out > 1
                          ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                          : static_cast<float>(in) / static_cast<float>(out);
  Taps<float> taps;
  for (int64_t i = 0; i < out; ++i) {
    const float at = grid == PixelGrid::kHalfPixel ? (static_cast<float>(i) + 0.5f) * scale - 0.5f
                                                   : static_cast<float>(i) * scale;
    const auto first = std::max(static_cast<int64_t>(std::floor(at)), int64_t{0});
    const auto second = std::min(static_cast<int64_t>(std::ceil(at)), in - 1);
    taps.first.push_back(static_cast<int32_t>(std::min(first, in - 1)));
    taps.second.push_back(static_cast<int32_t>(std::max(second, int64_t{0})));
    taps.distance.push_back(at - static_cast<float>(first));
  }
  return taps;
}

std::string Blend(MlirBody& body, const MlirValue& in, const BlendArithmetic& with) {
  const auto index = [&](std::string_view name) {
    return body.Convert("arith.index_cast", name, "i32", "index");
  };
  const std::string batch = body.Step("linalg.index 0 : index");
  const std::string channel = body.Step("linalg.index 3 : index");
  const std::array<std::string, 2> rows = {index("%a"), index("%b")};
  const std::array<std::string, 2> columns = {index("%d"), index("%e")};
  const auto weights = [&](std::string_view distance) {
    return std::array<std::string, 2>{body.Binary(with.subtract, with.unit, distance, with.element),
                                      std::string(distance)};
  };
  const std::array<std::string, 2> down = weights("%c");
  const std::array<std::string, 2> across = weights("%f");
  std::string sum;
  for (size_t y = 0; y < 2; ++y) {
    for (size_t x = 0; x < 2; ++x) {
      std::string value = body.Step("tensor.extract {}[{}, {}, {}, {}] : {}", in.name, batch,
                                    rows[y], columns[x], channel, in.type());
      if (in.element == "i8") value = body.Widen(value);
      const std::string once = body.Binary(with.multiply, value, down[y], with.element);
      const std::string twice = body.Binary(with.multiply, once, across[x], with.element);
      sum = sum.empty() ? twice : body.Binary(with.add, sum, twice, with.element);
    }
  }
  return sum;
}

MlirValue FloatBilinear(MlirText& text, const MlirValue& input, PixelGrid grid,
                        const Shape& output) {
  const auto operands = TapOperands(text, FloatTaps(grid, input.shape[1], output[1]),
                                    FloatTaps(grid, input.shape[2], output[2]));
  MlirBody body(text);
  const std::string unit = body.Float(1);
  const std::string result =
      Blend(body, input, {"f32", unit, "arith.mulf", "arith.subf", "arith.addf"});
  return text.Map(output, operands, "f32", body, result);
}

}  // namespace host
