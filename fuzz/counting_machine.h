// SPDX-License-Identifier: Apache-2.0

// A booted machine with a small program: a loop that counts, stores and uses the vector unit.
#ifndef FUZZ_COUNTING_MACHINE_H_
#define FUZZ_COUNTING_MACHINE_H_

#include <cstdint>

#include "sim/machine/machine.h"

inline sim::Machine CountingMachine() {
  constexpr uint32_t kCode = 0x3200'0000;
  // lui x2, 0x34000; addi x1, x1, 1; sw x1, 0(x2); vsetivli x0, 4, e32, m1; jal x0, -12
  constexpr uint32_t kProgram[] = {0x3400'0137, 0x0010'8093, 0x0011'2023, 0xcd02'7057, 0xff5f'f06f};
  sim::Machine machine{sim::MachineConfig{}};
  for (uint32_t i = 0; i < sizeof kProgram; ++i) {
    *machine.bus().Ram(kCode + i, 1) = static_cast<uint8_t>(kProgram[i / 4] >> 8 * (i % 4));
  }
  machine.Boot();
  return machine;
}

#endif  // FUZZ_COUNTING_MACHINE_H_
