// SPDX-License-Identifier: Apache-2.0

#include "host/model/keras_model_text.h"

#include <algorithm>

#include "base/try.h"
#include "fmt/format.h"
#include "host/model/keras_file.h"

namespace host {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxEnds = 64;  // inputs, or outputs, of a model

bool IsIndex(const Json& json) {
  constexpr int kMaxIndex = 1 << 16;
  return json.is_number_integer() && json >= 0 && json < kMaxIndex;
}

// Keras 2 nests lists that start with [name, call, tensor], Keras 3 objects with a keras_history of
// that form.
void CollectTensors(const Json& json, int depth, std::vector<KerasTensor>* tensors) {
  constexpr int kMaxDepth = 8;
  if (depth > kMaxDepth) return;
  if (json.is_array() && json.size() >= 3 && json[0].is_string() && IsIndex(json[1]) &&
      IsIndex(json[2])) {
    tensors->push_back({json[0].get<std::string>(), json[1].get<size_t>(), json[2].get<size_t>()});
  } else if (json.is_array()) {
    for (const Json& item : json) CollectTensors(item, depth + 1, tensors);
  } else if (json.is_object()) {
    for (const char* key : {"keras_history", "config", "args"}) {
      if (const Json* inner = FindKey(json, key)) CollectTensors(*inner, depth + 1, tensors);
    }
  }
}

std::vector<KerasTensor> TensorsOf(const Json& json) {
  std::vector<KerasTensor> tensors;
  CollectTensors(json, 0, &tensors);
  return tensors;
}

std::optional<float> NumberOf(const Json* json) {
  if (json == nullptr || !json->is_number()) return std::nullopt;
  return json->get<float>();
}

// An operation of TensorFlow as a layer of Keras 2: [name, call, tensor, {"y": second operand}].
Result<KerasCallText> ParseOperation(const Json& call) {
  KerasCallText text{TensorsOf(call), std::nullopt};
  const Json* keywords = call.is_array() && call.size() == 4 ? &call[3] : nullptr;
  const Json* second = keywords == nullptr ? nullptr : FindKey(*keywords, "y");
  if (second == nullptr) return text;
  for (KerasTensor& tensor : TensorsOf(*second)) text.inputs.push_back(std::move(tensor));
  text.number = NumberOf(second);
  return text;
}

// Lists of tensors (Keras 2), or {"args": […], "kwargs": {…}} (Keras 3).
Result<KerasCallText> ParseCall(const Json& call) {
  KerasCallText text{TensorsOf(call), std::nullopt};
  if (const Json* keywords = FindKey(call, "kwargs"); keywords != nullptr) {
    for (const Json& value : *keywords) {
      if (!TensorsOf(value).empty()) {
        return InputError("gets tensors by keyword, which is not read directly");
      }
    }
  }
  const Json* arguments = FindKey(call, "args");
  if (arguments != nullptr && arguments->is_array() && arguments->size() == 2) {
    if (NumberOf(&(*arguments)[0])) return InputError("computes with a number on the left");
    text.number = NumberOf(&(*arguments)[1]);
  }
  return text;
}

Result<std::vector<KerasTensor>> Ends(const Json& config, const char* key) {
  const Json* ends = FindKey(config, key);
  std::vector<KerasTensor> tensors;
  if (ends != nullptr) tensors = TensorsOf(*ends);
  if (tensors.empty() || tensors.size() > kMaxEnds) {
    return InputError(fmt::format("the model has {} {}", tensors.size(), key));
  }
  return tensors;
}

Result<KerasEntry> ParseEntry(const Json& json, size_t index) {
  KerasEntry entry{TextOf(FindKey(json, "class_name")), "", FindKey(json, "config"), {}, 0};
  const bool is_model = IsKerasModel(entry.class_name);
  if (entry.class_name.empty() || entry.config == nullptr ||
      (!entry.config->is_object() && !is_model)) {
    return InputError(fmt::format("layer {} has no class_name and config", index));
  }
  entry.name = TextOf(FindKey(*entry.config, "name"));
  if (entry.name.empty()) entry.name = TextOf(FindKey(json, "name"));
  if (entry.name.empty()) return InputError(fmt::format("layer {} has no name", index));
  const Json* calls = FindKey(json, "inbound_nodes");
  if (calls == nullptr || !calls->is_array()) return entry;
  const bool is_operation = entry.class_name == "TFOpLambda";
  for (const Json& call : *calls) {
    auto text = is_operation ? ParseOperation(call) : ParseCall(call);
    if (!text) {
      return InputError(fmt::format("layer {} ({}): {} (export the model to ONNX)", entry.name,
                                    entry.class_name, text.error().sentence));
    }
    entry.calls.push_back(*std::move(text));
  }
  return entry;
}

// Keras 2 counts the calls of a model that is a layer from 1, if the model has inputs of its own:
// its making was the first one. All calls that are written are taken by something.
void SetFirstCalls(KerasModelText* model) {
  std::map<std::string_view, size_t> least;
  const auto take = [&](const std::vector<KerasTensor>& tensors) {
    for (const KerasTensor& tensor : tensors) {
      const auto known = least.emplace(tensor.layer, tensor.call).first;
      known->second = std::min(known->second, tensor.call);
    }
  };
  for (const KerasEntry& entry : model->entries) {
    for (const KerasCallText& call : entry.calls) take(call.inputs);
  }
  take(model->outputs);
  for (KerasEntry& entry : model->entries) {
    const auto first = least.find(entry.name);
    if (IsKerasModel(entry.class_name) && first != least.end()) entry.first_call = first->second;
  }
}

}  // namespace

const Json* FindKey(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string TextOf(const Json* value) {
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

bool IsKerasModel(std::string_view class_name) {
  return class_name == "Sequential" || class_name == "Functional" || class_name == "Model";
}

Result<KerasModelText> ParseKerasModel(std::string_view class_name, const Json& config) {
  KerasModelText model;
  model.is_sequential = class_name == "Sequential";
  model.config = &config;
  const Json* layers = config.is_array() ? &config : FindKey(config, "layers");
  if (layers == nullptr || !layers->is_array() || layers->empty() ||
      layers->size() > kMaxKerasLayers) {
    return InputError("the model's configuration has no list of layers");
  }
  for (size_t i = 0; i < layers->size(); ++i) {
    KerasEntry entry = TRY(ParseEntry((*layers)[i], i));
    if (!model.places.emplace(entry.name, i).second) {
      return InputError(fmt::format("two layers are named {}", entry.name));
    }
    for (const KerasCallText& call : entry.calls) model.size += 1 + call.inputs.size();
    model.entries.push_back(std::move(entry));
  }
  model.size += model.entries.size();
  if (model.is_sequential) return model;
  model.inputs = TRY(Ends(config, "input_layers"));
  model.outputs = TRY(Ends(config, "output_layers"));
  SetFirstCalls(&model);
  return model;
}

}  // namespace host
