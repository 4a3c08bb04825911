// SPDX-License-Identifier: Apache-2.0

#include "sim/isa/disassembler.h"

#include <algorithm>
#include <array>

#include "sim/isa/count_slot.h"
#include "sim/isa/insn.h"

namespace sim {
namespace {

constexpr std::array<std::string_view, 32> kIntNames = {
    "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
    "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
    "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

constexpr std::array<std::string_view, 32> kFloatNames = {
    "ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1", "fa0",
    "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4", "fs5",
    "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};

std::string Hex(uint32_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  do {
    digits += kDigits[value & 15];
    value >>= 4;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return "0x" + digits;
}

std::string SignedHex(int32_t value) {
  const auto magnitude = static_cast<uint32_t>(value);
  return value < 0 ? "-" + Hex(0u - magnitude) : Hex(magnitude);
}

std::string VectorName(uint32_t number) { return "v" + std::to_string(number); }

std::string CsrName(const DecodedInsn& insn) {
  switch (static_cast<uint32_t>(insn.imm)) {
#define CSR(id, number, name) \
  case number:                \
    return name;
#include "sim/isa/csr.def"
#undef CSR
    default:
      return std::to_string(insn.imm);
  }
}

std::string RoundingMode(const DecodedInsn& insn) {
  constexpr std::array<std::string_view, 8> kNames = {"rne", "rtz", "rdn", "rup",
                                                      "rmm", "5",   "6",   "dyn"};
  return ", " + std::string(kNames[insn.word >> 12 & 7]);
}

// Predecessor and successor sets: bits i, o, r, w.
std::string FenceSets(const DecodedInsn& insn) {
  const auto set = [](uint32_t bits) {
    std::string text;
    for (uint32_t i = 0; i < 4; ++i) {
      if ((bits >> (3 - i) & 1) != 0) text += "iorw"[i];
    }
    return text.empty() ? std::string("0") : text;
  };
  return set(insn.word >> 24 & 15) + ", " + set(insn.word >> 20 & 15);
}

std::string VectorType(const DecodedInsn& insn) {
  constexpr std::array<std::string_view, 4> kSew = {"e8", "e16", "e32", "e64"};
  constexpr std::array<std::string_view, 8> kLmul = {"m1", "m2",  "m4",  "m8",
                                                     "",   "mf8", "mf4", "mf2"};
  const auto vtype = static_cast<uint32_t>(insn.imm);
  const std::string_view lmul = kLmul[vtype & 7];
  if (vtype >> 8 != 0 || (vtype >> 3 & 7) > 3 || lmul.empty()) return Hex(vtype);
  return std::string(kSew[vtype >> 3 & 3]) + ", " + std::string(lmul) +
         ((vtype >> 6 & 1) != 0 ? ", ta" : ", tu") + ((vtype >> 7 & 1) != 0 ? ", ma" : ", mu");
}

struct Operand {
  std::string_view name;
  std::string (*text)(const DecodedInsn& insn);
};

using Insn = const DecodedInsn&;

constexpr auto kOperands = std::to_array<Operand>({
    {"rd", [](Insn i) { return std::string(IntRegisterName(i.rd)); }},
    {"rs1", [](Insn i) { return std::string(IntRegisterName(i.rs1)); }},
    {"rs2", [](Insn i) { return std::string(IntRegisterName(i.rs2)); }},
    {"fd", [](Insn i) { return std::string(FloatRegisterName(i.rd)); }},
    {"fs1", [](Insn i) { return std::string(FloatRegisterName(i.rs1)); }},
    {"fs2", [](Insn i) { return std::string(FloatRegisterName(i.rs2)); }},
    {"fs3", [](Insn i) { return std::string(FloatRegisterName(i.rs3)); }},
    {"vd", [](Insn i) { return VectorName(i.rd); }},
    {"vs1", [](Insn i) { return VectorName(i.rs1); }},
    {"vs2", [](Insn i) { return VectorName(i.rs2); }},
    {"vm", [](Insn i) { return std::string(i.vm ? "" : ", v0.t"); }},
    {"vtype", VectorType},
    {"imm", [](Insn i) { return SignedHex(i.imm); }},
    {"uimm", [](Insn i) { return Hex(i.rs1); }},
    {"upper", [](Insn i) { return Hex(static_cast<uint32_t>(i.imm) >> 12); }},
    {"target", [](Insn i) { return Hex(i.pc + static_cast<uint32_t>(i.imm)); }},
    {"csr", CsrName},
    {"rm", RoundingMode},
    {"fence", FenceSets},
});

consteval bool TemplatesUseKnownNames() {
  for (const InsnClassInfo& info : kInsnClassTable) {
    std::string_view rest = info.operands;
    for (size_t open = rest.find('{'); open != rest.npos; open = rest.find('{')) {
      const size_t close = rest.find('}', open);
      if (close == rest.npos) return false;
      const std::string_view name = rest.substr(open + 1, close - open - 1);
      if (std::none_of(kOperands.begin(), kOperands.end(),
                       [&](const Operand& operand) { return operand.name == name; })) {
        return false;
      }
      rest = rest.substr(close + 1);
    }
  }
  return true;
}
static_assert(TemplatesUseKnownNames(), "an operand template names an unknown operand");

}  // namespace

std::string_view IntRegisterName(uint32_t number) { return kIntNames[number & 31]; }
std::string_view FloatRegisterName(uint32_t number) { return kFloatNames[number & 31]; }

std::string Disassemble(uint32_t word, uint32_t pc) {
  const DecodedInsn insn = Decode(word, pc);
  if (insn.op == Op::kIllegal) return "<unknown>";
  const InsnInfo& info = Info(insn.op);
  std::string text = MnemonicOf(insn.op, HasFields(info) ? insn.nf + 1u : 1u);
  std::string_view rest = Info(info.insn_class).operands;
  if (!rest.empty()) text += '\t';
  while (!rest.empty()) {
    const size_t open = std::min(rest.find('{'), rest.size());
    text += rest.substr(0, open);
    if (open == rest.size()) break;
    const size_t close = rest.find('}');
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    for (const Operand& operand : kOperands) {
      if (operand.name == name) text += operand.text(insn);
    }
    rest = rest.substr(close + 1);
  }
  return text;
}

}  // namespace sim
