// SPDX-License-Identifier: Apache-2.0

// Layers that slide a window without weights, or look at the whole image.
#include <algorithm>

#include "base/try.h"
#include "fmt/format.h"
#include "host/model/keras_layer_classes.h"

namespace host {
namespace {

template <size_t kAxes, PoolingKind kKind>
Result<> BuildPooling(LayerBuilder& layer) {
  const KerasImage image = TRY(layer.BeginImage(kAxes));
  PoolingOp op{kKind, {}};
  op.window.size = TRY(layer.Extents("pool_size", kAxes, {2, kAxes == 1 ? 1 : 2}));
  op.window.strides = TRY(layer.Extents("strides", kAxes, op.window.size));
  const auto extents = TRY(SlideWindow(layer, image, &op.window));
  layer.Append({1, extents[0], extents[1], image.channels}, op);
  layer.EndImage(image);
  return {};
}

template <size_t kAxes, PoolingKind kKind>
Result<> BuildGlobalPooling(LayerBuilder& layer) {
  const KerasImage image = TRY(layer.BeginImage(kAxes));
  const bool keeps = TRY(layer.Flag("keepdims", false));
  if (kKind == PoolingKind::kAverage && !keeps) {
    layer.Append({1, image.channels}, GlobalAverageOp{});
    return {};
  }
  layer.Append({1, 1, 1, image.channels},
               PoolingOp{kKind, Window{image.extents, {1, 1}, {1, 1}, {}}});
  if (keeps) {
    layer.EndImage(image);
  } else {
    layer.Reshape({1, image.channels});
  }
  return {};
}

constexpr PoolingKind kMax = PoolingKind::kMax;
constexpr PoolingKind kAverage = PoolingKind::kAverage;

constexpr KerasLayerClass kClasses[] = {
    {"AveragePooling1D", BuildPooling<1, kAverage>},
    {"AveragePooling2D", BuildPooling<2, kAverage>},
    {"GlobalAveragePooling1D", BuildGlobalPooling<1, kAverage>},
    {"GlobalAveragePooling2D", BuildGlobalPooling<2, kAverage>},
    {"GlobalMaxPooling1D", BuildGlobalPooling<1, kMax>},
    {"GlobalMaxPooling2D", BuildGlobalPooling<2, kMax>},
    {"MaxPooling1D", BuildPooling<1, kMax>},
    {"MaxPooling2D", BuildPooling<2, kMax>},
};

}  // namespace

Result<std::array<int64_t, 2>> SlideWindow(const LayerBuilder& layer, const KerasImage& image,
                                           Window* window) {
  const std::string padding = TRY(layer.Text("padding", "valid"));
  const bool is_causal = padding == "causal" && image.axes == 1;
  if (padding != "same" && padding != "valid" && !is_causal) {
    return layer.Fault(fmt::format("padding '{}' is neither same nor valid", padding));
  }
  std::array<int64_t, 2> extents{};
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t extent = image.extents[axis];
    const int64_t covered = (window->size[axis] - 1) * window->dilations[axis] + 1;
    const int64_t stride = window->strides[axis];
    int64_t total = 0;
    if (padding == "valid") {
      extents[axis] = (extent - covered) / stride + 1;
      if (covered > extent) return layer.Fault("the window is larger than the input");
    } else {
      extents[axis] = (extent + stride - 1) / stride;
      total = is_causal ? covered - 1
                        : std::max<int64_t>((extents[axis] - 1) * stride + covered - extent, 0);
    }
    window->padding.low[axis] = is_causal ? total : total / 2;
    window->padding.high[axis] = is_causal ? 0 : total - total / 2;
  }
  return extents;
}

std::span<const KerasLayerClass> KerasPoolingLayers() { return kClasses; }

}  // namespace host
