// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/scalar_ops.h"

#include <algorithm>
#include <bit>

#include "runtime/vm/f32_math.h"
#include "runtime/vm/i64_math.h"

namespace runtime {
namespace {

using base::Status;

float F32(int64_t value) { return std::bit_cast<float>(static_cast<uint32_t>(value)); }

int64_t CountLeadingZeros(uint64_t value) {
  const auto high = static_cast<uint32_t>(value >> 32);
  return high != 0 ? std::countl_zero(high) : 32 + std::countl_zero(static_cast<uint32_t>(value));
}

bool Unordered(float a, float b) { return a != a || b != b; }

}  // namespace

Status RunScalarOp(const Operands& x) {
  // Operands in 64 bits whatever their width, so that instructions of both widths are the same;
  // those that an instruction does not have are 0.
  int64_t operands[3] = {};
  const char* letter = OperandLetters(kOpcodeRows[x.cells[0]].shape);
  const uint16_t* cell = x.cells + 1;
  for (int64_t* operand = operands; !IsResult(*letter); ++letter, ++cell, ++operand) {
    const auto* words = reinterpret_cast<const int32_t*>(x.values + *cell);
    int32_t high = *letter == 'u' ? 0 : words[0] >> 31;
    if (*letter == 'I') high = words[1];
    *operand = static_cast<int64_t>(static_cast<uint64_t>(static_cast<uint32_t>(high)) << 32 |
                                    static_cast<uint32_t>(words[0]));
  }
  const bool wide = *letter == 'O';
  const int64_t a = operands[0];
  const int64_t b = operands[1];
  const int64_t c = operands[2];
  const auto ua = static_cast<uint64_t>(a);
  const auto ub = static_cast<uint64_t>(b);
  const auto uc = static_cast<uint64_t>(c);
  const uint32_t shift = static_cast<uint32_t>(b) & (wide ? 63 : 31);
  const float fa = F32(a);
  const float fb = F32(b);
  uint64_t result = 0;
  float float_result = 0;
  bool is_float = false;
  const auto give = [&](float value) {
    float_result = value;
    is_float = true;
  };
  const auto give_signed = [&](int64_t value) { result = static_cast<uint64_t>(value); };
  switch (OperationOf(x.op())) {
    case OperationOf(Op::kSelectI32):
    case OperationOf(Op::kSelectF32):
      result = static_cast<uint32_t>(a) != 0 ? ub : uc;
      break;
    case OperationOf(Op::kBitcastI32F32):
    case OperationOf(Op::kBitcastF32I32):
    case OperationOf(Op::kTruncI64I32):
    case OperationOf(Op::kExtI32I64S):
    case OperationOf(Op::kExtI32I64U):
    case OperationOf(Op::kAddI32):
      result = ua + ub;
      break;
    case OperationOf(Op::kSubI32):
      result = ua - ub;
      break;
    case OperationOf(Op::kMulI32):
    case OperationOf(Op::kFmaI32):
      result = ua * ub + uc;
      break;
    case OperationOf(Op::kDivSI32):
      if (b == 0) return Status::kVmDivisionByZero;
      result = DivideSigned(a, b).quotient;
      break;
    case OperationOf(Op::kRemSI32):
      if (b == 0) return Status::kVmDivisionByZero;
      result = DivideSigned(a, b).remainder;
      break;
    case OperationOf(Op::kDivUI32):
      if (b == 0) return Status::kVmDivisionByZero;
      result = DivideUnsigned(ua, ub).quotient;
      break;
    case OperationOf(Op::kRemUI32):
      if (b == 0) return Status::kVmDivisionByZero;
      result = DivideUnsigned(ua, ub).remainder;
      break;
    case OperationOf(Op::kAbsI32):
      result = a < 0 ? 0 - ua : ua;
      break;
    case OperationOf(Op::kMinSI32):
      give_signed(std::min(a, b));
      break;
    case OperationOf(Op::kMaxSI32):
      give_signed(std::max(a, b));
      break;
    case OperationOf(Op::kMinUI32):
      result = std::min(ua, ub);
      break;
    case OperationOf(Op::kMaxUI32):
      result = std::max(ua, ub);
      break;

    case OperationOf(Op::kNotI32):
      result = ~ua;
      break;
    case OperationOf(Op::kAndI32):
      result = ua & ub;
      break;
    case OperationOf(Op::kOrI32):
      result = ua | ub;
      break;
    case OperationOf(Op::kXorI32):
      result = ua ^ ub;
      break;
    case OperationOf(Op::kShlI32):
      result = ua << shift;
      break;
    case OperationOf(Op::kShrSI32):
      give_signed(a >> shift);
      break;
    case OperationOf(Op::kShrUI32):
      result = ua >> shift;
      break;
    case OperationOf(Op::kCtlzI32):
      give_signed(CountLeadingZeros(ua) - (wide ? 0 : 32));
      break;

    case OperationOf(Op::kTruncI32I8):
    case OperationOf(Op::kExtI8I32U):
      result = ua & 0xFF;
      break;
    case OperationOf(Op::kTruncI32I16):
    case OperationOf(Op::kExtI16I32U):
      result = ua & 0xFFFF;
      break;
    case OperationOf(Op::kExtI8I32S):
      give_signed(static_cast<int8_t>(a));
      break;
    case OperationOf(Op::kExtI16I32S):
      give_signed(static_cast<int16_t>(a));
      break;

    case OperationOf(Op::kCmpEqI32):
      result = a == b;
      break;
    case OperationOf(Op::kCmpNeI32):
    case OperationOf(Op::kCmpNzI32):
      result = a != b;
      break;
    case OperationOf(Op::kCmpLtSI32):
      result = a < b;
      break;
    case OperationOf(Op::kCmpLtUI32):
      result = ua < ub;
      break;

    case OperationOf(Op::kAddF32):
      give(fa + fb);
      break;
    case OperationOf(Op::kSubF32):
      give(fa - fb);
      break;
    case OperationOf(Op::kMulF32):
      give(fa * fb);
      break;
    case OperationOf(Op::kDivF32):
      give(fa / fb);
      break;
    case OperationOf(Op::kRemF32):
      give(f32::Remainder(fa, fb));
      break;
    case OperationOf(Op::kFmaF32):
      give(__builtin_elementwise_fma(fa, fb, F32(c)));
      break;
    case OperationOf(Op::kAbsF32):
      give(f32::Abs(fa));
      break;
    case OperationOf(Op::kNegF32):
      give(-fa);
      break;
    case OperationOf(Op::kMinF32):
      give(fb < fa ? fb : fa);
      break;
    case OperationOf(Op::kMaxF32):
      give(fa < fb ? fb : fa);
      break;
    case OperationOf(Op::kCastSi32F32):
      give(static_cast<float>(static_cast<int32_t>(a)));
      break;
    case OperationOf(Op::kCastUi32F32):
      give(static_cast<float>(static_cast<uint32_t>(a)));
      break;
    case OperationOf(Op::kCastSi64F32):
      give(FloatFromI64(a));
      break;
    case OperationOf(Op::kCastUi64F32):
      give(FloatFromU64(ua));
      break;
    case OperationOf(Op::kCastF32Si32):
      give_signed(f32::RoundToI32(fa));
      break;
    case OperationOf(Op::kCastF32Ui32):
      result = f32::RoundToU32(fa);
      break;
    case OperationOf(Op::kCastF32Si64):
      give_signed(f32::RoundToI64(fa));
      break;
    case OperationOf(Op::kCastF32Ui64):
      result = f32::RoundToU64(fa);
      break;
    case OperationOf(Op::kCmpEqOF32):
      result = fa == fb;
      break;
    case OperationOf(Op::kCmpEqUF32):
      result = fa == fb || Unordered(fa, fb);
      break;
    case OperationOf(Op::kCmpNeOF32):
    case OperationOf(Op::kCmpNeUF32):
      // Both are C's != in IREE's interpreter, so NaN compares unequal to everything.
      result = fa != fb;
      break;
    case OperationOf(Op::kCmpLtOF32):
      result = fa < fb;
      break;
    case OperationOf(Op::kCmpLtUF32):
      result = !(fa >= fb);
      break;
    case OperationOf(Op::kCmpLteOF32):
      result = fa <= fb;
      break;
    case OperationOf(Op::kCmpLteUF32):
      result = !(fa > fb);
      break;
    case OperationOf(Op::kCmpNanF32):
      result = Unordered(fa, fa);
      break;
    case OperationOf(Op::kAtan2F32):
      give(f32::Atan2(fa, fb));
      break;
    case OperationOf(Op::kPowF32):
      give(f32::Pow(fa, fb));
      break;
    default:
      give(f32::Unary(x.op(), fa));  // the interpreter sends nothing else here
      break;
  }
  if (is_float) result = std::bit_cast<uint32_t>(float_result);
  auto* const target = reinterpret_cast<uint32_t*>(x.values + *cell);
  target[0] = static_cast<uint32_t>(result);
  if (wide) target[1] = static_cast<uint32_t>(result >> 32);
  return Status::kOk;
}

}  // namespace runtime
