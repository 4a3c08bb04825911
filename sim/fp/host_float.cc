#include "sim/fp/host_float.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sim {

#if defined(__x86_64__)

namespace {
// MXCSR: all exceptions masked, round to nearest, no flush to zero, no flag raised.
constexpr uint32_t kDefaultMxcsr = 0x1F80;

struct FlagPair {
  uint32_t mxcsr;
  uint8_t fflags;
};
constexpr FlagPair kFlagPairs[] = {{_MM_EXCEPT_INVALID, kFlagInvalid},
                                   {_MM_EXCEPT_DIV_ZERO, kFlagDivideByZero},
                                   {_MM_EXCEPT_OVERFLOW, kFlagOverflow},
                                   {_MM_EXCEPT_UNDERFLOW, kFlagUnderflow},
                                   {_MM_EXCEPT_INEXACT, kFlagInexact}};
}  // namespace

HostFlagScope::HostFlagScope() : saved_(_mm_getcsr()) { _mm_setcsr(kDefaultMxcsr); }

HostFlagScope::~HostFlagScope() { _mm_setcsr(saved_); }

uint8_t HostFlagScope::Raised() const {
  const uint32_t mxcsr = _mm_getcsr();
  uint8_t raised = 0;
  for (const FlagPair& pair : kFlagPairs) {
    if ((mxcsr & pair.mxcsr) != 0) raised |= pair.fflags;
  }
  return raised;
}

#else

// Never used to decide anything: kHostFloatIsExact is false.
HostFlagScope::HostFlagScope() : saved_(0) {}
HostFlagScope::~HostFlagScope() = default;
uint8_t HostFlagScope::Raised() const { return 0; }

#endif

}  // namespace sim
