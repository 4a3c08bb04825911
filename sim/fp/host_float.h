// Binary32 arithmetic over arrays on the host's FPU, where that is bit-exact.
//
// It is for round-to-nearest-even on a host that detects tininess after rounding, as RISC-V does
// (x86-64), as long as no NaN comes out: the host's NaNs and the flags of inf * 0 + NaN differ from
// RISC-V's. The exception flags are read once for the whole array.
// The caller gives an element function and room for the results, which may not overlap the inputs;
// only on true are `out` and the added flags valid. False means: nothing happened that counts, do
// it with f32.h. Cost: SIMD speed plus about 20 ns for the flags.
#ifndef SIM_FP_HOST_FLOAT_H_
#define SIM_FP_HOST_FLOAT_H_

#include <cstdint>

#include "sim/fp/f32.h"
#include "sim/fp/wide_loop.h"

namespace sim {

#if defined(__x86_64__)
inline constexpr bool kHostFloatIsExact = true;
#else
// For example Arm detects tininess before rounding.
inline constexpr bool kHostFloatIsExact = false;
#endif

// Clears the host's sticky exception flags, and puts the environment back at the end of its life.
class HostFlagScope {
 public:
  HostFlagScope();
  ~HostFlagScope();
  HostFlagScope(const HostFlagScope&) = delete;
  HostFlagScope& operator=(const HostFlagScope&) = delete;

  // What was raised since construction, as fflags bits.
  [[nodiscard]] uint8_t Raised() const;

 private:
  uint32_t saved_;
};

// out[i] = element(i), a float(uint32_t), for i < count.
template <typename Element>
[[nodiscard]] bool HostFloatMap(uint32_t count, float* out, const Element& element,
                                FpContext& ctx) {
  if (!kHostFloatIsExact || ctx.rounding_mode != kRoundNearestEven) return false;
  bool any_nan = false;
  HostFlagScope flags;
  RunWide([=, &any_nan] {
    uint32_t nan_count = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const float result = element(i);
      nan_count |= result != result ? 1u : 0u;
      out[i] = result;
    }
    any_nan = nan_count != 0;
  });
  if (any_nan) return false;
  ctx.flags |= flags.Raised();
  return true;
}

// *sum = (*sum + element(0)) + element(1) …, in this order.
template <typename Element>
[[nodiscard]] bool HostFloatSum(uint32_t count, float* sum, const Element& element,
                                FpContext& ctx) {
  if (!kHostFloatIsExact || ctx.rounding_mode != kRoundNearestEven) return false;
  float total = *sum;
  HostFlagScope flags;
  RunWide([=, &total] {
    float running = total;
    for (uint32_t i = 0; i < count; ++i) running += element(i);
    total = running;
  });
  if (total != total) return false;
  *sum = total;
  ctx.flags |= flags.Raised();
  return true;
}

}  // namespace sim

#endif  // SIM_FP_HOST_FLOAT_H_
