// SPDX-License-Identifier: Apache-2.0

// Which vector instructions are legal in which state: a table of operand shapes and one checker.
//
// A shape says for each register field what it names and how wide its elements are relative to SEW;
// from that follow group alignment, EEW limits and the overlap rules (V specification, sections
// 3.4.2, 5.2, 5.3). Memory instructions, whose EEW stands in the encoding, are in memory.cc.
// The checker has no side effect; the caller raises. Cost: some 20 host instructions, the shape is
// folded in at compile time.
// Not enforced, as on QEMU and Spike: the reserved case that two sources of different EEW share a
// register (section 5.2, last rule).
#ifndef SIM_VECTOR_LEGALITY_H_
#define SIM_VECTOR_LEGALITY_H_

#include <cstdint>

#include "sim/fp/f32.h"
#include "sim/hart/hart.h"

namespace sim::vector {

inline constexpr int kMaxSewShift = 2;  // ELEN 32
inline constexpr int kMinLmulShift = -3;
inline constexpr int kMaxLmulShift = 3;

enum class OperandKind : uint8_t {
  kNone,     // not a vector register
  kGroup,    // a register group of EMUL registers
  kMask,     // one register, EEW 1
  kElement,  // element 0 of one register; overlap does not matter (section 14)
};

struct Operand {
  OperandKind kind = OperandKind::kNone;
  int8_t widening = 0;    // EEW = SEW << widening, EMUL likewise
  bool is_eew16 = false;  // vrgatherei16: EEW 16 whatever SEW is
};

// Bits of Shape::sews.
inline constexpr uint8_t kSew8 = 1, kSew16 = 2, kSew32 = 4, kAnySew = 7;

struct Shape {
  Operand vd, vs2, vs1;
  bool vd_apart = false;     // vd may overlap no source, and not v0 when masked
  bool vstart_zero = false;  // trap when vstart is not 0
  bool is_float = false;     // needs F switched on and a valid frm
  uint8_t sews = kAnySew;
};

inline constexpr Operand kNoOperand{};
inline constexpr Operand kGroup{OperandKind::kGroup};
inline constexpr Operand kWideGroup{OperandKind::kGroup, 1};
inline constexpr Operand kHalfGroup{OperandKind::kGroup, -1};
inline constexpr Operand kQuarterGroup{OperandKind::kGroup, -2};
inline constexpr Operand kEew16Group{OperandKind::kGroup, 0, true};
inline constexpr Operand kMask{OperandKind::kMask};
inline constexpr Operand kElement{OperandKind::kElement};
inline constexpr Operand kWideElement{OperandKind::kElement, 1};

// The shapes, by what vd, vs2, vs1 are; X stands for a scalar or immediate in vs1's place.
inline constexpr Shape kShapeVv{kGroup, kGroup, kGroup};
inline constexpr Shape kShapeVx{kGroup, kGroup, kNoOperand};
inline constexpr Shape kShapeMove{kGroup, kNoOperand, kGroup};
inline constexpr Shape kShapeSplat{kGroup, kNoOperand, kNoOperand};
inline constexpr Shape kShapeWideVv{kWideGroup, kGroup, kGroup};
inline constexpr Shape kShapeWideVx{kWideGroup, kGroup, kNoOperand};
inline constexpr Shape kShapeWideWv{kWideGroup, kWideGroup, kGroup};
inline constexpr Shape kShapeWideWx{kWideGroup, kWideGroup, kNoOperand};
inline constexpr Shape kShapeNarrowWv{kGroup, kWideGroup, kGroup};
inline constexpr Shape kShapeNarrowWx{kGroup, kWideGroup, kNoOperand};
inline constexpr Shape kShapeExtend2{kGroup, kHalfGroup, kNoOperand};
inline constexpr Shape kShapeExtend4{kGroup, kQuarterGroup, kNoOperand};
inline constexpr Shape kShapeCompareVv{kMask, kGroup, kGroup};
inline constexpr Shape kShapeCompareVx{kMask, kGroup, kNoOperand};
inline constexpr Shape kShapeMaskLogical{kMask, kMask, kMask};
inline constexpr Shape kShapeMaskToX{
    .vd = kNoOperand, .vs2 = kMask, .vs1 = kNoOperand, .vstart_zero = true};
inline constexpr Shape kShapeMaskSet{
    .vd = kMask, .vs2 = kMask, .vs1 = kNoOperand, .vd_apart = true, .vstart_zero = true};
inline constexpr Shape kShapeIota{
    .vd = kGroup, .vs2 = kMask, .vs1 = kNoOperand, .vd_apart = true, .vstart_zero = true};
inline constexpr Shape kShapeReduction{
    .vd = kElement, .vs2 = kGroup, .vs1 = kElement, .vstart_zero = true};
inline constexpr Shape kShapeWideReduction{
    .vd = kWideElement, .vs2 = kGroup, .vs1 = kWideElement, .vstart_zero = true};
inline constexpr Shape kShapeElementToX{kNoOperand, kElement, kNoOperand};
inline constexpr Shape kShapeXToElement{kElement, kNoOperand, kNoOperand};
inline constexpr Shape kShapeSlideUp{
    .vd = kGroup, .vs2 = kGroup, .vs1 = kNoOperand, .vd_apart = true};
inline constexpr Shape kShapeGatherVv{.vd = kGroup, .vs2 = kGroup, .vs1 = kGroup, .vd_apart = true};
inline constexpr Shape kShapeGatherEi16{
    .vd = kGroup, .vs2 = kGroup, .vs1 = kEew16Group, .vd_apart = true};
inline constexpr Shape kShapeCompress{
    .vd = kGroup, .vs2 = kGroup, .vs1 = kMask, .vd_apart = true, .vstart_zero = true};

// The same operands as floating point; `sews` are the SEW at which the operation exists.
constexpr Shape Float(Shape shape, uint8_t sews = kSew32) {
  shape.is_float = true;
  shape.sews = sews;
  return shape;
}

// Registers that a group of 2^emul_shift registers takes.
constexpr uint32_t GroupRegisters(int emul_shift) { return emul_shift > 0 ? 1u << emul_shift : 1u; }

constexpr bool Overlap(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count) {
  return a < b + b_count && b < a + a_count;
}

// One operand in the current vtype.
struct PlacedOperand {
  uint32_t reg;
  uint32_t count;
  int emul_shift;
  int width;  // log2 of EEW / 8; -3 for masks
};

constexpr int kMaskWidth = -3;

template <typename Type>  // has sew_shift and lmul_shift, as VectorState
[[nodiscard]] constexpr PlacedOperand Place(const Type& v, const Operand& operand, uint32_t reg) {
  if (operand.kind == OperandKind::kMask) return {reg, 1, 0, kMaskWidth};
  const int width = operand.is_eew16 ? 1 : v.sew_shift + operand.widening;
  if (operand.kind == OperandKind::kElement) return {reg, 1, 0, width};
  const int emul_shift = v.lmul_shift + width - v.sew_shift;
  return {reg, GroupRegisters(emul_shift), emul_shift, width};
}

[[nodiscard]] constexpr bool IsPlaceLegal(const Operand& operand, const PlacedOperand& place) {
  if (operand.kind == OperandKind::kNone || operand.kind == OperandKind::kMask) return true;
  if (place.width < 0 || place.width > kMaxSewShift) return false;
  return place.emul_shift >= kMinLmulShift && place.emul_shift <= kMaxLmulShift &&
         place.reg % place.count == 0;
}

// Section 5.2, "Vector Operands": when a destination group may overlap a source.
[[nodiscard]] constexpr bool MayShare(const PlacedOperand& vd, const PlacedOperand& source) {
  if (!Overlap(vd.reg, vd.count, source.reg, source.count)) return true;
  if (vd.width == source.width) return true;
  if (vd.width < source.width) return vd.reg == source.reg;
  return source.emul_shift >= 0 && vd.reg + vd.count == source.reg + source.count;
}

template <typename Type>
[[nodiscard]] constexpr bool IsSourceLegal(const Type& v, const Shape& shape,
                                           const PlacedOperand& vd, const Operand& operand,
                                           uint32_t reg) {
  if (operand.kind == OperandKind::kNone) return true;
  const PlacedOperand source = Place(v, operand, reg);
  if (!IsPlaceLegal(operand, source)) return false;
  const bool overlap_matters =
      (shape.vd.kind == OperandKind::kGroup || shape.vd.kind == OperandKind::kMask) &&
      operand.kind != OperandKind::kElement;
  if (!overlap_matters) return true;
  if (shape.vd_apart) return !Overlap(vd.reg, vd.count, source.reg, source.count);
  return MayShare(vd, source);
}

[[nodiscard]] inline bool IsFloatLegal(const Hart& hart) {
  return hart.v.zve32f && hart.FpEnabled() && hart.frm <= kRoundNearestMaxMagnitude;
}

// What vtype, SEW and the register fields decide, while the units are on and vtype is legal.
template <typename Type>
[[nodiscard]] constexpr bool IsShapeLegal(const Type& v, const Shape& shape,
                                          const DecodedInsn& insn) {
  if ((shape.sews >> v.sew_shift & 1) == 0) return false;
  const PlacedOperand vd = Place(v, shape.vd, insn.rd);
  if (!IsPlaceLegal(shape.vd, vd)) return false;
  // A masked instruction may not overwrite its mask, except with a mask or a scalar.
  const bool mask_is_apart = shape.vd.kind == OperandKind::kGroup || shape.vd_apart;
  if (mask_is_apart && !insn.vm && vd.reg == 0) return false;
  return IsSourceLegal(v, shape, vd, shape.vs2, insn.rs2) &&
         IsSourceLegal(v, shape, vd, shape.vs1, insn.rs1);
}

template <Shape kShape>
[[nodiscard]] bool IsLegal(const Hart& hart, const DecodedInsn& insn) {
  const VectorState& v = hart.v;
  if (!hart.VectorEnabled() || v.vill) return false;
  if (kShape.is_float && !IsFloatLegal(hart)) return false;
  if (kShape.vstart_zero && v.vstart != 0) return false;
  return IsShapeLegal(v, kShape, insn);
}

}  // namespace sim::vector

#endif  // SIM_VECTOR_LEGALITY_H_
