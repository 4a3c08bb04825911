// V specification, sections 13.17 to 13.19: conversions between binary32 and integers of the same
// width, and of 16 bits (the only widening and narrowing forms that exist at ELEN 32).
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
  if (kRounding == Rounding::kTowardZero) scope.ctx.rounding_mode = kRoundTowardZero;
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

constexpr auto kToSigned = [](uint32_t b, FpContext& c) { return F32ToI32(b, c); };
constexpr auto kToUnsigned = [](uint32_t b, FpContext& c) { return F32ToU32(b, c); };
constexpr auto kToSigned16 = [](uint32_t b, FpContext& c) { return F32ToI16(b, c); };
constexpr auto kToUnsigned16 = [](uint32_t b, FpContext& c) { return F32ToU16(b, c); };
constexpr auto kFromSigned = [](int32_t b, FpContext& c) { return I32ToF32(b, c); };
constexpr auto kFromUnsigned = [](uint32_t b, FpContext& c) { return U32ToF32(b, c); };

}  // namespace

bool VfcvtXuFV(Hart& h, const DecodedInsn& i) {
  return Convert<kSame, Rounding::kDynamic>(h, i, kToUnsigned);
}
bool VfcvtXFV(Hart& h, const DecodedInsn& i) {
  return Convert<kSame, Rounding::kDynamic>(h, i, kToSigned);
}
bool VfcvtRtzXuFV(Hart& h, const DecodedInsn& i) {
  return Convert<kSame, Rounding::kTowardZero>(h, i, kToUnsigned);
}
bool VfcvtRtzXFV(Hart& h, const DecodedInsn& i) {
  return Convert<kSame, Rounding::kTowardZero>(h, i, kToSigned);
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
  return Convert<kTo16, Rounding::kDynamic>(h, i, kToUnsigned16);
}
bool VfncvtXFW(Hart& h, const DecodedInsn& i) {
  return Convert<kTo16, Rounding::kDynamic>(h, i, kToSigned16);
}
bool VfncvtRtzXuFW(Hart& h, const DecodedInsn& i) {
  return Convert<kTo16, Rounding::kTowardZero>(h, i, kToUnsigned16);
}
bool VfncvtRtzXFW(Hart& h, const DecodedInsn& i) {
  return Convert<kTo16, Rounding::kTowardZero>(h, i, kToSigned16);
}

}  // namespace sim::vector
