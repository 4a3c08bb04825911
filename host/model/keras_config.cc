#include "host/model/keras_config.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/try.h"
#include "fmt/format.h"
#include "host/model/keras_file.h"

namespace host {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxRank = 6;
constexpr int64_t kMaxExtent = 1 << 20;

const Json* Find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string Text(const Json* value) {
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

// [null, 128, 3, 1] with batch 1 in place of the first null.
Result<Shape> BatchShape(const Json& json, const std::string& layer) {
  if (!json.is_array() || json.size() < 2 || json.size() > kMaxRank) {
    return InputError(
        fmt::format("layer {}: the input shape is not a list of 2 to {} extents", layer, kMaxRank));
  }
  Shape shape = {1};
  const bool any_batch = json[0].is_null() || json[0] == 1;
  if (!any_batch) return InputError(fmt::format("layer {}: the batch size is fixed", layer));
  for (size_t i = 1; i < json.size(); ++i) {
    if (!json[i].is_number_integer() || json[i] < 1 || json[i] > kMaxExtent) {
      return InputError(fmt::format(
          "layer {}: extent {} of the input shape is not a number in 1..{}; the device needs "
          "fixed shapes",
          layer, i, kMaxExtent));
    }
    shape.push_back(json[i].get<int64_t>());
  }
  return shape;
}

// Where the input shape of a first layer stands depends on the version and on the kind of layer.
const Json* FindBatchShape(const Json& config) {
  for (const char* key : {"batch_shape", "batch_input_shape", "build_input_shape"}) {
    if (const Json* shape = Find(config, key); shape != nullptr && shape->is_array()) return shape;
  }
  return nullptr;
}

Result<KerasLayer> ParseLayer(const Json& json, size_t index) {
  KerasLayer layer;
  layer.class_name = Text(Find(json, "class_name"));
  const Json* config = Find(json, "config");
  if (layer.class_name.empty() || config == nullptr || !config->is_object()) {
    return InputError(fmt::format("layer {} has no class_name and config", index));
  }
  layer.config = *config;
  layer.name = Text(Find(*config, "name"));
  if (layer.name.empty()) layer.name = Text(Find(json, "name"));
  if (layer.name.empty()) return InputError(fmt::format("layer {} has no name", index));
  return layer;
}

Result<KerasChain> ParseSequential(const Json& config) {
  const Json* layers = config.is_array() ? &config : Find(config, "layers");
  if (layers == nullptr || !layers->is_array() || layers->empty() ||
      layers->size() > kMaxKerasLayers) {
    return InputError("the model's configuration has no list of layers");
  }
  KerasChain chain;
  for (size_t i = 0; i < layers->size(); ++i) {
    chain.layers.push_back(TRY(ParseLayer((*layers)[i], i)));
  }
  const KerasLayer& first = chain.layers.front();
  const bool has_input_layer = first.class_name == "InputLayer";
  const Json* shape = FindBatchShape(first.config);
  if (shape == nullptr) shape = FindBatchShape(config);
  if (shape == nullptr) {
    return InputError(
        fmt::format("layer {}: the model was saved without an input shape", first.name));
  }
  chain.input_shape = TRY(BatchShape(*shape, first.name));
  chain.input_name = has_input_layer ? first.name : first.name + "_input";
  if (has_input_layer) chain.layers.erase(chain.layers.begin());
  return chain;
}

// Collects the names of the layers whose outputs a node takes: Keras 2 nests lists that start with
// [name, node, tensor], Keras 3 objects with a keras_history of that form.
void CollectInputs(const Json& json, int depth, std::vector<std::string>* names) {
  constexpr int kMaxDepth = 8;
  if (depth > kMaxDepth) return;
  const auto is_history = [](const Json& list) {
    return list.is_array() && list.size() >= 3 && list[0].is_string() &&
           list[1].is_number_integer() && list[2].is_number_integer();
  };
  if (is_history(json)) {
    names->push_back(json[0].get<std::string>());
    return;
  }
  if (json.is_array()) {
    for (const Json& item : json) CollectInputs(item, depth + 1, names);
  } else if (json.is_object()) {
    if (const Json* history = Find(json, "keras_history"))
      CollectInputs(*history, depth + 1, names);
    if (const Json* config = Find(json, "config")) CollectInputs(*config, depth + 1, names);
    if (const Json* arguments = Find(json, "args")) CollectInputs(*arguments, depth + 1, names);
  }
}

Result<std::string> SingleEnd(const Json& config, const char* key) {
  std::vector<std::string> names;
  if (const Json* ends = Find(config, key)) CollectInputs(*ends, 0, &names);
  if (names.size() != 1) {
    return InputError(
        fmt::format("the model has {} {}; only models with one are read directly "
                    "(export it to ONNX)",
                    names.size(), key));
  }
  return names.front();
}

Result<KerasChain> ParseFunctional(const Json& config) {
  const Json* layers = Find(config, "layers");
  if (layers == nullptr || !layers->is_array() || layers->empty() ||
      layers->size() > kMaxKerasLayers) {
    return InputError("the model's configuration has no list of layers");
  }
  const std::string input = TRY(SingleEnd(config, "input_layers"));
  const std::string output = TRY(SingleEnd(config, "output_layers"));

  std::map<std::string, KerasLayer> layer_after;  // keyed by the layer whose output it takes
  std::optional<KerasLayer> input_layer;
  for (size_t i = 0; i < layers->size(); ++i) {
    KerasLayer layer = TRY(ParseLayer((*layers)[i], i));
    if (layer.class_name == "InputLayer") {
      if (layer.name == input) input_layer = std::move(layer);
      continue;
    }
    const Json* nodes = Find((*layers)[i], "inbound_nodes");
    if (nodes == nullptr || !nodes->is_array() || nodes->size() != 1) {
      return InputError(
          fmt::format("layer {} ({}) is not used exactly once; shared layers are not "
                      "read directly (export the model to ONNX)",
                      layer.name, layer.class_name));
    }
    std::vector<std::string> sources;
    CollectInputs(*nodes, 0, &sources);
    if (sources.size() != 1) {
      return InputError(
          fmt::format("layer {} ({}) has {} inputs; only chains of layers are read "
                      "directly (export the model to ONNX)",
                      layer.name, layer.class_name, sources.size()));
    }
    const auto [place, is_new] = layer_after.emplace(sources.front(), std::move(layer));
    if (!is_new) {
      return InputError(
          fmt::format("the output of layer {} goes to more than one layer; only "
                      "chains of layers are read directly (export the model to ONNX)",
                      sources.front()));
    }
  }
  if (!input_layer) return InputError(fmt::format("there is no InputLayer named {}", input));

  KerasChain chain;
  chain.input_name = input;
  const Json* shape = FindBatchShape(input_layer->config);
  if (shape == nullptr) {
    return InputError(fmt::format("layer {}: the model was saved without an input shape", input));
  }
  chain.input_shape = TRY(BatchShape(*shape, input));
  // Each step takes its layer out of the map, so that a circle ends.
  std::string at = input;
  while (at != output) {
    auto next = layer_after.extract(at);
    if (next.empty()) {
      return InputError(
          fmt::format("the chain of layers ends at {} and does not reach the output "
                      "layer {}",
                      at, output));
    }
    at = next.mapped().name;
    chain.layers.push_back(std::move(next.mapped()));
  }
  return chain;
}

}  // namespace

Result<KerasChain> ParseKerasConfig(std::string_view model_config) {
  const Json json = Json::parse(model_config, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return InputError("the model's configuration is not valid JSON");
  const std::string class_name = Text(Find(json, "class_name"));
  const Json* config = Find(json, "config");
  if (config == nullptr) return InputError("the model's configuration has no config");
  Result<KerasChain> chain = std::unexpected(Error{});
  if (class_name == "Sequential") {
    chain = ParseSequential(*config);
  } else if (class_name == "Functional" || class_name == "Model") {
    chain = ParseFunctional(*config);
  } else {
    return InputError(
        fmt::format("a model of class '{}' is not read directly, only Sequential and "
                    "Functional ones (export it to ONNX)",
                    class_name));
  }
  if (!chain) return chain;
  std::set<std::string> names;
  for (const KerasLayer& layer : chain->layers) {
    if (!names.insert(layer.name).second) {
      return InputError(fmt::format("two layers are named {}", layer.name));
    }
  }
  return chain;
}

}  // namespace host
