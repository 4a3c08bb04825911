// SPDX-License-Identifier: Apache-2.0

// The OpenTitan GPIO block (shared spec platform.md, section 2.3): 32 pins with nothing connected,
// so inputs read back what is driven out. Interrupts are stored, never raised.
#ifndef SIM_MACHINE_OPENTITAN_GPIO_H_
#define SIM_MACHINE_OPENTITAN_GPIO_H_

#include <array>
#include <cstdint>

#include "sim/hart/bus.h"

namespace sim {

class OpenTitanGpio : public Device {
 public:
  [[nodiscard]] uint32_t Read(uint32_t offset, uint32_t width) override;
  void Write(uint32_t offset, uint32_t width, uint32_t value) override;
  void Exchange(StateStream& s) override;

 private:
  uint32_t interrupts_ = 0;
  uint32_t enabled_ = 0;
  uint32_t out_ = 0;
  uint32_t drive_ = 0;
  std::array<uint32_t, 4> triggers_{};
};

}  // namespace sim

#endif  // SIM_MACHINE_OPENTITAN_GPIO_H_
