// SPDX-License-Identifier: Apache-2.0

// V specification, section 11: add, subtract, extension, carry, logic, shifts, compares, minimum
// and maximum, merge and move.
#include <algorithm>

#include "sim/vector/elements.h"
#include "sim/vector/handlers.h"

namespace sim::vector {
namespace {

constexpr auto kAdd = [](auto b, auto a) { return Bits(b) + Bits(a); };
constexpr auto kSubtract = [](auto b, auto a) { return Bits(b) - Bits(a); };
constexpr auto kReverseSubtract = [](auto b, auto a) { return Bits(a) - Bits(b); };
constexpr auto kAnd = [](auto b, auto a) { return b & a; };
constexpr auto kOr = [](auto b, auto a) { return b | a; };
constexpr auto kXor = [](auto b, auto a) { return b ^ a; };
constexpr auto kCopy = [](auto b) { return b; };
constexpr auto kMin = [](auto b, auto a) { return b < a ? b : a; };
constexpr auto kMax = [](auto b, auto a) { return b < a ? a : b; };

// The low log2(width of vs2) bits of the shift amount count.
template <typename T>
constexpr uint32_t ShiftAmount(uint32_t amount) {
  return amount & (sizeof(T) * 8 - 1);
}
constexpr auto kShiftLeft = [](auto b, auto a) {
  return Bits(b) << ShiftAmount<decltype(b)>(Bits(a));
};
// Arithmetic if b is signed.
constexpr auto kShiftRight = [](auto b, auto a) { return b >> ShiftAmount<decltype(b)>(Bits(a)); };

constexpr auto kEqual = [](auto b, auto a) { return b == a; };
constexpr auto kNotEqual = [](auto b, auto a) { return b != a; };
constexpr auto kLess = [](auto b, auto a) { return b < a; };
constexpr auto kLessEqual = [](auto b, auto a) { return b <= a; };
constexpr auto kGreater = [](auto b, auto a) { return b > a; };

constexpr Form kExtend2{kShapeExtend2, Source::kNone};
constexpr Form kExtend4{kShapeExtend4, Source::kNone};

// The shift amount of a narrowing shift is unsigned, whatever vs2 is.
constexpr Form kNarrowWv{kShapeNarrowWv, Source::kV};
constexpr Form kNarrowWx{kShapeNarrowWx, Source::kX};
constexpr Form kNarrowWi{kShapeNarrowWx, Source::kI};
constexpr Form SignedSource(Form form) {
  form.vs2_signed = true;
  return form;
}

constexpr Form kCompareVv{kShapeCompareVv, Source::kV};
constexpr Form kCompareVx{kShapeCompareVx, Source::kX};
constexpr Form kCompareVi{kShapeCompareVx, Source::kI};
constexpr Form kSignedCompareVv = SignedForm(kCompareVv);
constexpr Form kSignedCompareVx = SignedForm(kCompareVx);
constexpr Form kSignedCompareVi = SignedForm(kCompareVi);

}  // namespace

bool VaddVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kAdd); }
bool VaddVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kAdd); }
bool VaddVi(Hart& h, const DecodedInsn& i) { return MapElements<kVi>(h, i, kAdd); }
bool VsubVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kSubtract); }
bool VsubVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kSubtract); }
bool VrsubVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kReverseSubtract); }
bool VrsubVi(Hart& h, const DecodedInsn& i) { return MapElements<kVi>(h, i, kReverseSubtract); }

bool VzextVf2(Hart& h, const DecodedInsn& i) { return MapElements<kExtend2>(h, i, kCopy); }
bool VzextVf4(Hart& h, const DecodedInsn& i) { return MapElements<kExtend4>(h, i, kCopy); }
bool VsextVf2(Hart& h, const DecodedInsn& i) {
  return MapElements<SignedForm(kExtend2)>(h, i, kCopy);
}
bool VsextVf4(Hart& h, const DecodedInsn& i) {
  return MapElements<SignedForm(kExtend4)>(h, i, kCopy);
}

bool VandVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kAnd); }
bool VandVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kAnd); }
bool VandVi(Hart& h, const DecodedInsn& i) { return MapElements<kVi>(h, i, kAnd); }
bool VorVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kOr); }
bool VorVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kOr); }
bool VorVi(Hart& h, const DecodedInsn& i) { return MapElements<kVi>(h, i, kOr); }
bool VxorVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kXor); }
bool VxorVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kXor); }
bool VxorVi(Hart& h, const DecodedInsn& i) { return MapElements<kVi>(h, i, kXor); }

bool VsllVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kShiftLeft); }
bool VsllVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kShiftLeft); }
bool VsllVi(Hart& h, const DecodedInsn& i) { return MapElements<kVi>(h, i, kShiftLeft); }
bool VsrlVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kShiftRight); }
bool VsrlVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kShiftRight); }
bool VsrlVi(Hart& h, const DecodedInsn& i) { return MapElements<kVi>(h, i, kShiftRight); }
bool VsraVv(Hart& h, const DecodedInsn& i) { return MapElements<kSignedVv>(h, i, kShiftRight); }
bool VsraVx(Hart& h, const DecodedInsn& i) { return MapElements<kSignedVx>(h, i, kShiftRight); }
bool VsraVi(Hart& h, const DecodedInsn& i) { return MapElements<kSignedVi>(h, i, kShiftRight); }

bool VnsrlWv(Hart& h, const DecodedInsn& i) { return MapElements<kNarrowWv>(h, i, kShiftRight); }
bool VnsrlWx(Hart& h, const DecodedInsn& i) { return MapElements<kNarrowWx>(h, i, kShiftRight); }
bool VnsrlWi(Hart& h, const DecodedInsn& i) { return MapElements<kNarrowWi>(h, i, kShiftRight); }
bool VnsraWv(Hart& h, const DecodedInsn& i) {
  return MapElements<SignedSource(kNarrowWv)>(h, i, kShiftRight);
}
bool VnsraWx(Hart& h, const DecodedInsn& i) {
  return MapElements<SignedSource(kNarrowWx)>(h, i, kShiftRight);
}
bool VnsraWi(Hart& h, const DecodedInsn& i) {
  return MapElements<SignedSource(kNarrowWi)>(h, i, kShiftRight);
}

bool VmseqVv(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVv>(h, i, kEqual); }
bool VmseqVx(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVx>(h, i, kEqual); }
bool VmseqVi(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVi>(h, i, kEqual); }
bool VmsneVv(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVv>(h, i, kNotEqual); }
bool VmsneVx(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVx>(h, i, kNotEqual); }
bool VmsneVi(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVi>(h, i, kNotEqual); }
bool VmsltuVv(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVv>(h, i, kLess); }
bool VmsltuVx(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVx>(h, i, kLess); }
bool VmsltVv(Hart& h, const DecodedInsn& i) { return MapToMask<kSignedCompareVv>(h, i, kLess); }
bool VmsltVx(Hart& h, const DecodedInsn& i) { return MapToMask<kSignedCompareVx>(h, i, kLess); }
bool VmsleuVv(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVv>(h, i, kLessEqual); }
bool VmsleuVx(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVx>(h, i, kLessEqual); }
bool VmsleuVi(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVi>(h, i, kLessEqual); }
bool VmsleVv(Hart& h, const DecodedInsn& i) {
  return MapToMask<kSignedCompareVv>(h, i, kLessEqual);
}
bool VmsleVx(Hart& h, const DecodedInsn& i) {
  return MapToMask<kSignedCompareVx>(h, i, kLessEqual);
}
bool VmsleVi(Hart& h, const DecodedInsn& i) {
  return MapToMask<kSignedCompareVi>(h, i, kLessEqual);
}
bool VmsgtuVx(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVx>(h, i, kGreater); }
bool VmsgtuVi(Hart& h, const DecodedInsn& i) { return MapToMask<kCompareVi>(h, i, kGreater); }
bool VmsgtVx(Hart& h, const DecodedInsn& i) { return MapToMask<kSignedCompareVx>(h, i, kGreater); }
bool VmsgtVi(Hart& h, const DecodedInsn& i) { return MapToMask<kSignedCompareVi>(h, i, kGreater); }

bool VminuVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kMin); }
bool VminuVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kMin); }
bool VminVv(Hart& h, const DecodedInsn& i) { return MapElements<kSignedVv>(h, i, kMin); }
bool VminVx(Hart& h, const DecodedInsn& i) { return MapElements<kSignedVx>(h, i, kMin); }
bool VmaxuVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kMax); }
bool VmaxuVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kMax); }
bool VmaxVv(Hart& h, const DecodedInsn& i) { return MapElements<kSignedVv>(h, i, kMax); }
bool VmaxVx(Hart& h, const DecodedInsn& i) { return MapElements<kSignedVx>(h, i, kMax); }

}  // namespace sim::vector
