// SPDX-License-Identifier: Apache-2.0

#include "sim/isa/encoder.h"

namespace sim {
namespace {

// Where the bits of an immediate stand in the word, and their values.
Encoding PlaceImmediate(ImmFormat format, int32_t value) {
  const auto imm = static_cast<uint32_t>(value);
  switch (format) {
    case ImmFormat::kNone:
      return {0, 0};
    case ImmFormat::kI:
    case ImmFormat::kCsr:
      return {0xfff0'0000, imm << 20};
    case ImmFormat::kS:
      return {0xfe00'0f80, (imm >> 5) << 25 | (imm & 0x1f) << 7};
    case ImmFormat::kB:
      return {0xfe00'0f80, (imm >> 12 & 1) << 31 | (imm >> 5 & 0x3f) << 25 | (imm >> 1 & 0xf) << 8 |
                               (imm >> 11 & 1) << 7};
    case ImmFormat::kU:
      return {0xffff'f000, imm & 0xffff'f000};
    case ImmFormat::kJ:
      return {0xffff'f000, (imm >> 20 & 1) << 31 | (imm >> 1 & 0x3ff) << 21 |
                               (imm >> 11 & 1) << 20 | (imm >> 12 & 0xff) << 12};
    case ImmFormat::kShamt:
      return {0x01f0'0000, (imm & 0x1f) << 20};
    case ImmFormat::kSimm5:
    case ImmFormat::kUimm5:
      return {0x000f'8000, (imm & 0x1f) << 15};
    case ImmFormat::kZimm11:
      return {0x7ff0'0000, (imm & 0x7ff) << 20};
    case ImmFormat::kZimm10:
      return {0x3ff0'0000, (imm & 0x3ff) << 20};
  }
  return {0, 0};
}

}  // namespace

uint32_t Encode(Op op, const Operands& operands) {
  const InsnInfo& info = Info(op);
  uint32_t word = (operands.rd & 31) << 7 | (operands.rs1 & 31) << 15 | (operands.rs2 & 31) << 20;
  switch (info.extension) {
    case Extension::kF:
      word |= (operands.rm & 7) << 12 | (operands.rs3 & 31) << 27;
      break;
    case Extension::kV:
      word |= (operands.vm ? 1u : 0u) << 25 | (operands.nf & 7) << 29;
      break;
    default:
      break;
  }
  const Encoding immediate = PlaceImmediate(Info(info.insn_class).imm, operands.imm);
  word = (word & ~immediate.mask) | (immediate.match & immediate.mask);
  return (word & ~info.encoding.mask) | info.encoding.match;
}

}  // namespace sim
