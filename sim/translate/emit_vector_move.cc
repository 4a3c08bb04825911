// SPDX-License-Identifier: Apache-2.0

// Moves between registers, slides by a known distance, element 0.
#include "sim/translate/block_emitter.h"
#include "sim/vector/vector.h"

namespace sim::translate {

using namespace asmjit::x86;  // NOLINT
using vector::Source;

// Ranges that overlap are legal only where the source lies above: chunks go upwards, each read
// before it is written.
void BlockEmitter::CopyBytes(uint32_t to_reg, uint32_t to_offset, uint32_t from_reg,
                             uint32_t from_offset, uint32_t bytes) {
  for (const Chunk chunk : Chunks(bytes, WidestBytes())) {
    LoadBytes(0, VectorBytes(from_reg, from_offset + chunk.offset, chunk.bytes), chunk.bytes);
    StoreBytes(0, VectorBytes(to_reg, to_offset + chunk.offset, chunk.bytes), chunk.bytes);
  }
}

bool BlockEmitter::EmitVectorMove(const DecodedInsn& insn) {
  const uint32_t sew_shift = known_type().sew_shift;
  const uint32_t vl = known_type().vl;
  const uint32_t body = BodyBytes();
  const auto is_legal = [&](const Shape& shape) {
    return insn.vm && vector::IsShapeLegal(known_type(), shape, insn);
  };
  const auto move_registers = [&](uint32_t registers) {
    if (insn.rd % registers != 0 || insn.rs2 % registers != 0) return false;
    if (insn.rd == insn.rs2) return true;
    CopyBytes(insn.rd, 0, insn.rs2, 0, registers * target_.hart->v.vlen_bytes);
    return true;
  };
  const auto splat = [&](const Shape& shape, Source source) {
    if (!is_legal(shape)) return false;
    if (body == 0) return true;
    Broadcast(0, std::min(body, WidestBytes()), static_cast<int>(sew_shift), source, insn);
    for (const Chunk chunk : Chunks(body, WidestBytes())) StoreChunk(0, insn.rd, chunk);
    return true;
  };
  switch (insn.op) {
    case Op::kVmv1rV:
      return move_registers(1);
    case Op::kVmv2rV:
      return move_registers(2);
    case Op::kVmv4rV:
      return move_registers(4);
    case Op::kVmv8rV:
      return move_registers(8);
    case Op::kVmvVV:
      if (!is_legal(vector::kShapeMove)) return false;
      if (insn.rd != insn.rs1) CopyBytes(insn.rd, 0, insn.rs1, 0, body);
      return true;
    case Op::kVmvVX:
      return splat(vector::kShapeSplat, Source::kX);
    case Op::kVmvVI:
      return splat(vector::kShapeSplat, Source::kI);
    case Op::kVfmvVF:
      return target_.hart->v.zve32f && splat(vector::Float(vector::kShapeSplat), Source::kF);
    case Op::kVmvXS: {
      if (!is_legal(vector::kShapeElementToX)) return false;
      if (insn.rd == 0) return true;
      const Mem element = VectorBytes(insn.rs2, 0, 1u << sew_shift);
      const Gp d = X(x_.Prepare(insn.rd));
      sew_shift == 2 ? a_.mov(d, element) : a_.movsx(d, element);
      x_.Commit(insn.rd);
      return true;
    }
    case Op::kVmvSX: {
      if (!is_legal(vector::kShapeXToElement)) return false;
      if (vl == 0) return true;
      const uint32_t value = x_.Read(insn.rs1);
      const Mem element = VectorBytes(insn.rd, 0, 1u << sew_shift);
      if (sew_shift == 0) {
        a_.mov(element, gpb(value));
      } else if (sew_shift == 1) {
        a_.mov(element, gpw(value));
      } else {
        a_.mov(element, X(value));
      }
      return true;
    }
    case Op::kVfmvFS:
      if (!target_.hart->v.zve32f || !is_legal(vector::Float(vector::kShapeElementToX))) {
        return false;
      }
      a_.vmovss(xmm(f_.Prepare(insn.rd)), VectorBytes(insn.rs2, 0, 4));
      f_.Commit(insn.rd);
      return true;
    case Op::kVfmvSF:
      if (!target_.hart->v.zve32f || !is_legal(vector::Float(vector::kShapeXToElement))) {
        return false;
      }
      if (vl != 0) a_.vmovss(VectorBytes(insn.rd, 0, 4), xmm(f_.Read(insn.rs1)));
      return true;
    case Op::kVslideupVi: {
      if (!is_legal(vector::kShapeSlideUp)) return false;
      const auto offset = static_cast<uint32_t>(insn.imm);
      if (offset < vl) {
        CopyBytes(insn.rd, offset << sew_shift, insn.rs2, 0, (vl - offset) << sew_shift);
      }
      return true;
    }
    case Op::kVslidedownVi: {
      if (!vector::IsShapeLegal(known_type(), vector::kShapeVx, insn)) return false;
      const auto offset = static_cast<uint32_t>(insn.imm);
      target_.type_scratch->vill = false;
      target_.type_scratch->sew_shift = known_type().sew_shift;
      target_.type_scratch->lmul_shift = known_type().lmul_shift;
      const uint32_t vlmax = Vlmax(*target_.type_scratch);
      const uint32_t moved = offset < vlmax ? std::min(vl, vlmax - offset) : 0;
      if (!insn.vm) {
        if (moved != vl) return false;
        for (const Chunk chunk : Chunks(body, WidestBytes())) {
          LoadBytes(0, VectorBytes(insn.rs2, (offset << sew_shift) + chunk.offset, chunk.bytes),
                    chunk.bytes);
          StoreResult(insn, 0, chunk, static_cast<int>(sew_shift));
        }
        return true;
      }
      CopyBytes(insn.rd, 0, insn.rs2, offset << sew_shift, moved << sew_shift);
      if (moved == vl) return true;
      a_.vpxor(xmm0, xmm0, xmm0);
      for (Chunk chunk : Chunks((vl - moved) << sew_shift, WidestBytes())) {
        chunk.offset += moved << sew_shift;
        StoreChunk(0, insn.rd, chunk);
      }
      return true;
    }
    case Op::kVslide1downVx: {
      if (!is_legal(vector::kShapeVx)) return false;
      if (vl == 0) return true;
      const uint32_t value = x_.Read(insn.rs1);
      // One chunk may read beyond its end, where there is more of the register file.
      if (body <= WidestBytes() && (body & (body - 1)) == 0) {
        LoadBytes(0, VectorBytes(insn.rs2, 1u << sew_shift, body), body);
        StoreChunk(0, insn.rd, {0, body});
      } else {
        CopyBytes(insn.rd, 0, insn.rs2, 1u << sew_shift, body - (1u << sew_shift));
      }
      const Mem last = VectorBytes(insn.rd, body - (1u << sew_shift), 1u << sew_shift);
      if (sew_shift == 0) {
        a_.mov(last, gpb(value));
      } else if (sew_shift == 1) {
        a_.mov(last, gpw(value));
      } else {
        a_.mov(last, X(value));
      }
      return true;
    }
    case Op::kVrgatherVi: {
      if (!is_legal(vector::kShapeSlideUp)) return false;
      const auto index = static_cast<uint32_t>(insn.imm);
      target_.type_scratch->vill = false;
      target_.type_scratch->sew_shift = known_type().sew_shift;
      target_.type_scratch->lmul_shift = known_type().lmul_shift;
      if (body == 0) return true;
      if (index >= Vlmax(*target_.type_scratch)) {
        a_.vpxor(xmm0, xmm0, xmm0);
      } else {
        a_.emit(kBroadcastIds[sew_shift], V(0, std::min(body, WidestBytes())),
                VectorBytes(insn.rs2, index << sew_shift, 1u << sew_shift));
      }
      for (const Chunk chunk : Chunks(body, WidestBytes())) StoreChunk(0, insn.rd, chunk);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace sim::translate
