// SPDX-License-Identifier: Apache-2.0

// The classes of Keras layers that are read, in one table for each kind of work they do.
#ifndef HOST_MODEL_KERAS_LAYER_CLASSES_H_
#define HOST_MODEL_KERAS_LAYER_CLASSES_H_

#include <span>
#include <string_view>

#include "host/model/keras_layer_builder.h"

namespace host {

struct KerasLayerClass {
  std::string_view name;
  Result<> (*build)(LayerBuilder&);
  size_t min_inputs = 1;
  size_t max_inputs = 1;
};

[[nodiscard]] std::span<const KerasLayerClass> KerasActivationLayers();
[[nodiscard]] std::span<const KerasLayerClass> KerasKernelLayers();
[[nodiscard]] std::span<const KerasLayerClass> KerasPoolingLayers();
[[nodiscard]] std::span<const KerasLayerClass> KerasShapeLayers();
[[nodiscard]] std::span<const KerasLayerClass> KerasMergeLayers();

// What the layer's `activation` says, if anything, after the value so far.
[[nodiscard]] Result<> AppendOwnActivation(LayerBuilder& layer);
// Extents after a window has passed over them; fills in the padding that the configuration asks
// for. SAME as TensorFlow has it: the odd row or column goes to the end.
[[nodiscard]] Result<std::array<int64_t, 2>> SlideWindow(const LayerBuilder& layer,
                                                         const KerasImage& image, Window* window);

}  // namespace host

#endif  // HOST_MODEL_KERAS_LAYER_CLASSES_H_
