// SPDX-License-Identifier: Apache-2.0

// What the name of a kernel tells about the layer it computes. IREE names a dispatch
// "<function>_dispatch_<number>[_<operation>[_<sizes>[_<types>]]]", with "$async" behind the
// function's name since 2024 (shared spec iree-codegen.md; seen in every release of the corpus).
#ifndef SIM_PROFILE_LAYER_NAME_H_
#define SIM_PROFILE_LAYER_NAME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sim {

struct LayerName {
  std::string function;   // of the model
  uint32_t dispatch = 0;  // its number: the order in which the compiler met the layers
  std::string operation;  // "conv_2d_nhwc_hwcf", "matmul", "generic", "slow_memcpy"; may be empty
  std::string shape;      // "1x128x3x8x4x3x1", "36x128x128_i8xi8xi32"; may be empty
};

// Nothing if the name is of another form.
[[nodiscard]] std::optional<LayerName> ParseLayerName(std::string_view kernel);

}  // namespace sim

#endif  // SIM_PROFILE_LAYER_NAME_H_
