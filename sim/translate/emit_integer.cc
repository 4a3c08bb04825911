// SPDX-License-Identifier: Apache-2.0

// RV32I and M on host registers.
#include "sim/translate/block_emitter.h"

namespace sim::translate {

using namespace asmjit::x86;  // NOLINT

// rd = rs1 op rs2 or imm. reg_reg(d, s) and reg_imm(d, imm) emit "d op= ..."; d holds rs1.
template <typename RegReg, typename RegImm>
void BlockEmitter::Binary(const DecodedInsn& insn, bool commutes, RegReg reg_reg, RegImm reg_imm) {
  const bool immediate = Info(insn.op).insn_class == InsnClass::kIntImm;
  uint32_t first = insn.rs1;
  uint32_t second = insn.rs2;
  if (!immediate && commutes && x_.IsConstant(first)) std::swap(first, second);
  const bool by_constant = immediate || x_.IsConstant(second);
  const uint32_t constant = immediate ? static_cast<uint32_t>(insn.imm) : x_.Constant(second);
  const Gp a = X(x_.Read(first));
  if (by_constant) {
    const Gp d = X(x_.Prepare(insn.rd));
    if (d != a) a_.mov(d, a);
    reg_imm(d, static_cast<int32_t>(constant));
    return x_.Commit(insn.rd);
  }
  const Gp b = X(x_.Read(second));
  const Gp d = X(x_.Prepare(insn.rd));
  if (d == a) {
    reg_reg(d, b);
  } else if (d != b) {
    a_.mov(d, a);
    reg_reg(d, b);
  } else if (commutes) {
    reg_reg(d, a);
  } else {
    a_.mov(eax, a);
    reg_reg(eax, b);
    a_.mov(d, eax);
  }
  x_.Commit(insn.rd);
}

void BlockEmitter::EmitShift(const DecodedInsn& insn, Inst::Id id, bool immediate) {
  const bool by_constant = immediate || x_.IsConstant(insn.rs2);
  const uint32_t constant = immediate ? static_cast<uint32_t>(insn.imm) : x_.Constant(insn.rs2);
  const Gp a = X(x_.Read(insn.rs1));
  if (by_constant) {
    const Gp d = X(x_.Prepare(insn.rd));
    if (d != a) a_.mov(d, a);
    if ((constant & 31) != 0) a_.emit(id, d, asmjit::imm(constant & 31));
  } else {
    a_.mov(ecx, X(x_.Read(insn.rs2)));
    const Gp d = X(x_.Prepare(insn.rd));
    if (d != a) a_.mov(d, a);
    a_.emit(id, d, cl);
  }
  x_.Commit(insn.rd);
}

void BlockEmitter::EmitCompare(const DecodedInsn& insn, bool is_signed, bool immediate) {
  const Gp a = X(x_.Read(insn.rs1));
  if (immediate || x_.IsConstant(insn.rs2)) {
    a_.cmp(a, immediate ? insn.imm : static_cast<int32_t>(x_.Constant(insn.rs2)));
  } else {
    a_.cmp(a, X(x_.Read(insn.rs2)));
  }
  // Storing an evicted register or loading does not touch the flags.
  const Gp d = X(x_.Prepare(insn.rd));
  is_signed ? a_.setl(al) : a_.setb(al);
  a_.movzx(d, al);
  x_.Commit(insn.rd);
}

void BlockEmitter::EmitHighProduct(const DecodedInsn& insn, bool first_signed, bool second_signed) {
  const auto widen = [this](const Gp& wide, const Gp& narrow, bool is_signed) {
    is_signed ? a_.movsxd(wide, narrow) : a_.mov(wide.r32(), narrow);
  };
  widen(rax, X(x_.Read(insn.rs1)), first_signed);
  widen(rcx, X(x_.Read(insn.rs2)), second_signed);
  const Gp d = X(x_.Prepare(insn.rd));
  a_.imul(rax, rcx);
  a_.shr(rax, 32);
  a_.mov(d, eax);
  x_.Commit(insn.rd);
}

// Divisors 0 and -1 are the interpreter's: the host would trap.
void BlockEmitter::EmitDivide(const DecodedInsn& insn, bool is_signed, bool remainder) {
  const Gp a = X(x_.Read(insn.rs1));
  const Gp b = X(x_.Read(insn.rs2));
  const Gp d = X(x_.Prepare(insn.rd));
  const Cold cold = NewCold();
  if (is_signed) {
    a_.lea(ecx, ptr(b.r64(), 1));
    a_.cmp(ecx, 1);
    JumpIf(CondCode::kUnsignedLE, cold);
    a_.mov(eax, a);
    a_.cdq();
    a_.idiv(b);
  } else {
    a_.test(b, b);
    JumpIf(CondCode::kZero, cold);
    a_.mov(eax, a);
    a_.xor_(edx, edx);
    a_.div(b);
  }
  a_.mov(d, remainder ? edx : eax);
  x_.Commit(insn.rd);
}

bool BlockEmitter::EmitInteger(const DecodedInsn& insn) {
  if (insn.op == Op::kIllegal) return false;
  const Extension extension = Info(insn.op).extension;
  if (extension != Extension::kI && extension != Extension::kM) return false;
  const InsnClass shape = Info(insn.op).insn_class;
  if (shape == InsnClass::kIntLoad || shape == InsnClass::kIntStore) return false;
  if (insn.op == Op::kFence || insn.rd == 0) return true;  // nothing to see
  const bool immediate = shape == InsnClass::kIntImm || shape == InsnClass::kIntShift;
  switch (insn.op) {
    case Op::kLui:
      x_.SetConstant(insn.rd, static_cast<uint32_t>(insn.imm));
      return true;
    case Op::kAuipc:
      x_.SetConstant(insn.rd, insn.pc + static_cast<uint32_t>(insn.imm));
      return true;
    case Op::kAddi: {
      if (x_.IsConstant(insn.rs1)) {
        x_.SetConstant(insn.rd, x_.Constant(insn.rs1) + static_cast<uint32_t>(insn.imm));
        return true;
      }
      const Gp a = X(x_.Read(insn.rs1));
      const Gp d = X(x_.Prepare(insn.rd));
      if (d == a) {
        if (insn.imm != 0) a_.add(d, insn.imm);
      } else if (insn.imm == 0) {
        a_.mov(d, a);
      } else {
        a_.lea(d, ptr(a.r64(), insn.imm));
      }
      x_.Commit(insn.rd);
      return true;
    }
    case Op::kAdd: {
      if (x_.IsConstant(insn.rs1) || x_.IsConstant(insn.rs2)) {
        const bool first = x_.IsConstant(insn.rs1);
        const uint32_t constant = x_.Constant(first ? insn.rs1 : insn.rs2);
        const Gp a = X(x_.Read(first ? insn.rs2 : insn.rs1));
        const Gp d = X(x_.Prepare(insn.rd));
        if (d == a) {
          a_.add(d, static_cast<int32_t>(constant));
        } else {
          a_.lea(d, ptr(a.r64(), static_cast<int32_t>(constant)));
        }
      } else {
        const Gp a = X(x_.Read(insn.rs1));
        const Gp b = X(x_.Read(insn.rs2));
        const Gp d = X(x_.Prepare(insn.rd));
        if (d == a) {
          a_.add(d, b);
        } else if (d == b) {
          a_.add(d, a);
        } else {
          a_.lea(d, ptr(a.r64(), b.r64()));
        }
      }
      x_.Commit(insn.rd);
      return true;
    }
    case Op::kSub:
      Binary(
          insn, false, [&](Gp d, Gp s) { a_.sub(d, s); }, [&](Gp d, int32_t i) { a_.sub(d, i); });
      return true;
    case Op::kXori:
    case Op::kXor:
      Binary(
          insn, true, [&](Gp d, Gp s) { a_.xor_(d, s); }, [&](Gp d, int32_t i) { a_.xor_(d, i); });
      return true;
    case Op::kOri:
    case Op::kOr:
      Binary(insn, true, [&](Gp d, Gp s) { a_.or_(d, s); }, [&](Gp d, int32_t i) { a_.or_(d, i); });
      return true;
    case Op::kAndi:
    case Op::kAnd:
      Binary(
          insn, true, [&](Gp d, Gp s) { a_.and_(d, s); }, [&](Gp d, int32_t i) { a_.and_(d, i); });
      return true;
    case Op::kMul:
      Binary(
          insn, true, [&](Gp d, Gp s) { a_.imul(d, s); },
          [&](Gp d, int32_t i) { a_.imul(d, d, i); });
      return true;
    case Op::kSlli:
    case Op::kSll:
      EmitShift(insn, Inst::kIdShl, immediate);
      return true;
    case Op::kSrli:
    case Op::kSrl:
      EmitShift(insn, Inst::kIdShr, immediate);
      return true;
    case Op::kSrai:
    case Op::kSra:
      EmitShift(insn, Inst::kIdSar, immediate);
      return true;
    case Op::kSlti:
    case Op::kSlt:
      EmitCompare(insn, true, immediate);
      return true;
    case Op::kSltiu:
    case Op::kSltu:
      EmitCompare(insn, false, immediate);
      return true;
    case Op::kMulh:
      EmitHighProduct(insn, true, true);
      return true;
    case Op::kMulhsu:
      EmitHighProduct(insn, true, false);
      return true;
    case Op::kMulhu:
      EmitHighProduct(insn, false, false);
      return true;
    case Op::kDiv:
      EmitDivide(insn, true, false);
      return true;
    case Op::kDivu:
      EmitDivide(insn, false, false);
      return true;
    case Op::kRem:
      EmitDivide(insn, true, true);
      return true;
    case Op::kRemu:
      EmitDivide(insn, false, true);
      return true;
    default:
      return false;
  }
}

}  // namespace sim::translate
