// SPDX-License-Identifier: Apache-2.0

// Operators that take dimensions away, and those that divide by what they would leave.
#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/float_layers.h"
#include "host/model/tflite_operators.h"

namespace host {
namespace {

// An element of 2^12 softmax inputs of the same size adds up to more than the reference can hold.
constexpr int64_t kMaxSoftmaxRow = 4095;

struct Reduction {
  std::vector<size_t> reduced;  // sorted
  std::vector<size_t> kept;
  Shape shape;  // of what is kept
  int64_t count = 1;
};

Result<Reduction> ReadReduction(const TfliteSite& site) {
  const Shape& in = site.in().shape;
  Reduction reduction;
  for (int64_t number : TRY(ConstantIntegers(site, 1, -1))) {
    const size_t axis = TRY(Axis(number, in.size()));
    if (std::ranges::find(reduction.reduced, axis) == reduction.reduced.end()) {
      reduction.reduced.push_back(axis);
      reduction.count *= in[axis];
    }
  }
  std::ranges::sort(reduction.reduced);
  for (size_t i = 0; i < in.size(); ++i) {
    if (std::ranges::find(reduction.reduced, i) != reduction.reduced.end()) continue;
    reduction.kept.push_back(i);
    reduction.shape.push_back(in[i]);
  }
  if (ElementCount(reduction.shape) != ElementCount(site.out().shape)) {
    return OperatorFault(fmt::format("from {} to {}", in, site.out().shape));
  }
  return reduction;
}

// `body` joins an element %a with what was joined before, %o.
MlirValue Reduce(const TfliteSite& site, const Reduction& reduction, MlirElement element,
                 std::string_view init, const MlirBody& body, std::string_view result) {
  const MlirValue in = site.Value();
  return site.text.Generic(
      in.shape.size(), reduction.reduced, {{in, AllDimensions(in.shape.size())}},
      {site.text.Filled(reduction.shape, element, init), reduction.kept}, body, result);
}

MlirValue FloatSum(const TfliteSite& site, const Reduction& reduction) {
  MlirBody body(site.text);
  const std::string sum = body.Binary("arith.addf", "%a", "%o", "f32");
  return Reduce(site, reduction, "f32", site.text.Float(0), body, sum);
}

MlirValue Int8Sum(const TfliteSite& site, const Reduction& reduction, int32_t zero_point) {
  MlirBody body(site.text);
  const std::string real =
      body.Binary("arith.subi", body.Widen("%a"), body.Integer(zero_point, "i32"), "i32");
  const std::string sum = body.Binary("arith.addi", real, "%o", "i32");
  return Reduce(site, reduction, "i32", site.text.Integer(0, "i32"), body, sum);
}

MlirValue MapSums(const TfliteSite& site, const MlirValue& sums, MlirElement element,
                  const MlirBody& body, std::string_view result) {
  const MlirValue value =
      site.text.Map(sums.shape, {{sums, AllDimensions(sums.shape.size())}}, element, body, result);
  return site.text.Reshape(value, site.out().shape);
}

// The multiplier of a mean of `count` numbers: 1 / count in it, as the reference puts it there.
FixedMultiplier DividedBy(FixedMultiplier by, int64_t count) {
  int shift = 63 - std::countl_zero(static_cast<uint64_t>(count));
  shift = std::min({shift, 32, 31 + by.shift});
  return {static_cast<int32_t>((int64_t{by.multiplier} << shift) / count), by.shift - shift};
}

// Sums of x - zero point. Over height and width with dimensions kept they are scaled first and
// divided then, rounded away from zero at ties; otherwise one multiplier does both.
TfliteValues Int8Mean(const TfliteSite& site, const Reduction& reduction) {
  TRY(CheckEndsQuantized(site));
  if (reduction.count > 1 << 22) return OperatorFault("too many elements are summed");
  const TfliteTensor& in = site.in();
  const TfliteTensor& out = site.out();
  const double ratio = static_cast<double>(Scale(in)) / static_cast<double>(Scale(out));
  if (!std::isfinite(ratio)) return OperatorFault("the scales are too far apart");
  const bool is_over_picture = site.op.options.keep_dims != 0 && in.shape.size() == 4 &&
                               reduction.reduced == std::vector<size_t>{1, 2};
  const Requantization to{.multipliers = {}, .zero_point = ZeroPoint(out)};
  const FixedMultiplier by = QuantizeMultiplier(ratio);
  const int64_t largest = 255 * reduction.count;
  const MlirValue sums = Int8Sum(site, reduction, ZeroPoint(in));
  MlirBody body(site.text);
  std::string mean;
  if (is_over_picture) {
    const std::string scaled = FixedProduct(body, "%a", by, largest);
    const std::string half = body.Integer(reduction.count / 2, "i32");
    const std::string is_positive =
        body.Step("arith.cmpi sgt, {}, {} : i32", scaled, body.Integer(0, "i32"));
    const std::string up = body.Binary("arith.addi", scaled, half, "i32");
    const std::string down = body.Binary("arith.subi", scaled, half, "i32");
    const std::string away = body.Step("arith.select {}, {}, {} : i32", is_positive, up, down);
    mean = body.Binary("arith.divsi", away, body.Integer(reduction.count, "i32"), "i32");
  } else {
    mean = FixedProduct(body, "%a", DividedBy(by, reduction.count), largest);
  }
  return {{MapSums(site, sums, "i8", body, ToInt8(body, mean, to))}};
}

TfliteValues Mean(const TfliteSite& site) {
  TRY(CheckSameType(site.out(), site.in()));
  const Reduction reduction = TRY(ReadReduction(site));
  if (!site.is_float()) return Int8Mean(site, reduction);
  const MlirValue sums = FloatSum(site, reduction);
  MlirBody body(site.text);
  const std::string mean =
      body.Binary("arith.divf", "%a", body.Float(static_cast<float>(reduction.count)), "f32");
  return {{MapSums(site, sums, "f32", body, mean)}};
}

TfliteValues Sum(const TfliteSite& site) {
  TRY(CheckSameType(site.out(), site.in()));
  const Reduction reduction = TRY(ReadReduction(site));
  return {{site.text.Reshape(FloatSum(site, reduction), site.out().shape)}};
}

template <bool kIsMax>
TfliteValues Extreme(const TfliteSite& site) {
  TRY(CheckSameType(site.out(), site.in()));
  const Reduction reduction = TRY(ReadReduction(site));
  MlirBody body(site.text);
  const MlirElement element = ElementOf(site.in());
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (!site.is_float()) {
    TRY(CheckEndsQuantized(site));
    if (!HaveSameScale(site.in(), site.out())) return OperatorFault("the quantisation changes");
  }
  const std::string init = site.is_float()
                               ? site.text.Float(kIsMax ? -kInfinity : kInfinity)
                               : site.text.Integer(kIsMax ? kInt8Min : kInt8Max, element);
  const std::string result = kIsMax ? body.Max("%a", "%o", element) : body.Min("%a", "%o", element);
  return {
      {site.text.Reshape(Reduce(site, reduction, element, init, body, result), site.out().shape)}};
}

// Where along the axis the first of the largest elements is.
TfliteValues ArgMax(const TfliteSite& site) {
  const Shape& in = site.in().shape;
  MlirText& text = site.text;
  const auto number_of_axis = TRY(ConstantIntegers(site, 1, 1));
  const size_t axis = TRY(Axis(number_of_axis[0], in.size()));
  if (!site.out().Is(TfliteType::kInt32) && !site.out().Is(TfliteType::kInt64)) {
    return OperatorFault("the output is no integer");
  }
  Reduction reduction = TRY(ReadReduction(site));
  MlirBody larger(text);
  const MlirElement element = ElementOf(site.in());
  const std::string least = site.is_float() ? text.Float(-std::numeric_limits<float>::infinity())
                                            : text.Integer(kInt8Min, "i8");
  const std::string max = larger.Max("%a", "%o", element);
  const MlirValue largest = Reduce(site, reduction, element, least, larger, max);
  // The numbers of the elements as a constant: linalg.index in a reduction is compiled wrongly by
  // 20230209.425.
  std::vector<int32_t> numbers(static_cast<size_t>(in[axis]));
  std::iota(numbers.begin(), numbers.end(), 0);
  MlirBody first(text);
  const std::string is_largest =
      first.Step("arith.{} %a, %b : {}", site.is_float() ? "cmpf oeq," : "cmpi eq,", element);
  const std::string none = first.Integer(in[axis] - 1, "i32");
  const std::string here = first.Step("arith.select {}, %c, {} : i32", is_largest, none);
  const std::string nearest = first.Min(here, "%o", "i32");
  const MlirValue found =
      text.Generic(in.size(), reduction.reduced,
                   {{site.Value(), AllDimensions(in.size())},
                    {largest, reduction.kept},
                    {text.Constant(numbers, {in[axis]}), {axis}}},
                   {text.Filled(reduction.shape, "i32", none), reduction.kept}, first, nearest);
  MlirBody cast(text);
  if (site.out().Is(TfliteType::kInt32)) return {{text.Reshape(found, site.out().shape)}};
  return {{MapSums(site, found, "i64", cast, cast.Convert("arith.extsi", "%a", "i32", "i64"))}};
}

// 1 / sum for sums in Q12.19, as Q0.31 of the sum shifted to [1, 2).
MlirValue Reciprocals(MlirText& text, const MlirValue& sums) {
  constexpr int32_t k48Over17 = 1515870810;        // Q2.29
  constexpr int32_t kMinus32Over17 = -1010580540;  // Q2.29
  constexpr int32_t kOne = 1 << 29;                // Q2.29
  MlirBody body(text);
  const std::string one = body.Integer(1, "i32");
  const std::string two = body.Integer(2, "i32");
  const std::string unit = body.Integer(kOne, "i32");
  const std::string zeros = body.Step("math.ctlz %a : i32");
  const std::string full = body.Binary("arith.shli", "%a", zeros, "i32");
  const std::string half = body.Binary("arith.shrui", full, one, "i32");
  const std::string line = RoundingHighProduct(body, half, body.Integer(kMinus32Over17, "i32"));
  std::string x = body.Binary("arith.addi", line, body.Integer(k48Over17, "i32"), "i32");
  for (int i = 0; i < 3; ++i) {
    const std::string near = RoundingHighProduct(body, half, x);
    const std::string error = body.Binary("arith.subi", unit, near, "i32");
    const std::string step = RoundingHighProduct(body, x, error);
    x = body.Binary("arith.addi", x, body.Binary("arith.shli", step, two, "i32"), "i32");
  }
  // Half of it in Q0.31, which cannot hold 1.
  const std::string is_one =
      body.Step("arith.cmpi sge, {}, {} : i32", x, body.Integer(1 << 30, "i32"));
  const std::string doubled = body.Binary("arith.shli", x, one, "i32");
  const std::string largest = body.Integer(std::numeric_limits<int32_t>::max(), "i32");
  const std::string result = body.Step("arith.select {}, {}, {} : i32", is_one, largest, doubled);
  return text.Map(sums.shape, {{sums, {0}}}, "i32", body, result);
}

// Differences of int8 have 256 values, so the exponentials are a table made here; what remains is
// one reciprocal a row, by Newton's method in Q2.29, and one product an element.
TfliteValues Int8Softmax(const TfliteSite& site, int64_t rows, int64_t columns) {
  MlirText& text = site.text;
  const float beta = site.op.options.beta;
  TRY(CheckEndsQuantized(site));
  if (columns > kMaxSoftmaxRow) {
    return OperatorFault(fmt::format("a row has more than {} elements", kMaxSoftmaxRow));
  }
  if (Scale(site.out()) != 1.0f / 256 || ZeroPoint(site.out()) != kInt8Min) {
    return OperatorFault("the output's scale is not 1/256 with the zero point -128");
  }
  // The reference refuses smaller products of the two.
  if (!IsScale(beta) || beta * Scale(site.in()) * static_cast<float>(1 << 26) <= 1) {
    return OperatorFault(fmt::format("beta {} with input scale {}", beta, Scale(site.in())));
  }
  const MlirValue in = site.Value(0, {rows, columns});
  MlirBody larger(text);
  const std::string max = larger.Max("%a", "%o", "i8");
  const MlirValue largest =
      text.Generic(2, {1}, {{in, {0, 1}}},
                   {text.Filled({rows}, "i8", text.Integer(kInt8Min, "i8")), {0}}, larger, max);
  const MlirValue table = text.Constant(SoftmaxExponentials(beta, Scale(site.in())), {256});
  MlirBody look_up(text);
  const std::string x = look_up.Widen("%a");
  const std::string difference = look_up.Binary("arith.subi", look_up.Widen("%b"), x, "i32");
  const std::string index = look_up.Convert("arith.index_cast", difference, "i32", "index");
  const std::string power =
      look_up.Step("tensor.extract {}[{}] : {}", table.name, index, table.type());
  const MlirValue exponentials =
      text.Map(in.shape, {{in, {0, 1}}, {largest, {0}}}, "i32", look_up, power);
  MlirBody add(text);
  const std::string rounded = add.Binary("arith.addi", "%a", add.Integer(1 << 11, "i32"), "i32");
  const std::string coarse = add.Binary("arith.shrui", rounded, add.Integer(12, "i32"), "i32");
  const std::string sum = add.Binary("arith.addi", coarse, "%o", "i32");
  const MlirValue sums =
      text.Generic(2, {1}, {{exponentials, {0, 1}}},
                   {text.Filled({rows}, "i32", text.Integer(0, "i32")), {0}}, add, sum);
  const MlirValue reciprocals = Reciprocals(text, sums);
  MlirBody share(text);
  const std::string one = share.Integer(1, "i32");
  const std::string zeros = share.Step("math.ctlz %c : i32");
  const std::string bits = share.Binary("arith.subi", share.Integer(35, "i32"), zeros, "i32");
  const std::string shift = share.Min(bits, share.Integer(31, "i32"), "i32");
  const std::string product = RoundingHighProduct(share, "%a", "%b");
  const std::string less = share.Binary("arith.subi", shift, one, "i32");
  const std::string half = share.Binary("arith.shli", one, less, "i32");
  const std::string nearer = share.Binary("arith.addi", product, half, "i32");
  const std::string q = share.Binary("arith.shrui", nearer, shift, "i32");
  const std::string result = ToInt8(share, q, {.multipliers = {}, .zero_point = kInt8Min});
  const MlirValue value = text.Map(
      in.shape, {{exponentials, {0, 1}}, {reciprocals, {0}}, {sums, {0}}}, "i8", share, result);
  return {{text.Reshape(value, site.out().shape)}};
}

TfliteValues Softmax(const TfliteSite& site) {
  const Shape& shape = site.in().shape;
  TRY(CheckSameType(site.out(), site.in()));
  if (shape.empty() || shape != site.out().shape) {
    return OperatorFault(fmt::format("from {} to {}", shape, site.out().shape));
  }
  if (!site.is_float()) {
    return Int8Softmax(site, ElementCount(shape) / shape.back(), shape.back());
  }
  if (!std::isfinite(site.op.options.beta)) return OperatorFault("beta is not a number");
  return {{FloatSoftmax(site.text, site.Value(), site.op.options.beta)}};
}

TfliteValues LogSoftmax(const TfliteSite& site) {
  const Shape& shape = site.in().shape;
  TRY(CheckSameType(site.out(), site.in()));
  if (shape.empty() || shape != site.out().shape) {
    return OperatorFault(fmt::format("from {} to {}", shape, site.out().shape));
  }
  const MlirValue shares = FloatSoftmax(site.text, site.Value());
  MlirBody body(site.text);
  const std::string result = body.Step("math.log %a : f32");
  return {{site.text.Map(shape, {{shares, AllDimensions(shape.size())}}, "f32", body, result)}};
}

constexpr TfliteOperatorRow kRows[] = {
    {TfliteOperatorCode::kMean, 27, 2, 2, kNumberTypes, Mean},
    {TfliteOperatorCode::kSum, 27, 2, 2, kFloatType, Sum},
    {TfliteOperatorCode::kReduceMax, 27, 2, 2, kNumberTypes, Extreme<true>},
    {TfliteOperatorCode::kReduceMin, 27, 2, 2, kNumberTypes, Extreme<false>},
    {TfliteOperatorCode::kArgMax, 0, 2, 2, kNumberTypes, ArgMax},
    {TfliteOperatorCode::kSoftmax, 9, 1, 1, kNumberTypes, Softmax},
    {TfliteOperatorCode::kLogSoftmax, 0, 1, 1, kFloatType, LogSoftmax},
};

}  // namespace

std::span<const TfliteOperatorRow> TfliteReductionOperators() { return kRows; }

}  // namespace host
