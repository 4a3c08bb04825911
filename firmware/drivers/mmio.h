// SPDX-License-Identifier: Apache-2.0

// Register access on the target. Drivers are templates over this type; tests put a mock in its
// place (firmware/drivers/testing_registers.h).
#ifndef FIRMWARE_DRIVERS_MMIO_H_
#define FIRMWARE_DRIVERS_MMIO_H_

#include <cstdint>

namespace firmware {

class MmioRegisters {
 public:
  explicit constexpr MmioRegisters(uintptr_t base) : base_(base) {}

  [[nodiscard]] uint32_t Read32(uint32_t offset) const {
    return *reinterpret_cast<const volatile uint32_t*>(base_ + offset);
  }
  void Write32(uint32_t offset, uint32_t value) const {
    *reinterpret_cast<volatile uint32_t*>(base_ + offset) = value;
  }
  // For register blocks that are bytes.
  [[nodiscard]] uint8_t Read8(uint32_t offset) const {
    return *reinterpret_cast<const volatile uint8_t*>(base_ + offset);
  }
  void Write8(uint32_t offset, uint8_t value) const {
    *reinterpret_cast<volatile uint8_t*>(base_ + offset) = value;
  }

 private:
  uintptr_t base_;
};

}  // namespace firmware

#endif  // FIRMWARE_DRIVERS_MMIO_H_
