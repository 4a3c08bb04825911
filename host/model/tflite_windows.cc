// SPDX-License-Identifier: Apache-2.0

// Operators that slide a window over batch x height x width x channels.
#include <algorithm>
#include <limits>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/float_layers.h"
#include "host/model/tflite_operators.h"
#include "host/model/tflite_weights.h"

namespace host {
namespace {

constexpr int64_t kMaxStride = 1 << 16;
constexpr int64_t kMaxGroups = 1024;

// How `places` positions of a window along one axis cover its input.
Result<> PlaceWindow(Window* window, size_t axis, int64_t extent, int64_t places, bool is_valid) {
  const auto in_range = [](int64_t value) { return value >= 1 && value <= kMaxStride; };
  if (!in_range(window->strides[axis]) || !in_range(window->dilations[axis]) ||
      !in_range(window->size[axis])) {
    return OperatorFault("a window, stride or dilation is out of range");
  }
  const int64_t reach = (window->size[axis] - 1) * window->dilations[axis] + 1;
  const int64_t stride = window->strides[axis];
  if (is_valid && reach > extent) return OperatorFault("the window is larger than its input");
  const int64_t wanted = is_valid ? (extent - reach) / stride + 1 : (extent + stride - 1) / stride;
  if (places != wanted) {
    return OperatorFault(
        fmt::format("the output has {} places where input and window make {}", places, wanted));
  }
  const int64_t missing = std::max<int64_t>((places - 1) * stride + reach - extent, 0);
  window->padding.low[axis] = missing / 2;
  window->padding.high[axis] = missing - missing / 2;
  return {};
}

Result<Window> MakeWindow(const TfliteSite& site, std::array<int64_t, 2> size) {
  const Shape& in = site.in().shape;
  const Shape& out = site.out().shape;
  const TfliteOptions& options = site.op.options;
  if (in.size() != 4 || out.size() != 4 || in[0] != out[0]) {
    return OperatorFault(
        fmt::format("shapes {} and {} are not batch x height x width x channels", in, out));
  }
  if (options.is_valid_padding != 0 && options.is_valid_padding != 1) {
    return OperatorFault(fmt::format("padding kind {} is unknown", options.is_valid_padding));
  }
  Window window{.size = size,
                .strides = {options.stride_height, options.stride_width},
                .dilations = {options.dilation_height, options.dilation_width},
                .padding = {}};
  for (size_t axis = 0; axis < 2; ++axis) {
    TRY(PlaceWindow(&window, axis, in[axis + 1], out[axis + 1], options.is_valid_padding == 1));
  }
  const auto padded = [&](size_t axis) {
    return static_cast<double>(in[axis + 1] + window.padding.low[axis] + window.padding.high[axis]);
  };
  if (padded(0) * padded(1) * static_cast<double>(in[0] * in[3]) > kMaxActivationElements) {
    return OperatorFault("the padded input has too many elements");
  }
  return window;
}

std::unexpected<Error> WeightFault(const TfliteSite& site) {
  return OperatorFault(fmt::format("weights of shape {} between {} and {}", site.in(1).shape,
                                   site.in().shape, site.out().shape));
}

bool IsPointwise(const Window& window) {
  return window.size == std::array<int64_t, 2>{1, 1} &&
         window.strides == std::array<int64_t, 2>{1, 1} && window.padding.is_none();
}

// A convolution of all input channels. `weights` and `bias` are those of these outputs.
// A window of one element that visits all of them is a product of matrices, which the compiler
// tiles much better than the convolution (3.6 instead of 10.8 million kernel instructions for the
// person detector, release 3.0.0).
MlirValue Int8Sums(MlirText& text, const MlirValue& in, const Window& window, int32_t zero_point,
                   const std::vector<int8_t>& weights, const Shape& out) {
  const Shape kernel = {window.size[0], window.size[1], in.shape[3], out[3]};
  const auto zeros = [&](const Shape& shape) {
    return text.Filled(shape, "i32", text.Integer(0, "i32"));
  };
  if (IsPointwise(window)) {
    const int64_t rows = out[0] * out[1] * out[2];
    const MlirValue joined = text.Reshape(in, {rows, in.shape[3]});
    const MlirValue sums = text.Named(
        "matmul", "", joined, text.Constant(weights, {in.shape[3], out[3]}), zeros({rows, out[3]}));
    return text.Reshape(sums, out);
  }
  // Padding stands for the real value 0, which is the zero point.
  const MlirValue padded = text.PadWindow(in, window.padding, text.Integer(zero_point, "i8"));
  return text.Slide("conv_2d_nhwc_hwcf", window, padded, text.Constant(weights, kernel),
                    zeros(out));
}

// What `convolve` gives for each group's part of the channels, with its part of the weights
// (outputs last), side by side.
template <typename T, typename Convolve>
MlirValue InGroups(const TfliteSite& site, int64_t groups, const std::vector<T>& weights,
                   const Convolve& convolve) {
  const MlirValue in = site.Value();
  Shape part = in.shape;
  part[3] /= groups;
  Shape part_out = site.out().shape;
  part_out[3] /= groups;
  const std::ptrdiff_t count = std::ssize(weights) / groups;
  std::vector<MlirValue> parts;
  for (int64_t g = 0; g < groups; ++g) {
    const auto first = weights.begin() + g * count;
    const MlirValue slice = site.text.Slice(in, {0, 0, 0, g * part[3]}, part, {1, 1, 1, 1});
    const std::vector<T> own = OutputsLast(std::vector<T>(first, first + count), part_out[3]);
    parts.push_back(convolve(slice, own, part_out, g * part_out[3]));
  }
  return site.text.Join(parts, 3);
}

TfliteValues Int8Convolution(const TfliteSite& site, const Window& window, int64_t groups) {
  const int64_t outputs = site.out().shape[3];
  const auto each = static_cast<size_t>(ElementCount(site.in(1).shape) / outputs);
  const Int8Weights weights =
      TRY(ReadInt8Weights(site, 0, outputs, [&](size_t i) { return i / each; }));
  Requantization to = TRY(OutputRange(site));
  to.multipliers = weights.multipliers;
  const MlirValue sums =
      InGroups(site, groups, weights.values,
               [&](const MlirValue& in, const std::vector<int8_t>& own, const Shape& out, int64_t) {
                 return Int8Sums(site.text, in, window, ZeroPoint(site.in()), own, out);
               });
  return {{Requantize(site.text, sums, weights.bias, weights.largest, to)}};
}

TfliteValues FloatConvolutionOf(const TfliteSite& site, const Window& window, int64_t groups) {
  const FloatWeights weights = TRY(ReadFloatWeights(site, site.out().shape[3]));
  const MlirValue joined = InGroups(
      site, groups, weights.values,
      [&](const MlirValue& in, const std::vector<float>& own, const Shape& out, int64_t first) {
        const auto bias = std::span(weights.bias)
                              .subspan(static_cast<size_t>(first), static_cast<size_t>(out[3]));
        return FloatConvolution(site.text, in, window, own, bias, out);
      });
  return {{TRY(FusedFloatActivation(site, joined))}};
}

TfliteValues Convolution(const TfliteSite& site) {
  const Shape& weights = site.in(1).shape;
  const Shape& in = site.in().shape;
  if (weights.size() != 4) return OperatorFault("the weights have not four dimensions");
  const Window window = TRY(MakeWindow(site, {weights[1], weights[2]}));
  if (weights[3] < 1 || in[3] % weights[3] != 0 || weights[0] != site.out().shape[3] ||
      weights[0] % (in[3] / weights[3]) != 0 || in[3] / weights[3] > kMaxGroups) {
    return WeightFault(site);
  }
  const int64_t groups = in[3] / weights[3];
  return site.is_float() ? FloatConvolutionOf(site, window, groups)
                         : Int8Convolution(site, window, groups);
}

TfliteValues DepthwiseConvolution(const TfliteSite& site) {
  const Shape& weights = site.in(1).shape;
  const Shape& in = site.in().shape;
  MlirText& text = site.text;
  if (weights.size() != 4 || weights[0] != 1) {
    return OperatorFault("the weights have not the dimensions 1 x height x width x channels");
  }
  const Window window = TRY(MakeWindow(site, {weights[1], weights[2]}));
  const Shape& out = site.out().shape;
  const int64_t channels = weights[3];
  // The multiplier among the options is redundant, and 0 in some files.
  if (channels != out[3] || channels % in[3] != 0) return WeightFault(site);
  const int64_t multiplier = channels / in[3];
  if (site.is_float()) {
    const FloatWeights kernel = TRY(ReadFloatWeights(site, channels));
    const MlirValue sums =
        FloatDepthwiseConvolution(text, site.Value(), window, kernel.values, kernel.bias, out);
    return {{TRY(FusedFloatActivation(site, sums))}};
  }
  const Int8Weights kernel = TRY(ReadInt8Weights(
      site, 3, channels, [&](size_t i) { return i % static_cast<size_t>(channels); }));
  Requantization to = TRY(OutputRange(site));
  to.multipliers = kernel.multipliers;
  MlirValue sums;
  if (in[3] == 1) {  // every output has the only input: an ordinary convolution
    sums = Int8Sums(text, site.Value(), window, ZeroPoint(site.in()), kernel.values, out);
  } else {
    const MlirValue padded =
        text.PadWindow(site.Value(), window.padding, text.Integer(ZeroPoint(site.in()), "i8"));
    const auto zeros = [&](const Shape& shape) {
      return text.Filled(shape, "i32", text.Integer(0, "i32"));
    };
    if (multiplier == 1) {
      sums =
          text.Slide("depthwise_conv_2d_nhwc_hwc", window, padded,
                     text.Constant(kernel.values, {weights[1], weights[2], channels}), zeros(out));
    } else {
      const MlirValue constant =
          text.Constant(kernel.values, {weights[1], weights[2], in[3], multiplier});
      sums = text.Reshape(text.Slide("depthwise_conv_2d_nhwc_hwcm", window, padded, constant,
                                     zeros({out[0], out[1], out[2], in[3], multiplier})),
                          out);
    }
  }
  return {{Requantize(text, sums, kernel.bias, kernel.largest, to)}};
}

// Where the padding goes follows from the input of the convolution that this one turns around: the
// output here. Zeros are put between the elements, and the window then moves by one.
TfliteValues TransposedConvolution(const TfliteSite& site) {
  constexpr WeightInputs kInputs{.data = 2, .weights = 1, .bias = 3};
  const TfliteTensor& data = site.in(2);
  const Shape& weights = site.in(1).shape;
  const Shape& in = data.shape;
  const Shape& out = site.out().shape;
  MlirText& text = site.text;
  const bool is_float = data.Is(TfliteType::kFloat32);
  if (weights.size() != 4 || in.size() != 4 || out.size() != 4 || in[0] != out[0] ||
      weights[0] != out[3] || weights[3] != in[3]) {
    if (site.out().has_open_batch) return OpenShape(site);
    return OperatorFault(fmt::format("weights of shape {} between {} and {}", weights, in, out));
  }
  const TfliteOptions& options = site.op.options;
  Window forward{.size = {weights[1], weights[2]},
                 .strides = {options.stride_height, options.stride_width},
                 .dilations = {1, 1},
                 .padding = {}};
  for (size_t axis = 0; axis < 2; ++axis) {
    TRY(PlaceWindow(&forward, axis, out[axis + 1], in[axis + 1], options.is_valid_padding == 1));
  }
  if (in[1] * forward.strides[0] * in[2] * forward.strides[1] * in[3] > kMaxActivationElements) {
    return OperatorFault("too many elements");
  }
  // The kernel turned by half a circle, height x width x in x out.
  const auto turn = [&]<typename T>(const std::vector<T>& values) {
    const std::vector<T> last = OutputsLast(values, out[3]);
    const auto each = static_cast<size_t>(in[3] * out[3]);
    std::vector<T> turned;
    for (size_t place = last.size() / each; place-- > 0;) {
      turned.insert(turned.end(), last.begin() + static_cast<ptrdiff_t>(place * each),
                    last.begin() + static_cast<ptrdiff_t>((place + 1) * each));
    }
    return turned;
  };
  // height x 1 x width x 1 with zeros after each element, then joined.
  const std::string zero = is_float ? text.Float(0) : text.Integer(ZeroPoint(data), "i8");
  const MlirValue apart = site.Value(2, {in[0], in[1], 1, in[2], 1, in[3]});
  const MlirValue spread =
      text.Reshape(text.Pad(apart, {0, 0, 0, 0, 0, 0},
                            {0, 0, forward.strides[0] - 1, 0, forward.strides[1] - 1, 0}, zero),
                   {in[0], in[1] * forward.strides[0], in[2] * forward.strides[1], in[3]});
  Window window{.size = forward.size, .strides = {1, 1}, .dilations = {1, 1}, .padding = {}};
  Shape kept = spread.shape;
  for (size_t axis = 0; axis < 2; ++axis) {
    window.padding.low[axis] = window.size[axis] - 1 - forward.padding.low[axis];
    const int64_t high =
        out[axis + 1] + window.size[axis] - 1 - spread.shape[axis + 1] - window.padding.low[axis];
    window.padding.high[axis] = std::max<int64_t>(high, 0);
    kept[axis + 1] += std::min<int64_t>(high, 0);
    if (window.padding.low[axis] < 0 || kept[axis + 1] < 1) {
      return OperatorFault("the window is smaller than its padding");
    }
  }
  const MlirValue input = text.Slice(spread, {0, 0, 0, 0}, kept, {1, 1, 1, 1});
  if (is_float) {
    const FloatWeights kernel = TRY(ReadFloatWeights(site, out[3], kInputs));
    const MlirValue sums =
        FloatConvolution(text, input, window, turn(kernel.values), kernel.bias, out);
    return {{TRY(FusedFloatActivation(site, sums))}};
  }
  const auto each = static_cast<size_t>(ElementCount(weights) / weights[0]);
  const Int8Weights kernel =
      TRY(ReadInt8Weights(site, 0, out[3], [&](size_t i) { return i / each; }, kInputs));
  Requantization to = TRY(OutputRange(site));
  to.multipliers = kernel.multipliers;
  const MlirValue sums = Int8Sums(text, input, window, ZeroPoint(data), turn(kernel.values), out);
  return {{Requantize(text, sums, kernel.bias, kernel.largest, to)}};
}

Result<Window> PoolWindow(const TfliteSite& site) {
  const Window window =
      TRY(MakeWindow(site, {site.op.options.filter_height, site.op.options.filter_width}));
  if (site.in().shape[3] != site.out().shape[3]) return OperatorFault("the channels change");
  if (site.is_float()) return window;
  TRY(CheckEndsQuantized(site));
  if (!HaveSameScale(site.in(), site.out())) {
    return OperatorFault("the quantisation changes, which a pooling cannot do");
  }
  return window;
}

TfliteValues FloatPool(const TfliteSite& site, PoolingKind kind, const Window& window) {
  const MlirValue pooled = FloatPooling(site.text, site.Value(), kind, window, site.out().shape);
  return {{TRY(FusedFloatActivation(site, pooled))}};
}

// The sum of what really lies under the window, divided by how much that is, rounded away from
// zero at ties. Padding adds 0 to the sum and nothing to the count.
TfliteValues AveragePool(const TfliteSite& site) {
  const Window window = TRY(PoolWindow(site));
  if (site.is_float()) return FloatPool(site, PoolingKind::kAverage, window);
  if (window.size[0] * window.size[1] > 1 << 22) {
    return OperatorFault("the window has too many elements to be summed");
  }
  MlirText& text = site.text;
  const Shape& out = site.out().shape;
  const MlirValue padded = text.PadWindow(site.Value(), window.padding, text.Integer(0, "i8"));
  const MlirValue sums = text.Slide("pooling_nhwc_sum", window, padded,
                                    text.Empty({window.size[0], window.size[1]}, "i8"),
                                    text.Filled(out, "i32", text.Integer(0, "i32")));
  std::vector<MlirOperand> inputs = {{sums, AllDimensions(4)}};
  const std::vector<int32_t> rows = Covered(window, 0, site.in().shape[1], out[1]);
  const std::vector<int32_t> columns = Covered(window, 1, site.in().shape[2], out[2]);
  const auto is_uniform = [](const std::vector<int32_t>& counts) {
    return std::ranges::count(counts, counts[0]) == std::ssize(counts);
  };
  MlirBody body(text);
  std::string count;
  if (is_uniform(rows) && is_uniform(columns)) {
    count = body.Integer(int64_t{rows[0]} * columns[0], "i32");
  } else {
    inputs.push_back({text.Constant(rows, {out[1]}), {1}});
    inputs.push_back({text.Constant(columns, {out[2]}), {2}});
    count = body.Binary("arith.muli", "%b", "%c", "i32");
  }
  const std::string half = body.Binary("arith.shrui", count, body.Integer(1, "i32"), "i32");
  const std::string is_positive = body.Step("arith.cmpi sgt, %a, {} : i32", body.Integer(0, "i32"));
  const std::string up = body.Binary("arith.addi", "%a", half, "i32");
  const std::string down = body.Binary("arith.subi", "%a", half, "i32");
  const std::string away = body.Step("arith.select {}, {}, {} : i32", is_positive, up, down);
  const std::string mean = body.Binary("arith.divsi", away, count, "i32");
  const Requantization range = TRY(OutputRange(site));
  const std::string result =
      body.Convert("arith.trunci", body.Clamp(mean, range.low, range.high), "i32", "i8");
  return {{text.Map(out, inputs, "i8", body, result)}};
}

TfliteValues MaxPool(const TfliteSite& site) {
  const Window window = TRY(PoolWindow(site));
  if (site.is_float()) return FloatPool(site, PoolingKind::kMax, window);
  MlirText& text = site.text;
  const Requantization range = TRY(OutputRange(site));
  const std::string least = text.Integer(kInt8Min, "i8");
  const MlirValue padded = text.PadWindow(site.Value(), window.padding, least);
  const MlirValue largest = text.Slide("pooling_nhwc_max", window, padded,
                                       text.Empty({window.size[0], window.size[1]}, "i8"),
                                       text.Filled(site.out().shape, "i8", least));
  if (range.low == kInt8Min && range.high == kInt8Max) return {{largest}};
  MlirBody body(text);
  const std::string limited = body.Clamp(body.Widen("%a"), range.low, range.high);
  const std::string result = body.Convert("arith.trunci", limited, "i32", "i8");
  return {{text.Map(largest.shape, {{largest, AllDimensions(4)}}, "i8", body, result)}};
}

constexpr TfliteOperatorRow kRows[] = {
    {TfliteOperatorCode::kAveragePool2d, 5, 1, 1, kNumberTypes, AveragePool},
    {TfliteOperatorCode::kConv2d, 1, 2, 3, kNumberTypes, Convolution},
    {TfliteOperatorCode::kDepthwiseConv2d, 2, 2, 3, kNumberTypes, DepthwiseConvolution},
    {TfliteOperatorCode::kMaxPool2d, 5, 1, 1, kNumberTypes, MaxPool},
    // Its first input is the output's shape.
    {TfliteOperatorCode::kTransposeConv, 49, 3, 4, kIntegerTypes, TransposedConvolution, 0b1},
};

}  // namespace

std::span<const TfliteOperatorRow> TfliteWindowOperators() { return kRows; }

}  // namespace host
