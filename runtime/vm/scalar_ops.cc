#include "runtime/vm/scalar_ops.h"

#include <algorithm>
#include <bit>

#include "runtime/vm/f32_math.h"
#include "runtime/vm/i64_math.h"

namespace runtime {
namespace {

using base::Status;

int64_t CountLeadingZeros(uint64_t value) {
  const auto high = static_cast<uint32_t>(value >> 32);
  return high != 0 ? std::countl_zero(high) : 32 + std::countl_zero(static_cast<uint32_t>(value));
}

// The slot at an address, as each type.
uint32_t& U32(uint8_t* slot) { return *reinterpret_cast<uint32_t*>(slot); }
int32_t& I32(uint8_t* slot) { return *reinterpret_cast<int32_t*>(slot); }
uint64_t& U64(uint8_t* slot) { return *reinterpret_cast<uint64_t*>(slot); }
int64_t& I64(uint8_t* slot) { return *reinterpret_cast<int64_t*>(slot); }
float& F32(uint8_t* slot) { return *reinterpret_cast<float*>(slot); }

bool Unordered(float a, float b) { return a != a || b != b; }

}  // namespace

Status RunIntegerOp(const Operands& x) {
  // Decoded once for all: half of the code would otherwise be operand addresses.
  uint8_t* const a = x.values + x.cells[1];
  uint8_t* const b = x.values + x.cells[2];
  uint8_t* const c = x.values + x.cells[3];
  Status status = Status::kOk;
  const auto divides = [&](bool non_zero) {
    if (!non_zero) status = Status::kVmDivisionByZero;
    return non_zero;
  };
  switch (x.op()) {
    case Op::kMoveI32:
      U32(b) = U32(a);
      break;
    case Op::kSelectI32:
      x.U32(4) = I32(a) != 0 ? U32(b) : U32(c);
      break;
    case Op::kSelectI64:
      x.U64(4) = I32(a) != 0 ? U64(b) : U64(c);
      break;
    case Op::kAddI32:
      U32(c) = U32(a) + U32(b);
      break;
    case Op::kSubI32:
      U32(c) = U32(a) - U32(b);
      break;
    case Op::kMulI32:
      U32(c) = U32(a) * U32(b);
      break;
    case Op::kDivSI32:
      if (divides(I32(b) != 0))
        U32(c) = I32(b) == -1 ? 0u - U32(a) : static_cast<uint32_t>(I32(a) / I32(b));
      break;
    case Op::kDivUI32:
      if (divides(U32(b) != 0)) U32(c) = U32(a) / U32(b);
      break;
    case Op::kRemSI32:
      if (divides(I32(b) != 0)) I32(c) = I32(b) == -1 ? 0 : I32(a) % I32(b);
      break;
    case Op::kRemUI32:
      if (divides(U32(b) != 0)) U32(c) = U32(a) % U32(b);
      break;
    case Op::kFmaI32:
      x.U32(4) = U32(a) * U32(b) + U32(c);
      break;
    case Op::kAddI64:
      U64(c) = U64(a) + U64(b);
      break;
    case Op::kSubI64:
      U64(c) = U64(a) - U64(b);
      break;
    case Op::kMulI64:
      U64(c) = U64(a) * U64(b);
      break;
    case Op::kDivSI64:
      if (divides(I64(b) != 0)) U64(c) = DivideSigned(I64(a), I64(b)).quotient;
      break;
    case Op::kDivUI64:
      if (divides(U64(b) != 0)) U64(c) = DivideUnsigned(U64(a), U64(b)).quotient;
      break;
    case Op::kRemSI64:
      if (divides(I64(b) != 0)) U64(c) = DivideSigned(I64(a), I64(b)).remainder;
      break;
    case Op::kRemUI64:
      if (divides(U64(b) != 0)) U64(c) = DivideUnsigned(U64(a), U64(b)).remainder;
      break;
    case Op::kFmaI64:
      x.U64(4) = U64(a) * U64(b) + U64(c);
      break;
    case Op::kAbsI32:
      U32(b) = I32(a) < 0 ? 0u - U32(a) : U32(a);
      break;
    case Op::kAbsI64:
      U64(b) = I64(a) < 0 ? ~U64(a) + 1 : U64(a);
      break;
    case Op::kMinSI32:
      I32(c) = std::min(I32(a), I32(b));
      break;
    case Op::kMinUI32:
      U32(c) = std::min(U32(a), U32(b));
      break;
    case Op::kMaxSI32:
      I32(c) = std::max(I32(a), I32(b));
      break;
    case Op::kMaxUI32:
      U32(c) = std::max(U32(a), U32(b));
      break;
    case Op::kMinSI64:
      I64(c) = std::min(I64(a), I64(b));
      break;
    case Op::kMinUI64:
      U64(c) = std::min(U64(a), U64(b));
      break;
    case Op::kMaxSI64:
      I64(c) = std::max(I64(a), I64(b));
      break;
    case Op::kMaxUI64:
      U64(c) = std::max(U64(a), U64(b));
      break;

    case Op::kNotI32:
      U32(b) = ~U32(a);
      break;
    case Op::kAndI32:
      U32(c) = U32(a) & U32(b);
      break;
    case Op::kOrI32:
      U32(c) = U32(a) | U32(b);
      break;
    case Op::kXorI32:
      U32(c) = U32(a) ^ U32(b);
      break;
    case Op::kNotI64:
      U64(b) = ~U64(a);
      break;
    case Op::kAndI64:
      U64(c) = U64(a) & U64(b);
      break;
    case Op::kOrI64:
      U64(c) = U64(a) | U64(b);
      break;
    case Op::kXorI64:
      U64(c) = U64(a) ^ U64(b);
      break;
    case Op::kShlI32:
      U32(c) = U32(a) << (U32(b) & 31);
      break;
    case Op::kShrSI32:
      I32(c) = I32(a) >> (U32(b) & 31);
      break;
    case Op::kShrUI32:
      U32(c) = U32(a) >> (U32(b) & 31);
      break;
    case Op::kShlI64:
      U64(c) = U64(a) << (U32(b) & 63);
      break;
    case Op::kShrSI64:
      I64(c) = I64(a) >> (U32(b) & 63);
      break;
    case Op::kShrUI64:
      U64(c) = U64(a) >> (U32(b) & 63);
      break;
    case Op::kCtlzI32:
      I32(b) = std::countl_zero(U32(a));
      break;
    case Op::kCtlzI64:
      I64(b) = CountLeadingZeros(U64(a));
      break;

    case Op::kTruncI32I8:
    case Op::kExtI8I32U:
      U32(b) = U32(a) & 0xFF;
      break;
    case Op::kTruncI32I16:
    case Op::kExtI16I32U:
      U32(b) = U32(a) & 0xFFFF;
      break;
    case Op::kTruncI64I32:
      U32(b) = static_cast<uint32_t>(U64(a));
      break;
    case Op::kExtI8I32S:
      I32(b) = static_cast<int8_t>(U32(a));
      break;
    case Op::kExtI16I32S:
      I32(b) = static_cast<int16_t>(U32(a));
      break;
    case Op::kExtI32I64S:
      I64(b) = I32(a);
      break;
    case Op::kExtI32I64U:
      U64(b) = U32(a);
      break;

    case Op::kCmpEqI32:
      I32(c) = U32(a) == U32(b);
      break;
    case Op::kCmpNeI32:
      I32(c) = U32(a) != U32(b);
      break;
    case Op::kCmpLtSI32:
      I32(c) = I32(a) < I32(b);
      break;
    case Op::kCmpLtUI32:
      I32(c) = U32(a) < U32(b);
      break;
    case Op::kCmpNzI32:
      I32(b) = U32(a) != 0;
      break;
    case Op::kCmpEqI64:
      I32(c) = U64(a) == U64(b);
      break;
    case Op::kCmpNeI64:
      I32(c) = U64(a) != U64(b);
      break;
    case Op::kCmpLtSI64:
      I32(c) = I64(a) < I64(b);
      break;
    case Op::kCmpLtUI64:
      I32(c) = U64(a) < U64(b);
      break;
    case Op::kCmpNzI64:
      I32(b) = U64(a) != 0;
      break;
    default:
      __builtin_unreachable();  // the interpreter sends nothing else here
  }
  return status;
}

void RunFloatOp(const Operands& x) {
  uint8_t* const a = x.values + x.cells[1];
  uint8_t* const b = x.values + x.cells[2];
  uint8_t* const c = x.values + x.cells[3];
  switch (x.op()) {
    case Op::kAddF32:
      F32(c) = F32(a) + F32(b);
      break;
    case Op::kSubF32:
      F32(c) = F32(a) - F32(b);
      break;
    case Op::kMulF32:
      F32(c) = F32(a) * F32(b);
      break;
    case Op::kDivF32:
      F32(c) = F32(a) / F32(b);
      break;
    case Op::kRemF32:
      F32(c) = f32::Remainder(F32(a), F32(b));
      break;
    case Op::kFmaF32:
      x.F32(4) = __builtin_elementwise_fma(F32(a), F32(b), F32(c));
      break;
    case Op::kAbsF32:
      F32(b) = f32::Abs(F32(a));
      break;
    case Op::kNegF32:
      F32(b) = -F32(a);
      break;
    case Op::kMinF32:
      F32(c) = F32(b) < F32(a) ? F32(b) : F32(a);
      break;
    case Op::kMaxF32:
      F32(c) = F32(a) < F32(b) ? F32(b) : F32(a);
      break;
    case Op::kCastSi32F32:
      F32(b) = static_cast<float>(I32(a));
      break;
    case Op::kCastUi32F32:
      F32(b) = static_cast<float>(U32(a));
      break;
    case Op::kCastF32Si32:
      I32(b) = f32::RoundToI32(F32(a));
      break;
    case Op::kCastF32Ui32:
      U32(b) = f32::RoundToU32(F32(a));
      break;
    case Op::kCastF32Si64:
      I64(b) = f32::RoundToI64(F32(a));
      break;
    case Op::kCastF32Ui64:
      U64(b) = f32::RoundToU64(F32(a));
      break;
    case Op::kCastSi64F32:
      F32(b) = FloatFromI64(I64(a));
      break;
    case Op::kCastUi64F32:
      F32(b) = FloatFromU64(U64(a));
      break;
    case Op::kCmpEqOF32:
      I32(c) = F32(a) == F32(b);
      break;
    case Op::kCmpEqUF32:
      I32(c) = F32(a) == F32(b) || Unordered(F32(a), F32(b));
      break;
    case Op::kCmpNeOF32:
    case Op::kCmpNeUF32:
      // Both are C's != in IREE's interpreter, so NaN compares unequal to everything.
      I32(c) = F32(a) != F32(b);
      break;
    case Op::kCmpLtOF32:
      I32(c) = F32(a) < F32(b);
      break;
    case Op::kCmpLtUF32:
      I32(c) = !(F32(a) >= F32(b));
      break;
    case Op::kCmpLteOF32:
      I32(c) = F32(a) <= F32(b);
      break;
    case Op::kCmpLteUF32:
      I32(c) = !(F32(a) > F32(b));
      break;
    case Op::kCmpNanF32:
      I32(b) = F32(a) != F32(a);
      break;
    case Op::kRoundF32:
    case Op::kRoundF32Even:
    case Op::kCeilF32:
    case Op::kFloorF32:
    case Op::kAtanF32:
    case Op::kCosF32:
    case Op::kSinF32:
    case Op::kExpF32:
    case Op::kExp2F32:
    case Op::kExpm1F32:
    case Op::kLogF32:
    case Op::kLog10F32:
    case Op::kLog1pF32:
    case Op::kLog2F32:
    case Op::kRsqrtF32:
    case Op::kSqrtF32:
    case Op::kTanhF32:
    case Op::kErfF32:
      F32(b) = f32::Unary(x.op(), F32(a));
      break;
    case Op::kAtan2F32:
      F32(c) = f32::Atan2(F32(a), F32(b));
      break;
    case Op::kPowF32:
      F32(c) = f32::Pow(F32(a), F32(b));
      break;

    default:
      __builtin_unreachable();
  }
}

}  // namespace runtime
