// SPDX-License-Identifier: Apache-2.0

// QEMU's `virt` machine: what firmware needs to know besides the address map. RV32 and RV64, any
// VLEN. Facts: QEMU manual and hw/riscv/virt.c; shared spec platform.md, section 6.2.
#ifndef BOARD_QEMU_VIRT_BOARD_H_
#define BOARD_QEMU_VIRT_BOARD_H_

#include <cstdint>

#include "board/console.h"

namespace board::qemu_virt {

#define REGION(id, base, size, node)             \
  inline constexpr uint32_t k##id##_BASE = base; \
  inline constexpr uint32_t k##id##_SIZE = size;
#define DEVICE(id, base, size, node) REGION(id, base, size, node)
#include "board/qemu-virt/memory_map.def"
#undef REGION
#undef DEVICE

inline constexpr auto kConsole = ConsoleKind::kNs16550;
inline constexpr uint32_t kConsoleBase = kUART0_BASE;
inline constexpr uint32_t kConsoleClockHz = 3'686'400;
inline constexpr uint32_t kConsoleBaudRate = 115'200;
inline constexpr uint32_t kTimeHz = 10'000'000;  // of the time CSR

// Silence that ends a message. 5 ms elsewhere; here it is wall time, and a busy host lets the line
// rest longer than that in the middle of a message.
inline constexpr uint32_t kByteTimeoutMs = 1000;

// Wall time here, not instructions: QEMU's vector unit is slow.
inline constexpr uint32_t kModelTimeLimitMs = 60'000;

// Raises the machine timer interrupt when the time CSR reaches `deadline`.
inline void SetTimer(uint64_t deadline) {
  auto* compare = reinterpret_cast<volatile uint32_t*>(uintptr_t{kCLINT_BASE} + 0x4000);
  compare[1] = UINT32_MAX;  // never between the two halves
  compare[0] = static_cast<uint32_t>(deadline);
  compare[1] = static_cast<uint32_t>(deadline >> 32);
}

// A line on the semihosting console: the text, and the number if it is not 0. Traps (breakpoint) if
// QEMU was started without semihosting. Announcements for a profiler (level 4) have no reader here.
inline constexpr bool kPrintMayTrap = true;
inline void PrintToSimulator(uint32_t level, const char* text, uint32_t number) {
  constexpr uint32_t kNoisy = 4;
  if (level >= kNoisy) return;
  const auto write = [](const char* piece) {
    constexpr uintptr_t kSysWrite0 = 4;
    register uintptr_t operation asm("a0") = kSysWrite0;
    register const char* argument asm("a1") = piece;
    // The three instructions are the call (RISC-V semihosting, version 0.3) and must be 4 bytes
    // each.
    asm volatile(
        ".balign 16\n"
        ".option push\n"
        ".option norvc\n"
        "slli x0, x0, 0x1f\n"
        "ebreak\n"
        "srai x0, x0, 7\n"
        ".option pop"
        : "+r"(operation)
        : "r"(argument)
        : "memory");
  };
  write(text);
  if (number != 0) {
    char digits[] = " 0x00000000";
    for (int at = 10; number != 0; --at, number >>= 4) {
      digits[at] = "0123456789ABCDEF"[number & 15];
    }
    write(digits);
  }
  write("\n");
}

// Ends QEMU; its exit code is 0 if `result` is.
[[noreturn]] inline void StopCore(uint32_t result) {
  constexpr uint32_t kPass = 0x5555, kFail = 0x3333;
  auto* test = reinterpret_cast<volatile uint32_t*>(uintptr_t{kTEST_BASE});
  while (true) *test = result == 0 ? kPass : kFail | 1u << 16;
}

}  // namespace board::qemu_virt

// The board that this image is built for.
namespace board {
namespace current = qemu_virt;
}

#endif  // BOARD_QEMU_VIRT_BOARD_H_
