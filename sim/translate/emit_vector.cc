// SPDX-License-Identifier: Apache-2.0

// vl and vtype, and what the chapters of the V extension share.
//
// An instruction is taken if vl and vtype are known here and it is legal under them; a register
// group is worked on in chunks of 64, 32 .. 1 bytes that cover the body [0, vl) exactly, so the
// tail keeps its bytes without a mask. Inactive elements are left alone through AVX-512's masked
// stores, or blended with what was there.
#include "sim/translate/block_emitter.h"
#include "sim/vector/vector.h"

namespace sim::translate {

using namespace asmjit::x86;  // NOLINT
using vector::Source;

bool BlockEmitter::EmitVector(const DecodedInsn& insn) {
  if (insn.op == Op::kIllegal || Info(insn.op).extension != Extension::kV) return false;
  if (insn.op == Op::kVsetvli || insn.op == Op::kVsetivli) return EmitSetVl(insn);
  if (target_.simd == HostSimd::kBaseline || !type_ || type_->vill) return false;
  return EmitVectorMemory(insn) || EmitVectorMove(insn) || EmitVectorInteger(insn) ||
         EmitVectorFloat(insn) || EmitVectorMask(insn);
}

bool BlockEmitter::EmitSetVl(const DecodedInsn& insn) {
  VectorState& v = *target_.type_scratch;
  SetVtype(v, static_cast<uint32_t>(insn.imm));
  const uint32_t vlmax = Vlmax(v);
  std::optional<uint32_t> length;
  if (insn.op == Op::kVsetivli) {
    length = insn.rs1;
  } else if (insn.rs1 != 0) {
    if (x_.IsConstant(insn.rs1)) length = x_.Constant(insn.rs1);
  } else if (insn.rd != 0) {
    length = ~0u;
  } else if (type_) {
    length = type_->vl;
  } else {
    return false;
  }
  v.vl = 0;
  VectorType type = VectorType::Of(v);
  if (length) {
    type.vl = std::min(*length, vlmax);
    if (!type_ || type_->Key() != type.Key()) type_dirty_ = true;
    type_ = type;
    x_.SetConstant(insn.rd, type.vl);
    return true;
  }
  const Gp requested = X(x_.Read(insn.rs1));
  const Gp rd = insn.rd == 0 ? Gp(edx) : X(x_.Prepare(insn.rd));
  a_.mov(eax, vlmax);
  a_.cmp(requested, eax);
  a_.cmovb(eax, requested);
  a_.mov(rd, eax);
  if (insn.rd != 0) x_.Commit(insn.rd);
  a_.mov(HartField(offsetof(Hart, v.vl), 4), eax);
  a_.mov(HartField(offsetof(Hart, v.vtype), 4), type.vtype);
  a_.mov(HartField(offsetof(Hart, v.vill), 4), type.Decoded());
  type_.reset();
  type_dirty_ = false;
  return true;
}

Vec BlockEmitter::V(uint32_t id, uint32_t bytes) {
  if (bytes > 32) return zmm(id);
  if (bytes > 16) return ymm(id);
  return xmm(id);
}

Mem BlockEmitter::VectorBytes(uint32_t reg, uint32_t offset, uint32_t bytes) const {
  const size_t place = offsetof(Hart, v.reg) + reg * target_.hart->v.vlen_bytes + offset;
  return HartField(place, bytes);
}

void BlockEmitter::LoadBytes(uint32_t id, const Mem& from, uint32_t bytes) {
  switch (bytes) {
    case 1:
    case 2:
      a_.movzx(eax, from);
      a_.vmovd(xmm(id), eax);
      break;
    case 4:
      a_.vmovd(xmm(id), from);
      break;
    case 8:
      a_.vmovq(xmm(id), from);
      break;
    case 64:
      a_.vmovdqu32(zmm(id), from);
      break;
    default:
      a_.vmovdqu(V(id, bytes), from);
      break;
  }
}

void BlockEmitter::StoreBytes(uint32_t id, const Mem& to, uint32_t bytes) {
  switch (bytes) {
    case 1:
      a_.vpextrb(to, xmm(id), 0);
      break;
    case 2:
      a_.vpextrw(to, xmm(id), 0);
      break;
    case 4:
      a_.vmovd(to, xmm(id));
      break;
    case 8:
      a_.vmovq(to, xmm(id));
      break;
    case 64:
      a_.vmovdqu32(to, zmm(id));
      break;
    default:
      a_.vmovdqu(to, V(id, bytes));
      break;
  }
}

void BlockEmitter::LoadChunk(uint32_t id, uint32_t reg, Chunk chunk) {
  LoadBytes(id, VectorBytes(reg, chunk.offset, chunk.bytes), chunk.bytes);
}

void BlockEmitter::StoreChunk(uint32_t id, uint32_t reg, Chunk chunk) {
  StoreBytes(id, VectorBytes(reg, chunk.offset, chunk.bytes), chunk.bytes);
}

void BlockEmitter::BroadcastConstant(uint32_t id, uint32_t bytes, int width, uint32_t value) {
  if (value == 0) return static_cast<void>(a_.vpxor(xmm(id), xmm(id), xmm(id)));
  a_.mov(eax, value);
  a_.vmovd(xmm(id), eax);
  a_.emit(kBroadcastIds[width], V(id, bytes), xmm(id));
}

void BlockEmitter::Broadcast(uint32_t id, uint32_t bytes, int width, Source source,
                             const DecodedInsn& insn) {
  if (source == Source::kI) {
    return BroadcastConstant(id, bytes, width, static_cast<uint32_t>(insn.imm));
  }
  if (source == Source::kF) {
    a_.vbroadcastss(V(id, bytes), xmm(f_.Read(insn.rs1)));
    return;
  }
  if (x_.IsConstant(insn.rs1)) {
    return BroadcastConstant(id, bytes, width, x_.Constant(insn.rs1));
  }
  a_.vmovd(xmm(id), X(x_.Read(insn.rs1)));
  a_.emit(kBroadcastIds[width], V(id, bytes), xmm(id));
}

void BlockEmitter::LoadMask(uint32_t first_element, uint32_t elements) {
  const uint32_t byte = first_element / 8;
  if (elements >= 64) {
    a_.kmovq(k1, VectorBytes(0, byte, 8));
  } else if (elements >= 32) {
    a_.kmovd(k1, VectorBytes(0, byte, 4));
  } else if (elements >= 16) {
    a_.kmovw(k1, VectorBytes(0, byte, 2));
  } else if (elements >= 8) {
    a_.kmovb(k1, VectorBytes(0, byte, 1));
  } else {
    a_.movzx(eax, VectorBytes(0, byte, 1));
    if (first_element % 8 != 0) a_.shr(eax, first_element % 8);
    a_.and_(eax, (1u << elements) - 1);
    a_.kmovd(k1, eax);
  }
}

void BlockEmitter::LoadInactive(uint32_t id, Chunk chunk, int width) {
  constexpr size_t kBits[] = {offsetof(Context, element_bits.bytes),
                              offsetof(Context, element_bits.words),
                              offsetof(Context, element_bits.dwords)};
  const uint32_t element = chunk.offset >> width;
  const uint32_t elements = chunk.bytes >> width;
  const Vec mask = V(id, chunk.bytes);
  const uint32_t whole = std::max(chunk.bytes, 16u);
  if (elements >= 8) {
    const uint32_t bytes = elements / 8;
    a_.emit(kBroadcastIds[bytes / 2], mask, VectorBytes(0, element / 8, bytes));
  } else {
    a_.movzx(eax, VectorBytes(0, element / 8, 1));
    if (element % 8 != 0) a_.shr(eax, element % 8);
    a_.vmovd(xmm(id), eax);
    a_.vpbroadcastb(mask, xmm(id));
  }
  if (width == 0) {
    a_.vpshufb(mask, mask, ContextField(offsetof(Context, element_bits.byte_of), whole));
  }
  const Mem bits = ContextField(kBits[width], whole);
  a_.vpandn(mask, mask, bits);
  a_.emit(kEqualIds[width], mask, mask, bits);
}

void BlockEmitter::StoreResult(const DecodedInsn& insn, uint32_t id, Chunk chunk, int width) {
  if (insn.vm) return StoreChunk(id, insn.rd, chunk);
  if (!HasAvx512()) {
    const uint32_t old = 1 - id;
    LoadInactive(3, chunk, width);
    LoadChunk(old, insn.rd, chunk);
    a_.vpblendvb(V(id, chunk.bytes), V(id, chunk.bytes), V(old, chunk.bytes), V(3, chunk.bytes));
    return StoreChunk(id, insn.rd, chunk);
  }
  LoadMask(chunk.offset >> width, chunk.bytes >> width);
  const uint32_t whole = std::max(chunk.bytes, 16u);  // the mask keeps to the chunk
  const Mem to = VectorBytes(insn.rd, chunk.offset, whole);
  constexpr InstId kIds[] = {Inst::kIdVmovdqu8, Inst::kIdVmovdqu16, Inst::kIdVmovdqu32};
  a_.k(k1).emit(kIds[width], to, V(id, whole));
}

}  // namespace sim::translate
