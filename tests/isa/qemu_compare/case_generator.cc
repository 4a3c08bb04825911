// SPDX-License-Identifier: Apache-2.0

#include "tests/isa/qemu_compare/case_generator.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string_view>

namespace qemu_compare {
namespace {

using sim::InsnClass;
using sim::Op;

constexpr uint32_t kVtypeVill = 0x8000'0000;
constexpr uint32_t kOffsetLimit = 0x1000;  // of an index register's elements

bool StartsWith(Op op, std::string_view prefix) {
  return sim::Info(op).mnemonic.starts_with(prefix);
}

bool IsFloatVector(Op op) { return StartsWith(op, "vf") && op != Op::kVfirstM; }
bool IsFloatCompare(Op op) { return StartsWith(op, "vmf"); }
bool IsConversionWith16(Op op) { return StartsWith(op, "vfwcvt") || StartsWith(op, "vfncvt"); }

bool IsOneOf(InsnClass c, std::initializer_list<InsnClass> classes) {
  return std::find(classes.begin(), classes.end(), c) != classes.end();
}

bool IsVectorMemory(InsnClass c) {
  return IsOneOf(c, {InsnClass::kVectorLoadUnit, InsnClass::kVectorStoreUnit,
                     InsnClass::kVectorLoadStrided, InsnClass::kVectorStoreStrided,
                     InsnClass::kVectorLoadIndexed, InsnClass::kVectorStoreIndexed,
                     InsnClass::kVectorLoadWhole, InsnClass::kVectorStoreWhole});
}

uint32_t FieldBits(std::string_view pattern, char letter) {
  uint32_t mask = 0;
  for (char c : pattern) mask = mask << 1 | (c == letter ? 1 : 0);
  return mask;
}

// Puts `value` into the bits of `letter`, which are contiguous.
void SetField(Case& c, char letter, uint32_t value) {
  const uint32_t mask = FieldBits(sim::Info(c.op).pattern, letter);
  if (mask == 0) return;
  c.word = (c.word & ~mask) | (value << __builtin_ctz(mask) & mask);
}

// The signed 12-bit offset of a load, store or jalr.
void SetOffset(Case& c, InsnClass insn_class, uint32_t offset) {
  if (IsOneOf(insn_class, {InsnClass::kIntStore, InsnClass::kFpStore})) {
    c.word = (c.word & ~0xFE00'0F80u) | (offset & 31) << 7 | (offset >> 5 & 0x7F) << 25;
  } else {
    c.word = (c.word & 0x000F'FFFFu) | offset << 20;
  }
}

}  // namespace

uint32_t CaseGenerator::Integer() {
  static constexpr uint32_t kSpecial[] = {
      0,           1,           2,           3,           31,          32,
      63,          64,          0x7F,        0x80,        0xFF,        0x7FFF,
      0x8000,      0xFFFF,      0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF, 0x8080'8080,
      0x8000'8000, 0x7FFF'7FFF, 0x7F7F'7F7F, 0xFFFF'0000, 0x0001'0001};
  switch (Below(4)) {
    case 0:
      return kSpecial[Below(std::size(kSpecial))];
    case 1:
      return Next() >> Below(32);
    case 2:
      return ~(Next() >> Below(32));
    default:
      return Next();
  }
}

uint32_t CaseGenerator::FloatBits() {
  static constexpr uint32_t kSpecial[] = {
      0,           0x8000'0000, 0x7F80'0000, 0xFF80'0000, 0x7FC0'0000, 0x7FC1'2345, 0xFFC0'0001,
      0x7F80'0001, 0xFFBF'FFFF, 0x3F80'0000, 0xBF80'0000, 0x0080'0000, 0x007F'FFFF, 1,
      0x8000'0001, 0x7F7F'FFFF, 0xFF7F'FFFF, 0x4F00'0000, 0xCF00'0000, 0x4F80'0000, 0x3F00'0000,
      0x4700'0000, 0x46FF'FE00, 0xC700'0000, 0x477F'FF00, 0x4780'0000, 0x3FC0'0000, 0x4020'0000};
  switch (Below(6)) {
    case 0:
      return kSpecial[Below(std::size(kSpecial))];
    case 1:  // near one: sums cancel, products round
      return (Next() & 0x8000'0000) | (124 + Below(7)) << 23 | (Next() & 0x7F'FFFF);
    case 2:  // few fraction bits: exact results and ties
      return (Next() & 0x8000'0000) | (120 + Below(20)) << 23 |
             (Next() & 0x7F'FFFF & ~0u << Below(23));
    case 3:  // around the integers' limits
      return (Next() & 0x8000'0000) | (139 + Below(22)) << 23 | (Next() & 0x7F'FFFF);
    case 4:  // small, down to subnormal
      return (Next() & 0x8000'0000) | Below(40) << 23 | (Next() & 0x7F'FFFF);
    default:
      return Next();
  }
}

std::vector<uint8_t> CaseGenerator::VectorFiles() {
  std::vector<uint8_t> bytes(kFiles * kVectorFileBytes);
  for (size_t at = 0; at < bytes.size(); at += 4) {
    const size_t file = at / kVectorFileBytes;
    uint32_t word = file < kIntegerFiles                 ? Integer()
                    : file < kIntegerFiles + kFloatFiles ? FloatBits()
                                                         : Below(kOffsetLimit);
    const bool is_v0 = at % kVectorFileBytes < kVlenBytes;
    if (is_v0) word = Next();  // a mask, about half of it set
    std::memcpy(bytes.data() + at, &word, 4);
  }
  return bytes;
}

std::vector<uint8_t> CaseGenerator::Window() {
  std::vector<uint8_t> bytes(kWindowBytes);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(Next());
  return bytes;
}

// Registers but x2, x30, x31, which the guest program keeps.
uint32_t CaseGenerator::IntRegister() {
  const uint32_t n = Below(29);
  return n < 2 ? n : n + 1;
}

uint32_t CaseGenerator::VectorRegister(uint32_t alignment) {
  return OneIn(12) ? Below(32) : Below(32 / alignment) * alignment;
}

uint32_t CaseGenerator::Place(Case& c, uint32_t value, uint32_t other) {
  uint32_t reg = 0;
  do {
    reg = IntRegister();
  } while (reg == 0 || reg == other);
  c.record.x[reg] = value;
  return reg;
}

uint32_t CaseGenerator::Vtype(Op op) {
  if (OneIn(40)) return kVtypeVill;
  uint32_t sew = Below(3);
  if (IsConversionWith16(op)) {
    sew = 1;
  } else if (IsFloatVector(op) || IsFloatCompare(op)) {
    sew = 2;
  }
  const uint32_t policy = Below(4) << 6;
  // LMUL 1/4 .. 8 as far as SEW <= LMUL * ELEN allows.
  const uint32_t lowest = sew;  // -2, -1, 0
  const int lmul = static_cast<int>(lowest + Below(6 - lowest)) - 2;
  return policy | sew << 3 | (static_cast<uint32_t>(lmul) & 7);
}

void CaseGenerator::FillScalar(Case& c) {
  const InsnClass insn_class = sim::Info(c.op).insn_class;
  const auto set_registers = [&] {
    SetField(c, 's', IntRegister());
    SetField(c, 't', IntRegister());
  };
  set_registers();
  SetField(c, 'd', IntRegister());
  switch (insn_class) {
    case InsnClass::kIntLoad:
    case InsnClass::kIntStore:
    case InsnClass::kFpLoad:
    case InsnClass::kFpStore:
      SetField(c, 's', Place(c, kWindowMiddle + Below(64)));
      SetOffset(c, insn_class, Below(1024) - 512);
      break;
    case InsnClass::kBranch:
      c.word = (c.word & ~0xFE00'0F80u) | 8 / 2 << 8;  // to the stub's mark
      if (OneIn(3)) c.record.x[c.word >> 20 & 31] = c.record.x[c.word >> 15 & 31];
      c.record.x[0] = 0;
      break;
    case InsnClass::kJump:
      c.word = (c.word & 0xFFF) | 8 / 2 << 21;
      break;
    case InsnClass::kJumpReg: {
      const uint32_t offset = Below(4096);
      const uint32_t signed_offset = offset < 2048 ? offset : offset - 4096;
      SetField(c, 's', Place(c, c.record.stub + 8 + Below(2) - (signed_offset & ~1u)));
      SetOffset(c, insn_class, offset & ~1u);
      break;
    }
    case InsnClass::kCsrReg:
    case InsnClass::kCsrImm: {
      static constexpr uint32_t kCsrs[] = {0x001, 0x002, 0x003, 0x008, 0x009,
                                           0x00A, 0x00F, 0xC20, 0xC21, 0xC22};
      SetField(c, 'c', kCsrs[Below(std::size(kCsrs))]);
      break;
    }
    default:
      break;
  }
  if (insn_class == InsnClass::kFpReg || insn_class == InsnClass::kFpRegRm ||
      insn_class == InsnClass::kFpFused || insn_class == InsnClass::kFpCompare ||
      insn_class == InsnClass::kFpUnaryRm) {
    SetField(c, 's', Below(32));
    SetField(c, 't', Below(32));
    if (insn_class != InsnClass::kFpCompare) SetField(c, 'd', Below(32));
  }
}

void CaseGenerator::FillVector(Case& c, uint32_t vtype, uint32_t files) {
  const InsnClass insn_class = sim::Info(c.op).insn_class;
  CaseRecord& r = c.record;
  r.vtype = vtype;
  const int lmul = static_cast<int>((r.vtype & 7) ^ 4) - 4;
  const int sew = static_cast<int>(r.vtype >> 3 & 3);
  const uint32_t vlmax = r.vtype == kVtypeVill ? 1
                         : lmul >= sew         ? kVlenBytes << (lmul - sew)
                                               : kVlenBytes >> (sew - lmul);
  r.avl = OneIn(3) ? vlmax : Below(vlmax + 1);
  // QEMU 7.2 crashes on vmv<n>r.v with vstart beyond its length.
  if (OneIn(16) && !(c.op >= Op::kVmv1rV && c.op <= Op::kVmv8rV)) r.vstart = Below(vlmax);
  const bool is_float = IsFloatVector(c.op) || IsFloatCompare(c.op);
  const uint32_t file = is_float && !IsConversionWith16(c.op) && !OneIn(8)
                            ? kIntegerFiles + Below(kFloatFiles)
                            : Below(kIntegerFiles + kFloatFiles);
  r.vector_file = files + file * kVectorFileBytes;

  const uint32_t alignment = OneIn(4) ? 1u << std::max(lmul, 0) : 1u << std::clamp(lmul + 1, 0, 3);
  SetField(c, 'd', VectorRegister(alignment));
  SetField(c, 't', VectorRegister(alignment));
  SetField(c, 's', VectorRegister(alignment));

  switch (insn_class) {
    case InsnClass::kVectorVx:
    case InsnClass::kVectorVxm:
    case InsnClass::kVectorMacVx:
    case InsnClass::kVectorMoveX:
    case InsnClass::kVectorSetVli:
      SetField(c, 's', IntRegister());
      break;
    case InsnClass::kVectorSetVl:
      SetField(c, 's', IntRegister());
      SetField(c, 't', Place(c, OneIn(4) ? Integer() : Vtype(c.op)));
      break;
    case InsnClass::kVectorVi:
    case InsnClass::kVectorVu:
    case InsnClass::kVectorVim:
    case InsnClass::kVectorMoveI:
    case InsnClass::kVectorSetIvli:
    case InsnClass::kVectorVf:
    case InsnClass::kVectorVfm:
    case InsnClass::kVectorMacVf:
    case InsnClass::kVectorMoveF:
      SetField(c, 's', Below(32));
      break;
    default:
      break;
  }
  if (IsOneOf(insn_class, {InsnClass::kVectorSetVli, InsnClass::kVectorSetIvli})) {
    SetField(c, 'i', OneIn(4) ? Next() : Vtype(c.op));
  }
  if (IsOneOf(insn_class, {InsnClass::kVectorSetVli, InsnClass::kVectorSetIvli,
                           InsnClass::kVectorSetVl, InsnClass::kVectorToX})) {
    SetField(c, 'd', IntRegister());
  }
  if (insn_class == InsnClass::kVectorToF) SetField(c, 'd', Below(32));
  if (insn_class == InsnClass::kVectorVx && OneIn(2)) {
    // A slide or gather index within reach.
    const uint32_t rs1 = c.word >> 15 & 31;
    if (rs1 != 0) r.x[rs1] = Below(vlmax + 2);
  }
  if (!IsVectorMemory(insn_class)) return;

  const uint32_t fields = OneIn(2) ? 0 : Below(8);
  SetField(c, 'n', fields);
  const uint32_t base = Place(c, kWindowMiddle + (OneIn(4) ? Below(64) : Below(16) * 4));
  SetField(c, 's', base);
  if (IsOneOf(insn_class, {InsnClass::kVectorLoadStrided, InsnClass::kVectorStoreStrided})) {
    SetField(c, 't', OneIn(8) ? 0 : Place(c, Below(17) - 8, base));
  }
  if (IsOneOf(insn_class, {InsnClass::kVectorLoadIndexed, InsnClass::kVectorStoreIndexed})) {
    // Only these registers hold offsets that stay inside the window; v0 is a mask.
    r.vector_file = files + (kIntegerFiles + kFloatFiles + Below(kOffsetFiles)) * kVectorFileBytes;
    if ((c.word >> 20 & 31) < 8) SetField(c, 't', 8 * (1 + Below(3)));
  }
  r.window = IsOneOf(insn_class, {InsnClass::kVectorStoreUnit, InsnClass::kVectorStoreStrided,
                                  InsnClass::kVectorStoreIndexed, InsnClass::kVectorStoreWhole})
                 ? kHashWindow
                 : 0;
}

Case CaseGenerator::Make(Op op, uint32_t stub, uint32_t files) {
  return Fill(op, Vtype(op), stub, files);
}

Case CaseGenerator::MakeIn(uint32_t vtype, Op op, uint32_t stub, uint32_t files) {
  return Fill(op, vtype, stub, files);
}

Case CaseGenerator::Fill(Op op, uint32_t vtype, uint32_t stub, uint32_t files) {
  const sim::InsnInfo& info = sim::Info(op);
  Case c{.op = op, .word = 0, .record = {}};
  c.word = (Next() & ~info.encoding.mask) | info.encoding.match;
  CaseRecord& r = c.record;
  r.stub = stub;
  r.vector_file = files;
  for (uint32_t& value : r.x) value = Integer();
  for (uint32_t& value : r.f) value = FloatBits();
  r.x[0] = 0;
  const uint32_t frm = OneIn(2) ? 0 : OneIn(8) ? 5 + Below(3) : Below(5);
  r.fcsr = frm << 5 | (OneIn(2) ? 0 : Below(32));
  r.vcsr = Below(4) << 1 | (OneIn(4) ? 1 : 0);
  r.vtype = vtype;
  r.avl = Below(65);
  if (info.extension == sim::Extension::kV) {
    FillVector(c, vtype, files);
  } else {
    FillScalar(c);
    r.window =
        IsOneOf(info.insn_class, {InsnClass::kIntStore, InsnClass::kFpStore}) ? kHashWindow : 0;
  }
  return c;
}

}  // namespace qemu_compare
