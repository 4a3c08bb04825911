// SPDX-License-Identifier: Apache-2.0

// What vector floating-point instructions share: the rounding mode goes in, the flags come out once
// per instruction.
#ifndef SIM_VECTOR_FLOAT_OPERATION_H_
#define SIM_VECTOR_FLOAT_OPERATION_H_

#include <bit>

#include "sim/fp/f32.h"
#include "sim/hart/hart.h"

namespace sim::vector {

// The context of one instruction. It begins with the flags that are set, so that host_float.h knows
// which it need not tell apart.
class FloatScope {
 public:
  explicit FloatScope(Hart& hart)
      : ctx{.rounding_mode = hart.frm, .flags = hart.fflags}, hart_(hart) {}
  ~FloatScope() {
    if (ctx.flags == hart_.fflags) return;
    hart_.fflags = ctx.flags;
    hart_.MarkFpDirty();
  }
  FloatScope(const FloatScope&) = delete;
  FloatScope& operator=(const FloatScope&) = delete;

  FpContext ctx;

 private:
  Hart& hart_;
};

}  // namespace sim::vector

#endif  // SIM_VECTOR_FLOAT_OPERATION_H_
