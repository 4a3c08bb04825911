// SPDX-License-Identifier: Apache-2.0

// The float functions of the F32 opcodes in single precision only: no libm, no double. Errors are a
// few units in the last place over the whole range (the test states how many); special values
// follow C. Where IREE's own interpreter differs from C's usual rounding (rem), its rule holds, so
// that a model computes the same here.
#ifndef RUNTIME_VM_F32_MATH_H_
#define RUNTIME_VM_F32_MATH_H_

#include <cstdint>

#include "runtime/vm/opcode.h"

namespace runtime::f32 {

// The functions of one argument, from ceil to erf. `op` is one of theirs.
[[nodiscard]] float Unary(Op op, float x);

[[nodiscard]] float Abs(float x);
[[nodiscard]] float Atan2(float y, float x);
[[nodiscard]] float Pow(float x, float y);
[[nodiscard]] float Remainder(float x, float y);  // IEEE: of the nearest quotient, ties to even

// Half away from zero, saturating, NaN is 0: the VM's rule for casts.
[[nodiscard]] int64_t RoundToI64(float x);
[[nodiscard]] uint64_t RoundToU64(float x);
[[nodiscard]] int32_t RoundToI32(float x);
[[nodiscard]] uint32_t RoundToU32(float x);

}  // namespace runtime::f32

#endif  // RUNTIME_VM_F32_MATH_H_
