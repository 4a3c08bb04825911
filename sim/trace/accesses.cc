// SPDX-License-Identifier: Apache-2.0

#include "sim/trace/accesses.h"

#include <cstring>

namespace sim {
namespace {

using Visit = std::function<void(const Access&)>;

// Of scalar loads and stores: funct3 01 half-word, 10 word (unprivileged specification, section
// "Load and Store Instructions").
uint32_t ScalarBytes(const DecodedInsn& insn) { return 1u << (insn.word >> 12 & 3); }

// Of vector loads and stores, bits 14:12: 000, 101, 110 (V specification, section 7.3).
uint32_t WidthBytes(const DecodedInsn& insn) {
  const uint32_t width = insn.word >> 12 & 7;
  return width == 0 ? 1 : 1u << (width - 4);
}

uint32_t IndexOf(const VectorState& v, uint32_t first, uint32_t element, uint32_t size_bytes) {
  uint32_t value = 0;
  const size_t offset = size_t{first} * v.vlen_bytes + size_t{element} * size_bytes;
  if (offset + size_bytes <= size_t{32} * v.vlen_bytes)
    std::memcpy(&value, v.reg + offset, size_bytes);
  return value;
}

struct Shape {
  bool is_write;
  enum { kUnit, kStrided, kIndexed } addressing;
};

void VisitElements(const Hart& hart, const DecodedInsn& insn, const Shape& shape,
                   const Visit& visit) {
  const VectorState& v = hart.v;
  if (!hart.VectorEnabled() || v.vill) return;
  const uint32_t size = shape.addressing == Shape::kIndexed ? 1u << v.sew_shift : WidthBytes(insn);
  const uint32_t fields = insn.nf + 1u;
  for (uint32_t i = v.vstart; i < v.vl; ++i) {
    if (!insn.vm && (v.reg[i / 8] >> i % 8 & 1) == 0) continue;
    uint32_t address = hart.x[insn.rs1];
    switch (shape.addressing) {
      case Shape::kUnit:
        address += i * fields * size;
        break;
      case Shape::kStrided:
        address += i * hart.x[insn.rs2];
        break;
      case Shape::kIndexed:
        address += IndexOf(v, insn.rs2, i, WidthBytes(insn));
        break;
    }
    for (uint32_t field = 0; field < fields; ++field) {
      visit({address + field * size, size, shape.is_write});
    }
  }
}

}  // namespace

void ForEachAccess(const Hart& hart, const DecodedInsn& insn, const Visit& visit) {
  if (insn.op == Op::kIllegal) return;
  const auto scalar = [&](bool is_write) {
    visit({hart.x[insn.rs1] + static_cast<uint32_t>(insn.imm), ScalarBytes(insn), is_write});
  };
  const auto whole = [&](bool is_write) {
    if (!hart.VectorEnabled()) return;
    const bool is_mask = insn.op == Op::kVlmV || insn.op == Op::kVsmV;
    const uint32_t size = is_mask ? (hart.v.vl + 7) / 8 : (insn.nf + 1u) * hart.v.vlen_bytes;
    if (size != 0) visit({hart.x[insn.rs1], size, is_write});
  };
  switch (Info(insn.op).insn_class) {
    case InsnClass::kIntLoad:
    case InsnClass::kFpLoad:
      return scalar(false);
    case InsnClass::kIntStore:
    case InsnClass::kFpStore:
      return scalar(true);
    case InsnClass::kVectorLoadUnit:
      return VisitElements(hart, insn, {false, Shape::kUnit}, visit);
    case InsnClass::kVectorStoreUnit:
      return VisitElements(hart, insn, {true, Shape::kUnit}, visit);
    case InsnClass::kVectorLoadStrided:
      return VisitElements(hart, insn, {false, Shape::kStrided}, visit);
    case InsnClass::kVectorStoreStrided:
      return VisitElements(hart, insn, {true, Shape::kStrided}, visit);
    case InsnClass::kVectorLoadIndexed:
      return VisitElements(hart, insn, {false, Shape::kIndexed}, visit);
    case InsnClass::kVectorStoreIndexed:
      return VisitElements(hart, insn, {true, Shape::kIndexed}, visit);
    case InsnClass::kVectorLoadWhole:
      return whole(false);
    case InsnClass::kVectorStoreWhole:
      return whole(true);
    default:
      return;
  }
}

}  // namespace sim
