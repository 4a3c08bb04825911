// SPDX-License-Identifier: Apache-2.0

#include "host/model/keras_layer_builder.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace host {

using Json = nlohmann::json;

Op* LayerBuilder::own_op() {
  if (!site_.owns_input || value_ < graph_.inputs.size()) return nullptr;
  Op* op = &graph_.ops[value_ - graph_.inputs.size()];
  // A layer over one dimension ends with a change of shape; the operation before it is its own.
  if (std::holds_alternative<ReshapeOp>(op->data) && op->inputs[0] >= graph_.inputs.size()) {
    Op* before = &graph_.ops[op->inputs[0] - graph_.inputs.size()];
    if (before->layer == op->layer && before->output_shape.back() == op->output_shape.back()) {
      return before;
    }
  }
  return op;
}

void LayerBuilder::AppendOn(std::vector<size_t> inputs, Shape output_shape, OpData data) {
  const std::string& model = site_.layer.model;
  graph_.ops.push_back({model.empty() ? name() : fmt::format("{}/{}", model, name()),
                        std::move(inputs), std::move(output_shape), std::move(data)});
  value_ = graph_.inputs.size() + graph_.ops.size() - 1;
}

void LayerBuilder::Reshape(Shape output_shape) {
  if (output_shape != shape()) Append(std::move(output_shape), ReshapeOp{});
}

std::unexpected<Error> LayerBuilder::Fault(std::string_view sentence) const {
  return InputError(
      fmt::format("layer {} ({}): {}", site_.layer.name, site_.layer.class_name, sentence));
}

const Json* LayerBuilder::Find(const char* key) const {
  const auto found = site_.layer.config.find(key);
  return found == site_.layer.config.end() || found->is_null() ? nullptr : &*found;
}

Result<int64_t> LayerBuilder::Integer(const char* key, int64_t fallback, int64_t low,
                                      int64_t high) const {
  const Json* value = Find(key);
  if (value == nullptr) return fallback;
  if (!value->is_number_integer() || *value < low || *value > high) {
    return Fault(fmt::format("{} is not an integer in {}..{}", key, low, high));
  }
  return value->get<int64_t>();
}

Result<double> LayerBuilder::Number(const char* key, double fallback) const {
  const Json* value = Find(key);
  if (value == nullptr) return fallback;
  if (!value->is_number() || !std::isfinite(value->get<double>())) {
    return Fault(fmt::format("{} is not a number", key));
  }
  return value->get<double>();
}

Result<bool> LayerBuilder::Flag(const char* key, bool fallback) const {
  const Json* value = Find(key);
  if (value == nullptr) return fallback;
  // Keras keeps what its caller wrote, and Python takes 1 for true.
  if (value->is_number_integer() && (*value == 0 || *value == 1)) return *value == 1;
  if (!value->is_boolean()) return Fault(fmt::format("{} is not true or false", key));
  return value->get<bool>();
}

Result<std::string> LayerBuilder::Text(const char* key, std::string fallback) const {
  const Json* value = Find(key);
  if (value == nullptr) return fallback;
  if (!value->is_string()) return Fault(fmt::format("{} is not text", key));
  return value->get<std::string>();
}

Result<std::array<int64_t, 2>> LayerBuilder::Extents(const char* key, size_t axes,
                                                     std::array<int64_t, 2> fallback) const {
  constexpr int64_t kMaxOfPair = 1 << 16;
  const auto is_extent = [](const Json& v) {
    return v.is_number_integer() && v >= 1 && v <= kMaxOfPair;
  };
  const Json* value = Find(key);
  if (value == nullptr) return fallback;
  std::array<int64_t, 2> extents = {1, 1};
  if (is_extent(*value)) {
    for (size_t axis = 0; axis < axes; ++axis) extents[axis] = value->get<int64_t>();
    return extents;
  }
  if (!value->is_array() || value->size() != axes || !std::ranges::all_of(*value, is_extent)) {
    return Fault(fmt::format("{} is not one extent, or one for each of {} axes", key, axes));
  }
  for (size_t axis = 0; axis < axes; ++axis) extents[axis] = (*value)[axis].get<int64_t>();
  return extents;
}

Result<size_t> LayerBuilder::Axis(int64_t fallback) const {
  const auto rank = static_cast<int64_t>(shape().size());
  const Json* axis = Find("axis");
  if (axis != nullptr && axis->is_array() && axis->size() == 1) axis = &(*axis)[0];
  int64_t number = fallback;
  if (axis != nullptr) {
    if (!axis->is_number_integer() || *axis < -rank || *axis >= rank) {
      return Fault(fmt::format("axis is not one of the input's {}", rank));
    }
    number = axis->get<int64_t>();
  }
  return static_cast<size_t>(number < 0 ? number + rank : number);
}

// Whether a weight of a model that is a layer can belong to this layer of it: its owner is the
// layer's name, or models and the layer's name.
bool IsOwner(std::string_view owner, std::string_view layer) {
  return owner.ends_with(layer) &&
         (owner.size() == layer.size() || owner[owner.size() - layer.size() - 1] == '/');
}

Result<const KerasWeight*> LayerBuilder::FindWeight(std::string_view weight_name) const {
  const KerasWeight* found = nullptr;
  bool is_ambiguous = false;
  if (site_.weights == nullptr) return found;
  for (const KerasWeight& weight : site_.weights->weights) {
    if (weight.name != weight_name) continue;
    if (!site_.layer.model.empty()) {
      if (!IsOwner(weight.owner, site_.layer.name)) continue;
      // Of layers b and a/b the shorter owner is that of b.
      if (found != nullptr && found->owner.size() < weight.owner.size()) continue;
      is_ambiguous = found != nullptr && found->owner.size() == weight.owner.size();
    }
    found = &weight;
  }
  if (!is_ambiguous) return found;
  return Fault(fmt::format("weight {} is there for two layers of this name inside of {}",
                           weight_name, site_.layer.model));
}

bool LayerBuilder::HasWeight(std::string_view weight_name) const {
  return FindWeight(weight_name).value_or(nullptr) != nullptr;
}

Result<std::vector<float>> LayerBuilder::Weight(std::string_view weight_name,
                                                const Shape& expected) const {
  const KerasWeight* found = TRY(FindWeight(weight_name));
  if (found == nullptr) return Fault(fmt::format("the file has no weight {}", weight_name));
  if (!std::ranges::equal(found->shape, expected)) {
    return Fault(
        fmt::format("weight {} has shape {}, not {}", weight_name, found->shape, expected));
  }
  return found->values;
}

Result<std::vector<float>> LayerBuilder::Bias(int64_t count) const {
  if (TRY(Flag("use_bias", true))) return Weight("bias", {count});
  return std::vector<float>(static_cast<size_t>(count), 0.0f);
}

Result<KerasImage> LayerBuilder::BeginImage(size_t axes) {
  if (TRY(Text("data_format", "channels_last")) != "channels_last") {
    return Fault("data_format is not channels_last");
  }
  if (shape().size() != axes + 2) {
    return Fault(fmt::format("the input has shape {}, not batch, {}, channels", shape(),
                             axes == 1 ? "length" : "height, width"));
  }
  if (axes == 1) Reshape({1, shape()[1], 1, shape()[2]});
  return KerasImage{{shape()[1], shape()[2]}, shape()[3], axes};
}

void LayerBuilder::EndImage(const KerasImage& image) {
  if (image.axes == 1 && shape().size() == 4) Reshape({1, shape()[1], shape()[3]});
}

}  // namespace host
