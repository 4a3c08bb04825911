// SPDX-License-Identifier: Apache-2.0

// V specification, sections 3.4 and 6: vtype, VLMAX and the three instructions that set vl.
#include <algorithm>

#include "sim/vector/elements.h"
#include "sim/vector/handlers.h"
#include "sim/vector/vector.h"

namespace sim {
namespace {

constexpr uint32_t kVtypeVill = 0x8000'0000;
constexpr uint32_t kVtypeFields = 0xFF;  // vma, vta, vsew, vlmul
constexpr uint32_t kLmulReserved = 4;

}  // namespace

void SetVtype(VectorState& v, uint32_t vtype) {
  const uint32_t lmul_field = vtype & 7;
  const uint32_t sew_field = vtype >> 3 & 7;
  const int lmul_shift = static_cast<int>(lmul_field) - (lmul_field > kLmulReserved ? 8 : 0);
  // SEW <= min(LMUL, 1) * ELEN, or a group could not hold one element.
  const bool legal = (vtype & ~kVtypeFields) == 0 && lmul_field != kLmulReserved &&
                     static_cast<int>(sew_field) <= vector::kMaxSewShift + std::min(lmul_shift, 0);
  v.vill = !legal;
  v.vtype = legal ? vtype : kVtypeVill;
  v.sew_shift = legal ? static_cast<uint8_t>(sew_field) : 0;
  v.lmul_shift = legal ? static_cast<int8_t>(lmul_shift) : 0;
}

uint32_t Vlmax(const VectorState& v) {
  if (v.vill) return 0;
  const int shift = v.lmul_shift - v.sew_shift;
  return shift >= 0 ? v.vlen_bytes << shift : v.vlen_bytes >> -shift;
}

namespace vector {
namespace {

// Section 6.3: vl = min(AVL, VLMAX) is one of the permitted choices, the one that all
// implementations take. Under vill VLMAX is 0.
bool Configure(Hart& hart, const DecodedInsn& insn, uint32_t vtype, uint32_t avl) {
  SetVtype(hart.v, vtype);
  hart.v.vl = std::min(avl, Vlmax(hart.v));
  hart.SetX(insn.rd, hart.v.vl);
  return Retire(hart);
}

uint32_t RequestedLength(const Hart& hart, const DecodedInsn& insn) {
  if (insn.rs1 != 0) return hart.x[insn.rs1];
  return insn.rd != 0 ? ~0u : hart.v.vl;
}

}  // namespace

bool Vsetvli(Hart& hart, const DecodedInsn& insn) {
  if (!hart.VectorEnabled()) return hart.RaiseIllegal(insn);
  return Configure(hart, insn, static_cast<uint32_t>(insn.imm), RequestedLength(hart, insn));
}

bool Vsetivli(Hart& hart, const DecodedInsn& insn) {
  if (!hart.VectorEnabled()) return hart.RaiseIllegal(insn);
  return Configure(hart, insn, static_cast<uint32_t>(insn.imm), insn.rs1);
}

bool Vsetvl(Hart& hart, const DecodedInsn& insn) {
  if (!hart.VectorEnabled()) return hart.RaiseIllegal(insn);
  return Configure(hart, insn, hart.x[insn.rs2], RequestedLength(hart, insn));
}

}  // namespace vector
}  // namespace sim
