// The `model_config` of a Keras file as a chain of layers: Sequential and Functional models, in the
// spellings of Keras 2 and Keras 3. The JSON is hostile; faults are Errors of kind kInput whose
// place is left to the caller.
#ifndef HOST_MODEL_KERAS_CONFIG_H_
#define HOST_MODEL_KERAS_CONFIG_H_

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
};

struct KerasChain {
  std::string input_name;
  Shape input_shape;               // with batch 1
  std::vector<KerasLayer> layers;  // without InputLayer, in the order of evaluation
};

[[nodiscard]] Result<KerasChain> ParseKerasConfig(std::string_view model_config);

}  // namespace host

#endif  // HOST_MODEL_KERAS_CONFIG_H_
