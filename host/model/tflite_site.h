// SPDX-License-Identifier: Apache-2.0

// What the functions that write one TFLite operator (tflite_operators.h) are given and share: the
// operator's tensors, the values computed before it, and the checks of quantisation.
#ifndef HOST_MODEL_TFLITE_SITE_H_
#define HOST_MODEL_TFLITE_SITE_H_

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "host/error/error.h"
#include "host/model/mlir_text.h"
#include "host/model/requantization.h"
#include "host/model/tflite_file.h"

namespace host {

// Of one activation; the device has 16 MiB for all of them.
inline constexpr int64_t kMaxActivationElements = 1 << 24;

// An operator whose tensors have known extents of at least 1 and element types that MLIR has.
struct TfliteSite {
  const TfliteOperator& op;
  MlirText& text;
  std::vector<const TfliteTensor*> inputs;  // null where left out
  std::vector<const MlirValue*> values;     // of the inputs; null for constants
  std::vector<const TfliteTensor*> outputs;

  [[nodiscard]] const TfliteTensor& in(size_t i = 0) const { return *inputs[i]; }
  [[nodiscard]] const TfliteTensor& out(size_t i = 0) const { return *outputs[i]; }
  [[nodiscard]] bool has_input(size_t i) const { return i < inputs.size() && inputs[i] != nullptr; }
  [[nodiscard]] bool is_float() const { return in().Is(TfliteType::kFloat32); }
  // The value of an input, with another shape of as many elements if one is given. A constant is
  // written here.
  [[nodiscard]] MlirValue Value(size_t i = 0) const;
  [[nodiscard]] MlirValue Value(size_t i, const Shape& shape) const;
};

std::unexpected<Error> OperatorFault(std::string sentence);
// The shapes do not fit because the output's is computed as the model runs.
std::unexpected<Error> OpenShape(const TfliteSite& site);

// "i8" for int8, uint8 and bool; empty for a type that is not read.
[[nodiscard]] MlirElement ElementOf(const TfliteTensor& tensor);

template <typename T>
std::vector<T> ConstantValues(const TfliteTensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(T));
  return values;
}
// Of an int32 or int64 constant with `count` elements (any number if -1).
[[nodiscard]] Result<std::vector<int64_t>> ConstantIntegers(const TfliteSite& site, size_t input,
                                                            int64_t count);
// An axis given as -rank .. rank - 1.
[[nodiscard]] Result<size_t> Axis(int64_t axis, size_t rank);

// Of a tensor for which CheckQuantized has held.
[[nodiscard]] inline float Scale(const TfliteTensor& tensor) { return tensor.scales.front(); }
[[nodiscard]] inline int32_t ZeroPoint(const TfliteTensor& tensor) {
  return tensor.zero_points.empty() ? 0 : static_cast<int32_t>(tensor.zero_points.front());
}
[[nodiscard]] inline bool IsScale(float scale) { return std::isfinite(scale) && scale > 0; }
[[nodiscard]] bool HaveSameScale(const TfliteTensor& a, const TfliteTensor& b);

// 8 bits with one scale and one zero point in range; uint8 only where it is asked for.
[[nodiscard]] Result<> CheckQuantized(const TfliteTensor& tensor, bool may_be_unsigned = false);
// First input and first output.
[[nodiscard]] Result<> CheckEndsQuantized(const TfliteSite& site);
[[nodiscard]] Result<> CheckSameType(const TfliteTensor& a, const TfliteTensor& b);

// Zero point and range of the first output, with the fused activation; no multipliers yet.
[[nodiscard]] Result<Requantization> OutputRange(const TfliteSite& site);
// The number that int8 has for a real one, within int8's range.
[[nodiscard]] int32_t QuantizedLimit(const TfliteTensor& tensor, float real);

// The fused activation on floats; the value itself if there is none.
[[nodiscard]] Result<MlirValue> FusedFloatActivation(const TfliteSite& site,
                                                     const MlirValue& value);
// `low` or `high` may be infinite.
[[nodiscard]] MlirValue ClampFloat(MlirText& text, const MlirValue& value, float low, float high);

// Operand `input` for loops over `shape`, with dimensions of one element taken out where it is
// repeated. Fails if its shape cannot be broadcast to that.
[[nodiscard]] Result<MlirOperand> Broadcast(const TfliteSite& site, size_t input,
                                            const Shape& shape);

}  // namespace host

#endif  // HOST_MODEL_TFLITE_SITE_H_
