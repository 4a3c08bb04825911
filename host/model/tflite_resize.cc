// SPDX-License-Identifier: Apache-2.0

// Operators that scale the height and width of batch x height x width x channels. Where each
// output element comes from is known here, so that it becomes constants.
#include <algorithm>
#include <cmath>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/bilinear.h"
#include "host/model/tflite_operators.h"

namespace host {
namespace {

Result<> CheckShapes(const TfliteSite& site) {
  const Shape& in = site.in().shape;
  const Shape& out = site.out().shape;
  TRY(CheckSameType(site.out(), site.in()));
  if (in.size() != 4 || out.size() != 4 || in[0] != out[0] || in[3] != out[3]) {
    return OperatorFault(fmt::format("from {} to {}", in, out));
  }
  const TfliteOptions& options = site.op.options;
  if (options.align_corners != 0 && options.half_pixel_centers != 0) {
    return OperatorFault("corners are aligned and pixels are centred at once");
  }
  if (site.in().Is(TfliteType::kInt8)) {
    TRY(CheckEndsQuantized(site));
    if (!HaveSameScale(site.in(), site.out())) return OperatorFault("the quantisation changes");
  }
  return {};
}

// Not both options: CheckShapes.
PixelGrid GridOf(const TfliteOptions& options) {
  if (options.align_corners != 0) return PixelGrid::kAlignedCorners;
  return options.half_pixel_centers != 0 ? PixelGrid::kHalfPixel : PixelGrid::kCorner;
}

std::vector<int32_t> NearestIndices(PixelGrid grid, int64_t in, int64_t out) {
  const bool is_aligned = grid == PixelGrid::kAlignedCorners;
  const float scale = is_aligned && out > 1
                          ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                          : static_cast<float>(in) / static_cast<float>(out);
  const float offset = grid == PixelGrid::kHalfPixel ? 0.5f : 0.0f;
  std::vector<int32_t> indices;
  for (int64_t i = 0; i < out; ++i) {
    const float at = (static_cast<float>(i) + offset) * scale;
    const float whole = is_aligned ? std::round(at) : std::floor(at);
    indices.push_back(
        static_cast<int32_t>(std::clamp<int64_t>(static_cast<int64_t>(whole), 0, in - 1)));
  }
  return indices;
}

TfliteValues ResizeNearest(const TfliteSite& site) {
  TRY(CheckShapes(site));
  const Shape& in = site.in().shape;
  const Shape& out = site.out().shape;
  std::vector<std::vector<int32_t>> picks(4);
  for (size_t axis : {size_t{0}, size_t{3}}) {
    for (int64_t i = 0; i < in[axis]; ++i) picks[axis].push_back(static_cast<int32_t>(i));
  }
  for (size_t axis : {size_t{1}, size_t{2}}) {
    picks[axis] = NearestIndices(GridOf(site.op.options), in[axis], out[axis]);
  }
  return {{site.text.Pick(site.Value(), picks)}};
}

Taps<int32_t> FixedTaps(PixelGrid grid, int64_t in, int64_t out) {
  constexpr int64_t kUnit = 1 << 10;
  const int64_t scale = grid == PixelGrid::kAlignedCorners && out > 1
                            ? (kUnit * (in - 1) + (out - 1) / 2) / (out - 1)
                            : (kUnit * in + out / 2) / out;
  Taps<int32_t> taps;
  for (int64_t i = 0; i < out; ++i) {
    const int64_t at =
        grid == PixelGrid::kHalfPixel ? i * scale + scale / 2 - kUnit / 2 : i * scale;
    const int64_t first = std::clamp<int64_t>(at / kUnit, 0, in - 1);
    taps.first.push_back(static_cast<int32_t>(first));
    taps.second.push_back(
        static_cast<int32_t>(std::clamp<int64_t>((at + kUnit - 1) / kUnit, 0, in - 1)));
    taps.distance.push_back(static_cast<int32_t>(at - kUnit * first));
  }
  return taps;
}

TfliteValues ResizeBilinear(const TfliteSite& site) {
  TRY(CheckShapes(site));
  MlirText& text = site.text;
  const Shape& in = site.in().shape;
  const Shape& out = site.out().shape;
  const PixelGrid grid = GridOf(site.op.options);
  const MlirValue value = site.Value();
  if (site.is_float()) return {{FloatBilinear(text, value, grid, out)}};
  MlirBody body(text);
  constexpr int kFractionBits = 20;
  const auto operands =
      TapOperands(text, FixedTaps(grid, in[1], out[1]), FixedTaps(grid, in[2], out[2]));
  const std::string unit = body.Integer(1 << 10, "i32");
  const std::string sum =
      Blend(body, value, {"i32", unit, "arith.muli", "arith.subi", "arith.addi"});
  // Divided by 2^20, rounded away from zero at ties.
  const std::string half = body.Integer(1 << (kFractionBits - 1), "i32");
  const std::string is_positive =
      body.Step("arith.cmpi sgt, {}, {} : i32", sum, body.Integer(0, "i32"));
  const std::string up = body.Binary("arith.addi", sum, half, "i32");
  const std::string down = body.Binary("arith.subi", sum, half, "i32");
  const std::string away = body.Step("arith.select {}, {}, {} : i32", is_positive, up, down);
  const std::string q =
      body.Binary("arith.divsi", away, body.Integer(1 << kFractionBits, "i32"), "i32");
  return {{text.Map(out, operands, "i8", body, body.Convert("arith.trunci", q, "i32", "i8"))}};
}

constexpr TfliteOperatorRow kRows[] = {
    {TfliteOperatorCode::kResizeBilinear, 15, 2, 2, kNumberTypes, ResizeBilinear, 0b10},
    {TfliteOperatorCode::kResizeNearestNeighbor, 74, 2, 2, kNumberTypes, ResizeNearest, 0b10},
};

}  // namespace

std::span<const TfliteOperatorRow> TfliteResizeOperators() { return kRows; }

}  // namespace host
