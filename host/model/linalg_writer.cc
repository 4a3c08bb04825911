// SPDX-License-Identifier: Apache-2.0

#include "host/model/linalg_writer.h"

#include <string>
#include <variant>
#include <vector>

#include "fmt/format.h"
#include "host/model/bilinear.h"
#include "host/model/float_layers.h"
#include "host/model/mlir_text.h"

namespace host {
namespace {

// The value as an operand of loops over `shape`, which has its rank: where an extent of 1 is
// repeated, the loop does not index it.
MlirOperand Repeated(MlirText& text, const MlirValue& value, const Shape& shape) {
  Shape kept;
  std::vector<size_t> dimensions;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (value.shape[i] == 1 && shape[i] != 1) continue;
    kept.push_back(value.shape[i]);
    dimensions.push_back(i);
  }
  return {text.Reshape(value, kept), dimensions};
}

// One call an operation: the values it takes and the shape after it give the value after it.
class Writer {
 public:
  std::string Write(const Graph& graph) {
    const bool is_single = graph.inputs.size() == 1;
    for (const GraphInput& input : graph.inputs) {
      values_.push_back(
          {is_single ? "%input" : fmt::format("%input{}", values_.size()), input.shape, "f32"});
    }
    std::vector<MlirValue> results;
    for (const GraphOutput& output : graph.outputs) {
      results.push_back({"", graph.ShapeOf(output.value), "f32"});
    }
    text_.Begin(values_, results);
    for (const Op& op : graph.ops) {
      text_.Comment(op.layer);
      values_.push_back(
          std::visit([&](const auto& data) { return Layer(data, op, op.output_shape); }, op.data));
    }
    for (size_t i = 0; i < results.size(); ++i) results[i] = values_[graph.outputs[i].value];
    text_.End(results);
    return text_.Take();
  }

 private:
  MlirValue Layer(const ConvolutionOp& op, const Op& at, const Shape& out) {
    const MlirValue& in = values_[at.inputs[0]];
    return FloatConvolution(text_, in, op.window, op.kernel, op.bias, out);
  }

  MlirValue Layer(const DepthwiseConvolutionOp& op, const Op& at, const Shape& out) {
    const MlirValue& in = values_[at.inputs[0]];
    return FloatDepthwiseConvolution(text_, in, op.window, op.kernel, op.bias, out);
  }

  MlirValue Layer(const MatrixProductOp& op, const Op& at, const Shape&) {
    const MlirValue& in = values_[at.inputs[0]];
    return FloatMatrixProduct(text_, in, op.weights, op.bias);
  }

  MlirValue Layer(const PoolingOp& op, const Op& at, const Shape& out) {
    const MlirValue& in = values_[at.inputs[0]];
    return FloatPooling(text_, in, op.kind, op.window, out);
  }

  MlirValue Layer(const GlobalAverageOp&, const Op& at, const Shape&) {
    const MlirValue& in = values_[at.inputs[0]];
    MlirBody add(text_);
    const std::string sum = add.Binary("arith.addf", "%a", "%o", "f32");
    const Shape shape = {in.shape[0], in.shape[3]};
    const MlirValue sums =
        text_.Generic(4, {1, 2}, {{in, AllDimensions(4)}},
                      {text_.Filled(shape, "f32", text_.Float(0)), {0, 3}}, add, sum);
    MlirBody scale(text_);
    const float factor = 1.0f / static_cast<float>(in.shape[1] * in.shape[2]);
    const std::string mean = scale.Binary("arith.mulf", "%a", scale.Float(factor), "f32");
    return text_.Map(shape, {{sums, {0, 1}}}, "f32", scale, mean);
  }

  MlirValue Layer(const PadOp& op, const Op& at, const Shape&) {
    const MlirValue& in = values_[at.inputs[0]];
    return text_.Pad(in, op.low, op.high, text_.Float(0));
  }

  MlirValue Layer(const ReshapeOp&, const Op& at, const Shape& out) {
    const MlirValue& in = values_[at.inputs[0]];
    return text_.Reshape(in, out);
  }

  MlirValue Layer(const ActivationOp& op, const Op& at, const Shape&) {
    const MlirValue& in = values_[at.inputs[0]];
    return FloatActivation(text_, in, op);
  }

  MlirValue Layer(const SoftmaxOp&, const Op& at, const Shape&) {
    const MlirValue& in = values_[at.inputs[0]];
    return FloatSoftmax(text_, in);
  }

  MlirValue Layer(const ScaleOp& op, const Op& at, const Shape& out) {
    const MlirValue& in = values_[at.inputs[0]];
    const std::vector<size_t> last = {out.size() - 1};
    MlirBody body(text_);
    const std::string scaled = body.Binary("arith.mulf", "%a", "%b", "f32");
    const std::string result = body.Binary("arith.addf", scaled, "%c", "f32");
    return text_.Map(out,
                     {{in, AllDimensions(out.size())},
                      {text_.Constant(op.scale, {out.back()}), last},
                      {text_.Constant(op.offset, {out.back()}), last}},
                     "f32", body, result);
  }

  MlirValue Layer(const SliceOp& op, const Op& at, const Shape& out) {
    return text_.Slice(values_[at.inputs[0]], op.offsets, out, std::vector<int64_t>(out.size(), 1));
  }

  MlirValue Layer(const PermuteOp& op, const Op& at, const Shape&) {
    return text_.Transpose(values_[at.inputs[0]], op.order);
  }

  MlirValue Layer(const RepeatOp& op, const Op& at, const Shape& out) {
    std::vector<std::vector<int32_t>> picks(out.size());
    for (size_t axis = 0; axis < out.size(); ++axis) {
      const int64_t times = axis == 1 || axis == 2 ? op.times[axis - 1] : 1;
      for (int64_t i = 0; i < out[axis]; ++i)
        picks[axis].push_back(static_cast<int32_t>(i / times));
    }
    return text_.Pick(values_[at.inputs[0]], picks);
  }

  MlirValue Layer(const ResizeOp&, const Op& at, const Shape& out) {
    return FloatBilinear(text_, values_[at.inputs[0]], PixelGrid::kHalfPixel, out);
  }

  MlirValue Layer(const CombineOp& op, const Op& at, const Shape& out) {
    const MlirOperand a = Repeated(text_, values_[at.inputs[0]], out);
    const MlirOperand b = Repeated(text_, values_[at.inputs[1]], out);
    MlirBody body(text_);
    std::string result;
    switch (op.kind) {
      case CombineKind::kAdd:
        result = body.Binary("arith.addf", "%a", "%b", "f32");
        break;
      case CombineKind::kSubtract:
        result = body.Binary("arith.subf", "%a", "%b", "f32");
        break;
      case CombineKind::kMultiply:
        result = body.Binary("arith.mulf", "%a", "%b", "f32");
        break;
      case CombineKind::kMaximum:
        result = body.Max("%a", "%b", "f32");
        break;
      case CombineKind::kMinimum:
        result = body.Min("%a", "%b", "f32");
        break;
    }
    return text_.Map(out, {a, b}, "f32", body, result);
  }

  MlirValue Layer(const JoinOp& op, const Op& at, const Shape&) {
    std::vector<MlirValue> parts;
    for (size_t input : at.inputs) parts.push_back(values_[input]);
    return text_.Join(parts, op.axis);
  }

  MlirValue Layer(const ParametricRectifierOp& op, const Op& at, const Shape& out) {
    const MlirOperand alpha = Repeated(text_, text_.Constant(op.alpha, op.alpha_shape), out);
    MlirBody body(text_);
    const std::string zero = body.Float(0);
    const std::string below = body.Binary("arith.mulf", body.Min("%a", zero, "f32"), "%b", "f32");
    const std::string result = body.Binary("arith.addf", body.Max("%a", zero, "f32"), below, "f32");
    return text_.Map(out, {{values_[at.inputs[0]], AllDimensions(out.size())}, alpha}, "f32", body,
                     result);
  }

  MlirText text_;
  std::vector<MlirValue> values_;
};

}  // namespace

std::string WriteLinalg(const Graph& graph) { return Writer().Write(graph); }

}  // namespace host
