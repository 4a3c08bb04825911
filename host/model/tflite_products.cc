// SPDX-License-Identifier: Apache-2.0

// Operators that are products of matrices.
#include <algorithm>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/float_layers.h"
#include "host/model/tflite_operators.h"
#include "host/model/tflite_weights.h"

namespace host {
namespace {

// Weights are outputs x inputs; all leading dimensions of the input together are the rows.
TfliteValues FullyConnected(const TfliteSite& site) {
  MlirText& text = site.text;
  const Shape& weights = site.in(1).shape;
  const Shape& out = site.out().shape;
  if (weights.size() != 2 || site.op.options.weights_format != 0) {
    return OperatorFault("the weights are not outputs x inputs");
  }
  const int64_t inputs = weights[1];
  const int64_t outputs = weights[0];
  const int64_t elements = ElementCount(site.in().shape);
  if (inputs < 1 || outputs < 1 || elements % inputs != 0 ||
      ElementCount(out) != elements / inputs * outputs) {
    return OperatorFault(
        fmt::format("weights of shape {} between {} and {}", weights, site.in().shape, out));
  }
  const int64_t rows = elements / inputs;
  if (site.is_float()) {
    const FloatWeights kernel = TRY(ReadFloatWeights(site, outputs));
    const MlirValue sums = FloatMatrixProduct(text, site.Value(0, {rows, inputs}),
                                              OutputsLast(kernel.values, outputs), kernel.bias);
    return {{text.Reshape(TRY(FusedFloatActivation(site, sums)), out)}};
  }
  const Int8Weights kernel = TRY(ReadInt8Weights(
      site, 0, outputs, [&](size_t i) { return i / static_cast<size_t>(inputs); }, {},
      /*is_product=*/true));
  Requantization to = TRY(OutputRange(site));
  to.multipliers = kernel.multipliers;
  const MlirValue flat = site.Value(0, {rows, inputs});
  const MlirValue constant = text.Constant(OutputsLast(kernel.values, outputs), {inputs, outputs});
  const MlirValue sums = text.Named("matmul", "", flat, constant,
                                    text.Filled({rows, outputs}, "i32", text.Integer(0, "i32")));
  return {{text.Reshape(Requantize(text, sums, kernel.bias, kernel.largest, to), out)}};
}

// One factor of a batched product: which of its last two dimensions are summed over, and how its
// leading ones follow the output's.
struct Factor {
  MlirOperand operand;
  int64_t free = 0;
  int64_t summed = 0;
};

// Loops: the output's leading dimensions, rows, columns, sum.
Result<Factor> MakeFactor(const TfliteSite& site, size_t input, bool is_summed_last) {
  const Shape& own = site.in(input).shape;
  const Shape& out = site.out().shape;
  if (own.size() < 2 || own.size() > out.size()) {
    return OperatorFault(fmt::format("input {} of shape {} for the output {}", input, own, out));
  }
  const size_t outer = out.size() - 2;
  const size_t rank = own.size();
  Factor factor;
  Shape kept;
  for (size_t i = 0; i + 2 < rank; ++i) {
    const size_t loop = i + out.size() - rank;
    if (own[i] == 1 && out[loop] != 1) continue;
    if (own[i] != out[loop]) {
      return OperatorFault(fmt::format("input {} of shape {} for the output {}", input, own, out));
    }
    kept.push_back(own[i]);
    factor.operand.dimensions.push_back(loop);
  }
  const size_t free_loop = outer + input;
  const size_t sum_loop = outer + 2;
  const auto last =
      is_summed_last ? std::array{free_loop, sum_loop} : std::array{sum_loop, free_loop};
  factor.operand.dimensions.insert(factor.operand.dimensions.end(), last.begin(), last.end());
  kept.insert(kept.end(), own.end() - 2, own.end());
  factor.free = is_summed_last ? own[rank - 2] : own[rank - 1];
  factor.summed = is_summed_last ? own[rank - 1] : own[rank - 2];
  factor.operand.value = site.Value(input, kept);
  return factor;
}

TfliteValues BatchMatmul(const TfliteSite& site) {
  MlirText& text = site.text;
  const Shape& out = site.out().shape;
  TRY(CheckSameType(site.in(1), site.in()));
  TRY(CheckSameType(site.out(), site.in()));
  const Factor a = TRY(MakeFactor(site, 0, site.op.options.adjoint_x == 0));
  const Factor b = TRY(MakeFactor(site, 1, site.op.options.adjoint_y != 0));
  const size_t rank = out.size();
  if (a.summed != b.summed || a.free != out[rank - 2] || b.free != out[rank - 1]) {
    return OperatorFault(
        fmt::format("{} times {} is not {}", site.in().shape, site.in(1).shape, out));
  }
  MlirBody body(text);
  const std::vector<MlirOperand> factors = {a.operand, b.operand};
  if (site.is_float()) {
    const std::string product = body.Binary("arith.mulf", "%a", "%b", "f32");
    const std::string sum = body.Binary("arith.addf", "%o", product, "f32");
    return {
        {text.Generic(rank + 1, {rank}, factors,
                      {text.Filled(out, "f32", text.Float(0)), AllDimensions(rank)}, body, sum)}};
  }
  TRY(CheckEndsQuantized(site));
  TRY(CheckQuantized(site.in(1)));
  const auto real = [&](std::string_view name, const TfliteTensor& tensor) {
    const std::string wide = body.Widen(name);
    return body.Binary("arith.subi", wide, body.Integer(ZeroPoint(tensor), "i32"), "i32");
  };
  const std::string x = real("%a", site.in());
  const std::string y = real("%b", site.in(1));
  const std::string product = body.Binary("arith.muli", x, y, "i32");
  const std::string sum = body.Binary("arith.addi", "%o", product, "i32");
  const MlirValue sums = text.Generic(
      rank + 1, {rank}, factors,
      {text.Filled(out, "i32", text.Integer(0, "i32")), AllDimensions(rank)}, body, sum);
  Requantization to = TRY(OutputRange(site));
  const float scales = Scale(site.in()) * Scale(site.in(1));
  if (!std::isfinite(scales)) return OperatorFault("the scales are too large");
  to.multipliers = {
      QuantizeMultiplier(static_cast<double>(scales) / static_cast<double>(Scale(site.out())))};
  const int64_t largest[] = {255 * 255 * a.summed};
  return {{Requantize(text, sums, {}, largest, to)}};
}

constexpr TfliteOperatorRow kRows[] = {
    {TfliteOperatorCode::kFullyConnected, 8, 2, 3, kNumberTypes, FullyConnected},
    {TfliteOperatorCode::kBatchMatmul, 101, 2, 2, kNumberTypes, BatchMatmul},
};

}  // namespace

std::span<const TfliteOperatorRow> TfliteProductOperators() { return kRows; }

}  // namespace host
