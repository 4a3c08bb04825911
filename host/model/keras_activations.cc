// SPDX-License-Identifier: Apache-2.0

// Activations: as layers, and as what other layers do last.
#include <algorithm>

#include "base/try.h"
#include "fmt/format.h"
#include "host/model/keras_layer_classes.h"

namespace host {
namespace {

using Json = nlohmann::json;

struct NamedActivation {
  std::string_view name;
  ActivationOp op;
};

constexpr NamedActivation kActivations[] = {
    {"relu", {ActivationKind::kRectifier}},
    {"relu6", {ActivationKind::kRectifier, 0.0f, 6.0f}},
    {"leaky_relu", {ActivationKind::kRectifier, 0.2f}},
    {"elu", {ActivationKind::kElu, 1.0f}},
    {"sigmoid", {ActivationKind::kSigmoid}},
    {"tanh", {ActivationKind::kTanh}},
    {"swish", {ActivationKind::kSwish}},
    {"silu", {ActivationKind::kSwish}},
    {"softplus", {ActivationKind::kSoftplus}},
    {"softsign", {ActivationKind::kSoftsign}},
    {"exponential", {ActivationKind::kExponential}},
    {"gelu", {ActivationKind::kGelu}},
    {"hard_swish", {ActivationKind::kHardSwish, 1.0f / 6}},
    {"hard_silu", {ActivationKind::kHardSwish, 1.0f / 6}},
};

void AppendScale(LayerBuilder& layer, float scale) {
  const auto channels = static_cast<size_t>(layer.shape().back());
  layer.Append(layer.shape(),
               ScaleOp{std::vector<float>(channels, scale), std::vector<float>(channels, 0.0f)});
}

Result<> AppendActivation(LayerBuilder& layer, const std::string& activation) {
  if (activation == "linear") return {};
  if (activation == "softmax") {
    layer.Append(layer.shape(), SoftmaxOp{});
    return {};
  }
  if (activation == "hard_sigmoid") {  // Keras 3 changed the slope
    const float slope = layer.keras_version() >= 3 ? 1.0f / 6 : 0.2f;
    layer.Append(layer.shape(), ActivationOp{ActivationKind::kHardSigmoid, slope});
    return {};
  }
  if (activation == "selu") {
    layer.Append(layer.shape(), ActivationOp{ActivationKind::kElu, 1.6732632423543772f});
    AppendScale(layer, 1.0507009873554805f);
    return {};
  }
  const auto found = std::ranges::find(kActivations, activation, &NamedActivation::name);
  if (found == std::end(kActivations)) {
    return layer.Fault(fmt::format(
        "the activation '{}' is not read directly (export the model to ONNX)", activation));
  }
  layer.Append(layer.shape(), found->op);
  return {};
}

Result<> BuildRelu(LayerBuilder& layer) {
  if (TRY(layer.Number("threshold", 0.0)) != 0.0) return layer.Fault("threshold is not 0");
  const double maximum = TRY(layer.Number("max_value", 0.0));
  if (maximum < 0.0) return layer.Fault("max_value is negative");
  layer.Append(layer.shape(),
               ActivationOp{ActivationKind::kRectifier,
                            static_cast<float>(TRY(layer.Number("negative_slope", 0.0))),
                            static_cast<float>(maximum)});
  return {};
}

Result<> BuildLeakyRelu(LayerBuilder& layer) {
  // Keras 2 says alpha, Keras 3 negative_slope.
  const double alpha = TRY(layer.Number("alpha", 0.3));
  const double slope = TRY(layer.Number("negative_slope", alpha));
  layer.Append(layer.shape(), ActivationOp{ActivationKind::kRectifier, static_cast<float>(slope)});
  return {};
}

Result<> BuildElu(LayerBuilder& layer) {
  layer.Append(layer.shape(), ActivationOp{ActivationKind::kElu,
                                           static_cast<float>(TRY(layer.Number("alpha", 1.0)))});
  return {};
}

Result<> BuildSoftmax(LayerBuilder& layer) {
  if (TRY(layer.Axis(-1)) != layer.shape().size() - 1) return layer.Fault("axis is not the last");
  layer.Append(layer.shape(), SoftmaxOp{});
  return {};
}

Result<> BuildPrelu(LayerBuilder& layer) {
  ParametricRectifierOp op;
  op.alpha_shape.assign(layer.shape().begin() + 1, layer.shape().end());
  const Json* shared = layer.Find("shared_axes");
  if (shared != nullptr && !shared->is_array()) return layer.Fault("shared_axes is not a list");
  if (shared != nullptr) {
    for (const Json& axis : *shared) {
      if (!axis.is_number_integer() || axis < 1 || axis > op.alpha_shape.size()) {
        return layer.Fault("shared_axes names an axis that there is not");
      }
      op.alpha_shape[axis.get<size_t>() - 1] = 1;
    }
  }
  op.alpha = TRY(layer.Weight("alpha", op.alpha_shape));
  op.alpha_shape.insert(op.alpha_shape.begin(), 1);
  layer.Append(layer.shape(), std::move(op));
  return {};
}

constexpr KerasLayerClass kClasses[] = {
    {"Activation", AppendOwnActivation},
    {"ELU", BuildElu},
    {"LeakyReLU", BuildLeakyRelu},
    {"PReLU", BuildPrelu},
    {"ReLU", BuildRelu},
    {"Softmax", BuildSoftmax},
};

}  // namespace

// The activation of a layer is a name, or a serialised function whose config is the name.
Result<> AppendOwnActivation(LayerBuilder& layer) {
  const Json* activation = layer.Find("activation");
  if (activation == nullptr) return {};
  if (activation->is_object() && activation->contains("config")) {
    activation = &activation->at("config");
  }
  if (!activation->is_string()) {
    return layer.Fault(
        "an activation that is a layer of its own is not read directly (export the model to ONNX)");
  }
  return AppendActivation(layer, activation->get<std::string>());
}

std::span<const KerasLayerClass> KerasActivationLayers() { return kClasses; }

}  // namespace host
