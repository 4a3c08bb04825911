// SPDX-License-Identifier: Apache-2.0

// A hostile guest: the input is code in instruction memory and register values; it may do anything
// (wild addresses, device storms, self-modification, announcements). The host must neither crash
// nor hang nor grow, and what it counts must add up; otherwise this aborts. Shared by the libFuzzer
// target fuzz/sim_guest.cc and the test beside this file.
#ifndef TESTS_ISA_HOSTILE_GUEST_HOSTILE_GUEST_H_
#define TESTS_ISA_HOSTILE_GUEST_HOSTILE_GUEST_H_

#include <cstdint>
#include <span>

#include "sim/machine/machine.h"

namespace hostile_guest {

struct GuestRun {
  uint64_t instructions = 0;  // retired
  uint64_t blocks = 0;        // at least so many were executed: instructions that end one
  uint64_t traps = 0;
};

// Four bytes of flags and values, then code.
GuestRun RunHostileGuest(std::span<const uint8_t> input, sim::Engine engine = sim::DefaultEngine());

}  // namespace hostile_guest

#endif  // TESTS_ISA_HOSTILE_GUEST_HOSTILE_GUEST_H_
