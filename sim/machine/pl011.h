// SPDX-License-Identifier: Apache-2.0

// The UART as Renode models it (shared spec platform.md, section 2.1): an unbounded receive queue,
// instantaneous transmission, no baud pacing. Both ends lie in memory. It also notices a guest that
// polls in vain: consecutive reads of FR with RXFE set and no byte moved in between.
#ifndef SIM_MACHINE_PL011_H_
#define SIM_MACHINE_PL011_H_

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sim/hart/bus.h"

namespace sim {

class UartOwner {
 public:
  virtual ~UartOwner() = default;
  // guest_is_idle() or output_full() is worth looking at.
  virtual void UartNeedsAttention() = 0;
};

class Pl011 : public Device {
 public:
  // `idle_polls`: vain polls in a row from which on the owner is told at each.
  // `output_limit`: bytes kept until TakeOutput; from there on the owner is told at each byte.
  Pl011(UartOwner* owner, uint32_t idle_polls, size_t output_limit)
      : owner_(owner), idle_polls_(idle_polls), output_limit_(output_limit) {}

  [[nodiscard]] uint32_t Read(uint32_t offset, uint32_t width) override;
  void Write(uint32_t offset, uint32_t width, uint32_t value) override;
  void Reset();
  void Exchange(StateStream& s) override;

  // From the host. Dropped while the guest has the receiver disabled, as on the wire.
  void Receive(std::span<const uint8_t> bytes);
  [[nodiscard]] std::vector<uint8_t> TakeOutput() { return std::exchange(output_, {}); }

  [[nodiscard]] size_t input_pending() const { return input_.size() - input_position_; }
  [[nodiscard]] bool output_full() const { return output_.size() >= output_limit_; }
  [[nodiscard]] bool guest_is_idle() const { return vain_polls_ >= idle_polls_; }
  [[nodiscard]] uint64_t bytes_lost() const { return bytes_lost_; }

 private:
  [[nodiscard]] uint32_t ReadRegister(uint32_t offset);
  [[nodiscard]] bool Enabled(uint32_t bits) const { return (cr_ & (1u | bits)) == (1u | bits); }
  [[nodiscard]] uint8_t PopInput();

  UartOwner* owner_;
  uint32_t idle_polls_;
  size_t output_limit_;
  std::vector<uint8_t> input_;
  size_t input_position_ = 0;
  std::vector<uint8_t> output_;
  uint32_t vain_polls_ = 0;
  uint64_t bytes_lost_ = 0;

  uint32_t ibrd_ = 0;
  uint32_t fbrd_ = 0;
  uint32_t lcrh_ = 0;
  uint32_t cr_ = 0x300;
  uint32_t ifls_ = 0x12;
  uint32_t imsc_ = 0;
};

}  // namespace sim

#endif  // SIM_MACHINE_PL011_H_
