// SPDX-License-Identifier: Apache-2.0

// Core-level interruptor (shared spec platform.md, section 1.2): mtime from virtual time at 24 MHz,
// mtimecmp and msip of hart 0. Interrupt lines are levels, asked for by the machine.
#ifndef SIM_MACHINE_CLINT_H_
#define SIM_MACHINE_CLINT_H_

#include <cstdint>

#include "sim/hart/bus.h"

namespace sim {

class TimeSource {
 public:
  virtual ~TimeSource() = default;
  // mtime at the instruction that accesses a device now.
  [[nodiscard]] virtual uint64_t TicksNow() = 0;
  // mtimecmp or msip changed: interrupts must be looked at again.
  virtual void TimerChanged() = 0;
};

class Clint : public Device {
 public:
  explicit Clint(TimeSource* time) : time_(time) {}

  [[nodiscard]] uint32_t Read(uint32_t offset, uint32_t width) override;
  void Write(uint32_t offset, uint32_t width, uint32_t value) override;
  void Reset();
  void Exchange(StateStream& s) override;

  [[nodiscard]] bool software_pending() const { return (msip_ & 1) != 0; }
  [[nodiscard]] uint64_t compare() const { return compare_; }

 private:
  TimeSource* time_;
  uint32_t msip_ = 0;
  uint64_t compare_ = UINT64_MAX;
};

}  // namespace sim

#endif  // SIM_MACHINE_CLINT_H_
