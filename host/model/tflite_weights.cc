// SPDX-License-Identifier: Apache-2.0

#include "host/model/tflite_weights.h"

#include <algorithm>
#include <cstdlib>

#include "base/try.h"
#include "fmt/format.h"
#include "host/model/tflite_fold.h"

namespace host {
namespace {

Result<> CheckInt8Weights(const TfliteTensor& weights, int32_t channel_axis, int64_t channels) {
  if (!weights.Is(TfliteType::kInt8) || !weights.is_constant()) {
    return OperatorFault(fmt::format("weights {} are not int8 constants", weights.name));
  }
  if (weights.scales.empty() || !std::ranges::all_of(weights.scales, IsScale) ||
      std::ranges::any_of(weights.zero_points, [](int64_t z) { return z != 0; })) {
    return OperatorFault(fmt::format("weights {} are not quantised symmetrically", weights.name));
  }
  if (weights.scales.size() > 1 &&
      (std::ssize(weights.scales) != channels || weights.quantized_dimension != channel_axis)) {
    return OperatorFault(fmt::format("weights {} have {} scales along dimension {} for {} channels",
                                     weights.name, weights.scales.size(),
                                     weights.quantized_dimension, channels));
  }
  return {};
}

template <typename T>
Result<std::vector<T>> ReadBias(const TfliteSite& site, size_t input, int64_t channels,
                                TfliteType type) {
  if (!site.has_input(input)) return std::vector<T>(static_cast<size_t>(channels));
  const TfliteTensor& bias = site.in(input);
  if (!bias.Is(type) || ElementCount(bias.shape) != channels || !bias.is_constant()) {
    return OperatorFault(fmt::format("bias {} is not {} {} constants", bias.name, channels,
                                     TfliteTypeName(static_cast<int8_t>(type))));
  }
  return ConstantValues<T>(bias);
}

}  // namespace

Result<Int8Weights> ReadInt8Weights(const TfliteSite& site, int32_t channel_axis, int64_t channels,
                                    const ChannelOf& channel_of, WeightInputs inputs,
                                    bool is_product) {
  const TfliteTensor& data = site.in(inputs.data);
  const TfliteTensor& weights = site.in(inputs.weights);
  TRY(CheckQuantized(data));
  TRY(CheckQuantized(site.out()));
  TRY(CheckInt8Weights(weights, channel_axis, channels));
  Int8Weights result;
  result.values = ConstantValues<int8_t>(weights);
  result.bias = TRY(ReadBias<int32_t>(site, inputs.bias, channels, TfliteType::kInt32));
  result.largest.resize(result.bias.size());
  const auto input_scale = static_cast<double>(Scale(data));
  const auto output_scale = static_cast<double>(Scale(site.out()));
  for (float scale : weights.scales) {
    const double product = is_product && weights.scales.size() == 1
                               ? static_cast<double>(Scale(data) * scale)
                               : input_scale * static_cast<double>(scale);
    if (!std::isfinite(product)) return OperatorFault("the scales are too large");
    result.multipliers.push_back(QuantizeMultiplier(product / output_scale));
  }
  // sum(w * (x - z)) = sum(w * x) - z * sum(w): the compiler sees a plain product of int8.
  std::vector<int64_t> sums(result.bias.size());
  for (size_t i = 0; i < result.values.size(); ++i) {
    sums[channel_of(i)] += result.values[i];
    result.largest[channel_of(i)] += 128 * std::abs(result.values[i]);
  }
  for (size_t i = 0; i < sums.size(); ++i) {
    const int64_t folded = result.bias[i] - int64_t{ZeroPoint(data)} * sums[i];
    result.largest[i] += std::abs(folded);
    result.bias[i] = static_cast<int32_t>(folded);
  }
  return result;
}

Result<FloatWeights> ReadFloatWeights(const TfliteSite& site, int64_t channels,
                                      WeightInputs inputs) {
  const TfliteTensor& weights = site.in(inputs.weights);
  const bool is_dynamic_range = weights.Is(TfliteType::kInt8);
  if (!is_dynamic_range) TRY(CheckSameType(weights, site.in(inputs.data)));
  TRY(CheckSameType(site.out(), site.in(inputs.data)));
  if (!weights.is_constant()) {
    return OperatorFault(fmt::format("weights {} are not constants", weights.name));
  }
  std::vector<float> values;
  if (is_dynamic_range) {
    auto real = DequantizedConstant(weights);
    if (!real) {
      return OperatorFault(fmt::format("weights {} are int8 without scales", weights.name));
    }
    values = *std::move(real);
  } else {
    values = ConstantValues<float>(weights);
  }
  return FloatWeights{std::move(values),
                      TRY(ReadBias<float>(site, inputs.bias, channels, TfliteType::kFloat32))};
}

}  // namespace host
