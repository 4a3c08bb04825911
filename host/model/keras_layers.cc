#include "host/model/keras_layers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace host {
namespace {

using Json = nlohmann::json;

// What a builder works on: one layer, its weights, the graph so far.
class LayerBuilder {
 public:
  LayerBuilder(const KerasLayer& layer, const KerasLayerWeights* weights, Graph& graph,
               std::vector<std::string>& notes)
      : layer_(layer), weights_(weights), graph_(graph), notes_(notes) {}

  [[nodiscard]] const std::string& name() const { return layer_.name; }
  [[nodiscard]] const Shape& shape() const { return graph_.output_shape(); }
  [[nodiscard]] Graph& graph() { return graph_; }
  void Note(std::string note) { notes_.push_back(std::move(note)); }
  void Append(Shape output_shape, OpData data) {
    graph_.ops.push_back({layer_.name, std::move(output_shape), std::move(data)});
  }

  [[nodiscard]] std::unexpected<Error> Fault(std::string_view sentence) const {
    return InputError(fmt::format("layer {} ({}): {}", layer_.name, layer_.class_name, sentence));
  }

  [[nodiscard]] const Json* Find(const char* key) const {
    const auto found = layer_.config.find(key);
    return found == layer_.config.end() || found->is_null() ? nullptr : &*found;
  }

  [[nodiscard]] Result<int64_t> Integer(const char* key, int64_t fallback, int64_t low,
                                        int64_t high) const {
    const Json* value = Find(key);
    if (value == nullptr) return fallback;
    if (!value->is_number_integer() || *value < low || *value > high) {
      return Fault(fmt::format("{} is not an integer in {}..{}", key, low, high));
    }
    return value->get<int64_t>();
  }

  [[nodiscard]] Result<double> Number(const char* key, double fallback) const {
    const Json* value = Find(key);
    if (value == nullptr) return fallback;
    if (!value->is_number() || !std::isfinite(value->get<double>())) {
      return Fault(fmt::format("{} is not a number", key));
    }
    return value->get<double>();
  }

  [[nodiscard]] Result<bool> Flag(const char* key, bool fallback) const {
    const Json* value = Find(key);
    if (value == nullptr) return fallback;
    if (!value->is_boolean()) return Fault(fmt::format("{} is not true or false", key));
    return value->get<bool>();
  }

  [[nodiscard]] Result<std::string> Text(const char* key, std::string fallback) const {
    const Json* value = Find(key);
    if (value == nullptr) return fallback;
    if (!value->is_string()) return Fault(fmt::format("{} is not text", key));
    return value->get<std::string>();
  }

  // One extent for both axes, or a list of two.
  [[nodiscard]] Result<std::array<int64_t, 2>> Pair(const char* key,
                                                    std::array<int64_t, 2> fallback) const {
    constexpr int64_t kMaxPair = 1 << 16;
    const auto is_extent = [](const Json& v) {
      return v.is_number_integer() && v >= 1 && v <= kMaxPair;
    };
    const Json* value = Find(key);
    if (value == nullptr) return fallback;
    if (is_extent(*value)) return std::array{value->get<int64_t>(), value->get<int64_t>()};
    if (!value->is_array() || value->size() != 2 || !std::ranges::all_of(*value, is_extent)) {
      return Fault(fmt::format("{} is not one or two extents", key));
    }
    return std::array{(*value)[0].get<int64_t>(), (*value)[1].get<int64_t>()};
  }

  // The named weight, which must have exactly this shape.
  [[nodiscard]] Result<std::vector<float>> Weight(std::string_view weight_name,
                                                  const Shape& expected) const {
    const KerasWeight* found = nullptr;
    for (const KerasWeight& weight : weights()) {
      if (weight.name == weight_name) found = &weight;
    }
    if (found == nullptr) return Fault(fmt::format("the file has no weight {}", weight_name));
    if (!std::ranges::equal(found->shape, expected)) {
      return Fault(
          fmt::format("weight {} has shape {}, not {}", weight_name, found->shape, expected));
    }
    return found->values;
  }

  [[nodiscard]] std::span<const KerasWeight> weights() const {
    return weights_ == nullptr ? std::span<const KerasWeight>() : weights_->weights;
  }

  // The bias, or zeros where the layer has none.
  [[nodiscard]] Result<std::vector<float>> Bias(int64_t count) const {
    if (TRY(Flag("use_bias", true))) return Weight("bias", {count});
    return std::vector<float>(static_cast<size_t>(count), 0.0f);
  }

  // Height, width and channels of an input with channels last.
  [[nodiscard]] Result<std::array<int64_t, 3>> Image() const {
    if (TRY(Text("data_format", "channels_last")) != "channels_last") {
      return Fault("data_format is not channels_last");
    }
    if (shape().size() != 4) {
      return Fault(
          fmt::format("the input has shape {}, not batch, height, width, channels", shape()));
    }
    return std::array{shape()[1], shape()[2], shape()[3]};
  }

 private:
  const KerasLayer& layer_;
  const KerasLayerWeights* weights_;
  Graph& graph_;
  std::vector<std::string>& notes_;
};

// Extents after a window has passed over them; fills in the padding. SAME as TensorFlow has it: the
// odd row or column goes to the end.
Result<std::array<int64_t, 2>> SlideWindow(const LayerBuilder& layer,
                                           const std::array<int64_t, 3>& image, Window* window) {
  const std::string padding = TRY(layer.Text("padding", "valid"));
  if (padding != "same" && padding != "valid") {
    return layer.Fault(fmt::format("padding '{}' is neither same nor valid", padding));
  }
  std::array<int64_t, 2> extents{};
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t covered = (window->size[axis] - 1) * window->dilations[axis] + 1;
    const int64_t stride = window->strides[axis];
    int64_t total = 0;
    if (padding == "same") {
      extents[axis] = (image[axis] + stride - 1) / stride;
      total = std::max<int64_t>((extents[axis] - 1) * stride + covered - image[axis], 0);
    } else {
      extents[axis] = (image[axis] - covered) / stride + 1;
      if (covered > image[axis]) return layer.Fault("the window is larger than the input");
    }
    window->padding.low[axis] = total / 2;
    window->padding.high[axis] = total - total / 2;
  }
  return extents;
}

constexpr int64_t kMaxChannels = 1 << 16;

// --- activations -------------------------------------------------------------------------------

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
};

Result<> AppendActivation(LayerBuilder& layer, const std::string& activation) {
  if (activation == "linear") return {};
  if (activation == "softmax") {
    layer.Append(layer.shape(), SoftmaxOp{});
    return {};
  }
  const auto found = std::ranges::find(kActivations, activation, &NamedActivation::name);
  if (found == std::end(kActivations)) {
    return layer.Fault(
        fmt::format("the activation '{}' is not read directly (export the model to "
                    "ONNX)",
                    activation));
  }
  layer.Append(layer.shape(), found->op);
  return {};
}

// The activation of a layer is a name, or a serialised function whose config is the name.
Result<> AppendOwnActivation(LayerBuilder& layer) {
  const Json* activation = layer.Find("activation");
  if (activation == nullptr) return {};
  if (activation->is_object() && activation->contains("config")) {
    activation = &activation->at("config");
  }
  if (!activation->is_string()) {
    return layer.Fault(
        "an activation that is a layer of its own is not read directly (export the "
        "model to ONNX)");
  }
  return AppendActivation(layer, activation->get<std::string>());
}

Result<> BuildActivation(LayerBuilder& layer) { return AppendOwnActivation(layer); }

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
  const Json* axis = layer.Find("axis");
  const auto last = static_cast<int64_t>(layer.shape().size()) - 1;
  if (axis != nullptr && *axis != -1 && *axis != last) return layer.Fault("axis is not the last");
  layer.Append(layer.shape(), SoftmaxOp{});
  return {};
}

// --- layers with weights -----------------------------------------------------------------------

Result<Window> ReadWindow(const LayerBuilder& layer) {
  Window window;
  window.size = TRY(layer.Pair("kernel_size", {1, 1}));
  window.strides = TRY(layer.Pair("strides", {1, 1}));
  window.dilations = TRY(layer.Pair("dilation_rate", {1, 1}));
  return window;
}

Result<> BuildConv2d(LayerBuilder& layer) {
  const auto image = TRY(layer.Image());
  if (TRY(layer.Integer("groups", 1, 1, kMaxChannels)) != 1) {
    return layer.Fault("grouped convolution is not read directly (export the model to ONNX)");
  }
  const int64_t filters = TRY(layer.Integer("filters", 0, 1, kMaxChannels));
  ConvolutionOp op;
  op.window = TRY(ReadWindow(layer));
  const auto extents = TRY(SlideWindow(layer, image, &op.window));
  op.kernel =
      TRY(layer.Weight("kernel", {op.window.size[0], op.window.size[1], image[2], filters}));
  op.bias = TRY(layer.Bias(filters));
  layer.Append({1, extents[0], extents[1], filters}, std::move(op));
  return AppendOwnActivation(layer);
}

Result<> BuildDepthwiseConv2d(LayerBuilder& layer) {
  const auto image = TRY(layer.Image());
  DepthwiseConvolutionOp op;
  op.window = TRY(ReadWindow(layer));
  op.multiplier = TRY(layer.Integer("depth_multiplier", 1, 1, kMaxChannels));
  const auto extents = TRY(SlideWindow(layer, image, &op.window));
  const Shape kernel_shape = {op.window.size[0], op.window.size[1], image[2], op.multiplier};
  // Keras 3 names it kernel like every other one.
  const bool is_new = std::ranges::any_of(
      layer.weights(), [](const KerasWeight& weight) { return weight.name == "kernel"; });
  op.kernel = TRY(layer.Weight(is_new ? "kernel" : "depthwise_kernel", kernel_shape));
  op.bias = TRY(layer.Bias(image[2] * op.multiplier));
  layer.Append({1, extents[0], extents[1], image[2] * op.multiplier}, std::move(op));
  return AppendOwnActivation(layer);
}

Result<> BuildDense(LayerBuilder& layer) {
  if (layer.shape().size() != 2) {
    return layer.Fault(
        fmt::format("the input has shape {}; put a Flatten before it", layer.shape()));
  }
  const int64_t units = TRY(layer.Integer("units", 0, 1, kMaxChannels));
  MatrixProductOp op;
  op.weights = TRY(layer.Weight("kernel", {layer.shape()[1], units}));
  op.bias = TRY(layer.Bias(units));
  layer.Append({1, units}, std::move(op));
  return AppendOwnActivation(layer);
}

// Multiplies the last axis of a kernel and sets its bias accordingly; true if `op` has a kernel.
bool FoldScale(const std::vector<float>& scale, const std::vector<float>& offset, OpData* op) {
  const auto fold = [&](std::vector<float>& kernel, std::vector<float>& bias) {
    for (size_t i = 0; i < kernel.size(); ++i) kernel[i] *= scale[i % scale.size()];
    for (size_t i = 0; i < bias.size(); ++i) bias[i] = bias[i] * scale[i] + offset[i];
    return true;
  };
  // The last two axes of a depthwise kernel together are the output channels, so i % size holds.
  if (auto* conv = std::get_if<ConvolutionOp>(op)) return fold(conv->kernel, conv->bias);
  if (auto* conv = std::get_if<DepthwiseConvolutionOp>(op)) return fold(conv->kernel, conv->bias);
  if (auto* product = std::get_if<MatrixProductOp>(op))
    return fold(product->weights, product->bias);
  return false;
}

Result<> BuildBatchNormalization(LayerBuilder& layer) {
  const auto last = static_cast<int64_t>(layer.shape().size()) - 1;
  const Json* axis = layer.Find("axis");
  if (axis != nullptr && axis->is_array() && axis->size() == 1) axis = &(*axis)[0];
  if (axis != nullptr && *axis != -1 && *axis != last) return layer.Fault("axis is not the last");
  const int64_t channels = layer.shape().back();
  const Shape shape = {channels};
  const auto mean = TRY(layer.Weight("moving_mean", shape));
  const auto variance = TRY(layer.Weight("moving_variance", shape));
  std::vector<float> scale(static_cast<size_t>(channels), 1.0f);
  std::vector<float> offset(static_cast<size_t>(channels), 0.0f);
  if (TRY(layer.Flag("scale", true))) scale = TRY(layer.Weight("gamma", shape));
  if (TRY(layer.Flag("center", true))) offset = TRY(layer.Weight("beta", shape));
  const double epsilon = TRY(layer.Number("epsilon", 1e-3));
  for (size_t i = 0; i < scale.size(); ++i) {
    const double factor = scale[i] / std::sqrt(variance[i] + epsilon);
    if (!std::isfinite(factor)) return layer.Fault("a moving_variance is negative");
    offset[i] = static_cast<float>(offset[i] - mean[i] * factor);
    scale[i] = static_cast<float>(factor);
  }
  // An activation in between is an operation of its own, so the last one is a kernel only where
  // nothing stands in between.
  Graph& graph = layer.graph();
  if (!graph.ops.empty() && FoldScale(scale, offset, &graph.ops.back().data)) {
    layer.Note(fmt::format("layer {} is folded into {}", layer.name(), graph.ops.back().layer));
    return {};
  }
  layer.Append(layer.shape(), ScaleOp{std::move(scale), std::move(offset)});
  return {};
}

// --- layers without weights --------------------------------------------------------------------

Result<> BuildPooling(LayerBuilder& layer, PoolingKind kind) {
  const auto image = TRY(layer.Image());
  PoolingOp op{kind, {}};
  op.window.size = TRY(layer.Pair("pool_size", {2, 2}));
  op.window.strides = TRY(layer.Pair("strides", op.window.size));
  const auto extents = TRY(SlideWindow(layer, image, &op.window));
  layer.Append({1, extents[0], extents[1], image[2]}, op);
  return {};
}

Result<> BuildMaxPooling(LayerBuilder& layer) { return BuildPooling(layer, PoolingKind::kMax); }
Result<> BuildAveragePooling(LayerBuilder& layer) {
  return BuildPooling(layer, PoolingKind::kAverage);
}

Result<> BuildGlobalAverage(LayerBuilder& layer) {
  const auto image = TRY(layer.Image());
  if (TRY(layer.Flag("keepdims", false))) {
    const Window whole{{image[0], image[1]}, {1, 1}, {1, 1}, {}};
    layer.Append({1, 1, 1, image[2]}, PoolingOp{PoolingKind::kAverage, whole});
    return {};
  }
  layer.Append({1, image[2]}, GlobalAverageOp{});
  return {};
}

Result<> BuildFlatten(LayerBuilder& layer) {
  if (TRY(layer.Text("data_format", "channels_last")) != "channels_last") {
    return layer.Fault("data_format is not channels_last");
  }
  layer.Append({1, ElementCount(layer.shape())}, ReshapeOp{});
  return {};
}

Result<> BuildReshape(LayerBuilder& layer) {
  const int64_t total = ElementCount(layer.shape());
  const Json* target = layer.Find("target_shape");
  if (target == nullptr || !target->is_array() || target->empty() || target->size() > 5) {
    return layer.Fault("target_shape is not a list of 1 to 5 extents");
  }
  Shape shape = {1};
  int64_t known = 1;
  std::optional<size_t> open;
  for (const Json& extent : *target) {
    if (!extent.is_number_integer() || extent < -1 || extent == 0 || extent > total) {
      return layer.Fault("an extent of target_shape does not fit the input");
    }
    shape.push_back(extent.get<int64_t>());
    if (shape.back() == -1) {
      if (open) return layer.Fault("target_shape leaves two extents open");
      open = shape.size() - 1;
    } else if ((known *= shape.back()) > total) {
      return layer.Fault("target_shape does not fit the input");
    }
  }
  if (open) shape[*open] = total / known;
  if (ElementCount(shape) != total) return layer.Fault("target_shape does not fit the input");
  layer.Append(std::move(shape), ReshapeOp{});
  return {};
}

Result<> BuildZeroPadding(LayerBuilder& layer) {
  const auto image = TRY(layer.Image());
  constexpr int64_t kMaxPadding = 1 << 12;
  const auto is_count = [](const Json& v) {
    return v.is_number_integer() && v >= 0 && v <= kMaxPadding;
  };
  const Json fallback = 1;
  const Json* padding = layer.Find("padding");
  if (padding == nullptr) padding = &fallback;
  PadOp op;
  for (size_t axis = 0; axis < 2; ++axis) {
    // p, [p_height, p_width] or [[top, bottom], [left, right]]
    const Json* of_axis = padding;
    if (of_axis->is_array() && of_axis->size() == 2) of_axis = &(*of_axis)[axis];
    const bool is_pair = of_axis->is_array() && of_axis->size() == 2;
    const Json& low = is_pair ? (*of_axis)[0] : *of_axis;
    const Json& high = is_pair ? (*of_axis)[1] : *of_axis;
    if (!is_count(low) || !is_count(high)) return layer.Fault("padding is not one to four counts");
    op.padding.low[axis] = low.get<int64_t>();
    op.padding.high[axis] = high.get<int64_t>();
  }
  layer.Append({1, image[0] + op.padding.low[0] + op.padding.high[0],
                image[1] + op.padding.low[1] + op.padding.high[1], image[2]},
               op);
  return {};
}

Result<> BuildNothing(LayerBuilder& layer) {
  layer.Note(fmt::format("layer {} does nothing in inference", layer.name()));
  return {};
}

struct LayerClass {
  std::string_view name;
  Result<> (*build)(LayerBuilder&);
};

constexpr LayerClass kLayerClasses[] = {
    {"Activation", BuildActivation},
    {"AveragePooling2D", BuildAveragePooling},
    {"BatchNormalization", BuildBatchNormalization},
    {"Conv2D", BuildConv2d},
    {"Dense", BuildDense},
    {"DepthwiseConv2D", BuildDepthwiseConv2d},
    {"Dropout", BuildNothing},
    {"ELU", BuildElu},
    {"Flatten", BuildFlatten},
    {"GaussianNoise", BuildNothing},
    {"GlobalAveragePooling2D", BuildGlobalAverage},
    {"LeakyReLU", BuildLeakyRelu},
    {"MaxPooling2D", BuildMaxPooling},
    {"ReLU", BuildRelu},
    {"Reshape", BuildReshape},
    {"Softmax", BuildSoftmax},
    {"SpatialDropout2D", BuildNothing},
    {"ZeroPadding2D", BuildZeroPadding},
};

// A tensor the device could never hold means a configuration made to hurt.
constexpr int64_t kMaxTensorElements = 16 << 20;

bool IsFloat32(const KerasLayer& layer) {
  const auto found = layer.config.find("dtype");
  if (found == layer.config.end() || found->is_null()) return true;
  const Json* type = &*found;
  if (type->is_object()) {  // a policy of Keras 3, or of Keras 2's mixed precision
    const auto config = type->find("config");
    if (config == type->end() || !config->is_object() || !config->contains("name")) return false;
    type = &config->at("name");
  }
  return *type == "float32";
}

}  // namespace

Result<KerasGraph> BuildKerasGraph(const KerasChain& chain,
                                   const std::vector<KerasLayerWeights>& weights) {
  KerasGraph result;
  Graph& graph = result.graph;
  graph.input_name = chain.input_name;
  graph.input_shape = chain.input_shape;
  graph.output_name = chain.layers.empty() ? chain.input_name : chain.layers.back().name;
  if (ElementCount(graph.input_shape) > kMaxTensorElements) {
    return InputError(
        fmt::format("input {}: the shape {} is too large", chain.input_name, chain.input_shape));
  }
  for (const KerasLayer& layer : chain.layers) {
    const auto found = std::ranges::find(weights, layer.name, &KerasLayerWeights::layer);
    LayerBuilder builder(layer, found == weights.end() ? nullptr : &*found, graph, result.notes);
    const auto layer_class = std::ranges::find(kLayerClasses, layer.class_name, &LayerClass::name);
    if (layer_class == std::end(kLayerClasses)) {
      std::vector<std::string_view> known;
      for (const LayerClass& each : kLayerClasses) known.push_back(each.name);
      return builder.Fault(fmt::format(
          "this class of layer is not read directly; export the model to ONNX, whose importer has "
          "it. Read directly: {}",
          fmt::join(known, ", ")));
    }
    if (!IsFloat32(layer)) return builder.Fault("its dtype is not float32");
    TRY(layer_class->build(builder));
    if (ElementCount(graph.output_shape()) > kMaxTensorElements) {
      return builder.Fault("its output is too large");
    }
  }
  if (graph.ops.empty()) return InputError("the model has no layer that computes anything");
  return result;
}

}  // namespace host
