// SPDX-License-Identifier: Apache-2.0

#include "host/model/keras_config.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/try.h"
#include "fmt/format.h"
#include "host/model/keras_file.h"
#include "host/model/keras_model_text.h"

namespace host {
namespace {

using Json = nlohmann::json;
using Values = std::vector<size_t>;

constexpr size_t kMaxRank = 6;
constexpr int64_t kMaxExtent = 1 << 20;
constexpr int kMaxModelDepth = 6;  // of models inside of models
// A model that is used twice by one that is used twice, and so on, is small as text.
constexpr size_t kMaxSteps = 1 << 20;

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
    if (const Json* shape = FindKey(config, key); shape != nullptr && shape->is_array()) {
      return shape;
    }
  }
  return nullptr;
}

std::unexpected<Error> NoInputShape(const std::string& layer) {
  return InputError(fmt::format("layer {}: the model was saved without an input shape", layer));
}

// One call of a layer in a Functional model, and how far it is with its evaluation.
struct Node {
  const KerasEntry* entry;
  const KerasCallText* text;
  enum State { kNew, kOpen, kDone } state = kNew;
  Values results;
};

using Nodes = std::map<std::string_view, std::vector<Node>>;  // by layer

Result<Node*> FindNode(const KerasModelText& model, Nodes& nodes, const KerasTensor& tensor,
                       std::string_view user) {
  const auto layer = nodes.find(tensor.layer);
  const KerasEntry* entry = model.Find(tensor.layer);
  const size_t call = tensor.call - (entry == nullptr ? 0 : entry->first_call);
  if (layer == nodes.end() || call >= layer->second.size()) {
    return InputError(fmt::format("{} comes from call {} of layer {}, which there is not", user,
                                  tensor.call, tensor.layer));
  }
  return &layer->second[call];
}

Result<size_t> ValueOf(const Node& node, const KerasTensor& tensor) {
  if (tensor.index >= node.results.size()) {
    return InputError(fmt::format("layer {} has no tensor {}", tensor.layer, tensor.index));
  }
  return node.results[tensor.index];
}

// Writes out the calls of layers of all models in one list.
class Evaluator {
 public:
  Result<KerasNetwork> Evaluate(const std::string& class_name, const Json& config) {
    TRY(AddInputs(class_name, config, 0));
    Values arguments;
    for (size_t i = 0; i < network_.inputs.size(); ++i) arguments.push_back(i);
    const Values results = TRY(EvaluateModel(class_name, config, arguments, "", 0));
    for (size_t i = 0; i < results.size(); ++i) {
      network_.outputs.push_back({output_names_[i], results[i]});
    }
    return std::move(network_);
  }

 private:
  Result<const KerasModelText*> Model(const std::string& class_name, const Json& config,
                                      int depth) {
    if (depth > kMaxModelDepth) return InputError("models are nested too deeply");
    auto known = models_.find(&config);
    if (known == models_.end()) {
      known = models_.emplace(&config, TRY(ParseKerasModel(class_name, config))).first;
    }
    steps_ += known->second.size;
    if (steps_ > kMaxSteps) return InputError("the model uses models too often");
    return &known->second;
  }

  // The inputs of a Sequential model are those of its first layer, which may be a model as well.
  Result<> AddInputs(const std::string& class_name, const Json& config, int depth) {
    const KerasModelText* model = TRY(Model(class_name, config, depth));
    if (!model->is_sequential) return AddFunctionalInputs(*model);
    const KerasEntry& first = model->entries.front();
    if (IsKerasModel(first.class_name)) {
      return AddInputs(first.class_name, *first.config, depth + 1);
    }
    const Json* shape = FindBatchShape(*first.config);
    if (shape == nullptr) shape = FindBatchShape(config);
    if (shape == nullptr) return NoInputShape(first.name);
    const bool has_input_layer = first.class_name == "InputLayer";
    network_.inputs.push_back({has_input_layer ? first.name : first.name + "_input",
                               TRY(BatchShape(*shape, first.name))});
    return {};
  }

  Result<> AddFunctionalInputs(const KerasModelText& model) {
    for (const KerasTensor& end : model.inputs) {
      const KerasEntry* entry = model.Find(end.layer);
      if (entry == nullptr || entry->class_name != "InputLayer") {
        return InputError(fmt::format("there is no InputLayer named {}", end.layer));
      }
      const Json* shape = FindBatchShape(*entry->config);
      if (shape == nullptr) return NoInputShape(end.layer);
      network_.inputs.push_back({end.layer, TRY(BatchShape(*shape, end.layer))});
    }
    return {};
  }

  // `owner` is the layer that the file keeps the weights of the model under; empty for the whole.
  Result<Values> EvaluateModel(const std::string& class_name, const Json& config,
                               const Values& arguments, const std::string& owner, int depth) {
    const KerasModelText* model = TRY(Model(class_name, config, depth));
    if (!model->is_sequential) return EvaluateFunctional(*model, arguments, owner, depth);
    Values values = arguments;
    for (const KerasEntry& entry : model->entries) {
      if (entry.class_name == "InputLayer" && &entry == &model->entries.front()) continue;
      values = TRY(Call(entry, values, std::nullopt, owner, depth));
    }
    if (depth == 0) output_names_.assign(values.size(), model->entries.back().name);
    return values;
  }

  Result<Values> EvaluateFunctional(const KerasModelText& model, const Values& arguments,
                                    const std::string& owner, int depth) {
    if (model.inputs.size() != arguments.size()) {
      return InputError(fmt::format("model {} has {} inputs and is called with {}", owner,
                                    model.inputs.size(), arguments.size()));
    }
    Nodes nodes;
    for (const KerasEntry& entry : model.entries) {
      for (const KerasCallText& call : entry.calls) {
        nodes[entry.name].push_back({&entry, &call, Node::kNew, {}});
      }
    }
    for (size_t i = 0; i < arguments.size(); ++i) {
      nodes[model.inputs[i].layer] = {{nullptr, nullptr, Node::kDone, {arguments[i]}}};
    }
    Values results;
    for (const KerasTensor& end : model.outputs) {
      Node* node = TRY(FindNode(model, nodes, end, "the model's output"));
      TRY(EvaluateNode(model, nodes, node, owner, depth));
      results.push_back(TRY(ValueOf(*node, end)));
      if (depth == 0) output_names_.push_back(end.layer);
    }
    return results;
  }

  // What a node needs comes before it; with a stack of its own, since chains are long.
  Result<> EvaluateNode(const KerasModelText& model, Nodes& nodes, Node* last,
                        const std::string& owner, int depth) {
    std::vector<Node*> open = {last};
    while (!open.empty()) {
      Node& node = *open.back();
      if (node.state == Node::kDone) {
        open.pop_back();
        continue;
      }
      node.state = Node::kOpen;
      Values values;
      std::vector<Node*> missing;
      for (const KerasTensor& source : node.text->inputs) {
        Node* from = TRY(
            FindNode(model, nodes, source, fmt::format("an input of layer {}", node.entry->name)));
        if (from->state == Node::kOpen) {
          return InputError(fmt::format("layer {} needs its own output", source.layer));
        }
        if (from->state == Node::kNew) {
          missing.push_back(from);
        } else {
          values.push_back(TRY(ValueOf(*from, source)));
        }
      }
      if (!missing.empty()) {
        open.insert(open.end(), missing.rbegin(), missing.rend());
        continue;
      }
      node.results = TRY(Call(*node.entry, values, node.text->number, owner, depth));
      node.state = Node::kDone;
      open.pop_back();
    }
    return {};
  }

  Result<Values> Call(const KerasEntry& entry, const Values& values, std::optional<float> number,
                      const std::string& owner, int depth) {
    if (IsKerasModel(entry.class_name)) {
      return EvaluateModel(entry.class_name, *entry.config, values,
                           owner.empty() ? entry.name : owner, depth + 1);
    }
    if (network_.calls.size() == kMaxKerasCalls) {
      return InputError("the model has too many calls of layers");
    }
    const auto [place, is_new] = layers_.try_emplace(&entry, network_.layers.size());
    if (is_new) network_.layers.push_back({entry.class_name, entry.name, *entry.config, owner});
    network_.calls.push_back({place->second, values, number});
    return Values{network_.inputs.size() + network_.calls.size() - 1};
  }

  KerasNetwork network_;
  std::vector<std::string> output_names_;
  std::map<const Json*, KerasModelText> models_;
  std::map<const KerasEntry*, size_t> layers_;  // which are in network_ already
  size_t steps_ = 0;
};

}  // namespace

Result<KerasNetwork> ParseKerasConfig(std::string_view model_config) {
  const Json json = Json::parse(model_config, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return InputError("the model's configuration is not valid JSON");
  const std::string class_name = TextOf(FindKey(json, "class_name"));
  const Json* config = FindKey(json, "config");
  if (config == nullptr) return InputError("the model's configuration has no config");
  if (!IsKerasModel(class_name)) {
    return InputError(
        fmt::format("a model of class '{}' is not read directly, only Sequential and "
                    "Functional ones (export it to ONNX)",
                    class_name));
  }
  return Evaluator().Evaluate(class_name, *config);
}

}  // namespace host
