// SPDX-License-Identifier: Apache-2.0

// Binary32 arithmetic over arrays on the host's FPU, where that is bit-exact.
//
// It is for round-to-nearest-even on a host that detects tininess after rounding, as RISC-V does
// (x86-64), as long as no NaN comes out: the host's NaNs and the flags of inf * 0 + NaN differ from
// RISC-V's. The exception flags are read once for the whole array.
// The caller gives an element function and room for the results, which may not overlap the inputs;
// only on true are `out` and the added flags valid. False means: nothing happened that counts, do
// it with f32.h. Cost: SIMD speed, plus some nanoseconds for the flags.
#ifndef SIM_FP_HOST_FLOAT_H_
#define SIM_FP_HOST_FLOAT_H_

#include <array>
#include <cstdint>

#include "sim/fp/f32.h"
#include "sim/fp/wide_loop.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sim {

#if defined(__x86_64__)
inline constexpr bool kHostFloatIsExact = true;
#else
// For example Arm detects tininess before rounding.
inline constexpr bool kHostFloatIsExact = false;
#endif

// What the host's FPU raises during this object's life. `already` are flags that are set anyway: if
// the host's sticky flags hold none beyond them, nothing need be cleared, which is the usual case
// and saves the one slow instruction. The host's sticky flags stay raised afterwards.
class HostFlagScope {
 public:
  explicit HostFlagScope(uint8_t already) {
#if defined(__x86_64__)
    if ((Raised() & ~already) != 0) _mm_setcsr(_mm_getcsr() & ~kMxcsrFlags);
#else
    static_cast<void>(already);
#endif
  }
  HostFlagScope(const HostFlagScope&) = delete;
  HostFlagScope& operator=(const HostFlagScope&) = delete;

  // As fflags bits; may include those of `already`.
  [[nodiscard]] uint8_t Raised() const { return RaisedNow(); }
  // What the host's sticky flags hold, whoever raised it.
  [[nodiscard]] static uint8_t RaisedNow() {
#if defined(__x86_64__)
    return kFflagsOfMxcsr[_mm_getcsr() & kMxcsrFlags];
#else
    return 0;
#endif
  }

 private:
#if defined(__x86_64__)
  static constexpr uint32_t kMxcsrFlags = 0x3F;  // bits 0..5: invalid, denormal, zero, over, under,
                                                 // inexact
  static constexpr auto kFflagsOfMxcsr = [] {
    std::array<uint8_t, kMxcsrFlags + 1> table{};
    for (uint32_t bits = 0; bits <= kMxcsrFlags; ++bits) {
      table[bits] = static_cast<uint8_t>(
          ((bits & 1) != 0 ? kFlagInvalid : 0) | ((bits & 4) != 0 ? kFlagDivideByZero : 0) |
          ((bits & 8) != 0 ? kFlagOverflow : 0) | ((bits & 16) != 0 ? kFlagUnderflow : 0) |
          ((bits & 32) != 0 ? kFlagInexact : 0));
    }
    return table;
  }();
#endif
};

// out[i] = element(i), a float(uint32_t), for i < count.
template <typename Element>
[[nodiscard]] bool HostFloatMap(uint32_t count, float* out, const Element& element,
                                FpContext& ctx) {
  if (!kHostFloatIsExact || ctx.rounding_mode != kRoundNearestEven) return false;
  bool any_nan = false;
  const HostFlagScope flags(ctx.flags);
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
  const HostFlagScope flags(ctx.flags);
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
