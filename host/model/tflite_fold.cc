// SPDX-License-Identifier: Apache-2.0

#include "host/model/tflite_fold.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "host/model/tflite_site.h"

namespace host {
namespace {

constexpr uint64_t kMaxFoldedNumbers = 64ull << 20;

}  // namespace

std::optional<std::vector<float>> DequantizedConstant(const TfliteTensor& tensor) {
  std::vector<float> numbers;
  if (tensor.Is(TfliteType::kFloat16)) {
    for (uint16_t bits : ConstantValues<uint16_t>(tensor)) numbers.push_back(FloatOfHalf(bits));
    return numbers;
  }
  if (!tensor.Is(TfliteType::kInt8) || tensor.scales.empty()) return std::nullopt;
  const size_t channels = tensor.scales.size();
  const auto axis = static_cast<size_t>(tensor.quantized_dimension);
  int64_t inner = 1;
  if (channels > 1) {
    if (axis >= tensor.shape.size() || tensor.shape[axis] != std::ssize(tensor.scales)) {
      return std::nullopt;
    }
    for (size_t i = axis + 1; i < tensor.shape.size(); ++i) inner *= tensor.shape[i];
  }
  const std::vector<int8_t> values = ConstantValues<int8_t>(tensor);
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t channel = channels == 1 ? 0 : i / static_cast<size_t>(inner) % channels;
    const int64_t zero = channel < tensor.zero_points.size() ? tensor.zero_points[channel] : 0;
    numbers.push_back(static_cast<float>(values[i] - zero) * tensor.scales[channel]);
  }
  return numbers;
}

bool HasDynamicRange(const TfliteModel& model) {
  const auto is = [&](int32_t index, TfliteType type) {
    return index != -1 && model.tensors[static_cast<size_t>(index)].Is(type);
  };
  return std::ranges::any_of(model.operators, [&](const TfliteOperator& op) {
    return op.inputs.size() > 1 && is(op.inputs[0], TfliteType::kFloat32) &&
           is(op.inputs[1], TfliteType::kInt8);
  });
}

float FloatOfHalf(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1f;
  const uint32_t fraction = bits & 0x3ff;
  if (exponent == 0) {
    const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint32_t wide = exponent == 0x1f ? 0xff : exponent + 112;
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

FoldedTflite FoldConstants(const TfliteModel& model) {
  FoldedTflite folded{model, {}};
  folded.model.operators.clear();
  uint64_t budget = kMaxFoldedNumbers;
  for (const TfliteOperator& op : model.operators) {
    const bool is_conversion = op.code == static_cast<int32_t>(TfliteOperatorCode::kDequantize) &&
                               op.inputs.size() == 1 && op.outputs.size() == 1 &&
                               op.inputs[0] != -1;
    if (is_conversion) {
      const TfliteTensor& from = folded.model.tensors[static_cast<size_t>(op.inputs[0])];
      TfliteTensor& to = folded.model.tensors[static_cast<size_t>(op.outputs[0])];
      if (from.is_constant() && !to.is_constant() && to.Is(TfliteType::kFloat32) &&
          from.shape == to.shape && static_cast<uint64_t>(ElementCount(from.shape)) <= budget) {
        if (auto numbers = DequantizedConstant(from)) {
          budget -= numbers->size();
          // The vector's numbers stay where they are when `constants` grows.
          folded.constants.push_back(*std::move(numbers));
          const std::vector<float>& kept = folded.constants.back();
          to.data = {reinterpret_cast<const uint8_t*>(kept.data()), kept.size() * sizeof(float)};
          continue;
        }
      }
    }
    folded.model.operators.push_back(op);
  }
  return folded;
}

}  // namespace host
