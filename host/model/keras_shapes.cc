// SPDX-License-Identifier: Apache-2.0

// Layers that move elements and compute nothing, or do nothing at all.
#include <algorithm>
#include <optional>

#include "base/try.h"
#include "fmt/format.h"
#include "host/model/keras_layer_classes.h"

namespace host {
namespace {

using Json = nlohmann::json;

Result<> BuildFlatten(LayerBuilder& layer) {
  if (TRY(layer.Text("data_format", "channels_last")) != "channels_last") {
    return layer.Fault("data_format is not channels_last");
  }
  layer.Reshape({1, ElementCount(layer.shape())});
  return {};
}

Result<> BuildReshape(LayerBuilder& layer) {
  const int64_t total = ElementCount(layer.shape());
  const Json* target = layer.Find("target_shape");
  if (target == nullptr || !target->is_array() || target->empty() || target->size() > 5) {
    return layer.Fault("target_shape is not a list of 1 to 5 extents");
  }
  Shape shape = {1};
  int64_t known = 1;
  std::optional<size_t> open;
  for (const Json& extent : *target) {
    if (!extent.is_number_integer() || extent < -1 || extent == 0 || extent > total) {
      return layer.Fault("an extent of target_shape does not fit the input");
    }
    shape.push_back(extent.get<int64_t>());
    if (shape.back() == -1) {
      if (open) return layer.Fault("target_shape leaves two extents open");
      open = shape.size() - 1;
    } else if ((known *= shape.back()) > total) {
      return layer.Fault("target_shape does not fit the input");
    }
  }
  if (open) shape[*open] = total / known;
  if (ElementCount(shape) != total) return layer.Fault("target_shape does not fit the input");
  layer.Reshape(std::move(shape));
  return {};
}

Result<> BuildPermute(LayerBuilder& layer) {
  const Shape& input = layer.shape();
  const Json* dims = layer.Find("dims");
  PermuteOp op{{0}};
  Shape output = {1};
  if (dims == nullptr || !dims->is_array() || dims->size() + 1 != input.size()) {
    return layer.Fault(fmt::format("dims is not a list of {} axes", input.size() - 1));
  }
  for (const Json& axis : *dims) {
    if (!axis.is_number_integer() || axis < 1 || axis >= input.size() ||
        std::ranges::count(op.order, axis.get<size_t>()) != 0) {
      return layer.Fault("dims does not name each axis once");
    }
    op.order.push_back(axis.get<size_t>());
    output.push_back(input[op.order.back()]);
  }
  layer.Append(std::move(output), std::move(op));
  return {};
}

// Rows and columns at the edges: p, [p_height, p_width] or [[top, bottom], [left, right]]; along
// one dimension p or [p_before, p_after].
Result<Padding> ReadEdges(const LayerBuilder& layer, const char* key, size_t axes) {
  constexpr int64_t kMaxEdge = 1 << 12;
  const auto is_count = [](const Json& v) {
    return v.is_number_integer() && v >= 0 && v <= kMaxEdge;
  };
  const Json fallback = 1;
  const Json* edges = layer.Find(key);
  if (edges == nullptr) edges = &fallback;
  Padding read;
  for (size_t axis = 0; axis < axes; ++axis) {
    const Json* of_axis = edges;
    if (axes == 2 && of_axis->is_array() && of_axis->size() == 2) of_axis = &(*of_axis)[axis];
    const bool is_pair = of_axis->is_array() && of_axis->size() == 2;
    const Json& low = is_pair ? (*of_axis)[0] : *of_axis;
    const Json& high = is_pair ? (*of_axis)[1] : *of_axis;
    if (!is_count(low) || !is_count(high)) {
      return layer.Fault(fmt::format("{} is not one to four counts", key));
    }
    read.low[axis] = low.get<int64_t>();
    read.high[axis] = high.get<int64_t>();
  }
  return read;
}

template <size_t kAxes>
Result<> BuildZeroPadding(LayerBuilder& layer) {
  const KerasImage image = TRY(layer.BeginImage(kAxes));
  const Padding edges = TRY(ReadEdges(layer, "padding", kAxes));
  PadOp op{{0, edges.low[0], edges.low[1], 0}, {0, edges.high[0], edges.high[1], 0}};
  layer.Append({1, image.extents[0] + edges.low[0] + edges.high[0],
                image.extents[1] + edges.low[1] + edges.high[1], image.channels},
               std::move(op));
  layer.EndImage(image);
  return {};
}

template <size_t kAxes>
Result<> BuildCropping(LayerBuilder& layer) {
  const KerasImage image = TRY(layer.BeginImage(kAxes));
  const Padding edges = TRY(ReadEdges(layer, "cropping", kAxes));
  const Shape output = {1, image.extents[0] - edges.low[0] - edges.high[0],
                        image.extents[1] - edges.low[1] - edges.high[1], image.channels};
  if (std::ranges::any_of(output, [](int64_t extent) { return extent < 1; })) {
    return layer.Fault("cropping leaves nothing of the input");
  }
  layer.Append(output, SliceOp{{0, edges.low[0], edges.low[1], 0}});
  layer.EndImage(image);
  return {};
}

template <size_t kAxes>
Result<> BuildUpSampling(LayerBuilder& layer) {
  const KerasImage image = TRY(layer.BeginImage(kAxes));
  const std::string interpolation = TRY(layer.Text("interpolation", "nearest"));
  if (interpolation != "nearest" && interpolation != "bilinear") {
    return layer.Fault(
        fmt::format("interpolation '{}' is neither nearest nor bilinear (export the model to ONNX)",
                    interpolation));
  }
  const RepeatOp op{TRY(layer.Extents("size", kAxes, {2, kAxes == 1 ? 1 : 2}))};
  const Shape output = {1, image.extents[0] * op.times[0], image.extents[1] * op.times[1],
                        image.channels};
  if (interpolation == "nearest") {
    layer.Append(output, op);
  } else {
    layer.Append(output, ResizeOp{});
  }
  layer.EndImage(image);
  return {};
}

// [1, n] becomes [1, times, n].
Result<> BuildRepeatVector(LayerBuilder& layer) {
  if (layer.shape().size() != 2) return layer.Fault("the input is not a vector");
  const int64_t times = TRY(layer.Integer("n", 1, 1, kMaxKerasChannels));
  const int64_t channels = layer.shape()[1];
  layer.Reshape({1, 1, 1, channels});
  layer.Append({1, times, 1, channels}, RepeatOp{{times, 1}});
  layer.Reshape({1, times, channels});
  return {};
}

Result<> BuildNothing(LayerBuilder& layer) {
  layer.Note(fmt::format("layer {} does nothing in inference", layer.name()));
  return {};
}

constexpr KerasLayerClass kClasses[] = {
    {"ActivityRegularization", BuildNothing},
    {"AlphaDropout", BuildNothing},
    {"Cropping1D", BuildCropping<1>},
    {"Cropping2D", BuildCropping<2>},
    {"Dropout", BuildNothing},
    {"Flatten", BuildFlatten},
    {"GaussianDropout", BuildNothing},
    {"GaussianNoise", BuildNothing},
    {"Identity", BuildNothing},
    {"Permute", BuildPermute},
    {"RepeatVector", BuildRepeatVector},
    {"Reshape", BuildReshape},
    {"SpatialDropout1D", BuildNothing},
    {"SpatialDropout2D", BuildNothing},
    {"UpSampling1D", BuildUpSampling<1>},
    {"UpSampling2D", BuildUpSampling<2>},
    {"ZeroPadding1D", BuildZeroPadding<1>},
    {"ZeroPadding2D", BuildZeroPadding<2>},
};

}  // namespace

std::span<const KerasLayerClass> KerasShapeLayers() { return kClasses; }

}  // namespace host
