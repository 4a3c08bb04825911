// SPDX-License-Identifier: Apache-2.0

// Layers that make one tensor of several: where branches meet.
#include <algorithm>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/keras_layer_classes.h"

namespace host {
namespace {

constexpr size_t kMaxMerged = 1024;

// As Keras makes ranks equal: extents of 1 behind the batch.
size_t WithRank(LayerBuilder& layer, size_t value, size_t rank) {
  Shape shape = layer.ShapeOf(value);
  if (shape.size() == rank) return value;
  shape.insert(shape.begin() + 1, rank - shape.size(), 1);
  layer.AppendOn({value}, std::move(shape), ReshapeOp{});
  return layer.value();
}

// x * scale + offset with the same two numbers everywhere.
void AppendNumbers(LayerBuilder& layer, float scale, float offset) {
  const auto channels = static_cast<size_t>(layer.shape().back());
  layer.Append(layer.shape(),
               ScaleOp{std::vector<float>(channels, scale), std::vector<float>(channels, offset)});
}

// An operation with a number: x + 3.
Result<> CombineWithNumber(LayerBuilder& layer, CombineKind kind, float number) {
  if (kind == CombineKind::kAdd) {
    AppendNumbers(layer, 1, number);
  } else if (kind == CombineKind::kSubtract) {
    AppendNumbers(layer, 1, -number);
  } else if (kind == CombineKind::kMultiply) {
    AppendNumbers(layer, number, 0);
  } else {
    return layer.Fault("with a number it is not read directly (export the model to ONNX)");
  }
  return {};
}

Result<> Combine(LayerBuilder& layer, CombineKind kind) {
  if (const auto number = layer.number()) return CombineWithNumber(layer, kind, *number);
  const std::vector<size_t> inputs = layer.inputs();
  size_t rank = 0;
  for (size_t input : inputs) rank = std::max(rank, layer.ShapeOf(input).size());
  size_t sum = WithRank(layer, inputs[0], rank);
  for (size_t i = 1; i < inputs.size(); ++i) {
    const size_t next = WithRank(layer, inputs[i], rank);
    const Shape& a = layer.ShapeOf(sum);
    const Shape& b = layer.ShapeOf(next);
    Shape output;
    for (size_t axis = 0; axis < rank; ++axis) {
      if (a[axis] != b[axis] && a[axis] != 1 && b[axis] != 1) {
        return layer.Fault(fmt::format("inputs of shapes {} and {} do not fit", a, b));
      }
      output.push_back(std::max(a[axis], b[axis]));
    }
    layer.AppendOn({sum, next}, std::move(output), CombineOp{kind});
    sum = layer.value();
  }
  return {};
}

template <CombineKind kKind>
Result<> BuildCombination(LayerBuilder& layer) {
  return Combine(layer, kKind);
}

Result<> BuildAverage(LayerBuilder& layer) {
  if (layer.number()) return layer.Fault("its input is a number");
  TRY(Combine(layer, CombineKind::kAdd));
  AppendNumbers(layer, 1.0f / static_cast<float>(layer.inputs().size()), 0);
  return {};
}

struct NamedOperation {
  std::string_view name;
  CombineKind kind;
};

// What TensorFlow's operations are called where a model uses them directly.
constexpr NamedOperation kOperations[] = {
    {"__operators__.add", CombineKind::kAdd},  {"math.add", CombineKind::kAdd},
    {"math.subtract", CombineKind::kSubtract}, {"math.multiply", CombineKind::kMultiply},
    {"math.maximum", CombineKind::kMaximum},   {"math.minimum", CombineKind::kMinimum},
};

Result<> BuildOperation(LayerBuilder& layer) {
  const std::string function = TRY(layer.Text("function", ""));
  const auto operation = std::ranges::find(kOperations, function, &NamedOperation::name);
  if (operation == std::end(kOperations)) {
    return layer.Fault(fmt::format(
        "the operation '{}' is not read directly (export the model to ONNX)", function));
  }
  if (layer.inputs().size() + (layer.number() ? 1 : 0) < 2) return layer.Fault("it has 1 input");
  return Combine(layer, operation->kind);
}

Result<> BuildConcatenation(LayerBuilder& layer) {
  if (layer.number()) return layer.Fault("its input is a number");
  const size_t axis = TRY(layer.Axis(-1));
  if (axis == 0) return layer.Fault("axis is the batch");
  Shape output = layer.shape();
  for (size_t i = 1; i < layer.inputs().size(); ++i) {
    const Shape& next = layer.ShapeOf(layer.inputs()[i]);
    bool fits = next.size() == output.size();
    for (size_t each = 0; fits && each < next.size(); ++each) {
      fits = each == axis || next[each] == output[each];
    }
    if (!fits) {
      return layer.Fault(fmt::format("inputs of shapes {} and {} do not fit", layer.shape(), next));
    }
    output[axis] += next[axis];
  }
  layer.AppendOn(layer.inputs(), std::move(output), JoinOp{axis});
  return {};
}

constexpr KerasLayerClass kClasses[] = {
    {"Add", BuildCombination<CombineKind::kAdd>, 2, kMaxMerged},
    {"Average", BuildAverage, 2, kMaxMerged},
    {"Concatenate", BuildConcatenation, 1, kMaxMerged},
    {"Maximum", BuildCombination<CombineKind::kMaximum>, 2, kMaxMerged},
    {"Minimum", BuildCombination<CombineKind::kMinimum>, 2, kMaxMerged},
    {"Multiply", BuildCombination<CombineKind::kMultiply>, 2, kMaxMerged},
    {"Subtract", BuildCombination<CombineKind::kSubtract>, 2, 2},
    {"TFOpLambda", BuildOperation, 1, 2},
};

}  // namespace

std::span<const KerasLayerClass> KerasMergeLayers() { return kClasses; }

}  // namespace host
