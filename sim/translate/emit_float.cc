// SPDX-License-Identifier: Apache-2.0

// The F extension on the host's FPU, where that is exact: rounding to nearest even (the entry guard
// asks for frm = 0), flags through the host's sticky ones. A result that is a NaN is the
// interpreter's, because the host's NaNs differ and some of its flags are missing; what the host
// raised until then, RISC-V raises too.
#include "sim/translate/block_emitter.h"

namespace sim::translate {

using namespace asmjit::x86;  // NOLINT

namespace {

enum class Rounding : uint8_t { kNearestEven, kTowardZero, kOther };

Rounding RoundingOf(const DecodedInsn& insn) {
  switch (insn.word >> 12 & 7) {
    case kRoundNearestEven:
    case kRmDynamic:
      return Rounding::kNearestEven;
    case kRoundTowardZero:
      return Rounding::kTowardZero;
    default:
      return Rounding::kOther;
  }
}

}  // namespace

// f[rd] = xmm0 unless that is a NaN.
void BlockEmitter::CommitFloatResult(const DecodedInsn& insn) {
  const Xmm d = xmm(f_.Prepare(insn.rd));
  const Cold cold = NewCold();
  a_.vucomiss(xmm0, xmm0);
  JumpIf(CondCode::kParityEven, cold);
  a_.vmovaps(d, xmm0);
  f_.Commit(insn.rd);
}

void BlockEmitter::EmitFused(const DecodedInsn& insn, Inst::Id id) {
  const Xmm a = xmm(f_.Read(insn.rs1));
  const Xmm b = xmm(f_.Read(insn.rs2));
  const Xmm c = xmm(f_.Read(insn.rs3));
  a_.vmovaps(xmm0, a);
  a_.emit(id, xmm0, b, c);
  CommitFloatResult(insn);
}

// Equal operands differ at most in the sign of zero: or and and choose.
void BlockEmitter::EmitMinMax(const DecodedInsn& insn, bool is_max) {
  const Xmm a = xmm(f_.Read(insn.rs1));
  const Xmm b = xmm(f_.Read(insn.rs2));
  const Xmm d = xmm(f_.Prepare(insn.rd));
  const Cold cold = NewCold();
  a_.vucomiss(a, b);
  JumpIf(CondCode::kParityEven, cold);
  if (is_max) {
    a_.vmaxss(xmm0, a, b);
    a_.vmaxss(xmm1, b, a);
    a_.vandps(d, xmm0, xmm1);
  } else {
    a_.vminss(xmm0, a, b);
    a_.vminss(xmm1, b, a);
    a_.vorps(d, xmm0, xmm1);
  }
  f_.Commit(insn.rd);
}

void BlockEmitter::EmitSignInject(const DecodedInsn& insn) {
  constexpr uint32_t kSign = 0x8000'0000;
  const Xmm a = xmm(f_.Read(insn.rs1));
  const Xmm b = xmm(f_.Read(insn.rs2));
  const Xmm d = xmm(f_.Prepare(insn.rd));
  if (insn.op == Op::kFsgnjS && insn.rs1 == insn.rs2) {
    a_.vmovaps(d, a);
    return f_.Commit(insn.rd);
  }
  a_.vmovd(eax, a);
  a_.vmovd(ecx, b);
  if (insn.op == Op::kFsgnjnS) a_.not_(ecx);
  a_.and_(ecx, kSign);
  if (insn.op != Op::kFsgnjxS) a_.and_(eax, ~kSign);
  a_.xor_(eax, ecx);
  a_.vmovd(d, eax);
  f_.Commit(insn.rd);
}

void BlockEmitter::EmitFloatCompare(const DecodedInsn& insn) {
  const Xmm a = xmm(f_.Read(insn.rs1));
  const Xmm b = xmm(f_.Read(insn.rs2));
  const Gp d = insn.rd == 0 ? Gp(ecx) : X(x_.Prepare(insn.rd));
  if (insn.op == Op::kFeqS) {  // quiet
    a_.vucomiss(a, b);
    a_.setnp(al);
    a_.sete(cl);
    a_.and_(al, cl);
  } else {  // signals on any NaN; "above" is false when unordered
    a_.vcomiss(b, a);
    insn.op == Op::kFltS ? a_.seta(al) : a_.setae(al);
  }
  a_.movzx(d, al);
  if (insn.rd != 0) x_.Commit(insn.rd);
}

// Out of range, the host gives a value that the conversion of no number in range gives, or one
// whose upper half is not 0, and raises what RISC-V raises.
void BlockEmitter::EmitFloatToInt(const DecodedInsn& insn, bool is_signed) {
  const bool truncates = RoundingOf(insn) == Rounding::kTowardZero;
  const Xmm a = xmm(f_.Read(insn.rs1));
  const Gp d = insn.rd == 0 ? Gp(ecx) : X(x_.Prepare(insn.rd));
  const Cold cold = NewCold();
  if (is_signed) {
    truncates ? a_.vcvttss2si(eax, a) : a_.vcvtss2si(eax, a);
    a_.cmp(eax, static_cast<int32_t>(0x8000'0000));
    JumpIf(CondCode::kEqual, cold);
  } else {
    a_.vmovd(ecx, a);  // a negative number would raise inexact on the host, invalid on RISC-V
    a_.test(ecx, ecx);
    JumpIf(CondCode::kSign, cold);
    truncates ? a_.vcvttss2si(rax, a) : a_.vcvtss2si(rax, a);
    a_.mov(rcx, rax);
    a_.shr(rcx, 32);
    JumpIf(CondCode::kNotZero, cold);
  }
  a_.mov(d, eax);
  if (insn.rd != 0) x_.Commit(insn.rd);
}

bool BlockEmitter::EmitFloat(const DecodedInsn& insn) {
  if (target_.simd == HostSimd::kBaseline || insn.op == Op::kIllegal) return false;
  if (Info(insn.op).extension != Extension::kF) return false;
  const Rounding rounding = RoundingOf(insn);
  const auto binary = [&](Inst::Id id) {
    if (rounding != Rounding::kNearestEven) return false;
    const Xmm a = xmm(f_.Read(insn.rs1));
    const Xmm b = xmm(f_.Read(insn.rs2));
    a_.emit(id, xmm0, a, b);
    CommitFloatResult(insn);
    return true;
  };
  const auto fused = [&](Inst::Id id) {
    if (rounding != Rounding::kNearestEven) return false;
    EmitFused(insn, id);
    return true;
  };
  switch (insn.op) {
    case Op::kFaddS:
      return binary(Inst::kIdVaddss);
    case Op::kFsubS:
      return binary(Inst::kIdVsubss);
    case Op::kFmulS:
      return binary(Inst::kIdVmulss);
    case Op::kFdivS:
      return binary(Inst::kIdVdivss);
    case Op::kFsqrtS: {
      if (rounding != Rounding::kNearestEven) return false;
      const Xmm a = xmm(f_.Read(insn.rs1));
      a_.vsqrtss(xmm0, a, a);
      CommitFloatResult(insn);
      return true;
    }
    case Op::kFmaddS:
      return fused(Inst::kIdVfmadd213ss);
    case Op::kFmsubS:
      return fused(Inst::kIdVfmsub213ss);
    case Op::kFnmsubS:
      return fused(Inst::kIdVfnmadd213ss);
    case Op::kFnmaddS:
      return fused(Inst::kIdVfnmsub213ss);
    case Op::kFminS:
      EmitMinMax(insn, false);
      return true;
    case Op::kFmaxS:
      EmitMinMax(insn, true);
      return true;
    case Op::kFsgnjS:
    case Op::kFsgnjnS:
    case Op::kFsgnjxS:
      EmitSignInject(insn);
      return true;
    case Op::kFeqS:
    case Op::kFltS:
    case Op::kFleS:
      EmitFloatCompare(insn);
      return true;
    case Op::kFmvXW: {
      if (insn.rd == 0) return true;
      const Xmm a = xmm(f_.Read(insn.rs1));
      a_.vmovd(X(x_.Prepare(insn.rd)), a);
      x_.Commit(insn.rd);
      return true;
    }
    case Op::kFmvWX: {
      const Gp a = X(x_.Read(insn.rs1));
      a_.vmovd(xmm(f_.Prepare(insn.rd)), a);
      f_.Commit(insn.rd);
      return true;
    }
    case Op::kFcvtSW:
    case Op::kFcvtSWu: {
      if (rounding != Rounding::kNearestEven) return false;
      const Gp a = X(x_.Read(insn.rs1));
      const Xmm d = xmm(f_.Prepare(insn.rd));
      a_.vxorps(xmm0, xmm0, xmm0);
      if (insn.op == Op::kFcvtSW) {
        a_.vcvtsi2ss(d, xmm0, a);
      } else {
        a_.vcvtsi2ss(d, xmm0, a.r64());
      }
      f_.Commit(insn.rd);
      return true;
    }
    case Op::kFcvtWS:
    case Op::kFcvtWuS:
      if (rounding == Rounding::kOther) return false;
      EmitFloatToInt(insn, insn.op == Op::kFcvtWS);
      return true;
    default:
      return false;
  }
}

}  // namespace sim::translate
