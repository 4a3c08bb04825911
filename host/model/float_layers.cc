// SPDX-License-Identifier: Apache-2.0

#include "host/model/float_layers.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace host {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

// A tensor that holds the bias at each place: what products are accumulated onto.
MlirValue BiasEverywhere(MlirText& text, std::span<const float> bias, const Shape& shape) {
  const MlirValue constant = text.Constant(bias, {std::ssize(bias)});
  return text.Map(shape, {{constant, {shape.size() - 1}}}, "f32", MlirBody(text), "%a");
}

std::string Rectifier(MlirBody& body, const ActivationOp& op) {
  const std::string zero = body.Float(0);
  const std::string is_positive = body.Step("arith.cmpf ogt, %a, {} : f32", zero);
  const std::string below =
      op.slope != 0 ? body.Binary("arith.mulf", "%a", body.Float(op.slope), "f32") : zero;
  const std::string result = body.Step("arith.select {}, %a, {} : f32", is_positive, below);
  return op.maximum == 0 ? result : body.Min(result, body.Float(op.maximum), "f32");
}

std::string Elu(MlirBody& body, const ActivationOp& op) {
  const std::string zero = body.Float(0);
  const std::string is_positive = body.Step("arith.cmpf ogt, %a, {} : f32", zero);
  // exp only of what is not positive, so that it cannot overflow.
  const std::string low = body.Step("arith.select {}, {}, %a : f32", is_positive, zero);
  const std::string e = body.Step("math.exp {} : f32", low);
  const std::string less_one = body.Binary("arith.subf", e, body.Float(1), "f32");
  const std::string below = body.Binary("arith.mulf", less_one, body.Float(op.slope), "f32");
  return body.Step("arith.select {}, %a, {} : f32", is_positive, below);
}

std::string Sigmoid(MlirBody& body, const ActivationOp&) { return FloatSigmoid(body, "%a"); }

std::string Tanh(MlirBody& body, const ActivationOp&) { return body.Step("math.tanh %a : f32"); }

std::string Swish(MlirBody& body, const ActivationOp&) {
  return body.Binary("arith.mulf", "%a", FloatSigmoid(body, "%a"), "f32");
}

std::string Negative(MlirBody& body, std::string_view x) {
  return body.Step("arith.negf {} : f32", x);
}

// log(1 + exp(x)) as max(x, 0) + log(1 + exp(-|x|)), where nothing overflows.
std::string Softplus(MlirBody& body, const ActivationOp&) {
  const std::string least = body.Min("%a", Negative(body, "%a"), "f32");
  const std::string e = body.Step("math.exp {} : f32", least);
  const std::string sum = body.Binary("arith.addf", e, body.Float(1), "f32");
  const std::string log = body.Step("math.log {} : f32", sum);
  return body.Binary("arith.addf", body.Max("%a", body.Float(0), "f32"), log, "f32");
}

std::string Softsign(MlirBody& body, const ActivationOp&) {
  const std::string magnitude = body.Max("%a", Negative(body, "%a"), "f32");
  const std::string sum = body.Binary("arith.addf", magnitude, body.Float(1), "f32");
  return body.Binary("arith.divf", "%a", sum, "f32");
}

std::string Exponential(MlirBody& body, const ActivationOp&) {
  return body.Step("math.exp %a : f32");
}

std::string HardSigmoid(MlirBody& body, const ActivationOp& op) {
  const std::string product = body.Binary("arith.mulf", "%a", body.Float(op.slope), "f32");
  const std::string sum = body.Binary("arith.addf", product, body.Float(0.5f), "f32");
  return body.Min(body.Max(sum, body.Float(0), "f32"), body.Float(1), "f32");
}

std::string HardSwish(MlirBody& body, const ActivationOp& op) {
  return body.Binary("arith.mulf", "%a", HardSigmoid(body, op), "f32");
}

// The error function by a rational approximation of Hastings (Abramowitz and Stegun, 7.1.26), off
// by at most 1.5e-7: releases of 2023 cannot lower MLIR's own.
std::string ErrorFunction(MlirBody& body, std::string_view x) {
  constexpr float kScale = 0.3275911f;
  constexpr std::array kCoefficients = {1.061405429f, -1.453152027f, 1.421413741f, -0.284496736f,
                                        0.254829592f};
  const std::string one = body.Float(1);
  const std::string magnitude = body.Max(x, Negative(body, x), "f32");
  const std::string scaled = body.Binary("arith.mulf", magnitude, body.Float(kScale), "f32");
  const std::string t =
      body.Binary("arith.divf", one, body.Binary("arith.addf", scaled, one, "f32"), "f32");
  std::string sum = body.Float(kCoefficients[0]);
  for (size_t i = 1; i < kCoefficients.size(); ++i) {
    const std::string product = body.Binary("arith.mulf", sum, t, "f32");
    sum = body.Binary("arith.addf", product, body.Float(kCoefficients[i]), "f32");
  }
  sum = body.Binary("arith.mulf", sum, t, "f32");
  const std::string square = body.Binary("arith.mulf", x, x, "f32");
  const std::string e = body.Step("math.exp {} : f32", Negative(body, square));
  const std::string positive =
      body.Binary("arith.subf", one, body.Binary("arith.mulf", sum, e, "f32"), "f32");
  const std::string is_negative = body.Step("arith.cmpf olt, {}, {} : f32", x, body.Float(0));
  return body.Step("arith.select {}, {}, {} : f32", is_negative, Negative(body, positive),
                   positive);
}

// x / 2 * (1 + erf(x / sqrt(2)))
std::string Gelu(MlirBody& body, const ActivationOp&) {
  const std::string scaled = body.Binary("arith.mulf", "%a", body.Float(0.70710678f), "f32");
  const std::string sum =
      body.Binary("arith.addf", ErrorFunction(body, scaled), body.Float(1), "f32");
  const std::string half = body.Binary("arith.mulf", "%a", body.Float(0.5f), "f32");
  return body.Binary("arith.mulf", half, sum, "f32");
}

struct Activation {
  ActivationKind kind;
  std::string (*steps)(MlirBody&, const ActivationOp&);
};

constexpr Activation kActivations[] = {
    {ActivationKind::kRectifier, Rectifier},
    {ActivationKind::kElu, Elu},
    {ActivationKind::kSigmoid, Sigmoid},
    {ActivationKind::kTanh, Tanh},
    {ActivationKind::kSwish, Swish},
    {ActivationKind::kSoftplus, Softplus},
    {ActivationKind::kSoftsign, Softsign},
    {ActivationKind::kExponential, Exponential},
    {ActivationKind::kHardSigmoid, HardSigmoid},
    {ActivationKind::kHardSwish, HardSwish},
    {ActivationKind::kGelu, Gelu},
};

}  // namespace

MlirValue FloatConvolution(MlirText& text, const MlirValue& input, const Window& window,
                           std::span<const float> kernel, std::span<const float> bias,
                           const Shape& output) {
  const MlirValue padded = text.PadWindow(input, window.padding, text.Float(0));
  const MlirValue constant =
      text.Constant(kernel, {window.size[0], window.size[1], input.shape[3], output[3]});
  return text.Slide("conv_2d_nhwc_hwcf", window, padded, constant,
                    BiasEverywhere(text, bias, output));
}

MlirValue FloatDepthwiseConvolution(MlirText& text, const MlirValue& input, const Window& window,
                                    std::span<const float> kernel, std::span<const float> bias,
                                    const Shape& output) {
  const MlirValue padded = text.PadWindow(input, window.padding, text.Float(0));
  const int64_t channels = input.shape[3];
  const int64_t multiplier = output[3] / channels;
  if (multiplier == 1) {
    const MlirValue constant = text.Constant(kernel, {window.size[0], window.size[1], channels});
    return text.Slide("depthwise_conv_2d_nhwc_hwc", window, padded, constant,
                      BiasEverywhere(text, bias, output));
  }
  // The multiplier is an axis of its own here, so the bias cannot be the accumulator.
  const MlirValue constant =
      text.Constant(kernel, {window.size[0], window.size[1], channels, multiplier});
  const MlirValue init =
      text.Filled({output[0], output[1], output[2], channels, multiplier}, "f32", text.Float(0));
  const MlirValue sums = text.Reshape(
      text.Slide("depthwise_conv_2d_nhwc_hwcm", window, padded, constant, init), output);
  const MlirValue offset = text.Constant(bias, {output[3]});
  MlirBody body(text);
  const std::string sum = body.Binary("arith.addf", "%a", "%b", "f32");
  return text.Map(output, {{sums, AllDimensions(4)}, {offset, {3}}}, "f32", body, sum);
}

MlirValue FloatMatrixProduct(MlirText& text, const MlirValue& input, std::span<const float> weights,
                             std::span<const float> bias) {
  const MlirValue constant = text.Constant(weights, {input.shape[1], std::ssize(bias)});
  return text.Named("matmul", "", input, constant,
                    BiasEverywhere(text, bias, {input.shape[0], std::ssize(bias)}));
}

std::vector<int32_t> Covered(const Window& window, size_t axis, int64_t input, int64_t output) {
  std::vector<int32_t> counts;
  for (int64_t at = 0; at < output; ++at) {
    const int64_t start = at * window.strides[axis] - window.padding.low[axis];
    const int64_t end = std::min(start + window.size[axis], input);
    counts.push_back(static_cast<int32_t>(end - std::max<int64_t>(start, 0)));
  }
  return counts;
}

MlirValue FloatPooling(MlirText& text, const MlirValue& input, PoolingKind kind,
                       const Window& window, const Shape& output) {
  const bool is_max = kind == PoolingKind::kMax;
  const std::string fill = text.Float(is_max ? kMinusInfinity : 0.0f);
  const MlirValue padded = text.PadWindow(input, window.padding, fill);
  const MlirValue pooled = text.Slide(is_max ? "pooling_nhwc_max" : "pooling_nhwc_sum", window,
                                      padded, text.Empty({window.size[0], window.size[1]}, "f32"),
                                      text.Filled(output, "f32", fill));
  if (is_max) return pooled;
  // At the edges fewer elements lie under the window.
  const std::vector<int32_t> rows = Covered(window, 0, input.shape[1], output[1]);
  const std::vector<int32_t> columns = Covered(window, 1, input.shape[2], output[2]);
  const auto is_uniform = [](const std::vector<int32_t>& counts) {
    return std::ranges::count(counts, counts[0]) == std::ssize(counts);
  };
  MlirBody body(text);
  if (is_uniform(rows) && is_uniform(columns)) {
    const float factor = 1.0f / static_cast<float>(int64_t{rows[0]} * columns[0]);
    const std::string mean = body.Binary("arith.mulf", "%a", body.Float(factor), "f32");
    return text.Map(output, {{pooled, AllDimensions(4)}}, "f32", body, mean);
  }
  const auto factors = [&](const std::vector<int32_t>& counts) {
    std::vector<float> values;
    for (int32_t count : counts) values.push_back(1.0f / static_cast<float>(count));
    return text.Constant(values, {std::ssize(values)});
  };
  const std::string factor = body.Binary("arith.mulf", "%b", "%c", "f32");
  const std::string mean = body.Binary("arith.mulf", "%a", factor, "f32");
  return text.Map(output,
                  {{pooled, AllDimensions(4)}, {factors(rows), {1}}, {factors(columns), {2}}},
                  "f32", body, mean);
}

MlirValue FloatSoftmax(MlirText& text, const MlirValue& input, float beta) {
  const size_t rank = input.shape.size();
  const std::vector<size_t> all = AllDimensions(rank);
  const std::vector<size_t> outer = AllDimensions(rank - 1);
  const Shape outer_shape(input.shape.begin(), input.shape.end() - 1);
  MlirBody larger(text);
  const std::string max = larger.Max("%a", "%o", "f32");
  const MlirValue largest = text.Generic(
      rank, {rank - 1}, {{input, all}},
      {text.Filled(outer_shape, "f32", text.Float(kMinusInfinity)), outer}, larger, max);
  MlirBody power(text);
  std::string difference = power.Binary("arith.subf", "%a", "%b", "f32");
  if (beta != 1) difference = power.Binary("arith.mulf", difference, power.Float(beta), "f32");
  const std::string e = power.Step("math.exp {} : f32", difference);
  const MlirValue powers = text.Map(input.shape, {{input, all}, {largest, outer}}, "f32", power, e);
  MlirBody add(text);
  const std::string total = add.Binary("arith.addf", "%a", "%o", "f32");
  const MlirValue sum =
      text.Generic(rank, {rank - 1}, {{powers, all}},
                   {text.Filled(outer_shape, "f32", text.Float(0)), outer}, add, total);
  MlirBody divide(text);
  const std::string share = divide.Binary("arith.divf", "%a", "%b", "f32");
  return text.Map(input.shape, {{powers, all}, {sum, outer}}, "f32", divide, share);
}

std::string FloatSigmoid(MlirBody& body, std::string_view x) {
  const std::string negative = body.Step("arith.negf {} : f32", x);
  const std::string e = body.Step("math.exp {} : f32", negative);
  const std::string one = body.Float(1);
  return body.Binary("arith.divf", one, body.Binary("arith.addf", e, one, "f32"), "f32");
}

MlirValue FloatActivation(MlirText& text, const MlirValue& input, const ActivationOp& op) {
  MlirBody body(text);
  const auto activation = std::ranges::find(kActivations, op.kind, &Activation::kind);
  const std::string result = activation->steps(body, op);
  return text.Map(input.shape, {{input, AllDimensions(input.shape.size())}}, "f32", body, result);
}

}  // namespace host
