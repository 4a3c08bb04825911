// SPDX-License-Identifier: Apache-2.0

// V specification, sections 13.1 to 13.16 at SEW 32: arithmetic, multiply-add, square root and
// estimates, minimum and maximum, sign injection, compares, classification. Each operation stands
// twice: Soft on one element with flags, Host for the array loop of host_float.h.
#include <cmath>
#include <limits>

#include "sim/fp/host_float.h"
#include "sim/vector/elements.h"
#include "sim/vector/float_operation.h"
#include "sim/vector/handlers.h"

namespace sim::vector {
namespace {

constexpr uint32_t kMaxFloats = kMaxGroupBytes / 4;

// Operands: d is vd before, b is vs2, a is vs1 or f[rs1].
struct Add {
  static uint32_t Soft(uint32_t, uint32_t b, uint32_t a, FpContext& c) { return F32Add(b, a, c); }
  static float Host(float, float b, float a) { return b + a; }
};
struct Subtract {
  static uint32_t Soft(uint32_t, uint32_t b, uint32_t a, FpContext& c) { return F32Sub(b, a, c); }
  static float Host(float, float b, float a) { return b - a; }
};
struct ReverseSubtract {
  static uint32_t Soft(uint32_t, uint32_t b, uint32_t a, FpContext& c) { return F32Sub(a, b, c); }
  static float Host(float, float b, float a) { return a - b; }
};
struct Multiply {
  static uint32_t Soft(uint32_t, uint32_t b, uint32_t a, FpContext& c) { return F32Mul(b, a, c); }
  static float Host(float, float b, float a) { return b * a; }
};
struct Divide {
  static uint32_t Soft(uint32_t, uint32_t b, uint32_t a, FpContext& c) { return F32Div(b, a, c); }
  static float Host(float, float b, float a) { return b / a; }
};
struct ReverseDivide {
  static uint32_t Soft(uint32_t, uint32_t b, uint32_t a, FpContext& c) { return F32Div(a, b, c); }
  static float Host(float, float b, float a) { return a / b; }
};
struct SquareRoot {
  static uint32_t Soft(uint32_t, uint32_t b, uint32_t, FpContext& c) { return F32Sqrt(b, c); }
  static float Host(float, float b, float) { return __builtin_elementwise_sqrt(b); }
};

enum class Overwrites : uint8_t { kAddend, kMultiplicand };

// Section 13.7: +-(a * x) +- y, where {x, y} = {vs2, vd} or {vd, vs2}.
template <Overwrites kOverwrites, bool kNegateProduct, bool kNegateAddend>
struct MultiplyAdd {
  static constexpr bool kToAddend = kOverwrites == Overwrites::kAddend;

  static uint32_t Soft(uint32_t d, uint32_t b, uint32_t a, FpContext& c) {
    const uint32_t multiplicand = kToAddend ? b : d;
    const uint32_t addend = kToAddend ? d : b;
    return F32MulAdd(a ^ (kNegateProduct ? kF32SignBit : 0), multiplicand,
                     addend ^ (kNegateAddend ? kF32SignBit : 0), c);
  }
  static float Host(float d, float b, float a) {
    const float multiplicand = kToAddend ? b : d;
    const float addend = kToAddend ? d : b;
    return __builtin_elementwise_fma(kNegateProduct ? -a : a, multiplicand,
                                     kNegateAddend ? -addend : addend);
  }
};
using Macc = MultiplyAdd<Overwrites::kAddend, false, false>;
using Nmacc = MultiplyAdd<Overwrites::kAddend, true, true>;
using Msac = MultiplyAdd<Overwrites::kAddend, false, true>;
using Nmsac = MultiplyAdd<Overwrites::kAddend, true, false>;
using Madd = MultiplyAdd<Overwrites::kMultiplicand, false, false>;
using Nmadd = MultiplyAdd<Overwrites::kMultiplicand, true, true>;
using Msub = MultiplyAdd<Overwrites::kMultiplicand, false, true>;
using Nmsub = MultiplyAdd<Overwrites::kMultiplicand, true, false>;

// Ordered like the numbers, -0 below +0. Integer compares raise no flags.
inline int32_t OrderKey(float value) {
  const auto bits = std::bit_cast<int32_t>(value);
  return bits ^ (bits >> 31 & 0x7FFFFFFF);
}
// A NaN on either side makes a NaN, upon which host_float.h declines.
inline float NanOr(float b, float a, float value) {
  return b != b || a != a ? std::numeric_limits<float>::quiet_NaN() : value;
}
struct Minimum {
  static uint32_t Soft(uint32_t, uint32_t b, uint32_t a, FpContext& c) { return F32Min(b, a, c); }
  static float Host(float, float b, float a) {
    return NanOr(b, a, OrderKey(b) < OrderKey(a) ? b : a);
  }
};
struct Maximum {
  static uint32_t Soft(uint32_t, uint32_t b, uint32_t a, FpContext& c) { return F32Max(b, a, c); }
  static float Host(float, float b, float a) {
    return NanOr(b, a, OrderKey(b) < OrderKey(a) ? a : b);
  }
};

constexpr Form kFloatVv{Float(kShapeVv), Source::kV};
constexpr Form kFloatVf{Float(kShapeVx), Source::kF};
constexpr Form kFloatV{Float(kShapeVx), Source::kNone};

// vd[i] = Op(vd[i], vs2[i], vs1[i] or scalar).
template <Form kForm, typename Op>
bool MapFloat(Hart& hart, const DecodedInsn& insn) {
  // A unary instruction's vs1 field is part of its opcode.
  if (!IsLegal<kForm.shape>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  FloatScope scope(hart);
  constexpr bool kHasVs1 = kForm.source == Source::kV;
  uint32_t* vd = Elements<uint32_t>(v, insn.rd);
  const uint32_t* vs2 = Elements<uint32_t>(v, insn.rs2);
  const uint32_t* vs1 = Elements<uint32_t>(v, insn.rs1);
  const uint32_t scalar = kForm.source == Source::kF ? hart.f[insn.rs1] : 0;
  if (insn.vm && v.vstart == 0) {
    alignas(64) float results[kMaxFloats];
    const auto element = [=](uint32_t i) {
      return Op::Host(std::bit_cast<float>(vd[i]), std::bit_cast<float>(vs2[i]),
                      std::bit_cast<float>(kHasVs1 ? vs1[i] : scalar));
    };
    if (HostFloatMap(v.vl, results, element, scope.ctx)) {
      std::memcpy(vd, results, v.vl * sizeof(float));
      return Retire(hart);
    }
  }
  ForEachActive(v, insn, [&](uint32_t i) {
    vd[i] = Op::Soft(vd[i], vs2[i], kHasVs1 ? vs1[i] : scalar, scope.ctx);
  });
  return Retire(hart);
}

// The operations without a fast form: vd[i] = op(vs2[i], flags).
template <typename Op>
bool MapFloatUnary(Hart& hart, const DecodedInsn& insn, Op op) {
  if (!IsLegal<kFloatV.shape>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  FloatScope scope(hart);
  uint32_t* vd = Elements<uint32_t>(v, insn.rd);
  const uint32_t* vs2 = Elements<uint32_t>(v, insn.rs2);
  ForEachActive(v, insn, [&](uint32_t i) { vd[i] = op(vs2[i], scope.ctx); });
  return Retire(hart);
}

struct Equal {
  static bool Soft(uint32_t b, uint32_t a, FpContext& c) { return F32Equal(b, a, c); }
  static bool Host(float b, float a) { return b == a; }
};
struct NotEqual {
  static bool Soft(uint32_t b, uint32_t a, FpContext& c) { return !F32Equal(b, a, c); }
  static bool Host(float b, float a) { return b != a; }
};
struct Less {
  static bool Soft(uint32_t b, uint32_t a, FpContext& c) { return F32Less(b, a, c); }
  static bool Host(float b, float a) { return b < a; }
};
struct LessEqual {
  static bool Soft(uint32_t b, uint32_t a, FpContext& c) { return F32LessEqual(b, a, c); }
  static bool Host(float b, float a) { return b <= a; }
};
struct Greater {
  static bool Soft(uint32_t b, uint32_t a, FpContext& c) { return F32Less(a, b, c); }
  static bool Host(float b, float a) { return b > a; }
};
struct GreaterEqual {
  static bool Soft(uint32_t b, uint32_t a, FpContext& c) { return F32LessEqual(a, b, c); }
  static bool Host(float b, float a) { return b >= a; }
};

constexpr Form kFloatCompareVv{Float(kShapeCompareVv), Source::kV};
constexpr Form kFloatCompareVf{Float(kShapeCompareVx), Source::kF};

// vd.mask[i] = Op(vs2[i], vs1[i] or scalar). Without a NaN no flag is raised and any order will do.
template <Form kForm, typename Op>
bool CompareFloat(Hart& hart, const DecodedInsn& insn) {
  if (!IsLegal<kForm.shape>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  constexpr bool kHasVs1 = kForm.source == Source::kV;
  const uint32_t* vs2 = Elements<uint32_t>(v, insn.rs2);
  const uint32_t* vs1 = Elements<uint32_t>(v, insn.rs1);
  const uint32_t scalar = kHasVs1 ? 0 : hart.f[insn.rs1];
  alignas(64) uint8_t results[kMaxFloats];
  uint8_t* const out = results;
  const uint32_t begin = v.vstart;
  const uint32_t end = v.vl;
  bool any_nan = false;
  RunWide([=, &any_nan] {
    uint32_t nan_count = 0;
    for (uint32_t i = begin; i < end; ++i) {
      const uint32_t b = vs2[i];
      const uint32_t a = kHasVs1 ? vs1[i] : scalar;
      nan_count |= F32IsNan(b) || F32IsNan(a) ? 1u : 0u;
      out[i] = Op::Host(std::bit_cast<float>(b), std::bit_cast<float>(a)) ? 1 : 0;
    }
    any_nan = nan_count != 0;
  });
  if (any_nan) {
    FloatScope scope(hart);
    ForEachActive(v, insn, [&](uint32_t i) {
      results[i] = Op::Soft(vs2[i], kHasVs1 ? vs1[i] : scalar, scope.ctx) ? 1 : 0;
    });
  }
  WriteMaskBits(v, insn.rd, results, insn.vm);
  return Retire(hart);
}

constexpr auto kSignInject = [](uint32_t b, uint32_t a) { return F32SignInject(b, a); };
constexpr auto kSignInjectNot = [](uint32_t b, uint32_t a) { return F32SignInjectNot(b, a); };
constexpr auto kSignInjectXor = [](uint32_t b, uint32_t a) { return F32SignInjectXor(b, a); };

}  // namespace

bool VfaddVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Add>(h, i); }
bool VfaddVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Add>(h, i); }
bool VfsubVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Subtract>(h, i); }
bool VfsubVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Subtract>(h, i); }
bool VfrsubVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, ReverseSubtract>(h, i); }
bool VfmulVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Multiply>(h, i); }
bool VfmulVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Multiply>(h, i); }
bool VfdivVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Divide>(h, i); }
bool VfdivVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Divide>(h, i); }
bool VfrdivVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, ReverseDivide>(h, i); }

bool VfmaccVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Macc>(h, i); }
bool VfmaccVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Macc>(h, i); }
bool VfnmaccVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Nmacc>(h, i); }
bool VfnmaccVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Nmacc>(h, i); }
bool VfmsacVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Msac>(h, i); }
bool VfmsacVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Msac>(h, i); }
bool VfnmsacVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Nmsac>(h, i); }
bool VfnmsacVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Nmsac>(h, i); }
bool VfmaddVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Madd>(h, i); }
bool VfmaddVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Madd>(h, i); }
bool VfnmaddVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Nmadd>(h, i); }
bool VfnmaddVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Nmadd>(h, i); }
bool VfmsubVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Msub>(h, i); }
bool VfmsubVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Msub>(h, i); }
bool VfnmsubVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Nmsub>(h, i); }
bool VfnmsubVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Nmsub>(h, i); }

bool VfsqrtV(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatV, SquareRoot>(h, i); }
bool Vfrsqrt7V(Hart& h, const DecodedInsn& i) { return MapFloatUnary(h, i, F32ReciprocalSqrt7); }
bool Vfrec7V(Hart& h, const DecodedInsn& i) { return MapFloatUnary(h, i, F32Reciprocal7); }
bool VfclassV(Hart& h, const DecodedInsn& i) {
  return MapFloatUnary(h, i, [](uint32_t b, FpContext&) { return F32Classify(b); });
}

bool VfminVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Minimum>(h, i); }
bool VfminVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Minimum>(h, i); }
bool VfmaxVv(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVv, Maximum>(h, i); }
bool VfmaxVf(Hart& h, const DecodedInsn& i) { return MapFloat<kFloatVf, Maximum>(h, i); }

bool VfsgnjVv(Hart& h, const DecodedInsn& i) { return MapElements<kFloatVv>(h, i, kSignInject); }
bool VfsgnjVf(Hart& h, const DecodedInsn& i) { return MapElements<kFloatVf>(h, i, kSignInject); }
bool VfsgnjnVv(Hart& h, const DecodedInsn& i) {
  return MapElements<kFloatVv>(h, i, kSignInjectNot);
}
bool VfsgnjnVf(Hart& h, const DecodedInsn& i) {
  return MapElements<kFloatVf>(h, i, kSignInjectNot);
}
bool VfsgnjxVv(Hart& h, const DecodedInsn& i) {
  return MapElements<kFloatVv>(h, i, kSignInjectXor);
}
bool VfsgnjxVf(Hart& h, const DecodedInsn& i) {
  return MapElements<kFloatVf>(h, i, kSignInjectXor);
}

bool VmfeqVv(Hart& h, const DecodedInsn& i) { return CompareFloat<kFloatCompareVv, Equal>(h, i); }
bool VmfeqVf(Hart& h, const DecodedInsn& i) { return CompareFloat<kFloatCompareVf, Equal>(h, i); }
bool VmfneVv(Hart& h, const DecodedInsn& i) {
  return CompareFloat<kFloatCompareVv, NotEqual>(h, i);
}
bool VmfneVf(Hart& h, const DecodedInsn& i) {
  return CompareFloat<kFloatCompareVf, NotEqual>(h, i);
}
bool VmfltVv(Hart& h, const DecodedInsn& i) { return CompareFloat<kFloatCompareVv, Less>(h, i); }
bool VmfltVf(Hart& h, const DecodedInsn& i) { return CompareFloat<kFloatCompareVf, Less>(h, i); }
bool VmfleVv(Hart& h, const DecodedInsn& i) {
  return CompareFloat<kFloatCompareVv, LessEqual>(h, i);
}
bool VmfleVf(Hart& h, const DecodedInsn& i) {
  return CompareFloat<kFloatCompareVf, LessEqual>(h, i);
}
bool VmfgtVf(Hart& h, const DecodedInsn& i) { return CompareFloat<kFloatCompareVf, Greater>(h, i); }
bool VmfgeVf(Hart& h, const DecodedInsn& i) {
  return CompareFloat<kFloatCompareVf, GreaterEqual>(h, i);
}

}  // namespace sim::vector
