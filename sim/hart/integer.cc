// SPDX-License-Identifier: Apache-2.0

// RV32I, Zifencei and M. One expression an instruction; shapes share a template.
#include <cstring>
#include <limits>
#include <type_traits>

#include "sim/hart/handlers.h"

namespace sim {
namespace {

constexpr int32_t Signed(uint32_t value) { return static_cast<int32_t>(value); }
constexpr uint32_t Unsigned(int32_t value) { return static_cast<uint32_t>(value); }

template <auto kResult>
bool RegReg(Hart& hart, const DecodedInsn& insn) {
  hart.SetX(insn.rd, kResult(hart.x[insn.rs1], hart.x[insn.rs2]));
  return true;
}

template <auto kResult>
bool RegImm(Hart& hart, const DecodedInsn& insn) {
  hart.SetX(insn.rd, kResult(hart.x[insn.rs1], Unsigned(insn.imm)));
  return true;
}

template <auto kTaken>
bool BranchIf(Hart& hart, const DecodedInsn& insn) {
  if (!kTaken(hart.x[insn.rs1], hart.x[insn.rs2])) return true;
  const uint32_t target = insn.pc + Unsigned(insn.imm);
  // Without C, targets are multiples of 4; the trap is on the branch, and only if taken.
  if ((target & 3) != 0) [[unlikely]]
    return hart.Raise(Cause::kInstructionMisaligned, target);
  hart.next_pc = target;
  return true;
}

bool LoadUpper(Hart& hart, const DecodedInsn& insn) {
  hart.SetX(insn.rd, Unsigned(insn.imm));
  return true;
}

bool AddUpperToPc(Hart& hart, const DecodedInsn& insn) {
  hart.SetX(insn.rd, insn.pc + Unsigned(insn.imm));
  return true;
}

bool JumpTo(Hart& hart, const DecodedInsn& insn, uint32_t target) {
  if ((target & 3) != 0) [[unlikely]]
    return hart.Raise(Cause::kInstructionMisaligned, target);
  hart.SetX(insn.rd, insn.pc + 4);
  hart.next_pc = target;
  return true;
}

bool JumpAndLink(Hart& hart, const DecodedInsn& insn) {
  return JumpTo(hart, insn, insn.pc + Unsigned(insn.imm));
}

bool JumpAndLinkReg(Hart& hart, const DecodedInsn& insn) {
  return JumpTo(hart, insn, (hart.x[insn.rs1] + Unsigned(insn.imm)) & ~1u);
}

[[gnu::noinline]] bool LoadThroughBus(Hart& hart, const DecodedInsn& insn, uint32_t addr,
                                      uint32_t width, uint32_t* value) {
  hart.retired_at_access = hart.RetiredBefore(insn);
  return hart.bus->Load(addr, width, value, &hart.trap);
}

[[gnu::noinline]] bool StoreThroughBus(Hart& hart, const DecodedInsn& insn, uint32_t addr,
                                       uint32_t width, uint32_t value) {
  hart.retired_at_access = hart.RetiredBefore(insn);
  return hart.bus->Store(addr, width, value, &hart.trap) && hart.AfterDeviceAccess();
}

template <typename T>
bool LoadInt(Hart& hart, const DecodedInsn& insn) {
  const uint32_t addr = hart.x[insn.rs1] + Unsigned(insn.imm);
  T value;
  if (addr % sizeof(T) == 0 || hart.bus->MayMisalign()) [[likely]] {
    if (const uint8_t* bytes = hart.bus->ReadableRam(addr, sizeof(T), 1)) [[likely]] {
      std::memcpy(&value, bytes, sizeof(T));
      hart.SetX(insn.rd, static_cast<uint32_t>(value));  // sign-extends where T is signed
      return true;
    }
  }
  uint32_t raw = 0;
  if (!LoadThroughBus(hart, insn, addr, sizeof(T), &raw)) return false;
  hart.SetX(insn.rd, static_cast<uint32_t>(static_cast<T>(raw)));
  return hart.AfterDeviceAccess();
}

template <typename T>
bool StoreInt(Hart& hart, const DecodedInsn& insn) {
  const uint32_t addr = hart.x[insn.rs1] + Unsigned(insn.imm);
  const T value = static_cast<T>(hart.x[insn.rs2]);
  if (addr % sizeof(T) == 0 || hart.bus->MayMisalign()) [[likely]] {
    if (uint8_t* bytes = hart.bus->WritableRam(addr, sizeof(T), 1)) [[likely]] {
      std::memcpy(bytes, &value, sizeof(T));
      return true;
    }
  }
  return StoreThroughBus(hart, insn, addr, sizeof(T), value);
}

// fence orders nothing here: one hart, devices act at once. fence.i needs no action of its own:
// stores into decoded code are noticed when they happen (Memory::code_lines).
bool NoEffect(Hart&, const DecodedInsn&) { return true; }

// Quotients: unprivileged specification, table "Semantics for division by zero and overflow".
constexpr bool Overflows(uint32_t a, uint32_t b) { return a == 0x8000'0000 && b == 0xffff'ffff; }

constexpr Handler kLui = LoadUpper;
constexpr Handler kAuipc = AddUpperToPc;
constexpr Handler kJal = JumpAndLink;
constexpr Handler kJalr = JumpAndLinkReg;
constexpr Handler kBeq = BranchIf<[](uint32_t a, uint32_t b) { return a == b; }>;
constexpr Handler kBne = BranchIf<[](uint32_t a, uint32_t b) { return a != b; }>;
constexpr Handler kBlt = BranchIf<[](uint32_t a, uint32_t b) { return Signed(a) < Signed(b); }>;
constexpr Handler kBge = BranchIf<[](uint32_t a, uint32_t b) { return Signed(a) >= Signed(b); }>;
constexpr Handler kBltu = BranchIf<[](uint32_t a, uint32_t b) { return a < b; }>;
constexpr Handler kBgeu = BranchIf<[](uint32_t a, uint32_t b) { return a >= b; }>;

constexpr Handler kLb = LoadInt<int8_t>;
constexpr Handler kLh = LoadInt<int16_t>;
constexpr Handler kLw = LoadInt<uint32_t>;
constexpr Handler kLbu = LoadInt<uint8_t>;
constexpr Handler kLhu = LoadInt<uint16_t>;
constexpr Handler kSb = StoreInt<uint8_t>;
constexpr Handler kSh = StoreInt<uint16_t>;
constexpr Handler kSw = StoreInt<uint32_t>;

constexpr auto kSum = [](uint32_t a, uint32_t b) { return a + b; };
constexpr auto kLessSigned = [](uint32_t a, uint32_t b) { return Signed(a) < Signed(b) ? 1u : 0u; };
constexpr auto kLessUnsigned = [](uint32_t a, uint32_t b) { return a < b ? 1u : 0u; };
constexpr auto kXorBits = [](uint32_t a, uint32_t b) { return a ^ b; };
constexpr auto kOrBits = [](uint32_t a, uint32_t b) { return a | b; };
constexpr auto kAndBits = [](uint32_t a, uint32_t b) { return a & b; };
constexpr auto kShiftLeft = [](uint32_t a, uint32_t b) { return a << (b & 31); };
constexpr auto kShiftRight = [](uint32_t a, uint32_t b) { return a >> (b & 31); };
constexpr auto kShiftRightSigned = [](uint32_t a, uint32_t b) {
  return Unsigned(Signed(a) >> (b & 31));
};

constexpr Handler kAddi = RegImm<kSum>;
constexpr Handler kSlti = RegImm<kLessSigned>;
constexpr Handler kSltiu = RegImm<kLessUnsigned>;
constexpr Handler kXori = RegImm<kXorBits>;
constexpr Handler kOri = RegImm<kOrBits>;
constexpr Handler kAndi = RegImm<kAndBits>;
constexpr Handler kSlli = RegImm<kShiftLeft>;
constexpr Handler kSrli = RegImm<kShiftRight>;
constexpr Handler kSrai = RegImm<kShiftRightSigned>;
constexpr Handler kAdd = RegReg<kSum>;
constexpr Handler kSub = RegReg<[](uint32_t a, uint32_t b) { return a - b; }>;
constexpr Handler kSll = RegReg<kShiftLeft>;
constexpr Handler kSlt = RegReg<kLessSigned>;
constexpr Handler kSltu = RegReg<kLessUnsigned>;
constexpr Handler kXor = RegReg<kXorBits>;
constexpr Handler kSrl = RegReg<kShiftRight>;
constexpr Handler kSra = RegReg<kShiftRightSigned>;
constexpr Handler kOr = RegReg<kOrBits>;
constexpr Handler kAnd = RegReg<kAndBits>;
constexpr Handler kFence = NoEffect;
constexpr Handler kFenceI = NoEffect;

constexpr Handler kMul = RegReg<[](uint32_t a, uint32_t b) { return a * b; }>;
constexpr Handler kMulh = RegReg<[](uint32_t a, uint32_t b) {
  return static_cast<uint32_t>(int64_t{Signed(a)} * Signed(b) >> 32);
}>;
constexpr Handler kMulhsu = RegReg<[](uint32_t a, uint32_t b) {
  return static_cast<uint32_t>(int64_t{Signed(a)} * int64_t{b} >> 32);
}>;
constexpr Handler kMulhu =
    RegReg<[](uint32_t a, uint32_t b) { return static_cast<uint32_t>(uint64_t{a} * b >> 32); }>;
constexpr Handler kDiv = RegReg<[](uint32_t a, uint32_t b) {
  if (b == 0) return ~0u;
  return Overflows(a, b) ? a : Unsigned(Signed(a) / Signed(b));
}>;
constexpr Handler kDivu = RegReg<[](uint32_t a, uint32_t b) { return b == 0 ? ~0u : a / b; }>;
constexpr Handler kRem = RegReg<[](uint32_t a, uint32_t b) {
  if (b == 0) return a;
  return Overflows(a, b) ? 0u : Unsigned(Signed(a) % Signed(b));
}>;
constexpr Handler kRemu = RegReg<[](uint32_t a, uint32_t b) { return b == 0 ? a : a % b; }>;

}  // namespace

const HandlerTable<Extension::kI> kIntegerHandlers = {
#define INSN(id, mnemonic, pattern, extension, insn_class) k##id,
#include "sim/isa/rv32i.def"
};

const HandlerTable<Extension::kM> kMultiplyHandlers = {
#include "sim/isa/rv32m.def"
#undef INSN
};

}  // namespace sim
