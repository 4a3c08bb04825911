// What vector floating-point instructions share: the rounding mode goes in, the flags come out once
// per instruction.
#ifndef SIM_VECTOR_FLOAT_OPERATION_H_
#define SIM_VECTOR_FLOAT_OPERATION_H_

#include <bit>

#include "sim/fp/f32.h"
#include "sim/hart/hart.h"

namespace sim::vector {

// The context of one instruction; at its end the flags are added to fflags.
class FloatScope {
 public:
  explicit FloatScope(Hart& hart) : ctx{.rounding_mode = hart.frm, .flags = 0}, hart_(hart) {}
  ~FloatScope() {
    if (ctx.flags == 0) return;
    hart_.fflags |= ctx.flags;
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
