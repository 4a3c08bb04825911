// SPDX-License-Identifier: Apache-2.0

// Operators that map one element to one, conversions between types among them.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/float_layers.h"
#include "host/model/int8_tables.h"
#include "host/model/tflite_operators.h"

namespace host {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Result<> CheckSameShape(const TfliteSite& site) {
  if (site.in().shape == site.out().shape) return {};
  return OperatorFault(fmt::format("from {} to {}", site.in().shape, site.out().shape));
}

MlirValue MapInput(const TfliteSite& site, MlirElement element, const MlirBody& body,
                   std::string_view result) {
  const MlirValue in = site.Value();
  return site.text.Map(in.shape, {{in, AllDimensions(in.shape.size())}}, element, body, result);
}

// --- int8 by a table ---

Int8Scale ScaleOf(const TfliteTensor& tensor) { return {Scale(tensor), ZeroPoint(tensor)}; }

MlirValue LookUp(const TfliteSite& site, const Int8Table& table) {
  const MlirValue constant = site.text.Constant(std::span(table), {256});
  MlirBody body(site.text);
  const std::string index =
      body.Convert("arith.index_cast", body.Widen("%a", /*is_unsigned=*/true), "i32", "index");
  const std::string result =
      body.Step("tensor.extract {}[{}] : {}", constant.name, index, constant.type());
  return MapInput(site, "i8", body, result);
}

Result<> CheckInt8Map(const TfliteSite& site) {
  TRY(CheckSameShape(site));
  return CheckEndsQuantized(site);
}

// --- one real function: Steps for float32, Number for the table of int8 if it has one ---

template <typename Function>
TfliteValues Real(const TfliteSite& site) {
  TRY(CheckSameShape(site));
  if (site.is_float()) {
    TRY(CheckSameType(site.out(), site.in()));
    MlirBody body(site.text);
    const std::string result = Function::Steps(body, "%a");
    return {{MapInput(site, "f32", body, result)}};
  }
  if constexpr (requires { Function::Number(0.0f); }) {
    TRY(CheckEndsQuantized(site));
    return {{LookUp(site, FloatTable(ScaleOf(site.in()), ScaleOf(site.out()), Function::Number))}};
  }
  return OperatorFault("int8 is not read for this operator");
}

struct LogisticFunction {
  static float Number(float x) { return 1.0f / (1.0f + std::exp(-x)); }
  static std::string Steps(MlirBody& body, std::string_view x) { return FloatSigmoid(body, x); }
};

struct TanhFunction {
  static float Number(float x) { return std::tanh(x); }
  static std::string Steps(MlirBody& body, std::string_view x) {
    return body.Step("math.tanh {} : f32", x);
  }
};

struct EluFunction {
  static float Number(float x) { return x < 0.0f ? std::expm1(x) : x; }
  static std::string Steps(MlirBody& body, std::string_view x) {
    const std::string zero = body.Float(0);
    const std::string low = body.Min(x, zero, "f32");
    const std::string e = body.Step("math.exp {} : f32", low);
    const std::string below = body.Binary("arith.subf", e, body.Float(1), "f32");
    const std::string is_below = body.Step("arith.cmpf olt, {}, {} : f32", x, zero);
    return body.Step("arith.select {}, {}, {} : f32", is_below, below, x);
  }
};

struct ExpFunction {
  static float Number(float x) { return std::exp(x); }
  static std::string Steps(MlirBody& body, std::string_view x) {
    return body.Step("math.exp {} : f32", x);
  }
};

struct LogFunction {
  static std::string Steps(MlirBody& body, std::string_view x) {
    return body.Step("math.log {} : f32", x);
  }
};

struct SqrtFunction {
  static std::string Steps(MlirBody& body, std::string_view x) {
    return body.Step("math.sqrt {} : f32", x);
  }
};

struct RsqrtFunction {
  static std::string Steps(MlirBody& body, std::string_view x) {
    return body.Binary("arith.divf", body.Float(1), SqrtFunction::Steps(body, x), "f32");
  }
};

struct SquareFunction {
  static std::string Steps(MlirBody& body, std::string_view x) {
    return body.Binary("arith.mulf", x, x, "f32");
  }
};

struct NegFunction {
  static std::string Steps(MlirBody& body, std::string_view x) {
    return body.Step("arith.negf {} : f32", x);
  }
};

struct AbsFunction {
  static std::string Steps(MlirBody& body, std::string_view x) {
    return body.Max(x, body.Step("arith.negf {} : f32", x), "f32");
  }
};

// To the next whole number below (or above), by conversion, which vectors have; from 2^23 on all
// floats are whole.
template <bool kIsUp>
struct WholeFunction {
  static std::string Steps(MlirBody& body, std::string_view x) {
    const std::string limit = body.Float(8388608.0f);
    const std::string magnitude = AbsFunction::Steps(body, x);
    const std::string is_small = body.Step("arith.cmpf olt, {}, {} : f32", magnitude, limit);
    const std::string small =
        body.Step("arith.select {}, {}, {} : f32", is_small, x, body.Float(0));
    const std::string integer = body.Convert("arith.fptosi", small, "f32", "i32");
    const std::string cut = body.Convert("arith.sitofp", integer, "i32", "f32");
    const std::string is_past =
        body.Step("arith.cmpf {}, {}, {} : f32", kIsUp ? "olt" : "ogt", cut, x);
    const std::string next =
        body.Binary(kIsUp ? "arith.addf" : "arith.subf", cut, body.Float(1), "f32");
    const std::string whole = body.Step("arith.select {}, {}, {} : f32", is_past, next, cut);
    return body.Step("arith.select {}, {}, {} : f32", is_small, whole, x);
  }
};

struct HardSwishFunction {
  static std::string Steps(MlirBody& body, std::string_view x) {
    const std::string moved = body.Binary("arith.addf", x, body.Float(3), "f32");
    const std::string above = body.Max(moved, body.Float(0), "f32");
    const std::string within = body.Min(above, body.Float(6), "f32");
    const std::string product = body.Binary("arith.mulf", x, within, "f32");
    return body.Binary("arith.divf", product, body.Float(6), "f32");
  }
};

TfliteValues Logistic(const TfliteSite& site) {
  if (!site.is_float()) {
    TRY(CheckInt8Map(site));
    if (Scale(site.out()) != 1.0f / 256) return OperatorFault("the output's scale is not 1/256");
  }
  return Real<LogisticFunction>(site);
}

TfliteValues HardSwish(const TfliteSite& site) {
  if (site.is_float()) return Real<HardSwishFunction>(site);
  TRY(CheckInt8Map(site));
  if (!(Scale(site.in()) / Scale(site.out()) <= 128)) {
    return OperatorFault("the output's scale is too small for the input's");
  }
  return {{LookUp(site, HardSwishTable(ScaleOf(site.in()), ScaleOf(site.out())))}};
}

TfliteValues LeakyRelu(const TfliteSite& site) {
  const float alpha = site.op.options.alpha;
  if (!std::isfinite(alpha)) return OperatorFault("alpha is not a number");
  TRY(CheckSameShape(site));
  if (!site.is_float()) {
    TRY(CheckEndsQuantized(site));
    const float ratio = Scale(site.in()) / Scale(site.out());
    if (!std::isfinite(ratio) || !std::isfinite(Scale(site.in()) * alpha / Scale(site.out()))) {
      return OperatorFault("the scales are too far apart");
    }
    return {{LookUp(site, LeakyReluTable(ScaleOf(site.in()), ScaleOf(site.out()), alpha))}};
  }
  TRY(CheckSameType(site.out(), site.in()));
  MlirBody body(site.text);
  const std::string below = body.Binary("arith.mulf", "%a", body.Float(alpha), "f32");
  const std::string is_above = body.Step("arith.cmpf ogt, %a, {} : f32", body.Float(0));
  const std::string result = body.Step("arith.select {}, %a, {} : f32", is_above, below);
  return {{MapInput(site, "f32", body, result)}};
}

// Approximated by tanh, or with the error function.
TfliteValues Gelu(const TfliteSite& site) {
  constexpr float kRootOf2OverPi = 0.7978845608f;
  constexpr float kCubic = 0.044715f;
  TRY(CheckSameShape(site));
  if (!site.is_float()) {
    TRY(CheckEndsQuantized(site));
    const bool is_approximate = site.op.options.is_approximate != 0;
    return {{LookUp(site, FloatTable(ScaleOf(site.in()), ScaleOf(site.out()), [&](float x) {
                      if (is_approximate) {
                        return 0.5f * x *
                               (1.0f + std::tanh(kRootOf2OverPi * (x + kCubic * x * x * x)));
                      }
                      return x * 0.5f * std::erfc(x * -0.70710678118654752440f);
                    }))}};
  }
  if (site.op.options.is_approximate == 0) {
    return {{FloatActivation(site.text, site.Value(), {.kind = ActivationKind::kGelu})}};
  }
  MlirBody body(site.text);
  const std::string square = body.Binary("arith.mulf", "%a", "%a", "f32");
  const std::string cube = body.Binary("arith.mulf", square, "%a", "f32");
  const std::string cubic = body.Binary("arith.mulf", cube, body.Float(kCubic), "f32");
  const std::string inner = body.Binary("arith.addf", "%a", cubic, "f32");
  const std::string angle = body.Binary("arith.mulf", inner, body.Float(kRootOf2OverPi), "f32");
  const std::string tanh = TanhFunction::Steps(body, angle);
  const std::string factor = body.Binary("arith.addf", tanh, body.Float(1), "f32");
  const std::string half = body.Binary("arith.mulf", "%a", body.Float(0.5f), "f32");
  return {{MapInput(site, "f32", body, body.Binary("arith.mulf", half, factor, "f32"))}};
}

// --- conversions ---

// i8 (with or without sign) to the other scale, in fixed point.
MlirValue Rescale(const TfliteSite& site, double real, const Requantization& to) {
  MlirBody body(site.text);
  const bool is_unsigned = site.in().Is(TfliteType::kUint8);
  const std::string x = body.Binary("arith.subi", body.Widen("%a", is_unsigned),
                                    body.Integer(ZeroPoint(site.in()), "i32"), "i32");
  const std::string result = ToInt8(body, FixedProduct(body, x, QuantizeMultiplier(real), 255), to);
  return MapInput(site, "i8", body, result);
}

// RELU and its like: between two real numbers, of which `high` may be infinite.
TfliteValues Limited(const TfliteSite& site, float low, float high) {
  TRY(CheckSameShape(site));
  if (site.is_float()) {
    TRY(CheckSameType(site.out(), site.in()));
    return {{ClampFloat(site.text, site.Value(), low, high)}};
  }
  TRY(CheckEndsQuantized(site));
  Requantization to{.multipliers = {}, .zero_point = ZeroPoint(site.out())};
  to.low = QuantizedLimit(site.out(), low);
  if (std::isfinite(high)) to.high = QuantizedLimit(site.out(), high);
  if (HaveSameScale(site.in(), site.out())) {
    MlirBody body(site.text);
    const std::string clamped = body.Clamp(body.Widen("%a"), to.low, to.high);
    return {{MapInput(site, "i8", body, body.Convert("arith.trunci", clamped, "i32", "i8"))}};
  }
  const float ratio = Scale(site.in()) / Scale(site.out());
  if (!std::isfinite(ratio)) return OperatorFault("the scales are too far apart");
  return {{Rescale(site, static_cast<double>(ratio), to)}};
}

TfliteValues Relu(const TfliteSite& site) { return Limited(site, 0, kInfinity); }
TfliteValues Relu6(const TfliteSite& site) { return Limited(site, 0, 6); }
TfliteValues ReluN1To1(const TfliteSite& site) { return Limited(site, -1, 1); }

// x / scale, rounded away from zero at ties, plus the zero point.
MlirValue QuantizeFloat(const TfliteSite& site, int64_t low, int64_t high) {
  const TfliteTensor& out = site.out();
  MlirBody body(site.text);
  const std::string steps = body.Binary("arith.divf", "%a", body.Float(Scale(out)), "f32");
  // What is farther out ends at a limit anyway, and fits i32 this way.
  const std::string above = body.Max(steps, body.Float(-1024), "f32");
  const std::string within = body.Min(above, body.Float(1024), "f32");
  const std::string cut = body.Convert("arith.fptosi", within, "f32", "i32");
  const std::string whole = body.Convert("arith.sitofp", cut, "i32", "f32");
  const std::string rest = body.Binary("arith.subf", within, whole, "f32");
  const std::string is_up = body.Step("arith.cmpf oge, {}, {} : f32", rest, body.Float(0.5f));
  const std::string is_down = body.Step("arith.cmpf ole, {}, {} : f32", rest, body.Float(-0.5f));
  const std::string up = body.Convert("arith.extui", is_up, "i1", "i32");
  const std::string down = body.Convert("arith.extui", is_down, "i1", "i32");
  const std::string more = body.Binary("arith.addi", cut, up, "i32");
  const std::string rounded = body.Binary("arith.subi", more, down, "i32");
  const std::string moved =
      body.Binary("arith.addi", rounded, body.Integer(ZeroPoint(out), "i32"), "i32");
  const std::string result =
      body.Convert("arith.trunci", body.Clamp(moved, low, high), "i32", "i8");
  return MapInput(site, "i8", body, result);
}

TfliteValues Quantize(const TfliteSite& site) {
  const TfliteTensor& in = site.in();
  const TfliteTensor& out = site.out();
  TRY(CheckSameShape(site));
  TRY(CheckQuantized(out, /*may_be_unsigned=*/true));
  const int32_t low = out.Is(TfliteType::kUint8) ? 0 : kInt8Min;
  if (site.is_float()) return {{QuantizeFloat(site, low, low + 255)}};
  TRY(CheckQuantized(in, /*may_be_unsigned=*/true));
  const double real = static_cast<double>(Scale(in)) / static_cast<double>(Scale(out));
  if (!std::isfinite(real)) return OperatorFault("the scales are too far apart");
  return {
      {Rescale(site, real,
               {.multipliers = {}, .zero_point = ZeroPoint(out), .low = low, .high = low + 255})}};
}

TfliteValues Dequantize(const TfliteSite& site) {
  const TfliteTensor& in = site.in();
  TRY(CheckSameShape(site));
  TRY(CheckQuantized(in, /*may_be_unsigned=*/true));
  if (!site.out().Is(TfliteType::kFloat32)) return OperatorFault("the output is not float32");
  MlirBody body(site.text);
  const std::string x = body.Binary("arith.subi", body.Widen("%a", in.Is(TfliteType::kUint8)),
                                    body.Integer(ZeroPoint(in), "i32"), "i32");
  const std::string real = body.Convert("arith.sitofp", x, "i32", "f32");
  const std::string result = body.Binary("arith.mulf", real, body.Float(Scale(in)), "f32");
  return {{MapInput(site, "f32", body, result)}};
}

// Between numbers that are what they stand for.
TfliteValues Cast(const TfliteSite& site) {
  TRY(CheckSameShape(site));
  const MlirElement from = ElementOf(site.in());
  const MlirElement to = ElementOf(site.out());
  const bool is_unsigned = site.in().Is(TfliteType::kUint8) || site.in().Is(TfliteType::kBool);
  if (site.out().Is(TfliteType::kBool)) return OperatorFault("a conversion to bool is not read");
  if (from == to && (from != "i8" || site.in().type == site.out().type)) return {{site.Value()}};
  MlirBody body(site.text);
  std::string result;
  if (from == "f32") {
    const std::string wide = body.Convert("arith.fptosi", "%a", "f32", to == "i64" ? "i64" : "i32");
    result = to == "i8" ? body.Convert("arith.trunci", wide, "i32", "i8") : wide;
  } else if (to == "f32") {
    result = body.Convert(is_unsigned ? "arith.uitofp" : "arith.sitofp", "%a", from, to);
  } else if (from == to) {
    result = "%a";
  } else {
    const bool is_wider = from == "i8" || (from == "i32" && to == "i64");
    const std::string_view widen = is_unsigned ? "arith.extui" : "arith.extsi";
    result = body.Convert(is_wider ? widen : "arith.trunci", "%a", from, to);
  }
  return {{MapInput(site, to, body, result)}};
}

constexpr TfliteTypes kBytesAndFloat = kNumberTypes | Set(TfliteType::kUint8);

constexpr TfliteOperatorRow kRows[] = {
    {TfliteOperatorCode::kLogistic, 0, 1, 1, kNumberTypes, Logistic},
    {TfliteOperatorCode::kTanh, 0, 1, 1, kNumberTypes, Real<TanhFunction>},
    {TfliteOperatorCode::kElu, 0, 1, 1, kNumberTypes, Real<EluFunction>},
    {TfliteOperatorCode::kExp, 0, 1, 1, kNumberTypes, Real<ExpFunction>},
    {TfliteOperatorCode::kLog, 0, 1, 1, kFloatType, Real<LogFunction>},
    {TfliteOperatorCode::kSqrt, 0, 1, 1, kFloatType, Real<SqrtFunction>},
    {TfliteOperatorCode::kRsqrt, 0, 1, 1, kFloatType, Real<RsqrtFunction>},
    {TfliteOperatorCode::kSquare, 0, 1, 1, kFloatType, Real<SquareFunction>},
    {TfliteOperatorCode::kNeg, 0, 1, 1, kFloatType, Real<NegFunction>},
    {TfliteOperatorCode::kAbs, 0, 1, 1, kFloatType, Real<AbsFunction>},
    {TfliteOperatorCode::kFloor, 0, 1, 1, kFloatType, Real<WholeFunction<false>>},
    {TfliteOperatorCode::kCeil, 0, 1, 1, kFloatType, Real<WholeFunction<true>>},
    {TfliteOperatorCode::kGelu, 116, 1, 1, kNumberTypes, Gelu},
    {TfliteOperatorCode::kHardSwish, 0, 1, 1, kNumberTypes, HardSwish},
    {TfliteOperatorCode::kLeakyRelu, 75, 1, 1, kNumberTypes, LeakyRelu},
    {TfliteOperatorCode::kRelu, 0, 1, 1, kNumberTypes, Relu},
    {TfliteOperatorCode::kRelu6, 0, 1, 1, kNumberTypes, Relu6},
    {TfliteOperatorCode::kReluN1To1, 0, 1, 1, kNumberTypes, ReluN1To1},
    {TfliteOperatorCode::kQuantize, 0, 1, 1, kBytesAndFloat, Quantize},
    {TfliteOperatorCode::kDequantize, 0, 1, 1, kInt8Type | Set(TfliteType::kUint8), Dequantize},
    {TfliteOperatorCode::kCast, 0, 1, 1, kAnyType, Cast},
};

}  // namespace

std::span<const TfliteOperatorRow> TfliteUnaryOperators() { return kRows; }

}  // namespace host
