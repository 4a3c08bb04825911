// SPDX-License-Identifier: Apache-2.0

// Compares to masks, logic on masks, what a mask says to a scalar, merge.
#include <algorithm>

#include "sim/translate/block_emitter.h"

namespace sim::translate {

using namespace asmjit::x86;  // NOLINT
using vector::Source;

namespace {

using InstId = Inst::Id;

// Predicates of the host's integer and floating-point compares.
enum : uint32_t { kIntEq = 0, kIntLt = 1, kIntLe = 2, kIntNe = 4, kIntGt = 6 };
enum : uint32_t { kFloatEqQuiet = 0, kFloatLtSignal = 1, kFloatLeSignal = 2, kFloatNeQuiet = 4 };

struct CompareRow {
  Op op;
  Source source;
  uint32_t predicate;
  bool is_signed = false;
  bool is_float = false;
  bool swapped = false;  // source ? vs2
};
constexpr CompareRow kCompareRows[] = {
    {Op::kVmseqVv, Source::kV, kIntEq},
    {Op::kVmseqVx, Source::kX, kIntEq},
    {Op::kVmseqVi, Source::kI, kIntEq},
    {Op::kVmsneVv, Source::kV, kIntNe},
    {Op::kVmsneVx, Source::kX, kIntNe},
    {Op::kVmsneVi, Source::kI, kIntNe},
    {Op::kVmsltuVv, Source::kV, kIntLt},
    {Op::kVmsltuVx, Source::kX, kIntLt},
    {Op::kVmsltVv, Source::kV, kIntLt, true},
    {Op::kVmsltVx, Source::kX, kIntLt, true},
    {Op::kVmsleuVv, Source::kV, kIntLe},
    {Op::kVmsleuVx, Source::kX, kIntLe},
    {Op::kVmsleuVi, Source::kI, kIntLe},
    {Op::kVmsleVv, Source::kV, kIntLe, true},
    {Op::kVmsleVx, Source::kX, kIntLe, true},
    {Op::kVmsleVi, Source::kI, kIntLe, true},
    {Op::kVmsgtuVx, Source::kX, kIntGt},
    {Op::kVmsgtuVi, Source::kI, kIntGt},
    {Op::kVmsgtVx, Source::kX, kIntGt, true},
    {Op::kVmsgtVi, Source::kI, kIntGt, true},
    {Op::kVmfeqVv, Source::kV, kFloatEqQuiet, false, true},
    {Op::kVmfeqVf, Source::kF, kFloatEqQuiet, false, true},
    {Op::kVmfneVv, Source::kV, kFloatNeQuiet, false, true},
    {Op::kVmfneVf, Source::kF, kFloatNeQuiet, false, true},
    {Op::kVmfltVv, Source::kV, kFloatLtSignal, false, true},
    {Op::kVmfltVf, Source::kF, kFloatLtSignal, false, true},
    {Op::kVmfleVv, Source::kV, kFloatLeSignal, false, true},
    {Op::kVmfleVf, Source::kF, kFloatLeSignal, false, true},
    {Op::kVmfgtVf, Source::kF, kFloatLtSignal, false, true, true},
    {Op::kVmfgeVf, Source::kF, kFloatLeSignal, false, true, true},
};

// What one move takes of a register's first vl mask bits, at most 64.
uint32_t MaskBytes(uint32_t vl) { return vl > 32 ? 8 : vl > 16 ? 4 : vl > 8 ? 2 : 1; }

}  // namespace

// vd's bits of whole bytes of elements or, below 8, some bits of one byte; from k1 or, without
// AVX-512, eax.
void BlockEmitter::StoreMaskBits(uint32_t vd, uint32_t first_element, uint32_t elements) {
  const uint32_t byte = first_element / 8;
  if (elements >= 8) {
    const Mem to = VectorBytes(vd, byte, elements / 8);
    switch (elements) {
      case 8:
        HasAvx512() ? a_.kmovb(to, k1) : a_.mov(to, al);
        break;
      case 16:
        HasAvx512() ? a_.kmovw(to, k1) : a_.mov(to, ax);
        break;
      case 32:
        HasAvx512() ? a_.kmovd(to, k1) : a_.mov(to, eax);
        break;
      default:
        a_.kmovq(to, k1);
        break;
    }
    return;
  }
  const uint32_t shift = first_element % 8;
  const uint32_t bits = ((1u << elements) - 1) << shift;
  if (HasAvx512()) a_.kmovd(eax, k1);
  if (shift != 0) a_.shl(eax, shift);
  a_.movzx(ecx, VectorBytes(vd, byte, 1));
  a_.and_(eax, bits);
  a_.and_(ecx, 0xFFu & ~bits);
  a_.or_(eax, ecx);
  a_.mov(VectorBytes(vd, byte, 1), al);
}

// Without AVX-512 two of the predicates are there, on signed integers: register 0 = it ? second.
// True: that is the opposite.
bool BlockEmitter::CompareIntegers(uint32_t predicate, bool is_signed, int width, uint32_t bytes,
                                   const Vec& second) {
  constexpr InstId kGreater[] = {Inst::kIdVpcmpgtb, Inst::kIdVpcmpgtw, Inst::kIdVpcmpgtd};
  constexpr InstId kMinimum[] = {Inst::kIdVpminub, Inst::kIdVpminuw, Inst::kIdVpminud};
  const Vec first = V(0, bytes);
  const Vec minimum = V(3, bytes);
  if (predicate == kIntEq || predicate == kIntNe) {
    a_.emit(kEqualIds[width], first, first, second);
    return predicate == kIntNe;
  }
  if (is_signed) {
    const bool less = predicate == kIntLt;
    a_.emit(kGreater[width], first, less ? second : first, less ? first : second);
    return predicate == kIntLe;
  }
  a_.emit(kMinimum[width], minimum, first, second);
  a_.emit(kEqualIds[width], first, minimum, predicate == kIntLt ? second : first);
  return predicate != kIntLe;
}

// eax = the highest bit of each element of register 0; of 16-bit elements at most 8.
void BlockEmitter::HighestBits(int width, uint32_t bytes) {
  if (width == 2) return static_cast<void>(a_.vmovmskps(eax, V(0, bytes)));
  if (width == 1) a_.vpacksswb(xmm0, xmm0, xmm0);
  a_.vpmovmskb(eax, V(0, bytes));
}

bool BlockEmitter::EmitVectorCompare(const DecodedInsn& insn, const Shape& shape, Source source,
                                     bool is_signed, uint32_t predicate, bool is_float,
                                     bool swapped) {
  if (!insn.vm || !vector::IsShapeLegal(known_type(), shape, insn)) return false;
  if (is_float && !target_.hart->v.zve32f) return false;
  constexpr InstId kSigned[] = {Inst::kIdVpcmpb, Inst::kIdVpcmpw, Inst::kIdVpcmpd};
  constexpr InstId kUnsigned[] = {Inst::kIdVpcmpub, Inst::kIdVpcmpuw, Inst::kIdVpcmpud};
  const int width = known_type().sew_shift;
  const uint32_t widest = !HasAvx512() && width == 1 ? 16 : WidestBytes();
  const InstId id =
      is_float ? InstId{Inst::kIdVcmpps} : (is_signed ? kSigned[width] : kUnsigned[width]);
  const uint32_t body = BodyBytes();
  if (body == 0) return true;
  if (source != Source::kV) Broadcast(2, std::min(body, widest), width, source, insn);
  for (const Chunk chunk : Chunks(body, widest)) {
    // Elements beyond a short chunk: zero on the left; a copy of the first on the right if it was
    // a scalar, which may be a NaN only where the elements' compare raises the same.
    const Vec first = V(0, chunk.bytes);
    const Vec second = source == Source::kV ? V(1, chunk.bytes) : V(2, chunk.bytes);
    is_float ? LoadFloats(0, insn.rs2, chunk) : LoadChunk(0, insn.rs2, chunk);
    if (source == Source::kV) {
      is_float ? LoadFloats(1, insn.rs1, chunk) : LoadChunk(1, insn.rs1, chunk);
    }
    const Vec& left = swapped ? second : first;
    const Vec& right = swapped ? first : second;
    if (HasAvx512()) {
      a_.emit(id, k1, left, right, asmjit::imm(predicate));
    } else if (is_float) {
      a_.vcmpps(first, left, right, predicate);
      HighestBits(width, chunk.bytes);
    } else {
      const bool opposite = CompareIntegers(predicate, is_signed, width, chunk.bytes, second);
      HighestBits(width, chunk.bytes);
      if (opposite) a_.not_(eax);
    }
    StoreMaskBits(insn.rd, chunk.offset >> width, chunk.bytes >> width);
  }
  return true;
}

void BlockEmitter::LoadMaskBits(const Gp& to, uint32_t reg, uint32_t bytes) {
  const Mem from = VectorBytes(reg, 0, bytes);
  if (bytes == 8) {
    a_.mov(to.r64(), from);
  } else if (bytes == 4) {
    a_.mov(to, from);
  } else {
    a_.movzx(to, from);
  }
}

// Up to 64 bits, with ordinary registers.
bool BlockEmitter::EmitMaskLogical(const DecodedInsn& insn) {
  const uint32_t vl = known_type().vl;
  if (vl > 64) return false;
  if (vl == 0) return true;
  const uint32_t bytes = MaskBytes(vl);
  LoadMaskBits(eax, insn.rs2, bytes);
  LoadMaskBits(ecx, insn.rs1, bytes);
  switch (insn.op) {
    case Op::kVmandMm:
    case Op::kVmnandMm:
      a_.and_(rax, rcx);
      break;
    case Op::kVmandnMm:
      a_.not_(rcx);
      a_.and_(rax, rcx);
      break;
    case Op::kVmxorMm:
    case Op::kVmxnorMm:
      a_.xor_(rax, rcx);
      break;
    case Op::kVmornMm:
      a_.not_(rcx);
      a_.or_(rax, rcx);
      break;
    default:
      a_.or_(rax, rcx);
      break;
  }
  if (insn.op == Op::kVmnandMm || insn.op == Op::kVmxnorMm || insn.op == Op::kVmnorMm) {
    a_.not_(rax);
  }
  if (vl != bytes * 8) {  // old ^ ((old ^ new) & bits)
    LoadMaskBits(ecx, insn.rd, bytes);
    a_.xor_(rax, rcx);
    if (bytes == 8) {
      a_.mov(rdx, (uint64_t{1} << vl) - 1);
      a_.and_(rax, rdx);
    } else {
      a_.and_(eax, (1u << vl) - 1);
    }
    a_.xor_(rax, rcx);
  }
  const Mem to = VectorBytes(insn.rd, 0, bytes);
  if (bytes == 8) {
    a_.mov(to, rax);
  } else if (bytes == 4) {
    a_.mov(to, eax);
  } else if (bytes == 2) {
    a_.mov(to, ax);
  } else {
    a_.mov(to, al);
  }
  return true;
}

// vcpop and vfirst over up to 64 bits.
bool BlockEmitter::EmitMaskToX(const DecodedInsn& insn) {
  const uint32_t vl = known_type().vl;
  if (vl > 64) return false;
  if (insn.rd == 0) return true;
  const Gp d = X(x_.Prepare(insn.rd));
  const uint32_t bytes = MaskBytes(vl);
  LoadMaskBits(eax, insn.rs2, bytes);
  if (!insn.vm) {
    LoadMaskBits(ecx, 0, bytes);
    a_.and_(rax, rcx);
  }
  if (vl < 64) {
    a_.mov(rcx, (uint64_t{1} << vl) - 1);
    a_.and_(rax, rcx);
  }
  if (insn.op == Op::kVcpopM) {
    a_.popcnt(rax, rax);
    a_.mov(d, eax);
  } else {
    a_.mov(ecx, ~0u);
    a_.bsf(rax, rax);
    a_.cmovz(eax, ecx);
    a_.mov(d, eax);
  }
  x_.Commit(insn.rd);
  return true;
}

bool BlockEmitter::EmitMerge(const DecodedInsn& insn, const Shape& shape, Source source) {
  if (!vector::IsShapeLegal(known_type(), shape, insn)) return false;
  constexpr InstId kBlend[] = {Inst::kIdVpblendmb, Inst::kIdVpblendmw, Inst::kIdVpblendmd};
  const int width = known_type().sew_shift;
  const uint32_t body = BodyBytes();
  if (body == 0) return true;
  if (source != Source::kV) Broadcast(2, std::min(body, WidestBytes()), width, source, insn);
  for (const Chunk chunk : Chunks(body, WidestBytes())) {
    const Vec value = V(0, chunk.bytes);
    const Vec other = source == Source::kV ? V(1, chunk.bytes) : V(2, chunk.bytes);
    if (HasAvx512()) {
      LoadMask(chunk.offset >> width, chunk.bytes >> width);
    } else {
      LoadInactive(3, chunk, width);
    }
    LoadChunk(0, insn.rs2, chunk);
    if (source == Source::kV) LoadChunk(1, insn.rs1, chunk);
    if (HasAvx512()) {
      a_.k(k1).emit(kBlend[width], value, value, other);
    } else {
      a_.vpblendvb(value, other, value, V(3, chunk.bytes));
    }
    StoreChunk(0, insn.rd, chunk);
  }
  return true;
}

bool BlockEmitter::EmitVectorMask(const DecodedInsn& insn) {
  const auto* row = std::find_if(std::begin(kCompareRows), std::end(kCompareRows),
                                 [&](const CompareRow& r) { return r.op == insn.op; });
  if (row != std::end(kCompareRows)) {
    const Shape& shape =
        row->source == Source::kV ? vector::kShapeCompareVv : vector::kShapeCompareVx;
    return EmitVectorCompare(insn, row->is_float ? vector::Float(shape) : shape, row->source,
                             row->is_signed, row->predicate, row->is_float, row->swapped);
  }
  switch (insn.op) {
    case Op::kVmandMm:
    case Op::kVmnandMm:
    case Op::kVmandnMm:
    case Op::kVmxorMm:
    case Op::kVmorMm:
    case Op::kVmnorMm:
    case Op::kVmornMm:
    case Op::kVmxnorMm:
      return EmitMaskLogical(insn);
    case Op::kVcpopM:
    case Op::kVfirstM:
      return EmitMaskToX(insn);
    case Op::kVmergeVvm:
      return EmitMerge(insn, vector::kShapeVv, Source::kV);
    case Op::kVmergeVxm:
      return EmitMerge(insn, vector::kShapeVx, Source::kX);
    case Op::kVmergeVim:
      return EmitMerge(insn, vector::kShapeVx, Source::kI);
    case Op::kVfmergeVfm:
      return target_.hart->v.zve32f && EmitMerge(insn, vector::Float(vector::kShapeVx), Source::kF);
    default:
      return false;
  }
}

}  // namespace sim::translate
