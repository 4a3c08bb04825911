// SPDX-License-Identifier: Apache-2.0

// Layers with weights.
#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/keras_layer_classes.h"

namespace host {
namespace {

using Json = nlohmann::json;

Result<Window> ReadWindow(const LayerBuilder& layer, size_t axes) {
  Window window;
  window.size = TRY(layer.Extents("kernel_size", axes, {1, 1}));
  window.strides = TRY(layer.Extents("strides", axes, {1, 1}));
  window.dilations = TRY(layer.Extents("dilation_rate", axes, {1, 1}));
  return window;
}

// The kernel's extents as the file has them: one or two, then `last`.
Shape KernelShape(const Window& window, size_t axes, const Shape& last) {
  Shape shape(window.size.begin(), window.size.begin() + static_cast<ptrdiff_t>(axes));
  shape.insert(shape.end(), last.begin(), last.end());
  return shape;
}

Result<int64_t> Filters(const LayerBuilder& layer) {
  return layer.Integer("filters", 0, 1, kMaxKerasChannels);
}

// The last axis of the kernel in parts: each is applied to its part of the channels, and gives its
// part of the result.
void AppendGroups(LayerBuilder& layer, const ConvolutionOp& whole, int64_t groups,
                  const Shape& output) {
  const size_t input = layer.value();
  const Shape image = layer.shape();
  const Shape part_in = {1, image[1], image[2], image[3] / groups};
  const Shape part_out = {1, output[1], output[2], output[3] / groups};
  std::vector<size_t> parts;
  for (int64_t g = 0; g < groups; ++g) {
    layer.AppendOn({input}, part_in, SliceOp{{0, 0, 0, g * part_in[3]}});
    ConvolutionOp op{.window = whole.window, .kernel = {}, .bias = {}};
    for (auto row = whole.kernel.begin(); row != whole.kernel.end(); row += output[3]) {
      const auto first = row + g * part_out[3];
      op.kernel.insert(op.kernel.end(), first, first + part_out[3]);
    }
    const auto first = whole.bias.begin() + g * part_out[3];
    op.bias.assign(first, first + part_out[3]);
    layer.Append(part_out, std::move(op));
    parts.push_back(layer.value());
  }
  layer.AppendOn(std::move(parts), output, JoinOp{3});
}

template <size_t kAxes>
Result<> BuildConvolution(LayerBuilder& layer) {
  const KerasImage image = TRY(layer.BeginImage(kAxes));
  const int64_t groups = TRY(layer.Integer("groups", 1, 1, kMaxKerasChannels));
  const int64_t filters = TRY(Filters(layer));
  if (image.channels % groups != 0 || filters % groups != 0) {
    return layer.Fault(fmt::format("{} groups do not divide {} channels and {} filters", groups,
                                   image.channels, filters));
  }
  ConvolutionOp op;
  op.window = TRY(ReadWindow(layer, kAxes));
  const auto extents = TRY(SlideWindow(layer, image, &op.window));
  op.kernel = TRY(
      layer.Weight("kernel", KernelShape(op.window, kAxes, {image.channels / groups, filters})));
  op.bias = TRY(layer.Bias(filters));
  const Shape output = {1, extents[0], extents[1], filters};
  if (groups == 1) {
    layer.Append(output, std::move(op));
  } else if (groups == image.channels) {
    // Filter o is of channel o / multiplier: the order of a depthwise kernel.
    layer.Append(output, DepthwiseConvolutionOp{op.window, filters / groups, std::move(op.kernel),
                                                std::move(op.bias)});
  } else {
    AppendGroups(layer, op, groups, output);
  }
  layer.EndImage(image);
  return AppendOwnActivation(layer);
}

// Appends the convolution of each channel on its own; `bias` has one number for each result.
Result<> AppendDepthwise(LayerBuilder& layer, const KerasImage& image, const char* weight,
                         std::vector<float> bias, int64_t multiplier) {
  DepthwiseConvolutionOp op;
  op.window = TRY(ReadWindow(layer, image.axes));
  op.multiplier = multiplier;
  const auto extents = TRY(SlideWindow(layer, image, &op.window));
  op.kernel =
      TRY(layer.Weight(weight, KernelShape(op.window, image.axes, {image.channels, multiplier})));
  op.bias = std::move(bias);
  layer.Append({1, extents[0], extents[1], image.channels * multiplier}, std::move(op));
  return {};
}

Result<int64_t> Multiplier(const LayerBuilder& layer) {
  return layer.Integer("depth_multiplier", 1, 1, kMaxKerasChannels);
}

template <size_t kAxes>
Result<> BuildDepthwiseConvolution(LayerBuilder& layer) {
  const KerasImage image = TRY(layer.BeginImage(kAxes));
  const int64_t multiplier = TRY(Multiplier(layer));
  // Keras 3 names it kernel like every other one.
  const char* weight = layer.HasWeight("kernel") ? "kernel" : "depthwise_kernel";
  std::vector<float> bias = TRY(layer.Bias(image.channels * multiplier));
  TRY(AppendDepthwise(layer, image, weight, std::move(bias), multiplier));
  layer.EndImage(image);
  return AppendOwnActivation(layer);
}

template <size_t kAxes>
Result<> BuildSeparableConvolution(LayerBuilder& layer) {
  const KerasImage image = TRY(layer.BeginImage(kAxes));
  const int64_t multiplier = TRY(Multiplier(layer));
  const int64_t filters = TRY(Filters(layer));
  const int64_t between = image.channels * multiplier;
  TRY(AppendDepthwise(layer, image, "depthwise_kernel",
                      std::vector<float>(static_cast<size_t>(between), 0.0f), multiplier));
  ConvolutionOp point;
  point.kernel =
      TRY(layer.Weight("pointwise_kernel", KernelShape(point.window, kAxes, {between, filters})));
  point.bias = TRY(layer.Bias(filters));
  layer.Append({1, layer.shape()[1], layer.shape()[2], filters}, std::move(point));
  layer.EndImage(image);
  return AppendOwnActivation(layer);
}

// As a convolution of stride 1 with the kernel turned by half a circle, over the input with zeros
// put between its elements. Where the padding goes follows from the convolution that is turned
// around.
template <size_t kAxes>
Result<> BuildTransposedConvolution(LayerBuilder& layer) {
  const KerasImage image = TRY(layer.BeginImage(kAxes));
  if (layer.Find("output_padding") != nullptr) return layer.Fault("output_padding is not read");
  if (TRY(layer.Integer("groups", 1, 1, kMaxKerasChannels)) != 1) {
    return layer.Fault("a transposed convolution in groups is not read");
  }
  const int64_t filters = TRY(Filters(layer));
  Window window = TRY(ReadWindow(layer, kAxes));
  const std::string padding = TRY(layer.Text("padding", "valid"));
  if (padding != "same" && padding != "valid") {
    return layer.Fault(fmt::format("padding '{}' is neither same nor valid", padding));
  }
  const std::vector<float> weights =
      TRY(layer.Weight("kernel", KernelShape(window, kAxes, {filters, image.channels})));
  // height x width x out x in, turned to height x width x in x out from the last place on
  ConvolutionOp op;
  const auto in = static_cast<size_t>(image.channels);
  const auto out = static_cast<size_t>(filters);
  for (size_t place = weights.size() / (in * out); place-- > 0;) {
    for (size_t i = 0; i < in; ++i) {
      for (size_t o = 0; o < out; ++o) {
        op.kernel.push_back(weights[(place * out + o) * in + i]);
      }
    }
  }
  op.bias = TRY(layer.Bias(filters));

  const std::array<int64_t, 2> strides = std::exchange(window.strides, {1, 1});
  Shape spread = {1, image.extents[0], 1, image.extents[1], 1, image.channels};
  layer.Reshape(spread);
  spread[2] = strides[0];
  spread[4] = strides[1];
  layer.Append(spread, PadOp{{0, 0, 0, 0, 0, 0}, {0, 0, strides[0] - 1, 0, strides[1] - 1, 0}});
  layer.Reshape({1, spread[1] * spread[2], spread[3] * spread[4], image.channels});
  Shape kept = layer.shape();
  Shape output = {1, 0, 0, filters};
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t size = (window.size[axis] - 1) * window.dilations[axis] + 1;
    const int64_t beyond = std::max<int64_t>(size - strides[axis], 0);
    const int64_t spread_extent = layer.shape()[axis + 1];
    output[axis + 1] = spread_extent + (padding == "valid" ? beyond : 0);
    const int64_t forward_low = padding == "same" ? beyond / 2 : 0;
    window.padding.low[axis] = size - 1 - forward_low;
    const int64_t high = output[axis + 1] + size - 1 - spread_extent - window.padding.low[axis];
    window.padding.high[axis] = std::max<int64_t>(high, 0);
    kept[axis + 1] += std::min<int64_t>(high, 0);
  }
  if (kept != layer.shape()) layer.Append(kept, SliceOp{{0, 0, 0, 0}});
  op.window = window;
  layer.Append(output, std::move(op));
  layer.EndImage(image);
  return AppendOwnActivation(layer);
}

// On the last axis; what is before it becomes rows.
Result<> BuildDense(LayerBuilder& layer) {
  const Shape input = layer.shape();
  const int64_t units = TRY(layer.Integer("units", 0, 1, kMaxKerasChannels));
  MatrixProductOp op;
  op.weights = TRY(layer.Weight("kernel", {input.back(), units}));
  op.bias = TRY(layer.Bias(units));
  const int64_t rows = ElementCount(input) / input.back();
  layer.Reshape({rows, input.back()});
  layer.Append({rows, units}, std::move(op));
  Shape output = input;
  output.back() = units;
  layer.Reshape(output);
  return AppendOwnActivation(layer);
}

// Multiplies the last axis of a kernel and sets its bias accordingly; true if `op` has a kernel.
bool FoldScale(const std::vector<float>& scale, const std::vector<float>& offset, OpData* op) {
  const auto fold = [&](std::vector<float>& kernel, std::vector<float>& bias) {
    for (size_t i = 0; i < kernel.size(); ++i) kernel[i] *= scale[i % scale.size()];
    for (size_t i = 0; i < bias.size(); ++i) bias[i] = bias[i] * scale[i] + offset[i];
    return true;
  };
  // The last two axes of a depthwise kernel together are the output channels, so i % size holds.
  if (auto* conv = std::get_if<ConvolutionOp>(op)) return fold(conv->kernel, conv->bias);
  if (auto* conv = std::get_if<DepthwiseConvolutionOp>(op)) return fold(conv->kernel, conv->bias);
  if (auto* product = std::get_if<MatrixProductOp>(op))
    return fold(product->weights, product->bias);
  return false;
}

// x * scale + offset by channels: into the kernel before it where nothing stands in between.
void AppendScale(LayerBuilder& layer, std::vector<float> scale, std::vector<float> offset) {
  Op* before = layer.own_op();
  if (before != nullptr && FoldScale(scale, offset, &before->data)) {
    layer.Note(fmt::format("layer {} is folded into {}", layer.name(), before->layer));
    return;
  }
  layer.Append(layer.shape(), ScaleOp{std::move(scale), std::move(offset)});
}

Result<> BuildBatchNormalization(LayerBuilder& layer) {
  if (TRY(layer.Axis(-1)) != layer.shape().size() - 1) return layer.Fault("axis is not the last");
  const Shape shape = {layer.shape().back()};
  const auto channels = static_cast<size_t>(shape[0]);
  const auto mean = TRY(layer.Weight("moving_mean", shape));
  const auto variance = TRY(layer.Weight("moving_variance", shape));
  std::vector<float> scale(channels, 1.0f);
  std::vector<float> offset(channels, 0.0f);
  if (TRY(layer.Flag("scale", true))) scale = TRY(layer.Weight("gamma", shape));
  if (TRY(layer.Flag("center", true))) offset = TRY(layer.Weight("beta", shape));
  const double epsilon = TRY(layer.Number("epsilon", 1e-3));
  for (size_t i = 0; i < channels; ++i) {
    const double factor = scale[i] / std::sqrt(variance[i] + epsilon);
    if (!std::isfinite(factor)) return layer.Fault("a moving_variance is negative");
    offset[i] = static_cast<float>(offset[i] - mean[i] * factor);
    scale[i] = static_cast<float>(factor);
  }
  AppendScale(layer, std::move(scale), std::move(offset));
  return {};
}

// A number for all channels, or a list of one for each.
Result<std::vector<float>> ChannelNumbers(const LayerBuilder& layer, const char* key,
                                          double fallback) {
  const auto channels = static_cast<size_t>(layer.shape().back());
  const Json* value = layer.Find(key);
  if (value == nullptr || !value->is_array()) {
    return std::vector<float>(channels, static_cast<float>(TRY(layer.Number(key, fallback))));
  }
  std::vector<float> numbers;
  for (const Json& number : *value) {
    if (!number.is_number()) return layer.Fault(fmt::format("{} is not a list of numbers", key));
    numbers.push_back(number.get<float>());
  }
  if (numbers.size() != channels) {
    return layer.Fault(
        fmt::format("{} has {} numbers for {} channels", key, numbers.size(), channels));
  }
  return numbers;
}

Result<> BuildRescaling(LayerBuilder& layer) {
  std::vector<float> scale = TRY(ChannelNumbers(layer, "scale", 1.0));
  std::vector<float> offset = TRY(ChannelNumbers(layer, "offset", 0.0));
  AppendScale(layer, std::move(scale), std::move(offset));
  return {};
}

// (x - mean) / sqrt(variance), both from the data set or from the configuration.
Result<> BuildNormalization(LayerBuilder& layer) {
  if (TRY(layer.Flag("invert", false))) return layer.Fault("invert is set");
  if (TRY(layer.Axis(-1)) != layer.shape().size() - 1) return layer.Fault("axis is not the last");
  const Shape shape = {layer.shape().back()};
  const bool is_learned = layer.HasWeight("mean");
  const auto mean =
      is_learned ? TRY(layer.Weight("mean", shape)) : TRY(ChannelNumbers(layer, "mean", 0.0));
  const auto variance = is_learned ? TRY(layer.Weight("variance", shape))
                                   : TRY(ChannelNumbers(layer, "variance", 1.0));
  std::vector<float> scale;
  std::vector<float> offset;
  for (size_t i = 0; i < mean.size(); ++i) {
    constexpr double kLeast = 1e-7;
    const double factor = 1.0 / std::max(std::sqrt(static_cast<double>(variance[i])), kLeast);
    if (!std::isfinite(factor)) return layer.Fault("a variance is negative");
    scale.push_back(static_cast<float>(factor));
    offset.push_back(static_cast<float>(-mean[i] * factor));
  }
  AppendScale(layer, std::move(scale), std::move(offset));
  return {};
}

constexpr KerasLayerClass kClasses[] = {
    {"BatchNormalization", BuildBatchNormalization},
    {"Conv1D", BuildConvolution<1>},
    {"Conv1DTranspose", BuildTransposedConvolution<1>},
    {"Conv2D", BuildConvolution<2>},
    {"Conv2DTranspose", BuildTransposedConvolution<2>},
    {"Dense", BuildDense},
    {"DepthwiseConv1D", BuildDepthwiseConvolution<1>},
    {"DepthwiseConv2D", BuildDepthwiseConvolution<2>},
    {"Normalization", BuildNormalization},
    {"Rescaling", BuildRescaling},
    {"SeparableConv1D", BuildSeparableConvolution<1>},
    {"SeparableConv2D", BuildSeparableConvolution<2>},
};

}  // namespace

std::span<const KerasLayerClass> KerasKernelLayers() { return kClasses; }

}  // namespace host
