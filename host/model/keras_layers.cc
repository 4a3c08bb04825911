// SPDX-License-Identifier: Apache-2.0

#include "host/model/keras_layers.h"

#include <algorithm>
#include <string_view>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/keras_layer_builder.h"
#include "host/model/keras_layer_classes.h"

namespace host {
namespace {

// A tensor the device could never hold means a configuration made to hurt.
constexpr int64_t kMaxTensorElements = 16 << 20;
constexpr uint64_t kMaxConstants = 256 << 20;  // floats, in all uses of all layers

const std::vector<KerasLayerClass>& LayerClasses() {
  static const std::vector<KerasLayerClass> kClasses = [] {
    std::vector<KerasLayerClass> all;
    for (const auto& some : {KerasActivationLayers(), KerasKernelLayers(), KerasMergeLayers(),
                             KerasPoolingLayers(), KerasShapeLayers()}) {
      all.insert(all.end(), some.begin(), some.end());
    }
    std::ranges::sort(all, {}, &KerasLayerClass::name);
    return all;
  }();
  return kClasses;
}

std::string KnownClasses() {
  std::vector<std::string_view> names;
  for (const KerasLayerClass& each : LayerClasses()) names.push_back(each.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

bool IsFloat32(const KerasLayer& layer) {
  const auto found = layer.config.find("dtype");
  if (found == layer.config.end() || found->is_null()) return true;
  const nlohmann::json* type = &*found;
  if (type->is_object()) {  // a policy of Keras 3, or of Keras 2's mixed precision
    const auto config = type->find("config");
    if (config == type->end() || !config->is_object() || !config->contains("name")) return false;
    type = &config->at("name");
  }
  return *type == "float32";
}

// From the network's values to the graph's: layers without effect have none of their own.
class GraphBuilder {
 public:
  GraphBuilder(const KerasNetwork& network, const std::vector<KerasLayerWeights>& weights)
      : network_(network), weights_(weights) {
    uses_.resize(network.inputs.size() + network.calls.size());
    for (const KerasCall& call : network.calls) {
      for (size_t input : call.inputs) ++uses_[input];
    }
    for (const GraphOutput& output : network.outputs) ++uses_[output.value];
    result_.graph.inputs = network.inputs;
  }

  Result<KerasGraph> Build() {
    for (const GraphInput& input : network_.inputs) {
      if (ElementCount(input.shape) > kMaxTensorElements) {
        return InputError(
            fmt::format("input {}: the shape {} is too large", input.name, input.shape));
      }
      values_.push_back(values_.size());
      is_single_.push_back(uses_[values_.back()] == 1);
    }
    for (const KerasCall& call : network_.calls) TRY(BuildCall(call));
    if (result_.graph.ops.empty()) {
      return InputError("the model has no layer that computes anything");
    }
    for (const GraphOutput& output : network_.outputs) {
      result_.graph.outputs.push_back({output.name, values_[output.value]});
    }
    return std::move(result_);
  }

 private:
  Result<> BuildCall(const KerasCall& call) {
    const KerasLayer& layer = network_.layers[call.layer];
    const std::string& group = layer.model.empty() ? layer.name : layer.model;
    const auto found = std::ranges::find(weights_, group, &KerasLayerWeights::layer);
    LayerBuilder::Site site{layer, found == weights_.end() ? nullptr : &*found,
                            {},    call.number,
                            false, network_.keras_version};
    for (size_t input : call.inputs) site.inputs.push_back(values_[input]);
    if (site.inputs.empty()) {
      return InputError(fmt::format("layer {} ({}) has no inputs", layer.name, layer.class_name));
    }
    const size_t input_count = site.inputs.size();
    const bool owns_input = is_single_[site.inputs.front()] && input_count == 1;
    site.owns_input = owns_input;
    LayerBuilder builder(std::move(site), result_.graph, result_.notes);
    const auto layer_class =
        std::ranges::find(LayerClasses(), layer.class_name, &KerasLayerClass::name);
    if (layer_class == LayerClasses().end()) {
      return builder.Fault(fmt::format(
          "this class of layer is not read directly; export the model to ONNX, whose importer has "
          "it. Read directly: {}",
          KnownClasses()));
    }
    const size_t operands = input_count + (call.number ? 1 : 0);
    if (operands < layer_class->min_inputs || operands > layer_class->max_inputs) {
      return builder.Fault(fmt::format("it has {} input{}", operands, operands == 1 ? "" : "s"));
    }
    if (!IsFloat32(layer)) return builder.Fault("its dtype is not float32");
    const size_t first_op = result_.graph.ops.size();
    TRY(layer_class->build(builder));
    for (size_t i = first_op; i < result_.graph.ops.size(); ++i) {
      if (ElementCount(result_.graph.ops[i].output_shape) > kMaxTensorElements) {
        return builder.Fault("its output is too large");
      }
    }
    // What a shared layer holds is written once for each use.
    if (found != weights_.end()) {
      for (const KerasWeight& weight : found->weights) {
        const bool is_own = layer.model.empty() || weight.owner.ends_with(layer.name);
        if (is_own) constants_ += weight.values.size();
      }
    }
    if (constants_ > kMaxConstants) return builder.Fault("the model uses it too often");
    const bool is_single = uses_[network_.inputs.size() + call_count_++] == 1;
    values_.push_back(builder.value());
    if (builder.value() < is_single_.size()) {
      is_single_[builder.value()] = owns_input && is_single;
    } else {
      is_single_.resize(builder.value() + 1);
      is_single_.back() = is_single;
    }
    return {};
  }

  const KerasNetwork& network_;
  const std::vector<KerasLayerWeights>& weights_;
  KerasGraph result_;
  std::vector<size_t> uses_;     // how many calls and outputs take a value of the network
  std::vector<size_t> values_;   // of the graph, by values of the network
  std::vector<bool> is_single_;  // by values of the graph: one call takes it, by whatever name
  size_t call_count_ = 0;
  uint64_t constants_ = 0;
};

}  // namespace

Result<KerasGraph> BuildKerasGraph(const KerasNetwork& network,
                                   const std::vector<KerasLayerWeights>& weights) {
  return GraphBuilder(network, weights).Build();
}

}  // namespace host
