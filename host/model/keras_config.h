// SPDX-License-Identifier: Apache-2.0

// The `model_config` of a Keras file as a network of layers: Sequential and Functional models, in
// the spellings of Keras 2 and Keras 3, with branches, layers that are used more than once and
// models as layers. The JSON is hostile; faults are Errors of kind kInput whose place is left to
// the caller.
#ifndef HOST_MODEL_KERAS_CONFIG_H_
#define HOST_MODEL_KERAS_CONFIG_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"
#include "host/model/graph.h"
#include "nlohmann/json.hpp"

namespace host {

struct KerasLayer {
  std::string class_name;
  std::string name;
  nlohmann::json config;  // always an object
  // The layer of the outermost model that it is a part of, where models are nested: the file keeps
  // its weights there. Empty otherwise.
  std::string model;
};

// One use of a layer. Values are numbered: the network's inputs, then the result of each call.
struct KerasCall {
  size_t layer;
  std::vector<size_t> inputs;
  std::optional<float> number;  // stands where a last input would: x + 3 is a layer of Keras
};

struct KerasNetwork {
  std::vector<GraphInput> inputs;  // with batch 1
  std::vector<KerasLayer> layers;  // without InputLayer
  std::vector<KerasCall> calls;    // in the order of evaluation
  std::vector<GraphOutput> outputs;
  int keras_version = 2;  // some names mean something else since 3
};

inline constexpr size_t kMaxKerasCalls = 8192;

[[nodiscard]] Result<KerasNetwork> ParseKerasConfig(std::string_view model_config);

}  // namespace host

#endif  // HOST_MODEL_KERAS_CONFIG_H_
