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
  // Operands in 64 bits whatever their width, so that instructions of both widths are the same.
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
  switch (x.op()) {
    case Op::kMoveI32:
    case Op::kTruncI64I32:
    case Op::kExtI32I64S:
    case Op::kExtI32I64U:
      result = ua;
      break;
    case Op::kSelectI32:
    case Op::kSelectI64:
      result = static_cast<uint32_t>(a) != 0 ? ub : uc;
      break;
    case Op::kAddI32:
    case Op::kAddI64:
      result = ua + ub;
      break;
    case Op::kSubI32:
    case Op::kSubI64:
      result = ua - ub;
      break;
    case Op::kMulI32:
    case Op::kMulI64:
      result = ua * ub;
      break;
    case Op::kFmaI32:
    case Op::kFmaI64:
      result = ua * ub + uc;
      break;
    case Op::kDivSI32:
    case Op::kDivSI64:
      if (b == 0) return Status::kVmDivisionByZero;
      result = DivideSigned(a, b).quotient;
      break;
    case Op::kRemSI32:
    case Op::kRemSI64:
      if (b == 0) return Status::kVmDivisionByZero;
      result = DivideSigned(a, b).remainder;
      break;
    case Op::kDivUI32:
    case Op::kDivUI64:
      if (b == 0) return Status::kVmDivisionByZero;
      result = DivideUnsigned(ua, ub).quotient;
      break;
    case Op::kRemUI32:
    case Op::kRemUI64:
      if (b == 0) return Status::kVmDivisionByZero;
      result = DivideUnsigned(ua, ub).remainder;
      break;
    case Op::kAbsI32:
    case Op::kAbsI64:
      result = a < 0 ? 0 - ua : ua;
      break;
    case Op::kMinSI32:
    case Op::kMinSI64:
      give_signed(std::min(a, b));
      break;
    case Op::kMaxSI32:
    case Op::kMaxSI64:
      give_signed(std::max(a, b));
      break;
    case Op::kMinUI32:
    case Op::kMinUI64:
      result = std::min(ua, ub);
      break;
    case Op::kMaxUI32:
    case Op::kMaxUI64:
      result = std::max(ua, ub);
      break;

    case Op::kNotI32:
    case Op::kNotI64:
      result = ~ua;
      break;
    case Op::kAndI32:
    case Op::kAndI64:
      result = ua & ub;
      break;
    case Op::kOrI32:
    case Op::kOrI64:
      result = ua | ub;
      break;
    case Op::kXorI32:
    case Op::kXorI64:
      result = ua ^ ub;
      break;
    case Op::kShlI32:
    case Op::kShlI64:
      result = ua << shift;
      break;
    case Op::kShrSI32:
    case Op::kShrSI64:
      give_signed(a >> shift);
      break;
    case Op::kShrUI32:
    case Op::kShrUI64:
      result = ua >> shift;
      break;
    case Op::kCtlzI32:
      give_signed(CountLeadingZeros(ua) - 32);
      break;
    case Op::kCtlzI64:
      give_signed(CountLeadingZeros(ua));
      break;

    case Op::kTruncI32I8:
    case Op::kExtI8I32U:
      result = ua & 0xFF;
      break;
    case Op::kTruncI32I16:
    case Op::kExtI16I32U:
      result = ua & 0xFFFF;
      break;
    case Op::kExtI8I32S:
      give_signed(static_cast<int8_t>(a));
      break;
    case Op::kExtI16I32S:
      give_signed(static_cast<int16_t>(a));
      break;

    case Op::kCmpEqI32:
    case Op::kCmpEqI64:
      result = a == b;
      break;
    case Op::kCmpNeI32:
    case Op::kCmpNeI64:
      result = a != b;
      break;
    case Op::kCmpNzI32:
    case Op::kCmpNzI64:
      result = a != 0;
      break;
    case Op::kCmpLtSI32:
    case Op::kCmpLtSI64:
      result = a < b;
      break;
    case Op::kCmpLtUI32:
    case Op::kCmpLtUI64:
      result = ua < ub;
      break;

    case Op::kAddF32:
      give(fa + fb);
      break;
    case Op::kSubF32:
      give(fa - fb);
      break;
    case Op::kMulF32:
      give(fa * fb);
      break;
    case Op::kDivF32:
      give(fa / fb);
      break;
    case Op::kRemF32:
      give(f32::Remainder(fa, fb));
      break;
    case Op::kFmaF32:
      give(__builtin_elementwise_fma(fa, fb, F32(c)));
      break;
    case Op::kAbsF32:
      give(f32::Abs(fa));
      break;
    case Op::kNegF32:
      give(-fa);
      break;
    case Op::kMinF32:
      give(fb < fa ? fb : fa);
      break;
    case Op::kMaxF32:
      give(fa < fb ? fb : fa);
      break;
    case Op::kCastSi32F32:
      give(static_cast<float>(static_cast<int32_t>(a)));
      break;
    case Op::kCastUi32F32:
      give(static_cast<float>(static_cast<uint32_t>(a)));
      break;
    case Op::kCastSi64F32:
      give(FloatFromI64(a));
      break;
    case Op::kCastUi64F32:
      give(FloatFromU64(ua));
      break;
    case Op::kCastF32Si32:
      give_signed(f32::RoundToI32(fa));
      break;
    case Op::kCastF32Ui32:
      result = f32::RoundToU32(fa);
      break;
    case Op::kCastF32Si64:
      give_signed(f32::RoundToI64(fa));
      break;
    case Op::kCastF32Ui64:
      result = f32::RoundToU64(fa);
      break;
    case Op::kCmpEqOF32:
      result = fa == fb;
      break;
    case Op::kCmpEqUF32:
      result = fa == fb || Unordered(fa, fb);
      break;
    case Op::kCmpNeOF32:
    case Op::kCmpNeUF32:
      // Both are C's != in IREE's interpreter, so NaN compares unequal to everything.
      result = fa != fb;
      break;
    case Op::kCmpLtOF32:
      result = fa < fb;
      break;
    case Op::kCmpLtUF32:
      result = !(fa >= fb);
      break;
    case Op::kCmpLteOF32:
      result = fa <= fb;
      break;
    case Op::kCmpLteUF32:
      result = !(fa > fb);
      break;
    case Op::kCmpNanF32:
      result = Unordered(fa, fa);
      break;
    case Op::kAtan2F32:
      give(f32::Atan2(fa, fb));
      break;
    case Op::kPowF32:
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
