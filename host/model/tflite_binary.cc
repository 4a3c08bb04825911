// SPDX-License-Identifier: Apache-2.0

// Operators that combine two tensors element by element, shapes broadcast.
#include <algorithm>

#include "base/try.h"
#include "fmt/format.h"
#include "host/model/tflite_operators.h"

namespace host {
namespace {

Result<std::vector<MlirOperand>> Operands(const TfliteSite& site) {
  TRY(CheckSameType(site.in(1), site.in()));
  TRY(CheckSameType(site.out(), site.in()));
  return std::vector{TRY(Broadcast(site, 0, site.out().shape)),
                     TRY(Broadcast(site, 1, site.out().shape))};
}

Result<> CheckAllQuantized(const TfliteSite& site) {
  TRY(CheckEndsQuantized(site));
  return CheckQuantized(site.in(1));
}

// x - zero point, as i32.
std::string Real(MlirBody& body, std::string_view name, const TfliteTensor& tensor) {
  return body.Binary("arith.subi", body.Widen(name), body.Integer(ZeroPoint(tensor), "i32"), "i32");
}

// The same operation for numbers that are what they stand for.
TfliteValues Plain(const TfliteSite& site, std::string_view float_op, std::string_view integer_op) {
  const std::vector<MlirOperand> operands = TRY(Operands(site));
  const MlirElement element = operands[0].value.element;
  MlirBody body(site.text);
  const std::string result =
      body.Binary(site.is_float() ? float_op : integer_op, "%a", "%b", element);
  const MlirValue value = site.text.Map(site.out().shape, operands, element, body, result);
  if (site.is_float()) return {{TRY(FusedFloatActivation(site, value))}};
  if (site.op.options.activation != 0) return OperatorFault("an activation of integers");
  return {{value}};
}

// Both inputs in units of half the larger scale's, 20 bits finer, so that they can be added.
TfliteValues Int8Sum(const TfliteSite& site, int sign_of_second) {
  constexpr int kFinerBits = 20;
  const std::vector<MlirOperand> operands = TRY(Operands(site));
  TRY(CheckAllQuantized(site));
  const double twice_largest =
      2.0 * static_cast<double>(std::max(Scale(site.in()), Scale(site.in(1))));
  const FixedMultiplier to_output = QuantizeMultiplier(
      twice_largest / static_cast<double>(static_cast<float>(1 << kFinerBits) * Scale(site.out())));
  if (to_output.shift > 0) {
    return OperatorFault("the output's scale is too small for its inputs");
  }
  MlirBody body(site.text);
  constexpr int64_t kLargest = int64_t{255} << kFinerBits;
  std::string scaled[2];
  for (size_t i = 0; i < 2; ++i) {
    const std::string real = Real(body, i == 0 ? "%a" : "%b", site.in(i));
    const std::string fine =
        body.Binary("arith.shli", real, body.Integer(kFinerBits, "i32"), "i32");
    FixedMultiplier scale =
        QuantizeMultiplier(static_cast<double>(Scale(site.in(i))) / twice_largest);
    if (i == 1) scale.multiplier *= sign_of_second;
    scaled[i] = FixedProduct(body, fine, scale, kLargest);
  }
  const std::string sum = body.Binary("arith.addi", scaled[0], scaled[1], "i32");
  const std::string result =
      ToInt8(body, FixedProduct(body, sum, to_output, kLargest), TRY(OutputRange(site)));
  return {{site.text.Map(site.out().shape, operands, "i8", body, result)}};
}

TfliteValues Add(const TfliteSite& site) {
  if (site.in().Is(TfliteType::kInt8)) return Int8Sum(site, 1);
  return Plain(site, "arith.addf", "arith.addi");
}

TfliteValues Sub(const TfliteSite& site) {
  if (site.in().Is(TfliteType::kInt8)) return Int8Sum(site, -1);
  return Plain(site, "arith.subf", "arith.subi");
}

TfliteValues Mul(const TfliteSite& site) {
  if (!site.in().Is(TfliteType::kInt8)) return Plain(site, "arith.mulf", "arith.muli");
  const std::vector<MlirOperand> operands = TRY(Operands(site));
  TRY(CheckAllQuantized(site));
  // In single precision, as the reference does it.
  const float real = Scale(site.in()) * Scale(site.in(1)) / Scale(site.out());
  if (!std::isfinite(real)) return OperatorFault("the scales are too far apart");
  MlirBody body(site.text);
  const std::string a = Real(body, "%a", site.in());
  const std::string b = Real(body, "%b", site.in(1));
  const std::string product =
      FixedProduct(body, body.Binary("arith.muli", a, b, "i32"),
                   QuantizeMultiplier(static_cast<double>(real)), 255 * 255);
  const std::string result = ToInt8(body, product, TRY(OutputRange(site)));
  return {{site.text.Map(site.out().shape, operands, "i8", body, result)}};
}

TfliteValues Div(const TfliteSite& site) { return Plain(site, "arith.divf", ""); }

TfliteValues SquaredDifference(const TfliteSite& site) {
  const std::vector<MlirOperand> operands = TRY(Operands(site));
  MlirBody body(site.text);
  const std::string d = body.Binary("arith.subf", "%a", "%b", "f32");
  const std::string square = body.Binary("arith.mulf", d, d, "f32");
  return {{site.text.Map(site.out().shape, operands, "f32", body, square)}};
}

// Of int8 the numbers are compared, so all three tensors need one scale.
template <bool kIsMax>
TfliteValues Extreme(const TfliteSite& site) {
  const std::vector<MlirOperand> operands = TRY(Operands(site));
  if (site.in().Is(TfliteType::kInt8)) {
    TRY(CheckAllQuantized(site));
    if (!HaveSameScale(site.in(), site.in(1)) || !HaveSameScale(site.in(), site.out())) {
      return OperatorFault("the quantisation of inputs and output differs");
    }
  }
  MlirBody body(site.text);
  const MlirElement element = operands[0].value.element;
  const std::string result = kIsMax ? body.Max("%a", "%b", element) : body.Min("%a", "%b", element);
  return {{site.text.Map(site.out().shape, operands, element, body, result)}};
}

// x where it is not negative, else x times a number of the second input.
TfliteValues Prelu(const TfliteSite& site) {
  const std::vector<MlirOperand> operands = TRY(Operands(site));
  MlirBody body(site.text);
  if (site.is_float()) {
    const std::string below = body.Binary("arith.mulf", "%a", "%b", "f32");
    const std::string is_above = body.Step("arith.cmpf oge, %a, {} : f32", body.Float(0));
    const std::string result = body.Step("arith.select {}, %a, {} : f32", is_above, below);
    return {{site.text.Map(site.out().shape, operands, "f32", body, result)}};
  }
  TRY(CheckAllQuantized(site));
  const float above_scale = Scale(site.in()) / Scale(site.out());
  const float below_scale = Scale(site.in()) * Scale(site.in(1)) / Scale(site.out());
  if (!std::isfinite(above_scale) || !std::isfinite(below_scale)) {
    return OperatorFault("the scales are too far apart");
  }
  const std::string x = Real(body, "%a", site.in());
  const std::string alpha = Real(body, "%b", site.in(1));
  const std::string above =
      FixedProduct(body, x, QuantizeMultiplier(static_cast<double>(above_scale)), 255);
  const std::string below =
      FixedProduct(body, body.Binary("arith.muli", x, alpha, "i32"),
                   QuantizeMultiplier(static_cast<double>(below_scale)), 255 * 255);
  const std::string is_above = body.Step("arith.cmpi sge, {}, {} : i32", x, body.Integer(0, "i32"));
  const std::string product = body.Step("arith.select {}, {}, {} : i32", is_above, above, below);
  const std::string result = ToInt8(body, product, TRY(OutputRange(site)));
  return {{site.text.Map(site.out().shape, operands, "i8", body, result)}};
}

constexpr TfliteTypes kNumbersAndIntegers = kNumberTypes | kIntegerTypes;

constexpr TfliteOperatorRow kRows[] = {
    {TfliteOperatorCode::kAdd, 11, 2, 2, kNumbersAndIntegers, Add},
    {TfliteOperatorCode::kSub, 28, 2, 2, kNumbersAndIntegers, Sub},
    {TfliteOperatorCode::kMul, 21, 2, 2, kNumbersAndIntegers, Mul},
    {TfliteOperatorCode::kDiv, 29, 2, 2, kFloatType, Div},
    {TfliteOperatorCode::kSquaredDifference, 0, 2, 2, kFloatType, SquaredDifference},
    {TfliteOperatorCode::kMaximum, 0, 2, 2, kNumbersAndIntegers, Extreme<true>},
    {TfliteOperatorCode::kMinimum, 0, 2, 2, kNumbersAndIntegers, Extreme<false>},
    {TfliteOperatorCode::kPrelu, 0, 2, 2, kNumberTypes, Prelu},
};

}  // namespace

std::span<const TfliteOperatorRow> TfliteBinaryOperators() { return kRows; }

}  // namespace host
