// SPDX-License-Identifier: Apache-2.0

// The board this image runs on, as the device sees it: console UART, counters, traps.
#ifndef FIRMWARE_START_TARGET_BOARD_H_
#define FIRMWARE_START_TARGET_BOARD_H_

#include <type_traits>

#include KN_BOARD_HEADER
#include "firmware/app/board.h"
#include "firmware/drivers/mmio.h"
#include "firmware/drivers/ns16550.h"
#include "firmware/drivers/pl011.h"

namespace firmware {

// The low half of the time CSR.
struct TimeCsr {
  static uint32_t Now() {
    uintptr_t now;
    asm volatile("rdtime %0" : "=r"(now));
    return static_cast<uint32_t>(now);
  }
};

class TargetBoard final : public Board {
 public:
  TargetBoard();

  [[nodiscard]] base::Status Init();

  Received Receive(base::MutableBytes window) override { return console_.Receive(window); }
  void Send(base::Bytes bytes) override { console_.Send(bytes); }
  void Print(LogLevel level, const char* text, uint32_t number) override;
  uint64_t InstructionCount() override;
  uint64_t TimeNs() override;
  bool RunGuarded(void (*body)(void*), void* argument, Trap& trap) override;

 private:
  [[nodiscard]] static uint64_t TimeTicks();

  using Console =
      std::conditional_t<board::current::kConsole == board::ConsoleKind::kPl011,
                         Pl011<MmioRegisters, TimeCsr>, Ns16550<MmioRegisters, TimeCsr>>;

  Console console_;
};

}  // namespace firmware

#endif  // FIRMWARE_START_TARGET_BOARD_H_
