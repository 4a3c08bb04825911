// SPDX-License-Identifier: Apache-2.0

// V specification, sections 13.17 to 13.19: conversions between binary32 and integers of the same
// width, and of 16 bits (the only widening and narrowing forms that exist at ELEN 32).
#include <cstring>
#include <limits>

#include "sim/fp/host_float.h"
#include "sim/vector/elements.h"
#include "sim/vector/float_operation.h"
#include "sim/vector/handlers.h"

namespace sim::vector {
namespace {

constexpr Form kSame{Float(kShapeVx), Source::kNone};
constexpr Form kSignedSame = SignedForm(kSame);
constexpr Form kFrom16{Float(kShapeWideVx, kSew16), Source::kNone};
constexpr Form kSignedFrom16 = SignedForm(kFrom16);
constexpr Form kTo16{Float(kShapeNarrowWx, kSew16), Source::kNone};

enum class Rounding : uint8_t { kDynamic, kTowardZero };

// vd[i] = op(vs2[i], ctx), in order because of the flags.
template <Form kForm, Rounding kRounding, typename Op>
bool Convert(Hart& hart, const DecodedInsn& insn, Op op) {
  FloatScope scope(hart);
  if constexpr (kRounding == Rounding::kTowardZero) scope.ctx.rounding_mode = kRoundTowardZero;
  return MapInOrder<kForm>(hart, insn, [&](auto b) { return op(b, scope.ctx); });
}

// From integers of type T at SEW 32, all at once on the host's FPU where that is exact.
template <Form kForm, typename T, typename Op>
bool ConvertFromInteger(Hart& hart, const DecodedInsn& insn, Op op) {
  if (!IsLegal<kForm.shape>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  if (insn.vm && v.vstart == 0) {
    FloatScope scope(hart);
    alignas(64) float results[kMaxGroupBytes / 4];
    const T* vs2 = Elements<T>(v, insn.rs2);
    const auto element = [=](uint32_t i) { return static_cast<float>(vs2[i]); };
    if (HostFloatMap(v.vl, results, element, scope.ctx)) {
      std::memcpy(v.Reg(insn.rd), results, v.vl * sizeof(float));
      return Retire(hart);
    }
  }
  return Convert<kForm, Rounding::kDynamic>(hart, insn, op);
}

// To integers of type T, all at once: where every value rounds to one that T holds, the only flag
// is inexact, and that a comparison finds. kLimit is the first power of two that T does not hold.
template <typename T>
struct ToInteger {
  static constexpr float kLowest = static_cast<float>(std::numeric_limits<T>::min());
  static constexpr float kLimit = static_cast<float>(uint64_t{1} << std::numeric_limits<T>::digits);

  template <Rounding kRounding>
  static bool Map(uint32_t count, const float* vs2, T* results, FpContext& ctx) {
    bool any_outside = false;
    bool any_inexact = false;
    RunWide([=, &any_outside, &any_inexact] {
      uint32_t outside = 0;
      uint32_t inexact = 0;
      for (uint32_t i = 0; i < count; ++i) {
        const float value = vs2[i];
        const float rounded = kRounding == Rounding::kTowardZero
                                  ? __builtin_elementwise_trunc(value)
                                  : __builtin_elementwise_roundeven(value);
        const bool fits = rounded >= kLowest && rounded < kLimit;  // false for a NaN
        outside |= fits ? 0u : 1u;
        inexact |= rounded != value ? 1u : 0u;
        results[i] = static_cast<T>(fits ? rounded : 0.0f);
      }
      any_outside = outside != 0;
      any_inexact = inexact != 0;
    });
    if (any_outside) return false;
    if (any_inexact) ctx.flags |= kFlagInexact;
    return true;
  }
};

template <Form kForm, Rounding kRounding, typename T, typename Op>
bool ConvertToInteger(Hart& hart, const DecodedInsn& insn, Op op) {
  if (!IsLegal<kForm.shape>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  const bool rounds_as_host = kRounding == Rounding::kTowardZero || hart.frm == kRoundNearestEven;
  if (insn.vm && v.vstart == 0 && rounds_as_host) {
    FloatScope scope(hart);
    alignas(64) T results[kMaxGroupBytes / sizeof(float)];
    if (ToInteger<T>::template Map<kRounding>(v.vl, Elements<float>(v, insn.rs2), results,
                                              scope.ctx)) {
      std::memcpy(v.Reg(insn.rd), results, v.vl * sizeof(T));
      return Retire(hart);
    }
  }
  return Convert<kForm, kRounding>(hart, insn, op);
}

constexpr auto kToSigned = [](uint32_t b, FpContext& c) { return F32ToI32(b, c); };
constexpr auto kToUnsigned = [](uint32_t b, FpContext& c) { return F32ToU32(b, c); };
constexpr auto kToSigned16 = [](uint32_t b, FpContext& c) { return F32ToI16(b, c); };
constexpr auto kToUnsigned16 = [](uint32_t b, FpContext& c) { return F32ToU16(b, c); };
constexpr auto kFromSigned = [](int32_t b, FpContext& c) { return I32ToF32(b, c); };
constexpr auto kFromUnsigned = [](uint32_t b, FpContext& c) { return U32ToF32(b, c); };

}  // namespace

bool VfcvtXuFV(Hart& h, const DecodedInsn& i) {
  return ConvertToInteger<kSame, Rounding::kDynamic, uint32_t>(h, i, kToUnsigned);
}
bool VfcvtXFV(Hart& h, const DecodedInsn& i) {
  return ConvertToInteger<kSame, Rounding::kDynamic, int32_t>(h, i, kToSigned);
}
bool VfcvtRtzXuFV(Hart& h, const DecodedInsn& i) {
  return ConvertToInteger<kSame, Rounding::kTowardZero, uint32_t>(h, i, kToUnsigned);
}
bool VfcvtRtzXFV(Hart& h, const DecodedInsn& i) {
  return ConvertToInteger<kSame, Rounding::kTowardZero, int32_t>(h, i, kToSigned);
}
bool VfcvtFXuV(Hart& h, const DecodedInsn& i) {
  return ConvertFromInteger<kSame, uint32_t>(h, i, kFromUnsigned);
}
bool VfcvtFXV(Hart& h, const DecodedInsn& i) {
  return ConvertFromInteger<kSignedSame, int32_t>(h, i, kFromSigned);
}
bool VfwcvtFXuV(Hart& h, const DecodedInsn& i) {
  return ConvertFromInteger<kFrom16, uint16_t>(h, i, kFromUnsigned);
}
bool VfwcvtFXV(Hart& h, const DecodedInsn& i) {
  return ConvertFromInteger<kSignedFrom16, int16_t>(h, i, kFromSigned);
}
bool VfncvtXuFW(Hart& h, const DecodedInsn& i) {
  return ConvertToInteger<kTo16, Rounding::kDynamic, uint16_t>(h, i, kToUnsigned16);
}
bool VfncvtXFW(Hart& h, const DecodedInsn& i) {
  return ConvertToInteger<kTo16, Rounding::kDynamic, int16_t>(h, i, kToSigned16);
}
bool VfncvtRtzXuFW(Hart& h, const DecodedInsn& i) {
  return ConvertToInteger<kTo16, Rounding::kTowardZero, uint16_t>(h, i, kToUnsigned16);
}
bool VfncvtRtzXFW(Hart& h, const DecodedInsn& i) {
  return ConvertToInteger<kTo16, Rounding::kTowardZero, int16_t>(h, i, kToSigned16);
}

}  // namespace sim::vector
