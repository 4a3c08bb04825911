// SPDX-License-Identifier: Apache-2.0

// What firmware needs to know of Springbok besides the address map: console, clocks, and the two
// instructions by which the core talks to whoever simulates it.
// Facts: shared spec platform.md, sections 1.1, 1.2, 1.4, 1.5 and 2.1.
#ifndef BOARD_SPRINGBOK_BOARD_H_
#define BOARD_SPRINGBOK_BOARD_H_

#include <cstdint>

#include "board/console.h"
#include "board/springbok/memory_map.h"

namespace board::springbok {

inline constexpr auto kConsole = ConsoleKind::kPl011;
inline constexpr uint32_t kConsoleBase = kUART0_BASE;
inline constexpr uint32_t kConsoleClockHz = kClockHz;
inline constexpr uint32_t kConsoleBaudRate = 115'200;
inline constexpr uint32_t kTimeHz = kClockHz;  // of the time CSR

// The accelerometer's bus, on platforms that have it.
inline constexpr uint32_t kI2cBase = kI2C_BASE;
inline constexpr uint32_t kI2cClockPeriodNs = 41;  // of 24 MHz, rounded down

inline constexpr uint32_t kByteTimeoutMs = 5;  // silence that ends a message; contract, section 5.1

// A model that loads or runs longer is stopped: 3,000,000,000 instructions, some hundred times what
// the models of this core take.
inline constexpr uint32_t kModelTimeLimitMs = 10'000;

// Raises the machine timer interrupt when the time CSR reaches `deadline`.
inline void SetTimer(uint64_t deadline) {
  auto* compare = reinterpret_cast<volatile uint32_t*>(kCLINT_BASE + 0x4000);
  compare[1] = UINT32_MAX;  // never between the two halves
  compare[0] = static_cast<uint32_t>(deadline);
  compare[1] = static_cast<uint32_t>(deadline >> 32);
}

// custom-3, funct3 0: a line on the simulator's log. All three registers are sources.
inline constexpr bool kPrintMayTrap = false;
inline void PrintToSimulator(uint32_t level, const char* text, uint32_t number) {
  asm volatile(".insn r 0x7B, 0, 0, %0, %1, %2" : : "r"(level), "r"(text), "r"(number) : "memory");
}

// custom-3, funct3 3: stops the core. It stays stopped until the control block starts it again.
[[noreturn]] inline void StopCore(uint32_t /*result*/) {
  while (true) asm volatile(".insn r 0x7B, 3, 0, x0, x0, x0" : : : "memory");
}

}  // namespace board::springbok

// The board that this image is built for.
namespace board {
namespace current = springbok;
}

#endif  // BOARD_SPRINGBOK_BOARD_H_
