// SPDX-License-Identifier: Apache-2.0

// The OpenTitan I2C controller as Renode models it (shared spec platform.md, section 2.2): host
// mode only, commands take effect when they are written, both FIFOs 64 deep, no time passes on the
// bus.
#ifndef SIM_MACHINE_OPENTITAN_I2C_H_
#define SIM_MACHINE_OPENTITAN_I2C_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "sim/hart/bus.h"

namespace sim {

// A device on the I2C bus. What its first written byte means is its own affair.
class I2cTarget {
 public:
  virtual ~I2cTarget() = default;
  virtual void Write(std::span<const uint8_t> bytes) = 0;
  [[nodiscard]] virtual uint8_t ReadByte() = 0;
};

class OpenTitanI2c : public Device {
 public:
  using Complaint = std::function<void(std::string sentence)>;

  // `complain` gets what Renode logs: commands out of order, reads of an empty FIFO.
  explicit OpenTitanI2c(Complaint complain) : complain_(std::move(complain)) {}

  void Attach(uint8_t address, I2cTarget* target) { targets_[address] = target; }

  [[nodiscard]] uint32_t Read(uint32_t offset, uint32_t width) override;
  void Write(uint32_t offset, uint32_t width, uint32_t value) override;
  void Exchange(StateStream& s) override;

 private:
  enum class State : uint8_t { kIdle, kRegister, kTransaction, kIgnore };

  [[nodiscard]] uint32_t ReadRegister(uint32_t offset);
  void WriteRegister(uint32_t offset, uint32_t value);
  void Command(uint32_t command);
  void Transfer(uint32_t command);

  Complaint complain_;
  std::map<uint8_t, I2cTarget*> targets_;
  State state_ = State::kIdle;
  I2cTarget* target_ = nullptr;  // of the transaction
  uint8_t number_ = 0;           // its register
  std::deque<uint8_t> received_;
  uint32_t interrupts_ = 0;
  uint32_t enabled_ = 0;
  uint32_t control_ = 0;
  uint32_t fifo_control_ = 0;
  std::array<uint32_t, 5> timing_{};
};

}  // namespace sim

#endif  // SIM_MACHINE_OPENTITAN_I2C_H_
