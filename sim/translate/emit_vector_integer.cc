// SPDX-License-Identifier: Apache-2.0

// Integer arithmetic: each instruction is a host instruction per element width, in a table.
#include <algorithm>

#include "sim/translate/block_emitter.h"

namespace sim::translate {

using namespace asmjit::x86;  // NOLINT
using vector::Source;

namespace {

using InstId = Inst::Id;
constexpr InstId kNone = Inst::kIdNone;

// vd = vs2 op source; by width; `reversed`: source op vs2.
struct BinaryRow {
  Op op;
  Source source;
  InstId ids[3];
  bool reversed = false;
};

#define KN_BINARY(name, b, w, d)                                                      \
  {Op::kV##name##Vv, Source::kV, {Inst::kIdVp##b, Inst::kIdVp##w, Inst::kIdVp##d}}, { \
    Op::kV##name##Vx, Source::kX, { Inst::kIdVp##b, Inst::kIdVp##w, Inst::kIdVp##d }  \
  }

constexpr InstId kAddIds[3] = {Inst::kIdVpaddb, Inst::kIdVpaddw, Inst::kIdVpaddd};
constexpr InstId kSubIds[3] = {Inst::kIdVpsubb, Inst::kIdVpsubw, Inst::kIdVpsubd};

constexpr BinaryRow kBinaryRows[] = {
    KN_BINARY(add, addb, addw, addd),
    KN_BINARY(sub, subb, subw, subd),
    KN_BINARY(and, and, and, and),
    KN_BINARY(or, or, or, or),
    KN_BINARY(xor, xor, xor, xor),
    KN_BINARY(min, minsb, minsw, minsd),
    KN_BINARY(max, maxsb, maxsw, maxsd),
    KN_BINARY(minu, minub, minuw, minud),
    KN_BINARY(maxu, maxub, maxuw, maxud),
    {Op::kVaddVi, Source::kI, {Inst::kIdVpaddb, Inst::kIdVpaddw, Inst::kIdVpaddd}},
    {Op::kVandVi, Source::kI, {Inst::kIdVpand, Inst::kIdVpand, Inst::kIdVpand}},
    {Op::kVorVi, Source::kI, {Inst::kIdVpor, Inst::kIdVpor, Inst::kIdVpor}},
    {Op::kVxorVi, Source::kI, {Inst::kIdVpxor, Inst::kIdVpxor, Inst::kIdVpxor}},
    {Op::kVrsubVx, Source::kX, {Inst::kIdVpsubb, Inst::kIdVpsubw, Inst::kIdVpsubd}, true},
    {Op::kVrsubVi, Source::kI, {Inst::kIdVpsubb, Inst::kIdVpsubw, Inst::kIdVpsubd}, true},
    {Op::kVmulVv, Source::kV, {kNone, Inst::kIdVpmullw, Inst::kIdVpmulld}},
    {Op::kVmulVx, Source::kX, {kNone, Inst::kIdVpmullw, Inst::kIdVpmulld}},
};
#undef KN_BINARY

struct ShiftRow {
  Op op;
  Source source;
  InstId ids[3];           // by one count
  InstId variable_ids[3];  // by a count for each element
};
constexpr ShiftRow kShiftRows[] = {
    {Op::kVsllVv, Source::kV, {}, {kNone, Inst::kIdVpsllvw, Inst::kIdVpsllvd}},
    {Op::kVsrlVv, Source::kV, {}, {kNone, Inst::kIdVpsrlvw, Inst::kIdVpsrlvd}},
    {Op::kVsraVv, Source::kV, {}, {kNone, Inst::kIdVpsravw, Inst::kIdVpsravd}},
    {Op::kVsllVx, Source::kX, {kNone, Inst::kIdVpsllw, Inst::kIdVpslld}, {}},
    {Op::kVsrlVx, Source::kX, {kNone, Inst::kIdVpsrlw, Inst::kIdVpsrld}, {}},
    {Op::kVsraVx, Source::kX, {kNone, Inst::kIdVpsraw, Inst::kIdVpsrad}, {}},
    {Op::kVsllVi, Source::kI, {kNone, Inst::kIdVpsllw, Inst::kIdVpslld}, {}},
    {Op::kVsrlVi, Source::kI, {kNone, Inst::kIdVpsrlw, Inst::kIdVpsrld}, {}},
    {Op::kVsraVi, Source::kI, {kNone, Inst::kIdVpsraw, Inst::kIdVpsrad}, {}},
};

// Widening: vd = extend(vs2 or wide vs2) op extend(source), or vd + product.
enum class WideKind : uint8_t { kAdd, kSubtract, kMultiply, kMultiplyAdd };
struct WideRow {
  Op op;
  Source source;
  WideKind kind;
  bool vs2_is_wide;
  bool vs2_signed;
  bool source_signed;
};
constexpr WideRow kWideRows[] = {
    {Op::kVwaddVv, Source::kV, WideKind::kAdd, false, true, true},
    {Op::kVwaddVx, Source::kX, WideKind::kAdd, false, true, true},
    {Op::kVwadduVv, Source::kV, WideKind::kAdd, false, false, false},
    {Op::kVwadduVx, Source::kX, WideKind::kAdd, false, false, false},
    {Op::kVwaddWv, Source::kV, WideKind::kAdd, true, true, true},
    {Op::kVwaddWx, Source::kX, WideKind::kAdd, true, true, true},
    {Op::kVwadduWv, Source::kV, WideKind::kAdd, true, false, false},
    {Op::kVwadduWx, Source::kX, WideKind::kAdd, true, false, false},
    {Op::kVwsubVv, Source::kV, WideKind::kSubtract, false, true, true},
    {Op::kVwsubVx, Source::kX, WideKind::kSubtract, false, true, true},
    {Op::kVwsubuVv, Source::kV, WideKind::kSubtract, false, false, false},
    {Op::kVwsubuVx, Source::kX, WideKind::kSubtract, false, false, false},
    {Op::kVwsubWv, Source::kV, WideKind::kSubtract, true, true, true},
    {Op::kVwsubWx, Source::kX, WideKind::kSubtract, true, true, true},
    {Op::kVwsubuWv, Source::kV, WideKind::kSubtract, true, false, false},
    {Op::kVwsubuWx, Source::kX, WideKind::kSubtract, true, false, false},
    {Op::kVwmulVv, Source::kV, WideKind::kMultiply, false, true, true},
    {Op::kVwmulVx, Source::kX, WideKind::kMultiply, false, true, true},
    {Op::kVwmuluVv, Source::kV, WideKind::kMultiply, false, false, false},
    {Op::kVwmuluVx, Source::kX, WideKind::kMultiply, false, false, false},
    {Op::kVwmulsuVv, Source::kV, WideKind::kMultiply, false, true, false},
    {Op::kVwmulsuVx, Source::kX, WideKind::kMultiply, false, true, false},
    {Op::kVwmaccVv, Source::kV, WideKind::kMultiplyAdd, false, true, true},
    {Op::kVwmaccVx, Source::kX, WideKind::kMultiplyAdd, false, true, true},
    {Op::kVwmaccuVv, Source::kV, WideKind::kMultiplyAdd, false, false, false},
    {Op::kVwmaccuVx, Source::kX, WideKind::kMultiplyAdd, false, false, false},
    {Op::kVwmaccsuVv, Source::kV, WideKind::kMultiplyAdd, false, false, true},
    {Op::kVwmaccsuVx, Source::kX, WideKind::kMultiplyAdd, false, false, true},
    {Op::kVwmaccusVx, Source::kX, WideKind::kMultiplyAdd, false, true, false},
};

template <typename Row, size_t kCount>
constexpr const Row* FindRow(const Row (&rows)[kCount], Op op) {
  const auto* row = std::find_if(rows, rows + kCount, [op](const Row& r) { return r.op == op; });
  return row == rows + kCount ? nullptr : row;
}

// AVX-512's bitwise instructions have an element width in their names.
InstId ForWidth(InstId id, uint32_t bytes) {
  if (bytes <= 32) return id;
  switch (id) {
    case Inst::kIdVpand:
      return Inst::kIdVpandd;
    case Inst::kIdVpor:
      return Inst::kIdVpord;
    case Inst::kIdVpxor:
      return Inst::kIdVpxord;
    default:
      return id;
  }
}

}  // namespace

bool BlockEmitter::EmitVectorBinary(const DecodedInsn& insn, const Shape& shape, Source source,
                                    const InstId (&ids)[3], bool reversed) {
  const InstId id = ids[known_type().sew_shift];
  if (id == kNone || !vector::IsShapeLegal(known_type(), shape, insn)) return false;
  const uint32_t body = BodyBytes();
  const int width = known_type().sew_shift;
  if (body == 0) return true;
  if (source != Source::kV) {
    Broadcast(2, std::min(body, WidestBytes()), width, source, insn);
  }
  for (const Chunk chunk : Chunks(body, WidestBytes())) {
    const uint32_t bytes = chunk.bytes;
    LoadChunk(0, insn.rs2, chunk);
    const Vec second = source == Source::kV ? V(1, bytes) : V(2, bytes);
    if (source == Source::kV) LoadChunk(1, insn.rs1, chunk);
    if (reversed) {
      a_.emit(ForWidth(id, bytes), V(0, bytes), second, V(0, bytes));
    } else {
      a_.emit(ForWidth(id, bytes), V(0, bytes), V(0, bytes), second);
    }
    StoreResult(insn, 0, chunk, width);
  }
  return true;
}

bool BlockEmitter::EmitVectorShift(const DecodedInsn& insn, const Shape& shape, Source source,
                                   const InstId (&ids)[3], const InstId (&variable_ids)[3]) {
  const int width = known_type().sew_shift;
  const bool by_vector = source == Source::kV;
  const InstId id = by_vector ? variable_ids[width] : ids[width];
  if (id == kNone || !insn.vm || !vector::IsShapeLegal(known_type(), shape, insn)) return false;
  if (by_vector && width == 1 && !HasAvx512()) return false;
  const uint32_t body = BodyBytes();
  const uint32_t count_mask = (8u << width) - 1;
  if (body == 0) return true;
  if (by_vector) {
    BroadcastConstant(2, std::min(body, WidestBytes()), width, count_mask);
  } else if (source == Source::kX) {
    a_.mov(ecx, X(x_.Read(insn.rs1)));
    a_.and_(ecx, count_mask);
    a_.vmovd(xmm2, ecx);
  }
  for (const Chunk chunk : Chunks(body, WidestBytes())) {
    const Vec v0 = V(0, chunk.bytes);
    const Vec v1 = V(1, chunk.bytes);
    LoadChunk(0, insn.rs2, chunk);
    if (by_vector) {
      LoadChunk(1, insn.rs1, chunk);
      a_.emit(ForWidth(Inst::kIdVpand, chunk.bytes), v1, v1, V(2, chunk.bytes));
      a_.emit(id, v0, v0, v1);
    } else if (source == Source::kX) {
      a_.emit(id, v0, v0, xmm2);
    } else {
      a_.emit(id, v0, v0, asmjit::imm(static_cast<uint32_t>(insn.imm) & count_mask));
    }
    StoreChunk(0, insn.rd, chunk);
  }
  return true;
}

// vd = +-(vd or vs2) * source + (vs2 or vd), section 11.13.
bool BlockEmitter::EmitVectorMultiplyAdd(const DecodedInsn& insn, const Shape& shape,
                                         Source source) {
  const int width = known_type().sew_shift;
  if (width == 0 || !vector::IsShapeLegal(known_type(), shape, insn)) return false;
  const bool to_addend = insn.op == Op::kVmaccVv || insn.op == Op::kVmaccVx ||
                         insn.op == Op::kVnmsacVv || insn.op == Op::kVnmsacVx;
  const bool subtracts = insn.op == Op::kVnmsacVv || insn.op == Op::kVnmsacVx ||
                         insn.op == Op::kVnmsubVv || insn.op == Op::kVnmsubVx;
  const InstId multiply = width == 1 ? Inst::kIdVpmullw : Inst::kIdVpmulld;
  const uint32_t body = BodyBytes();
  if (body == 0) return true;
  if (source != Source::kV) Broadcast(2, std::min(body, WidestBytes()), width, source, insn);
  for (const Chunk chunk : Chunks(body, WidestBytes())) {
    const Vec product = V(0, chunk.bytes);
    const Vec addend = V(1, chunk.bytes);
    const Vec factor = V(2, chunk.bytes);
    LoadChunk(0, to_addend ? insn.rs2 : insn.rd, chunk);
    LoadChunk(1, to_addend ? insn.rd : insn.rs2, chunk);
    if (source == Source::kV) LoadChunk(2, insn.rs1, chunk);
    a_.emit(multiply, product, product, factor);
    a_.emit(subtracts ? kSubIds[width] : kAddIds[width], addend, addend, product);
    StoreResult(insn, 1, chunk, width);
  }
  return true;
}

// `id` holds elements of 1 << from_width bytes in its lower part; makes them `bytes` bytes of
// 1 << to_width each.
bool BlockEmitter::Extend(uint32_t id, uint32_t bytes, int from_width, int to_width,
                          bool is_signed) {
  constexpr InstId kIds[2][2][3] = {
      {{kNone, Inst::kIdVpmovzxbw, Inst::kIdVpmovzxbd}, {kNone, kNone, Inst::kIdVpmovzxwd}},
      {{kNone, Inst::kIdVpmovsxbw, Inst::kIdVpmovsxbd}, {kNone, kNone, Inst::kIdVpmovsxwd}}};
  const uint32_t from_bytes = bytes >> (to_width - from_width);
  a_.emit(kIds[is_signed ? 1 : 0][from_width][to_width], V(id, bytes), V(id, from_bytes));
  return true;
}

bool BlockEmitter::EmitVectorWide(const DecodedInsn& insn) {
  const WideRow* row = FindRow(kWideRows, insn.op);
  if (row == nullptr) return false;
  const bool by_vector = row->source == Source::kV;
  const Shape& shape = row->vs2_is_wide ? (by_vector ? vector::kShapeWideWv : vector::kShapeWideWx)
                                        : (by_vector ? vector::kShapeWideVv : vector::kShapeWideVx);
  if (!insn.vm || !vector::IsShapeLegal(known_type(), shape, insn)) return false;
  const int from = known_type().sew_shift;
  const int to = from + 1;
  const uint32_t body = BodyBytes() * 2;
  const uint32_t smallest = 2u << from;
  if (body == 0) return true;
  if (!by_vector) {
    // The scalar has SEW bits, extended by its own signedness.
    const Gp value = X(x_.Read(insn.rs1));
    if (from == 0) {
      row->source_signed ? a_.movsx(eax, value.r8()) : a_.movzx(eax, value.r8());
    } else {
      row->source_signed ? a_.movsx(eax, value.r16()) : a_.movzx(eax, value.r16());
    }
    a_.vmovd(xmm2, eax);
    a_.emit(to == 1 ? Inst::kIdVpbroadcastw : Inst::kIdVpbroadcastd,
            V(2, std::min(body, WidestBytes())), xmm2);
  }
  for (const Chunk chunk : Chunks(body, WidestBytes())) {
    if (chunk.bytes < smallest) return false;
    const Chunk narrow = {chunk.offset / 2, chunk.bytes / 2};
    const Vec first = V(0, chunk.bytes);
    const Vec second = by_vector ? V(1, chunk.bytes) : V(2, chunk.bytes);
    LoadChunk(0, insn.rs2, row->vs2_is_wide ? chunk : narrow);
    if (!row->vs2_is_wide) Extend(0, chunk.bytes, from, to, row->vs2_signed);
    if (by_vector) {
      LoadChunk(1, insn.rs1, narrow);
      Extend(1, chunk.bytes, from, to, row->source_signed);
    }
    switch (row->kind) {
      case WideKind::kAdd:
        a_.emit(kAddIds[to], first, first, second);
        break;
      case WideKind::kSubtract:
        a_.emit(kSubIds[to], first, first, second);
        break;
      case WideKind::kMultiply:
      case WideKind::kMultiplyAdd:
        a_.emit(to == 1 ? Inst::kIdVpmullw : Inst::kIdVpmulld, first, first, second);
        break;
    }
    if (row->kind == WideKind::kMultiplyAdd) {
      LoadChunk(3, insn.rd, chunk);
      a_.emit(kAddIds[to], first, first, V(3, chunk.bytes));
    }
    StoreChunk(0, insn.rd, chunk);
  }
  return true;
}

bool BlockEmitter::EmitVectorExtend(const DecodedInsn& insn, int from_shift, bool is_signed) {
  const Shape& shape = from_shift == 1 ? vector::kShapeExtend2 : vector::kShapeExtend4;
  if (!insn.vm || !vector::IsShapeLegal(known_type(), shape, insn)) return false;
  const int to = known_type().sew_shift;
  const uint32_t body = BodyBytes();
  for (const Chunk chunk : Chunks(body, WidestBytes())) {
    LoadChunk(0, insn.rs2, {chunk.offset >> from_shift, chunk.bytes >> from_shift});
    Extend(0, chunk.bytes, to - from_shift, to, is_signed);
    StoreChunk(0, insn.rd, chunk);
  }
  return true;
}

// `to` = the elements of `id`, half as wide, in its lower half.
void BlockEmitter::Narrow(uint32_t to, uint32_t id, uint32_t bytes, int from_width, Narrowing how) {
  const bool is_word = from_width == 1;
  if (HasAvx512()) {
    constexpr InstId kIds[3][2] = {{Inst::kIdVpmovwb, Inst::kIdVpmovdw},
                                   {Inst::kIdVpmovswb, Inst::kIdVpmovsdw},
                                   {Inst::kIdVpmovuswb, Inst::kIdVpmovusdw}};
    a_.emit(kIds[static_cast<size_t>(how)][is_word ? 0 : 1], V(to, bytes / 2), V(id, bytes));
    return;
  }
  const Vec narrow = V(to, bytes);
  if (how == Narrowing::kSigned) {
    a_.emit(is_word ? Inst::kIdVpacksswb : Inst::kIdVpackssdw, narrow, V(id, bytes), V(id, bytes));
  } else {
    const Mem low = ContextField(is_word ? offsetof(Context, element_bits.low_bytes)
                                         : offsetof(Context, element_bits.low_words),
                                 std::max(bytes, 16u));
    const InstId limit = how == Narrowing::kTruncate
                             ? InstId{Inst::kIdVpand}
                             : (is_word ? Inst::kIdVpminuw : Inst::kIdVpminud);
    a_.emit(limit, narrow, V(id, bytes), low);
    a_.emit(is_word ? Inst::kIdVpackuswb : Inst::kIdVpackusdw, narrow, narrow, narrow);
  }
  // Packed within each half of the register.
  if (bytes == 32) a_.vpermq(narrow, narrow, 0b1000);
}

// vd = low half of (vs2 >> count), by an immediate or a scalar.
bool BlockEmitter::EmitVectorNarrow(const DecodedInsn& insn, bool arithmetic, Source source) {
  if (!insn.vm || source == Source::kV ||
      !vector::IsShapeLegal(known_type(), vector::kShapeNarrowWx, insn)) {
    return false;
  }
  const int to = known_type().sew_shift;
  const int from = to + 1;
  const uint32_t body = BodyBytes() * 2;
  const uint32_t count_mask = (8u << from) - 1;
  const InstId shift = from == 1 ? (arithmetic ? Inst::kIdVpsraw : Inst::kIdVpsrlw)
                                 : (arithmetic ? Inst::kIdVpsrad : Inst::kIdVpsrld);
  if (body == 0) return true;
  if (source == Source::kX) {
    a_.mov(ecx, X(x_.Read(insn.rs1)));
    a_.and_(ecx, count_mask);
    a_.vmovd(xmm2, ecx);
  }
  for (const Chunk chunk : Chunks(body, WidestBytes())) {
    const Vec wide = V(0, chunk.bytes);
    LoadChunk(0, insn.rs2, chunk);
    if (source == Source::kX) {
      a_.emit(shift, wide, wide, xmm2);
    } else if ((static_cast<uint32_t>(insn.imm) & count_mask) != 0) {
      a_.emit(shift, wide, wide, asmjit::imm(static_cast<uint32_t>(insn.imm) & count_mask));
    }
    Narrow(0, 0, chunk.bytes, from, Narrowing::kTruncate);
    StoreChunk(0, insn.rd, {chunk.offset / 2, chunk.bytes / 2});
  }
  return true;
}

// vd = saturate((vs2 >> count) + rounding), for the two rounding modes that are one addition.
bool BlockEmitter::EmitVectorClip(const DecodedInsn& insn, bool is_signed, Source source) {
  constexpr uint8_t kNearestUp = 0;
  constexpr uint8_t kTruncate = 2;
  if (!insn.vm || source != Source::kI || !vxrm_ || (*vxrm_ != kNearestUp && *vxrm_ != kTruncate) ||
      !vector::IsShapeLegal(known_type(), vector::kShapeNarrowWx, insn)) {
    return false;
  }
  const int to = known_type().sew_shift;
  const int from = to + 1;
  const uint32_t body = BodyBytes() * 2;
  const uint32_t count = static_cast<uint32_t>(insn.imm) & ((8u << from) - 1);
  if (body == 0) return true;
  const bool is_word = from == 1;
  const InstId shift_right = is_word ? (is_signed ? Inst::kIdVpsraw : Inst::kIdVpsrlw)
                                     : (is_signed ? Inst::kIdVpsrad : Inst::kIdVpsrld);
  const InstId logical_right = is_word ? Inst::kIdVpsrlw : Inst::kIdVpsrld;
  a_.xor_(ecx, ecx);
  for (const Chunk chunk : Chunks(body, WidestBytes())) {
    const Vec value = V(0, chunk.bytes);
    const Vec bit = V(1, chunk.bytes);
    LoadChunk(0, insn.rs2, chunk);
    if (count != 0 && *vxrm_ == kNearestUp) {  // + bit count - 1
      a_.emit(logical_right, bit, value, asmjit::imm(count - 1));
      a_.emit(is_word ? Inst::kIdVpsllw : Inst::kIdVpslld, bit, bit, asmjit::imm((8u << from) - 1));
      a_.emit(logical_right, bit, bit, asmjit::imm((8u << from) - 1));
    }
    if (count != 0) a_.emit(shift_right, value, value, asmjit::imm(count));
    if (count != 0 && *vxrm_ == kNearestUp) a_.emit(kAddIds[from], value, value, bit);
    Narrow(2, 0, chunk.bytes, from, is_signed ? Narrowing::kSigned : Narrowing::kUnsigned);
    // Saturated where the result, widened again, is not the value. Bytes beyond a short chunk are
    // 0.
    a_.vmovdqu(xmm3, xmm2);
    if (chunk.bytes == 64) a_.vmovdqu(ymm3, ymm2);
    Extend(3, chunk.bytes, to, from, is_signed);
    if (HasAvx512()) {
      a_.emit(is_word ? Inst::kIdVpcmpw : Inst::kIdVpcmpd, k1, value, V(3, chunk.bytes),
              asmjit::imm(4));
      a_.kmovd(eax, k1);
    } else {
      a_.emit(kEqualIds[from], value, value, V(3, chunk.bytes));
      a_.vpmovmskb(eax, value);
      a_.xor_(eax, chunk.bytes == 32 ? 0xFFFF'FFFF : 0xFFFF);
    }
    a_.or_(ecx, eax);
    StoreChunk(2, insn.rd, {chunk.offset / 2, chunk.bytes / 2});
  }
  a_.test(ecx, ecx);
  a_.setnz(al);
  a_.or_(HartField(offsetof(Hart, v.vxsat), 1), al);
  return true;
}

// vd = upper half of vs2 * source, elements of 32 bits: even and odd ones are multiplied apart.
bool BlockEmitter::EmitVectorMultiplyHigh(const DecodedInsn& insn, bool is_signed, Source source) {
  const Shape& shape = source == Source::kV ? vector::kShapeVv : vector::kShapeVx;
  if (!insn.vm || known_type().sew_shift != 2 || !vector::IsShapeLegal(known_type(), shape, insn)) {
    return false;
  }
  constexpr uint32_t kOdd = 0xAAAA;
  const InstId multiply = is_signed ? Inst::kIdVpmuldq : Inst::kIdVpmuludq;
  const uint32_t body = BodyBytes();
  if (body == 0) return true;
  if (source != Source::kV) Broadcast(2, std::min(body, WidestBytes()), 2, source, insn);
  if (HasAvx512()) {
    a_.mov(eax, kOdd);
    a_.kmovd(k1, eax);
  }
  for (const Chunk chunk : Chunks(body, WidestBytes())) {
    const Vec a = V(0, chunk.bytes);
    const Vec b = V(1, chunk.bytes);
    const Vec odd = V(3, chunk.bytes);
    LoadChunk(0, insn.rs2, chunk);
    if (source == Source::kV) {
      LoadChunk(1, insn.rs1, chunk);
    } else {
      a_.emit(chunk.bytes == 64 ? Inst::kIdVmovdqu32 : Inst::kIdVmovdqu, b, V(2, chunk.bytes));
    }
    a_.emit(Inst::kIdVpsrlq, odd, a, asmjit::imm(32));
    a_.emit(multiply, a, a, b);
    a_.emit(Inst::kIdVpsrlq, b, b, asmjit::imm(32));
    a_.emit(multiply, odd, odd, b);
    a_.emit(Inst::kIdVpsrlq, a, a, asmjit::imm(32));
    if (HasAvx512()) {
      a_.k(k1).emit(Inst::kIdVpblendmd, a, a, odd);
    } else {
      a_.vpblendd(a, a, odd, kOdd & 0xFF);
    }
    StoreChunk(0, insn.rd, chunk);
  }
  return true;
}

bool BlockEmitter::EmitVectorInteger(const DecodedInsn& insn) {
  if (const BinaryRow* row = FindRow(kBinaryRows, insn.op)) {
    return EmitVectorBinary(insn, row->source == Source::kV ? vector::kShapeVv : vector::kShapeVx,
                            row->source, row->ids, row->reversed);
  }
  if (const ShiftRow* row = FindRow(kShiftRows, insn.op)) {
    return EmitVectorShift(insn, row->source == Source::kV ? vector::kShapeVv : vector::kShapeVx,
                           row->source, row->ids, row->variable_ids);
  }
  switch (insn.op) {
    case Op::kVmaccVv:
    case Op::kVnmsacVv:
    case Op::kVmaddVv:
    case Op::kVnmsubVv:
      return EmitVectorMultiplyAdd(insn, vector::kShapeVv, Source::kV);
    case Op::kVmaccVx:
    case Op::kVnmsacVx:
    case Op::kVmaddVx:
    case Op::kVnmsubVx:
      return EmitVectorMultiplyAdd(insn, vector::kShapeVx, Source::kX);
    case Op::kVzextVf2:
      return EmitVectorExtend(insn, 1, false);
    case Op::kVzextVf4:
      return EmitVectorExtend(insn, 2, false);
    case Op::kVsextVf2:
      return EmitVectorExtend(insn, 1, true);
    case Op::kVsextVf4:
      return EmitVectorExtend(insn, 2, true);
    case Op::kVmulhVv:
      return EmitVectorMultiplyHigh(insn, true, Source::kV);
    case Op::kVmulhVx:
      return EmitVectorMultiplyHigh(insn, true, Source::kX);
    case Op::kVmulhuVv:
      return EmitVectorMultiplyHigh(insn, false, Source::kV);
    case Op::kVmulhuVx:
      return EmitVectorMultiplyHigh(insn, false, Source::kX);
    case Op::kVnclipWi:
      return EmitVectorClip(insn, true, Source::kI);
    case Op::kVnclipuWi:
      return EmitVectorClip(insn, false, Source::kI);
    case Op::kVnsrlWi:
      return EmitVectorNarrow(insn, false, Source::kI);
    case Op::kVnsrlWx:
      return EmitVectorNarrow(insn, false, Source::kX);
    case Op::kVnsraWi:
      return EmitVectorNarrow(insn, true, Source::kI);
    case Op::kVnsraWx:
      return EmitVectorNarrow(insn, true, Source::kX);
    default:
      return EmitVectorWide(insn);
  }
}

}  // namespace sim::translate
