// SPDX-License-Identifier: Apache-2.0

// What the device needs of the board it runs on. Implemented by firmware/start for real boards and
// by an in-memory board in tests.
#ifndef FIRMWARE_APP_BOARD_H_
#define FIRMWARE_APP_BOARD_H_

#include <cstddef>
#include <cstdint>

#include "base/byte_reader.h"
#include "firmware/drivers/uart.h"

namespace firmware {

// The numbers are those of the simulator's print instruction (shared spec platform.md,
// section 1.5).
enum class LogLevel : uint8_t { kError, kWarning, kInfo, kDebug, kNoisy };

struct Trap {
  static constexpr uint32_t kTimeLimit = 0x80000007;  // the machine timer interrupt

  uint32_t cause;     // mcause; bit 31 tells an interrupt whatever the register width
  uintptr_t address;  // of the instruction
  uintptr_t value;
};

class Board {
 public:
  // Fills `window` or returns early after the board's byte time-out of silence.
  virtual Received Receive(base::MutableBytes window) = 0;
  virtual void Send(base::Bytes bytes) = 0;

  // One line for whoever watches the board from outside. `text` ends in NUL; boards without such a
  // channel drop it.
  virtual void Print(LogLevel level, const char* text, uint32_t number) = 0;

  // Both run freely and may start anywhere.
  virtual uint64_t InstructionCount() = 0;
  virtual uint64_t TimeNs() = 0;

  // Runs body(argument). False if it trapped or took longer than the board allows; then `trap` is
  // set, body was left where it stood, and nothing it was in the middle of can be relied on. Calls
  // may nest.
  virtual bool RunGuarded(void (*body)(void*), void* argument, Trap& trap) = 0;

 protected:
  ~Board() = default;
};

}  // namespace firmware

#endif  // FIRMWARE_APP_BOARD_H_
