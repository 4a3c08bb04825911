// SPDX-License-Identifier: Apache-2.0

#include "host/model/tflite_site.h"

#include <algorithm>
#include <limits>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace host {

std::unexpected<Error> OperatorFault(std::string sentence) {
  return InputError(std::move(sentence));
}

std::unexpected<Error> OpenShape(const TfliteSite& site) {
  return OperatorFault(
      fmt::format("the file leaves the shape of {} open, to be computed as it runs; convert the "
                  "model with a batch of 1",
                  site.out().name));
}

MlirElement ElementOf(const TfliteTensor& tensor) {
  switch (static_cast<TfliteType>(tensor.type)) {
    case TfliteType::kFloat32:
      return "f32";
    case TfliteType::kInt32:
      return "i32";
    case TfliteType::kInt64:
      return "i64";
    case TfliteType::kInt8:
    case TfliteType::kUint8:
    case TfliteType::kBool:
      return "i8";
    case TfliteType::kFloat16:
    case TfliteType::kInt16:
      break;
  }
  return "";
}

MlirValue TfliteSite::Value(size_t i) const { return Value(i, in(i).shape); }

MlirValue TfliteSite::Value(size_t i, const Shape& shape) const {
  if (values[i] != nullptr) return text.Reshape(*values[i], shape);
  return text.Constant(in(i).data, shape, ElementOf(in(i)));
}

Result<std::vector<int64_t>> ConstantIntegers(const TfliteSite& site, size_t input, int64_t count) {
  const TfliteTensor& tensor = site.in(input);
  std::vector<int64_t> values;
  if (tensor.is_constant() && tensor.Is(TfliteType::kInt64)) {
    values = ConstantValues<int64_t>(tensor);
  } else if (tensor.is_constant() && tensor.Is(TfliteType::kInt32)) {
    for (int32_t value : ConstantValues<int32_t>(tensor)) values.push_back(value);
  } else {
    return OperatorFault(
        fmt::format("input {} ({}) is not an integer constant; values that are "
                    "known only when the model runs are not read here",
                    input, tensor.name));
  }
  if (count >= 0 && std::ssize(values) != count) {
    return OperatorFault(fmt::format("input {} ({}) has {} numbers instead of {}", input,
                                     tensor.name, values.size(), count));
  }
  return values;
}

Result<size_t> Axis(int64_t axis, size_t rank) {
  const auto extents = static_cast<int64_t>(rank);
  if (axis < -extents || axis >= extents) {
    return OperatorFault(fmt::format("there is no axis {} in {} dimensions", axis, rank));
  }
  return static_cast<size_t>(axis < 0 ? axis + extents : axis);
}

bool HaveSameScale(const TfliteTensor& a, const TfliteTensor& b) {
  return Scale(a) == Scale(b) && ZeroPoint(a) == ZeroPoint(b);
}

Result<> CheckQuantized(const TfliteTensor& tensor, bool may_be_unsigned) {
  const bool is_unsigned = tensor.Is(TfliteType::kUint8);
  if (is_unsigned && !may_be_unsigned) {
    return OperatorFault(fmt::format(
        "tensor {} is uint8; of uint8 only what QUANTIZE and DEQUANTIZE convert is read. Convert "
        "the model again with int8 quantisation",
        tensor.name));
  }
  if (!is_unsigned && !tensor.Is(TfliteType::kInt8)) {
    return OperatorFault(
        fmt::format("tensor {} is {}, not int8", tensor.name, TfliteTypeName(tensor.type)));
  }
  if (tensor.scales.size() != 1 || tensor.zero_points.size() > 1 || !IsScale(tensor.scales[0])) {
    return OperatorFault(fmt::format("tensor {} is not quantised with one scale", tensor.name));
  }
  const int64_t low = is_unsigned ? 0 : kInt8Min;
  const int64_t zero = tensor.zero_points.empty() ? 0 : tensor.zero_points[0];
  if (zero < low || zero > low + 255) {
    return OperatorFault(fmt::format("tensor {} has a zero point outside of {}", tensor.name,
                                     TfliteTypeName(tensor.type)));
  }
  return {};
}

Result<> CheckEndsQuantized(const TfliteSite& site) {
  TRY(CheckQuantized(site.in()));
  return CheckQuantized(site.out());
}

Result<> CheckSameType(const TfliteTensor& a, const TfliteTensor& b) {
  if (a.type == b.type) return {};
  return OperatorFault(fmt::format("tensor {} is {}, but {} is {}", a.name, TfliteTypeName(a.type),
                                   b.name, TfliteTypeName(b.type)));
}

int32_t QuantizedLimit(const TfliteTensor& tensor, float real) {
  // Rounded in single precision and away from zero at ties, as the reference does it.
  const float steps = std::clamp(std::round(real / Scale(tensor)), -512.0f, 512.0f);
  return std::clamp(ZeroPoint(tensor) + static_cast<int32_t>(steps), kInt8Min, kInt8Max);
}

namespace {

struct ActivationRange {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

Result<ActivationRange> RangeOf(const TfliteSite& site) {
  switch (static_cast<TfliteActivation>(site.op.options.activation)) {
    case TfliteActivation::kNone:
      return ActivationRange{};
    case TfliteActivation::kRelu:
      return ActivationRange{.low = 0};
    case TfliteActivation::kReluN1To1:
      return ActivationRange{-1, 1};
    case TfliteActivation::kRelu6:
      return ActivationRange{0, 6};
  }
  return OperatorFault(fmt::format("fused activation {} is not read", site.op.options.activation));
}

}  // namespace

Result<Requantization> OutputRange(const TfliteSite& site) {
  const ActivationRange range = TRY(RangeOf(site));
  Requantization to;
  to.zero_point = ZeroPoint(site.out());
  if (std::isfinite(range.low)) to.low = QuantizedLimit(site.out(), range.low);
  if (std::isfinite(range.high)) to.high = QuantizedLimit(site.out(), range.high);
  return to;
}

MlirValue ClampFloat(MlirText& text, const MlirValue& value, float low, float high) {
  MlirBody body(text);
  std::string result = "%a";
  if (std::isfinite(low)) result = body.Max(result, body.Float(low), "f32");
  if (std::isfinite(high)) result = body.Min(result, body.Float(high), "f32");
  if (result == "%a") return value;
  return text.Map(value.shape, {{value, AllDimensions(value.shape.size())}}, "f32", body, result);
}

Result<MlirValue> FusedFloatActivation(const TfliteSite& site, const MlirValue& value) {
  const ActivationRange range = TRY(RangeOf(site));
  return ClampFloat(site.text, value, range.low, range.high);
}

Result<MlirOperand> Broadcast(const TfliteSite& site, size_t input, const Shape& shape) {
  const Shape& own = site.in(input).shape;
  const auto fault = [&] {
    return OperatorFault(
        fmt::format("shape {} of input {} does not broadcast to {}", own, input, shape));
  };
  if (own.size() > shape.size()) return fault();
  Shape kept;
  std::vector<size_t> dimensions;
  for (size_t i = 0; i < own.size(); ++i) {
    const size_t loop = i + shape.size() - own.size();
    if (own[i] == 1 && shape[loop] != 1) continue;
    if (own[i] != shape[loop]) return fault();
    kept.push_back(own[i]);
    dimensions.push_back(loop);
  }
  return MlirOperand{site.Value(input, kept), dimensions};
}

}  // namespace host
