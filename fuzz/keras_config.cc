// SPDX-License-Identifier: Apache-2.0

// A Keras model's configuration through parsing, layers and MLIR text. For each layer the weights
// that its configuration asks for are offered as far as they are small, so that mutations reach the
// operations behind them.
#include "host/model/keras_config.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "host/model/keras_layers.h"
#include "host/model/linalg_writer.h"

namespace {

uint64_t Extent(const nlohmann::json& config, const char* key, size_t index) {
  const auto found = config.find(key);
  if (found == config.end()) return 1;
  const nlohmann::json* value = &*found;
  if (value->is_array() && value->size() > index) value = &(*value)[index];
  return value->is_number_unsigned() ? std::min<uint64_t>(value->get<uint64_t>(), 16) : 1;
}

host::KerasWeight Weight(const char* name, std::vector<uint64_t> shape) {
  uint64_t count = 1;
  for (uint64_t extent : shape) count *= extent;
  return {name, "", std::move(shape), std::vector<float>(count, 0.5f)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto network = host::ParseKerasConfig({reinterpret_cast<const char*>(data), size});
  if (!network) return 0;
  // Enough channels in, as the input says; weights of later layers seldom fit, which is a path too.
  uint64_t channels =
      std::min<uint64_t>(static_cast<uint64_t>(network->inputs[0].shape.back()), 16);
  std::vector<host::KerasLayerWeights> weights;
  for (const host::KerasLayer& layer : network->layers) {
    const uint64_t height = Extent(layer.config, "kernel_size", 0);
    const uint64_t width = Extent(layer.config, "kernel_size", 1);
    const uint64_t multiplier = Extent(layer.config, "depth_multiplier", 0);
    host::KerasLayerWeights entry{layer.model.empty() ? layer.name : layer.model, {}};
    uint64_t out = channels;
    if (layer.class_name == "Conv2D") {
      out = Extent(layer.config, "filters", 0);
      entry.weights = {Weight("kernel", {height, width, channels, out}), Weight("bias", {out})};
    } else if (layer.class_name == "DepthwiseConv2D") {
      out = channels * multiplier;
      entry.weights = {Weight("depthwise_kernel", {height, width, channels, multiplier}),
                       Weight("bias", {out})};
    } else if (layer.class_name == "Dense") {
      out = Extent(layer.config, "units", 0);
      entry.weights = {Weight("kernel", {channels, out}), Weight("bias", {out})};
    } else if (layer.class_name == "BatchNormalization") {
      for (const char* name : {"gamma", "beta", "moving_mean", "moving_variance"}) {
        entry.weights.push_back(Weight(name, {channels}));
      }
    }
    for (host::KerasWeight& weight : entry.weights) weight.owner = layer.name;
    channels = std::min<uint64_t>(out, 256);
    weights.push_back(std::move(entry));
  }
  const auto built = host::BuildKerasGraph(*network, weights);
  if (built) (void)host::WriteLinalg(built->graph);
  return 0;
}
