// SPDX-License-Identifier: Apache-2.0

// Unit-stride and whole-register accesses that lie in the first memory: one check, then bytes.
#include "sim/translate/block_emitter.h"

namespace sim::translate {

using namespace asmjit::x86;  // NOLINT

BlockEmitter::Mem BlockEmitter::CheckRange(uint32_t base_reg, uint32_t bytes, uint32_t alignment,
                                           bool store, Cold cold) {
  const Memory& memory = *target_.memory;
  const Gp base = X(x_.Read(base_reg));
  a_.lea(ecx, ptr(base.r64(), static_cast<int32_t>(0u - memory.base)));
  if (alignment > 1 && !target_.may_misalign) {
    a_.test(cl, alignment - 1);
    JumpIf(CondCode::kNotZero, cold);
  }
  a_.cmp(ecx, memory.size_bytes - bytes);
  JumpIf(CondCode::kUnsignedGT, cold);
  const std::optional<int32_t> displacement = HostDisplacement(memory, 0);
  const Mem first = displacement ? ptr(base.r64(), *displacement) : ptr(r13, rcx);
  if (!store) return first;
  // The lines that the range may touch, rounded up to what one comparison takes; a line too many
  // only costs time.
  a_.mov(edx, ecx);
  a_.shr(edx, Memory::kCodeLineShift);
  uint32_t lines =
      (bytes + (1u << Memory::kCodeLineShift) - 2) / (1u << Memory::kCodeLineShift) + 1;
  uint32_t done = 0;
  while (lines > 0) {
    const uint32_t step = lines > 4 ? 8 : lines > 2 ? 4 : lines;
    a_.cmp(ptr(r12, rdx, 0, static_cast<int32_t>(done), step), 0);
    JumpIf(CondCode::kNotEqual, cold);
    done += step;
    lines -= std::min(lines, step);
  }
  return first;
}

// Between registers from `vector_register` on and the memory from `first` on.
void BlockEmitter::EmitMove(uint32_t vector_register, const Mem& first, uint32_t bytes,
                            bool store) {
  for (const Chunk chunk : Chunks(bytes, WidestBytes())) {
    Mem place = first.cloneAdjusted(chunk.offset);
    place.setSize(chunk.bytes);
    if (store) {
      LoadChunk(0, vector_register, chunk);
      StoreBytes(0, place, chunk.bytes);
    } else {
      LoadBytes(0, place, chunk.bytes);
      StoreChunk(0, vector_register, chunk);
    }
  }
}

bool BlockEmitter::EmitUnitStride(const DecodedInsn& insn, int width, bool store) {
  const int emul_shift = known_type().lmul_shift + width - known_type().sew_shift;
  if (emul_shift < vector::kMinLmulShift || emul_shift > vector::kMaxLmulShift) return false;
  const bool legal = insn.rd % vector::GroupRegisters(emul_shift) == 0;
  const uint32_t bytes = known_type().vl << width;
  // Beyond 15 lines the flags of the code lines would be read past their end.
  if (!legal || !insn.vm || insn.nf != 0 || bytes == 0 || bytes > 960) return false;
  x_.Read(insn.rs1);
  const Mem first = CheckRange(insn.rs1, bytes, 1u << width, store, NewCold());
  EmitMove(insn.rd, first, bytes, store);
  (store ? uncounted_.writes : uncounted_.reads) += known_type().vl;
  return true;
}

// A short strided load. With a stride below 8 MiB either way no address wraps, so that all lie
// between the first and the last.
bool BlockEmitter::EmitStridedLoad(const DecodedInsn& insn, int width) {
  constexpr uint32_t kMostElements = 32;
  constexpr uint32_t kStrideLimit = 1u << 23;
  const int emul_shift = known_type().lmul_shift + width - known_type().sew_shift;
  if (emul_shift < vector::kMinLmulShift || emul_shift > vector::kMaxLmulShift) return false;
  const bool legal = insn.rd % vector::GroupRegisters(emul_shift) == 0;
  const uint32_t vl = known_type().vl;
  if (!legal || !insn.vm || insn.nf != 0 || vl == 0 || vl > kMostElements) return false;
  const Memory& memory = *target_.memory;
  const uint32_t bytes = 1u << width;
  const Gp base = X(x_.Read(insn.rs1));
  const Gp stride = X(x_.Read(insn.rs2));
  const Cold cold = NewCold();
  a_.lea(ecx, ptr(base.r64(), static_cast<int32_t>(0u - memory.base)));
  a_.cmp(ecx, memory.size_bytes - bytes);
  JumpIf(CondCode::kUnsignedGT, cold);
  a_.lea(eax, ptr(stride.r64(), static_cast<int32_t>(kStrideLimit)));
  a_.cmp(eax, 2 * kStrideLimit);
  JumpIf(CondCode::kUnsignedGE, cold);
  a_.imul(eax, stride, static_cast<int32_t>(vl - 1));
  a_.add(eax, ecx);
  a_.cmp(eax, memory.size_bytes - bytes);
  JumpIf(CondCode::kUnsignedGT, cold);
  if (width != 0 && !target_.may_misalign) {
    a_.mov(eax, ecx);
    a_.or_(eax, stride);
    a_.test(al, bytes - 1);
    JumpIf(CondCode::kNotZero, cold);
  }
  a_.movsxd(rdx, stride);
  a_.add(rcx, r13);
  const bool in_register = (vl << width) <= 16 && ((vl << width) & ((vl << width) - 1)) == 0;
  constexpr InstId kInsert[] = {Inst::kIdVpinsrb, Inst::kIdVpinsrw, Inst::kIdVpinsrd};
  for (uint32_t i = 0; i < vl; ++i) {
    const Mem place = ptr(rcx, 0, bytes);
    if (in_register && i == 0) {
      LoadBytes(0, place, bytes);
    } else if (in_register) {
      a_.emit(kInsert[width], xmm0, xmm0, place, asmjit::imm(i));
    } else if (width == 2) {
      a_.mov(eax, place);
      a_.mov(VectorBytes(insn.rd, i * bytes, bytes), eax);
    } else {
      a_.movzx(eax, place);
      width == 0 ? a_.mov(VectorBytes(insn.rd, i, 1), al)
                 : a_.mov(VectorBytes(insn.rd, i * bytes, bytes), ax);
    }
    if (i + 1 < vl) a_.add(rcx, rdx);
  }
  if (in_register) StoreChunk(0, insn.rd, {0, vl << width});
  uncounted_.reads += vl;
  return true;
}

// Counted byte by byte (sim/hart/bus.h).
bool BlockEmitter::EmitWholeRegisters(const DecodedInsn& insn, uint32_t registers, bool store) {
  const uint32_t bytes = registers * target_.hart->v.vlen_bytes;
  if (insn.rd % registers != 0 || bytes > 960) return false;
  x_.Read(insn.rs1);
  const Mem first = CheckRange(insn.rs1, bytes, 1, store, NewCold());
  EmitMove(insn.rd, first, bytes, store);
  (store ? uncounted_.writes : uncounted_.reads) += bytes;
  return true;
}

bool BlockEmitter::EmitVectorMemory(const DecodedInsn& insn) {
  switch (insn.op) {
    case Op::kVle8V:
      return EmitUnitStride(insn, 0, false);
    case Op::kVle16V:
      return EmitUnitStride(insn, 1, false);
    case Op::kVle32V:
      return EmitUnitStride(insn, 2, false);
    case Op::kVlse8V:
      return EmitStridedLoad(insn, 0);
    case Op::kVlse16V:
      return EmitStridedLoad(insn, 1);
    case Op::kVlse32V:
      return EmitStridedLoad(insn, 2);
    case Op::kVse8V:
      return EmitUnitStride(insn, 0, true);
    case Op::kVse16V:
      return EmitUnitStride(insn, 1, true);
    case Op::kVse32V:
      return EmitUnitStride(insn, 2, true);
    default:
      break;
  }
  const InsnClass shape = Info(insn.op).insn_class;
  const bool is_mask = insn.op == Op::kVlmV || insn.op == Op::kVsmV;
  if (is_mask) return false;
  if (shape == InsnClass::kVectorLoadWhole) return EmitWholeRegisters(insn, insn.nf + 1u, false);
  if (shape == InsnClass::kVectorStoreWhole) return EmitWholeRegisters(insn, insn.nf + 1u, true);
  return false;
}

}  // namespace sim::translate
