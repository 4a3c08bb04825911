// 64-bit integer work that a 32-bit core has no instruction for, without compiler-rt. Division by
// zero is the caller's business (divisor != 0); INT64_MIN / -1 wraps.
#ifndef RUNTIME_VM_I64_MATH_H_
#define RUNTIME_VM_I64_MATH_H_

#include <cstdint>

namespace runtime {

struct Quotient {
  uint64_t quotient;
  uint64_t remainder;
};

[[nodiscard]] Quotient DivideUnsigned(uint64_t dividend, uint64_t divisor);
[[nodiscard]] Quotient DivideSigned(int64_t dividend, int64_t divisor);  // truncates

[[nodiscard]] float FloatFromU64(uint64_t value);  // to nearest even
[[nodiscard]] float FloatFromI64(int64_t value);
// Half away from zero, saturating, NaN is 0 (the VM's cast rule).
[[nodiscard]] uint64_t RoundToU64(float value);
[[nodiscard]] int64_t RoundToI64(float value);

}  // namespace runtime

#endif  // RUNTIME_VM_I64_MATH_H_
