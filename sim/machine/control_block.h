// SPDX-License-Identifier: Apache-2.0

// Springbok's control block: boots, freezes and resets the core (shared spec platform.md, section
// 1.3). Interrupt outputs are not connected.
#ifndef SIM_MACHINE_CONTROL_BLOCK_H_
#define SIM_MACHINE_CONTROL_BLOCK_H_

#include <cstdint>

#include "sim/hart/bus.h"

namespace sim {

// What the block does to the core and its memories.
class CoreControl {
 public:
  virtual ~CoreControl() = default;
  virtual void HaltCore() = 0;
  virtual void ResetCore(uint32_t pc_offset) = 0;  // from the start of instruction memory
  virtual void ResumeCore() = 0;
  // Bytes [start, end) of instruction or data memory become 0x5A.
  virtual void FillMemory(bool instruction_memory, uint32_t start, uint32_t end) = 0;
};

class ControlBlock : public Device {
 public:
  explicit ControlBlock(CoreControl* core) : core_(core) {}

  [[nodiscard]] uint32_t Read(uint32_t offset, uint32_t width) override;
  void Write(uint32_t offset, uint32_t width, uint32_t value) override;

  void Exchange(StateStream& s) override;

  void WriteControl(uint32_t value);
  void OnHostRequest();  // instruction `hostreq`
  void OnFinish();       // instruction `finish`

 private:
  CoreControl* core_;
  uint32_t pending_ = 0;
  uint32_t enabled_ = 0;
  uint32_t mode_ = 3;  // bit 0 freeze, bit 1 reset
  uint32_t pc_offset_ = 0;
  uint32_t bank_control_ = 0;
  uint32_t error_status_ = 0;
  uint32_t init_start_ = 0;
  uint32_t init_end_ = 0;
  bool init_done_ = false;
};

}  // namespace sim

#endif  // SIM_MACHINE_CONTROL_BLOCK_H_
