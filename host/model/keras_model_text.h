// SPDX-License-Identifier: Apache-2.0

// What the JSON of one Keras model says, before layers are evaluated in order: its layers, and
// which results of which calls each call takes. Models inside of it are layers here.
#ifndef HOST_MODEL_KERAS_MODEL_TEXT_H_
#define HOST_MODEL_KERAS_MODEL_TEXT_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"
#include "nlohmann/json.hpp"

namespace host {

// Null if `object` is none or has no such key.
[[nodiscard]] const nlohmann::json* FindKey(const nlohmann::json& object, const char* key);
// Empty if there is no text.
[[nodiscard]] std::string TextOf(const nlohmann::json* value);

// Whether layers of this class are models: Sequential, Functional and its old name.
[[nodiscard]] bool IsKerasModel(std::string_view class_name);

// Tensor `index` of what call `call` of a layer gave.
struct KerasTensor {
  std::string layer;
  size_t call;
  size_t index;
};

struct KerasCallText {
  std::vector<KerasTensor> inputs;
  std::optional<float> number;  // the last operand, where it is none of the tensors
};

struct KerasEntry {
  std::string class_name;
  std::string name;
  const nlohmann::json* config;      // an object, except of a model
  std::vector<KerasCallText> calls;  // in a Functional model
  size_t first_call = 0;             // the number that tensors have for the first of them
};

struct KerasModelText {
  bool is_sequential = true;
  const nlohmann::json* config = nullptr;
  std::vector<KerasEntry> entries;                    // at least one, of different names
  std::map<std::string, size_t, std::less<>> places;  // of names in entries
  // Of a Functional model, at least one each.
  std::vector<KerasTensor> inputs;
  std::vector<KerasTensor> outputs;
  size_t size = 0;  // of everything above: what it costs to go through it

  [[nodiscard]] const KerasEntry* Find(std::string_view name) const {
    const auto place = places.find(name);
    return place == places.end() ? nullptr : &entries[place->second];
  }
};

// `config` must outlive the answer. Errors are of kind kInput without a place.
[[nodiscard]] Result<KerasModelText> ParseKerasModel(std::string_view class_name,
                                                     const nlohmann::json& config);

}  // namespace host

#endif  // HOST_MODEL_KERAS_MODEL_TEXT_H_
