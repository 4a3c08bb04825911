// SPDX-License-Identifier: Apache-2.0

// 64-bit integer division and conversion to float for a core that has neither, so that the firmware
// needs no compiler library (firmware/start/language_support.cc). `divisor` is not 0; INT64_MIN /
// -1 wraps.
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

}  // namespace runtime

#endif  // RUNTIME_VM_I64_MATH_H_
