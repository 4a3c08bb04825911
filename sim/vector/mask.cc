// SPDX-License-Identifier: Apache-2.0

// V specification, section 15: instructions on mask registers. Tail bits stay as they were.
#include <bit>

#include "sim/vector/elements.h"
#include "sim/vector/handlers.h"

namespace sim::vector {
namespace {

// vd.mask[i] = op(vs2.mask[i], vs1.mask[i]), a byte at a time.
template <typename Op>
bool MaskLogical(Hart& hart, const DecodedInsn& insn, Op op) {
  if (!IsLegal<kShapeMaskLogical>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  uint8_t* vd = v.Reg(insn.rd);
  const uint8_t* vs2 = v.Reg(insn.rs2);
  const uint8_t* vs1 = v.Reg(insn.rs1);
  for (uint32_t byte = v.vstart / 8; byte * 8 < v.vl; ++byte) {
    const uint32_t body = BodyBits(v, byte);
    const uint32_t result = op(uint32_t{vs2[byte]}, uint32_t{vs1[byte]});
    vd[byte] = static_cast<uint8_t>((vd[byte] & ~body) | (result & body));
  }
  return Retire(hart);
}

// The active bits of mask register vs2 in byte `byte`. vstart is 0.
uint32_t ActiveBits(const VectorState& v, const DecodedInsn& insn, uint32_t byte) {
  uint32_t bits = v.Reg(insn.rs2)[byte] & BodyBits(v, byte);
  if (!insn.vm) bits &= v.reg[byte];
  return bits;
}

// Section 15.4 to 15.6: what an active element gets, by its place relative to the first set bit.
struct SetPattern {
  bool before, first, after;
};

bool SetByFirst(Hart& hart, const DecodedInsn& insn, SetPattern pattern) {
  if (!IsLegal<kShapeMaskSet>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  uint8_t* vd = v.Reg(insn.rd);
  const uint8_t* vs2 = v.Reg(insn.rs2);
  bool found = false;
  ForEachActive(v, insn, [&](uint32_t i) {
    const bool is_first = !found && MaskBit(vs2, i);
    SetMaskBit(vd, i, is_first ? pattern.first : found ? pattern.after : pattern.before);
    found |= is_first;
  });
  return Retire(hart);
}

}  // namespace

bool VmandMm(Hart& h, const DecodedInsn& i) {
  return MaskLogical(h, i, [](uint32_t b, uint32_t a) { return b & a; });
}
bool VmnandMm(Hart& h, const DecodedInsn& i) {
  return MaskLogical(h, i, [](uint32_t b, uint32_t a) { return ~(b & a); });
}
bool VmandnMm(Hart& h, const DecodedInsn& i) {
  return MaskLogical(h, i, [](uint32_t b, uint32_t a) { return b & ~a; });
}
bool VmxorMm(Hart& h, const DecodedInsn& i) {
  return MaskLogical(h, i, [](uint32_t b, uint32_t a) { return b ^ a; });
}
bool VmorMm(Hart& h, const DecodedInsn& i) {
  return MaskLogical(h, i, [](uint32_t b, uint32_t a) { return b | a; });
}
bool VmnorMm(Hart& h, const DecodedInsn& i) {
  return MaskLogical(h, i, [](uint32_t b, uint32_t a) { return ~(b | a); });
}
bool VmornMm(Hart& h, const DecodedInsn& i) {
  return MaskLogical(h, i, [](uint32_t b, uint32_t a) { return b | ~a; });
}
bool VmxnorMm(Hart& h, const DecodedInsn& i) {
  return MaskLogical(h, i, [](uint32_t b, uint32_t a) { return ~(b ^ a); });
}

bool VcpopM(Hart& hart, const DecodedInsn& insn) {
  if (!IsLegal<kShapeMaskToX>(hart, insn)) return hart.RaiseIllegal(insn);
  uint32_t count = 0;
  for (uint32_t byte = 0; byte * 8 < hart.v.vl; ++byte) {
    count += static_cast<uint32_t>(std::popcount(ActiveBits(hart.v, insn, byte)));
  }
  hart.SetX(insn.rd, count);
  return Retire(hart);
}

bool VfirstM(Hart& hart, const DecodedInsn& insn) {
  if (!IsLegal<kShapeMaskToX>(hart, insn)) return hart.RaiseIllegal(insn);
  uint32_t first = ~0u;
  for (uint32_t byte = 0; byte * 8 < hart.v.vl && first == ~0u; ++byte) {
    const uint32_t bits = ActiveBits(hart.v, insn, byte);
    if (bits != 0) first = byte * 8 + static_cast<uint32_t>(std::countr_zero(bits));
  }
  hart.SetX(insn.rd, first);
  return Retire(hart);
}

bool VmsbfM(Hart& h, const DecodedInsn& i) {
  return SetByFirst(h, i, {.before = true, .first = false, .after = false});
}
bool VmsifM(Hart& h, const DecodedInsn& i) {
  return SetByFirst(h, i, {.before = true, .first = true, .after = false});
}
bool VmsofM(Hart& h, const DecodedInsn& i) {
  return SetByFirst(h, i, {.before = false, .first = true, .after = false});
}

bool ViotaM(Hart& hart, const DecodedInsn& insn) {
  if (!IsLegal<kShapeIota>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  WithSew(v, [&]<int kWidth>() {
    using T = UnsignedOf<kWidth>;
    T* vd = Elements<T>(v, insn.rd);
    const uint8_t* vs2 = v.Reg(insn.rs2);
    uint32_t count = 0;
    ForEachActive(v, insn, [&](uint32_t i) {
      vd[i] = static_cast<T>(count);
      count += MaskBit(vs2, i) ? 1 : 0;
    });
  });
  return Retire(hart);
}

bool VidV(Hart& hart, const DecodedInsn& insn) {
  if (!IsLegal<kShapeSplat>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  WithSew(v, [&]<int kWidth>() {
    using T = UnsignedOf<kWidth>;
    T* vd = Elements<T>(v, insn.rd);
    ForEachActive(v, insn, [&](uint32_t i) { vd[i] = static_cast<T>(i); });
  });
  return Retire(hart);
}

}  // namespace sim::vector
