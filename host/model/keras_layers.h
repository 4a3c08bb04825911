// SPDX-License-Identifier: Apache-2.0

// Keras layers as operations of a graph: one builder per layer class, in one table. Weights are
// checked against the shapes that the configuration implies. Dropout and the like vanish, batch
// normalisation is folded into the layer before it where that is exact.
#ifndef HOST_MODEL_KERAS_LAYERS_H_
#define HOST_MODEL_KERAS_LAYERS_H_

#include <string>
#include <vector>

#include "host/error/error.h"
#include "host/model/graph.h"
#include "host/model/keras_config.h"
#include "host/model/keras_file.h"

namespace host {

struct KerasGraph {
  Graph graph;
  std::vector<std::string> notes;  // layers that do nothing in inference
};

// Errors (kInput) name the layer; the place is left to the caller.
[[nodiscard]] Result<KerasGraph> BuildKerasGraph(const KerasNetwork& network,
                                                 const std::vector<KerasLayerWeights>& weights);

}  // namespace host

#endif  // HOST_MODEL_KERAS_LAYERS_H_
