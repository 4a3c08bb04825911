// SPDX-License-Identifier: Apache-2.0

// The instruction set as data. Each row of the .def files beside this header is the only place
// where an instruction's facts stand; from it come the enumerator, mask and match, the decoder's
// table, the disassembler's operands and the profiler's name. Adding a row without a handler does
// not compile (hart/*.cc, vector/*.cc); two rows that overlap do not compile
// (insn.cc).
//
//   INSN(id, "mnemonic", "pattern", extension, class)
//
// `pattern` is the manual's: bit 31 first, 32 characters, 0 and 1 fixed, any letter an operand
// bit (d = 11:7, s = 19:15, t = 24:20, m = vm, n = nf, others as the row likes). `class` is the
// operand shape (insn_class.def) and says which immediate is decoded and how operands are spelled.
// Source: RISC-V unprivileged specification, chapter "RV32/64G Instruction Set Listings", and the
// V specification 1.0, section "Vector Instruction Listing".
#ifndef SIM_ISA_INSN_H_
#define SIM_ISA_INSN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sim {

struct Hart;
struct DecodedInsn;

// Executes one instruction. True: it retired. False: a trap is recorded in hart.trap and nothing
// else of the architectural state has changed (vector memory: elements before vstart have).
// Does not advance pc: control transfers set hart.next_pc.
using Handler = bool (*)(Hart& hart, const DecodedInsn& insn);

enum class Extension : uint8_t { kI, kM, kF, kSystem, kCustom, kV };

enum class ImmFormat : uint8_t {
  kNone,
  kI,       // 31:20, signed
  kS,       // 31:25 | 11:7, signed
  kB,       // branch offset, signed
  kU,       // 31:12 in place
  kJ,       // jump offset, signed
  kShamt,   // 24:20, unsigned
  kCsr,     // 31:20, unsigned (the 5-bit immediate of csrr*i is rs1)
  kSimm5,   // 19:15, signed
  kUimm5,   // 19:15, unsigned
  kZimm11,  // 30:20, unsigned (vsetvli)
  kZimm10,  // 29:20, unsigned (vsetivli)
};

enum class InsnClass : uint8_t {
#define INSN_CLASS(id, imm, operands) k##id,
#include "sim/isa/insn_class.def"
#undef INSN_CLASS
};

// Order: scalar files first, the vector file last (kFirstVectorOp).
enum class Op : uint16_t {
#define INSN(id, mnemonic, pattern, extension, insn_class) k##id,
#include "sim/isa/all.def"
#undef INSN
  kIllegal,  // no row matches
};

inline constexpr size_t kOpCount = static_cast<size_t>(Op::kIllegal);

struct Encoding {
  uint32_t mask;   // fixed bits
  uint32_t match;  // their values
};

consteval Encoding EncodingOf(std::string_view pattern) {
  if (pattern.size() != 32) throw "a pattern has 32 characters";
  Encoding encoding{};
  for (char c : pattern) {
    const bool fixed = c == '0' || c == '1';
    if (!fixed && (c < 'a' || c > 'z')) throw "a pattern holds 0, 1 and lower-case letters";
    encoding.mask = encoding.mask << 1 | (fixed ? 1u : 0u);
    encoding.match = encoding.match << 1 | (c == '1' ? 1u : 0u);
  }
  return encoding;
}

struct InsnInfo {
  std::string_view mnemonic;
  std::string_view pattern;
  Encoding encoding;
  Extension extension;
  InsnClass insn_class;
};

struct InsnClassInfo {
  ImmFormat imm;
  std::string_view operands;  // template of the disassembler, see disassembler.h
};

inline constexpr auto kInsnTable = std::to_array<InsnInfo>({
#define INSN(id, mnemonic, pattern, extension, insn_class) \
  {mnemonic, pattern, EncodingOf(pattern), Extension::k##extension, InsnClass::k##insn_class},
#include "sim/isa/all.def"
#undef INSN
});
static_assert(kInsnTable.size() == kOpCount);

inline constexpr auto kInsnClassTable = std::to_array<InsnClassInfo>({
#define INSN_CLASS(id, imm, operands) {ImmFormat::k##imm, operands},
#include "sim/isa/insn_class.def"
#undef INSN_CLASS
});

constexpr size_t Index(Op op) { return static_cast<size_t>(op); }
constexpr const InsnInfo& Info(Op op) { return kInsnTable[Index(op)]; }
constexpr const InsnClassInfo& Info(InsnClass c) { return kInsnClassTable[static_cast<size_t>(c)]; }

inline constexpr size_t kVectorOpCount = [] {
  size_t count = 0;
  for (const InsnInfo& info : kInsnTable) count += info.extension == Extension::kV ? 1 : 0;
  return count;
}();
inline constexpr size_t kFirstVectorOp = kOpCount - kVectorOpCount;

// One instruction ready to run. Fields carry the manual's names; a vector instruction's vd, vs1
// and vs2 stand in rd, rs1 and rs2. Every field is filled from the word whether or not the
// instruction uses it, so none is ever out of range (registers < 32, nf < 8).
struct DecodedInsn {
  Handler handler;
  uint32_t pc;    // of this instruction
  uint32_t word;  // as fetched; mtval of an illegal instruction
  int32_t imm;    // by the class's ImmFormat; 0 for kNone
  Op op;
  uint8_t rd;   // 11:7
  uint8_t rs1;  // 19:15
  uint8_t rs2;  // 24:20
  uint8_t rs3;  // 31:27
  bool vm;      // bit 25; true = unmasked
  uint8_t nf;   // 31:29, as encoded (fields - 1)
};
static_assert(sizeof(DecodedInsn) <= 32);

// The row that matches, or Op::kIllegal.
[[nodiscard]] Op DecodeOp(uint32_t word);
[[nodiscard]] int32_t ImmediateOf(uint32_t word, ImmFormat format);
// Fills everything but the handler (nullptr).
[[nodiscard]] DecodedInsn Decode(uint32_t word, uint32_t pc);

}  // namespace sim

#endif  // SIM_ISA_INSN_H_
