// SPDX-License-Identifier: Apache-2.0

// Scalar loads and stores: one comparison for bounds and alignment, then the host's bytes.
#include "sim/translate/block_emitter.h"

namespace sim::translate {

using namespace asmjit::x86;  // NOLINT

// What is to be added to a guest address, less `imm`, for the host's address of a byte of the
// memory; nothing if it is no displacement, or if the guest's sum may wrap around into the memory.
std::optional<int32_t> BlockEmitter::HostDisplacement(const Memory& memory, int32_t imm) {
  constexpr uint32_t kMostImm = 2048;
  if (memory.base < kMostImm || memory.base + memory.size_bytes + kMostImm < memory.base) return {};
  const int64_t distance =
      static_cast<int64_t>(reinterpret_cast<uintptr_t>(memory.bytes)) - memory.base + imm;
  constexpr int64_t kLongest = 1024;  // what one instruction reaches from there
  if (distance < INT32_MIN || distance > INT32_MAX - kLongest) return {};
  return static_cast<int32_t>(distance);
}

// Clobbers ecx and edx. The offset is rotated so that a misaligned one is out of bounds.
BlockEmitter::Mem BlockEmitter::FirstMemory(uint32_t base_reg, int32_t imm, int width, bool store,
                                            Cold cold) {
  const Memory& memory = *target_.memory;
  const uint32_t bytes = 1u << width;
  const Gp base = X(x_.Read(base_reg));
  a_.lea(ecx, ptr(base.r64(), static_cast<int32_t>(static_cast<uint32_t>(imm) - memory.base)));
  Mem place;
  const uint32_t line_shift = Memory::kCodeLineShift;
  if (target_.may_misalign) {
    a_.cmp(ecx, memory.size_bytes - bytes);
    JumpIf(CondCode::kUnsignedGT, cold);
    place = ptr(r13, rcx, 0, 0, bytes);
    if (store) {
      a_.mov(edx, ecx);
      a_.shr(edx, line_shift);
      a_.cmp(word_ptr(r12, rdx), 0);  // the access may reach into the next line
      JumpIf(CondCode::kNotEqual, cold);
    }
    return place;
  }
  if (width != 0) a_.ror(ecx, width);
  a_.cmp(ecx, memory.size_bytes >> width);
  JumpIf(CondCode::kUnsignedGE, cold);
  if (store) {
    a_.mov(edx, ecx);
    a_.shr(edx, line_shift - static_cast<uint32_t>(width));
    a_.cmp(byte_ptr(r12, rdx), 0);
    JumpIf(CondCode::kNotEqual, cold);
  }
  // By the base register alone the access need not wait for the comparison, and processors that
  // forward a store to a load of the same address early do so.
  const std::optional<int32_t> displacement = HostDisplacement(memory, imm);
  if (displacement) return ptr(base.r64(), *displacement, bytes);
  return ptr(r13, rcx, static_cast<uint32_t>(width), 0, bytes);
}

void BlockEmitter::EmitLoad(const DecodedInsn& insn, int width, bool sign_extends, bool to_float) {
  const uint32_t base = x_.Read(insn.rs1);
  const bool discards = !to_float && insn.rd == 0;
  uint32_t result = 0;
  if (to_float) {
    result = f_.Prepare(insn.rd);
  } else if (!discards) {
    result = x_.Prepare(insn.rd);
  }
  const Cold cold = NewCold();
  const Mem place = FirstMemory(insn.rs1, insn.imm, width, false, cold);
  if (to_float) {
    a_.vmovss(xmm(result), place);
  } else if (width == 2) {
    a_.mov(X(result), place);
  } else if (sign_extends) {
    a_.movsx(X(result), place);
  } else {
    a_.movzx(X(result), place);
  }
  if (target_.second_memory != nullptr && !target_.may_misalign) {
    Exit& exit = colds_[cold];
    exit.loaded = Here();
    exit.address_host = static_cast<uint8_t>(base);
    exit.result_host = static_cast<uint8_t>(result);
  }
  ++uncounted_.reads;
  if (to_float) {
    f_.Commit(insn.rd);
  } else if (!discards) {
    x_.Commit(insn.rd);
  }
}

void BlockEmitter::EmitStore(const DecodedInsn& insn, int width, bool from_float) {
  x_.Read(insn.rs1);
  const uint32_t value = from_float ? f_.Read(insn.rs2) : x_.Read(insn.rs2);
  const Mem place = FirstMemory(insn.rs1, insn.imm, width, true, NewCold());
  if (from_float) {
    a_.vmovss(place, xmm(value));
  } else if (width == 0) {
    a_.mov(place, gpb(value));
  } else if (width == 1) {
    a_.mov(place, gpw(value));
  } else {
    a_.mov(place, X(value));
  }
  ++uncounted_.writes;
}

void BlockEmitter::EmitSecondLoad(const Exit& exit) {
  const DecodedInsn& insn = exit.block->insns[exit.index];
  const bool is_half = insn.op == Op::kLh || insn.op == Op::kLhu;
  const int width = insn.op == Op::kLb || insn.op == Op::kLbu ? 0 : is_half ? 1 : 2;
  const Gp result = X(exit.result_host);
  const Label failed = a_.newLabel();
  a_.lea(eax, ptr(gpq(exit.address_host), insn.imm));
  a_.call(reinterpret_cast<uint64_t>(target_.second_load[width]));
  a_.jc(failed);
  if (insn.op == Op::kFlw) {
    a_.vmovd(xmm(exit.result_host), eax);
  } else if (insn.op == Op::kLb) {
    a_.movsx(result, al);
  } else if (insn.op == Op::kLh) {
    a_.movsx(result, ax);
  } else {
    a_.mov(result, eax);
  }
  a_.jmp(reinterpret_cast<uint64_t>(exit.loaded));
  a_.bind(failed);
  Exit copy = exit;
  copy.loaded = nullptr;
  EmitLeaveHere(target_.spill, copy);
}

bool BlockEmitter::EmitMemory(const DecodedInsn& insn) {
  switch (insn.op) {
    case Op::kLb:
      EmitLoad(insn, 0, true, false);
      return true;
    case Op::kLbu:
      EmitLoad(insn, 0, false, false);
      return true;
    case Op::kLh:
      EmitLoad(insn, 1, true, false);
      return true;
    case Op::kLhu:
      EmitLoad(insn, 1, false, false);
      return true;
    case Op::kLw:
      EmitLoad(insn, 2, false, false);
      return true;
    case Op::kSb:
      EmitStore(insn, 0, false);
      return true;
    case Op::kSh:
      EmitStore(insn, 1, false);
      return true;
    case Op::kSw:
      EmitStore(insn, 2, false);
      return true;
    case Op::kFlw:
      if (target_.simd == HostSimd::kBaseline) return false;
      EmitLoad(insn, 2, false, true);
      return true;
    case Op::kFsw:
      if (target_.simd == HostSimd::kBaseline) return false;
      EmitStore(insn, 2, true);
      return true;
    default:
      return false;
  }
}

}  // namespace sim::translate
