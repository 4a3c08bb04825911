// SPDX-License-Identifier: Apache-2.0

// V specification, sections 11.4, 11.15, 11.16 and 13.15 to 13.16: instructions that read v0 as an
// operand (carry, borrow, select), and the moves that are a select of everything.
#include <algorithm>
#include <cstring>

#include "sim/vector/elements.h"
#include "sim/vector/handlers.h"

namespace sim::vector {
namespace {

constexpr auto kAddCarry = [](auto b, auto a, bool carry) {
  return Bits(b) + Bits(a) + (carry ? 1u : 0u);
};
constexpr auto kSubtractBorrow = [](auto b, auto a, bool borrow) {
  return Bits(b) - Bits(a) - (borrow ? 1u : 0u);
};
constexpr auto kSelect = [](auto b, auto a, bool take_a) { return take_a ? a : b; };

template <typename T>
bool CarryOut(T b, T a, bool carry) {
  return ((uint64_t{b} + a + (carry ? 1 : 0)) >> (sizeof(T) * 8)) != 0;
}
template <typename T>
bool BorrowOut(T b, T a, bool borrow) {
  return uint64_t{b} < uint64_t{a} + (borrow ? 1 : 0);
}
constexpr auto kCarryOut = [](auto b, auto a, bool carry) { return CarryOut(b, a, carry); };
constexpr auto kBorrowOut = [](auto b, auto a, bool borrow) { return BorrowOut(b, a, borrow); };

constexpr Form kCarryVv{kShapeCompareVv, Source::kV};
constexpr Form kCarryVx{kShapeCompareVx, Source::kX};
constexpr Form kCarryVi{kShapeCompareVx, Source::kI};

// vd.mask[i] = op(vs2[i], vs1[i] or scalar, vm ? 0 : v0.mask[i]); v0 does not mask.
template <Form kForm, typename Op>
bool CarryToMask(Hart& hart, const DecodedInsn& insn, Op op) {
  if (!IsLegal<kForm.shape>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  uint8_t results[kMaxVlmax];
  WithSew(v, [&]<int kWidth>() {
    using T = ElementOf<kWidth, false>;
    const T* vs2 = Elements<T>(v, insn.rs2);
    const T* vs1 = Elements<T>(v, insn.rs1);
    const T scalar = static_cast<T>(ScalarOperand(hart, insn, kForm.source));
    for (uint32_t i = v.vstart; i < v.vl; ++i) {
      const T a = kForm.source == Source::kV ? vs1[i] : scalar;
      results[i] = op(vs2[i], a, !insn.vm && MaskBit(v.reg, i)) ? 1 : 0;
    }
  });
  WriteMaskBits(v, insn.rd, results, true);
  return Retire(hart);
}

// vd[i] = vs1[i] or scalar.
template <Shape kShape, Source kSource>
bool Move(Hart& hart, const DecodedInsn& insn) {
  if (!IsLegal<kShape>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  WithSew(v, [&]<int kWidth>() {
    using T = ElementOf<kWidth, false>;
    T* vd = Elements<T>(v, insn.rd);
    if (v.vstart >= v.vl) return;
    if constexpr (kSource == Source::kV) {
      const T* vs1 = Elements<T>(v, insn.rs1);
      std::memmove(vd + v.vstart, vs1 + v.vstart, (v.vl - v.vstart) * sizeof(T));
    } else {
      const T scalar = static_cast<T>(ScalarOperand(hart, insn, kSource));
      std::fill(vd + v.vstart, vd + v.vl, scalar);
    }
  });
  return Retire(hart);
}

constexpr Form kFloatSelect{Float(kShapeVx), Source::kF};

}  // namespace

bool VadcVvm(Hart& h, const DecodedInsn& i) { return MapWithMaskBit<kVv>(h, i, kAddCarry); }
bool VadcVxm(Hart& h, const DecodedInsn& i) { return MapWithMaskBit<kVx>(h, i, kAddCarry); }
bool VadcVim(Hart& h, const DecodedInsn& i) { return MapWithMaskBit<kVi>(h, i, kAddCarry); }
bool VsbcVvm(Hart& h, const DecodedInsn& i) { return MapWithMaskBit<kVv>(h, i, kSubtractBorrow); }
bool VsbcVxm(Hart& h, const DecodedInsn& i) { return MapWithMaskBit<kVx>(h, i, kSubtractBorrow); }

bool VmadcVvm(Hart& h, const DecodedInsn& i) { return CarryToMask<kCarryVv>(h, i, kCarryOut); }
bool VmadcVxm(Hart& h, const DecodedInsn& i) { return CarryToMask<kCarryVx>(h, i, kCarryOut); }
bool VmadcVim(Hart& h, const DecodedInsn& i) { return CarryToMask<kCarryVi>(h, i, kCarryOut); }
bool VmadcVv(Hart& h, const DecodedInsn& i) { return CarryToMask<kCarryVv>(h, i, kCarryOut); }
bool VmadcVx(Hart& h, const DecodedInsn& i) { return CarryToMask<kCarryVx>(h, i, kCarryOut); }
bool VmadcVi(Hart& h, const DecodedInsn& i) { return CarryToMask<kCarryVi>(h, i, kCarryOut); }
bool VmsbcVvm(Hart& h, const DecodedInsn& i) { return CarryToMask<kCarryVv>(h, i, kBorrowOut); }
bool VmsbcVxm(Hart& h, const DecodedInsn& i) { return CarryToMask<kCarryVx>(h, i, kBorrowOut); }
bool VmsbcVv(Hart& h, const DecodedInsn& i) { return CarryToMask<kCarryVv>(h, i, kBorrowOut); }
bool VmsbcVx(Hart& h, const DecodedInsn& i) { return CarryToMask<kCarryVx>(h, i, kBorrowOut); }

bool VmergeVvm(Hart& h, const DecodedInsn& i) { return MapWithMaskBit<kVv>(h, i, kSelect); }
bool VmergeVxm(Hart& h, const DecodedInsn& i) { return MapWithMaskBit<kVx>(h, i, kSelect); }
bool VmergeVim(Hart& h, const DecodedInsn& i) { return MapWithMaskBit<kVi>(h, i, kSelect); }
bool VfmergeVfm(Hart& h, const DecodedInsn& i) {
  return MapWithMaskBit<kFloatSelect>(h, i, kSelect);
}

bool VmvVV(Hart& h, const DecodedInsn& i) { return Move<kShapeMove, Source::kV>(h, i); }
bool VmvVX(Hart& h, const DecodedInsn& i) { return Move<kShapeSplat, Source::kX>(h, i); }
bool VmvVI(Hart& h, const DecodedInsn& i) { return Move<kShapeSplat, Source::kI>(h, i); }
bool VfmvVF(Hart& h, const DecodedInsn& i) { return Move<Float(kShapeSplat), Source::kF>(h, i); }

}  // namespace sim::vector
