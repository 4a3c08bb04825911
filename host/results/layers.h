// SPDX-License-Identifier: Apache-2.0

// What a kernel's name says of the layer it computes. IREE names an exported function
// FUNCTION_dispatch_N[_OPERATION][_SHAPE][_TYPES], N in the order of the program; equal dispatches
// share one function, so a kernel can stand for several layers of the network.
#ifndef HOST_RESULTS_LAYERS_H_
#define HOST_RESULTS_LAYERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/results/measurements.h"

namespace host {

struct DispatchName {
  uint32_t ordinal = 0;
  std::string operation;  // "conv_2d_nhwc_hwcf"; empty if the name ends with the number
  std::string shape;      // "1x42x1x16x4x1x8"
  std::string types;      // "i8xi8xi32"
};
// Nothing for names of another form.
[[nodiscard]] std::optional<DispatchName> ParseDispatchName(std::string_view kernel);

// "convolution", "matrix product", …; "other" for what is not known.
[[nodiscard]] std::string_view OperationFamily(std::string_view operation);

struct LayerCount {
  DispatchName name;
  std::string_view family;
  const KernelCount* kernel = nullptr;  // of the profile it was made from
};
// The kernels whose names tell their place, in the program's order.
[[nodiscard]] std::vector<LayerCount> LayersOf(const SimulatorProfile& profile);

}  // namespace host

#endif  // HOST_RESULTS_LAYERS_H_
