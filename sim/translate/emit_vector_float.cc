// SPDX-License-Identifier: Apache-2.0

// Floating-point arithmetic at SEW 32. All results of an instruction are in registers and known to
// be free of NaNs before the first is stored, so that the interpreter can do it all where one is
// (emit_float.cc says why). Short chunks are filled up with copies of their elements, which raise
// nothing new.
#include <algorithm>
#include <array>
#include <span>

#include "sim/translate/block_emitter.h"

namespace sim::translate {

using namespace asmjit::x86;  // NOLINT
using vector::Source;

namespace {

using InstId = Inst::Id;

enum Kind : int {
  kBinary,    // vd = vs2 op source
  kReversed,  // vd = source op vs2
  kAddend,    // vd = +-(source * vs2) +- vd
  kFactor,    // vd = +-(source * vd) +- vs2
  kUnary,     // vd = op vs2
  kMinimum,
  kMaximum,
};

struct FloatRow {
  Op op;
  Source source;
  InstId id;
  Kind kind;
};

// The fused forms by the host's operand order 231: register 1 = +-(2 * 3) +- 1.
constexpr FloatRow kFloatRows[] = {
    {Op::kVfaddVv, Source::kV, Inst::kIdVaddps, kBinary},
    {Op::kVfaddVf, Source::kF, Inst::kIdVaddps, kBinary},
    {Op::kVfsubVv, Source::kV, Inst::kIdVsubps, kBinary},
    {Op::kVfsubVf, Source::kF, Inst::kIdVsubps, kBinary},
    {Op::kVfrsubVf, Source::kF, Inst::kIdVsubps, kReversed},
    {Op::kVfmulVv, Source::kV, Inst::kIdVmulps, kBinary},
    {Op::kVfmulVf, Source::kF, Inst::kIdVmulps, kBinary},
    {Op::kVfdivVv, Source::kV, Inst::kIdVdivps, kBinary},
    {Op::kVfdivVf, Source::kF, Inst::kIdVdivps, kBinary},
    {Op::kVfrdivVf, Source::kF, Inst::kIdVdivps, kReversed},
    {Op::kVfmaccVv, Source::kV, Inst::kIdVfmadd231ps, kAddend},
    {Op::kVfmaccVf, Source::kF, Inst::kIdVfmadd231ps, kAddend},
    {Op::kVfnmaccVv, Source::kV, Inst::kIdVfnmsub231ps, kAddend},
    {Op::kVfnmaccVf, Source::kF, Inst::kIdVfnmsub231ps, kAddend},
    {Op::kVfmsacVv, Source::kV, Inst::kIdVfmsub231ps, kAddend},
    {Op::kVfmsacVf, Source::kF, Inst::kIdVfmsub231ps, kAddend},
    {Op::kVfnmsacVv, Source::kV, Inst::kIdVfnmadd231ps, kAddend},
    {Op::kVfnmsacVf, Source::kF, Inst::kIdVfnmadd231ps, kAddend},
    {Op::kVfmaddVv, Source::kV, Inst::kIdVfmadd231ps, kFactor},
    {Op::kVfmaddVf, Source::kF, Inst::kIdVfmadd231ps, kFactor},
    {Op::kVfnmaddVv, Source::kV, Inst::kIdVfnmsub231ps, kFactor},
    {Op::kVfnmaddVf, Source::kF, Inst::kIdVfnmsub231ps, kFactor},
    {Op::kVfmsubVv, Source::kV, Inst::kIdVfmsub231ps, kFactor},
    {Op::kVfmsubVf, Source::kF, Inst::kIdVfmsub231ps, kFactor},
    {Op::kVfnmsubVv, Source::kV, Inst::kIdVfnmadd231ps, kFactor},
    {Op::kVfnmsubVf, Source::kF, Inst::kIdVfnmadd231ps, kFactor},
    {Op::kVfsqrtV, Source::kNone, Inst::kIdVsqrtps, kUnary},
    {Op::kVfminVv, Source::kV, Inst::kIdVminps, kMinimum},
    {Op::kVfminVf, Source::kF, Inst::kIdVminps, kMinimum},
    {Op::kVfmaxVv, Source::kV, Inst::kIdVmaxps, kMaximum},
    {Op::kVfmaxVf, Source::kF, Inst::kIdVmaxps, kMaximum},
};

constexpr uint32_t kUnordered = 3;  // quiet: raises nothing on a quiet NaN
// AVX-512's registers beside those that hold guest registers.
constexpr std::array<uint32_t, 12> kUpperRegisters = {16, 17, 18, 19, 20, 21,
                                                      22, 23, 24, 25, 26, 27};

}  // namespace

void BlockEmitter::LoadFloats(uint32_t id, uint32_t reg, Chunk chunk) {
  const Mem from = VectorBytes(reg, chunk.offset, chunk.bytes);
  if (chunk.bytes == 4) {
    a_.vbroadcastss(xmm(id), from);
  } else if (chunk.bytes == 8) {
    a_.vmovddup(xmm(id), from);
  } else {
    a_.vmovups(V(id, chunk.bytes), from);
  }
}

void BlockEmitter::JumpIfUnordered(const Vec& one, const Vec& other, const Vec& scratch,
                                   Cold cold) {
  if (HasAvx512()) {
    a_.vcmpps(k1, one, other, kUnordered);
    a_.kortestw(k1, k1);
  } else {
    a_.vcmpps(scratch, one, other, kUnordered);
    a_.vptest(scratch, scratch);
  }
  JumpIf(CondCode::kNotZero, cold);
}

// Registers 1 and 2 are scratch, 3 has the scalar.
void BlockEmitter::EmitFloatChunk(const DecodedInsn& insn, Source source, InstId id, int kind,
                                  Chunk chunk, const Vec& result, Cold cold) {
  const Vec first = V(1, chunk.bytes);
  const Vec second = source == Source::kF ? V(3, chunk.bytes) : V(2, chunk.bytes);
  LoadFloats(1, kind == kFactor ? insn.rd : insn.rs2, chunk);
  // Straight from memory where the chunk fills the register.
  const bool direct = source == Source::kV && chunk.bytes >= 16 &&
                      (kind == kBinary || kind == kAddend || kind == kFactor);
  if (source == Source::kV && !direct) LoadFloats(2, insn.rs1, chunk);
  const asmjit::Operand operand =
      direct ? asmjit::Operand(VectorBytes(insn.rs1, chunk.offset, chunk.bytes))
             : asmjit::Operand(second);
  switch (kind) {
    case kBinary:
      a_.emit(id, result, first, operand);
      break;
    case kReversed:
      a_.emit(id, result, second, first);
      break;
    case kUnary:
      a_.emit(id, result, first);
      break;
    case kAddend:
    case kFactor:
      LoadFloats(static_cast<uint32_t>(result.id()), kind == kFactor ? insn.rs2 : insn.rd, chunk);
      a_.emit(id, result, first, operand);
      break;
    default:  // as EmitMinMax
      JumpIfUnordered(first, second, result, cold);
      a_.emit(id, result, first, second);
      a_.emit(id, first, second, first);
      a_.emit(kind == kMaximum ? Inst::kIdVandps : Inst::kIdVorps, result, result, first);
      break;
  }
}

bool BlockEmitter::EmitVectorFloatMap(const DecodedInsn& insn, Source source, InstId id, int kind) {
  const Shape shape = vector::Float(source == Source::kV ? vector::kShapeVv : vector::kShapeVx);
  if (!target_.hart->v.zve32f || !insn.vm || !vector::IsShapeLegal(known_type(), shape, insn)) {
    return false;
  }
  std::vector<Chunk> chunks;
  for (const Chunk chunk : Chunks(BodyBytes(), WidestBytes())) chunks.push_back(chunk);
  if (chunks.empty()) return true;
  if (source == Source::kF) {
    a_.vbroadcastss(V(3, chunks[0].bytes), xmm(f_.Read(insn.rs1)));
  }
  const Cold cold = NewCold();
  const bool checked = kind == kMinimum || kind == kMaximum;
  // Results wait in registers as far as there are any, the last in register 0, others in memory.
  std::vector<uint32_t> registers =
      HasAvx512() ? std::vector(kUpperRegisters.begin(), kUpperRegisters.end()) : f_.FreeHosts();
  registers.resize(std::min(registers.size(), chunks.size() - 1));
  const std::span<const Chunk> in_memory =
      std::span(chunks).subspan(registers.size(), chunks.size() - 1 - registers.size());
  for (const Chunk chunk : in_memory) {
    const Vec result = V(0, chunk.bytes);
    EmitFloatChunk(insn, source, id, kind, chunk, result, cold);
    if (!checked) JumpIfUnordered(result, result, V(1, chunk.bytes), cold);
    StoreBytes(0, WaitingResult(chunk), chunk.bytes);
  }
  std::vector<Chunk> in_registers(chunks.begin(),
                                  chunks.begin() + static_cast<ptrdiff_t>(registers.size()));
  in_registers.push_back(chunks.back());
  registers.push_back(0);
  const auto result = [&](size_t i) { return V(registers[i], in_registers[i].bytes); };
  for (size_t i = 0; i < in_registers.size(); ++i) {
    EmitFloatChunk(insn, source, id, kind, in_registers[i], result(i), cold);
  }
  for (size_t i = 0; !checked && i < in_registers.size(); ++i) {
    // Two results are compared at a time: unordered if either is a NaN.
    const bool pair = i + 1 < in_registers.size() && result(i).size() == result(i + 1).size();
    JumpIfUnordered(result(i), result(pair ? i + 1 : i), V(1, in_registers[i].bytes), cold);
    if (pair) ++i;
  }
  for (size_t i = 0; i < in_registers.size(); ++i) {
    StoreChunk(registers[i], insn.rd, in_registers[i]);
  }
  for (const Chunk chunk : in_memory) {
    LoadBytes(0, WaitingResult(chunk), chunk.bytes);
    StoreChunk(0, insn.rd, chunk);
  }
  return true;
}

bool BlockEmitter::EmitVectorFloat(const DecodedInsn& insn) {
  const auto* row = std::find_if(std::begin(kFloatRows), std::end(kFloatRows),
                                 [&](const FloatRow& r) { return r.op == insn.op; });
  if (row == std::end(kFloatRows)) return false;
  return EmitVectorFloatMap(insn, row->source, row->id, row->kind);
}

}  // namespace sim::translate
