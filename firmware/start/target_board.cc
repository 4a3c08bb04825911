// SPDX-License-Identifier: Apache-2.0

#include "firmware/start/target_board.h"

#include <numeric>

namespace {

// Stack pointer of the innermost guarded call, 0 if none: there the trap handler resumes.
uintptr_t recovery_sp;
firmware::Trap last_trap;
// Nobody listens where printing traps (board::current::kPrintMayTrap).
[[maybe_unused]] bool print_traps;

constexpr auto kError = static_cast<uint32_t>(firmware::LogLevel::kError);
constexpr auto kInfo = static_cast<uint32_t>(firmware::LogLevel::kInfo);

void Print(uint32_t level, const char* text, uint32_t number) {
  if constexpr (board::current::kPrintMayTrap) {
    if (print_traps) return;
  }
  board::current::PrintToSimulator(level, text, number);
}

// On a 32-bit core a 64-bit counter is read in halves; the high one must not have moved meanwhile.
template <typename Read, typename ReadHigh>
uint64_t ReadCounter(Read read, ReadHigh read_high) {
  if constexpr (sizeof(uintptr_t) == sizeof(uint64_t)) {
    return read();
  } else {
    while (true) {
      const uint32_t before = read_high();
      const uint32_t value = read();
      if (read_high() == before) return uint64_t{before} << 32 | value;
    }
  }
}

}  // namespace

extern "C" {

bool CallGuarded(uintptr_t* recovery_sp, void (*body)(void*), void* argument);
[[noreturn]] void ResumeAfterTrap(uintptr_t recovery_sp);

// Words at both ends of the stack (crt0.S), named by the linker script.
extern const uint32_t stack_begin[];  // NOLINT(readability-identifier-naming)
extern const uint32_t stack_top[];    // NOLINT(readability-identifier-naming)

[[noreturn]] void AfterMain(uint32_t result) {
  constexpr uint32_t kLowPattern = 0xCAFEF00D, kHighPattern = 0xDECAFBAD;
  constexpr int kWords = 16;
  for (int i = 0; i < kWords; ++i) {
    if (stack_begin[i] == kLowPattern && stack_top[i] == kHighPattern) continue;
    Print(kError, "stack corrupted", 1);
    break;
  }
  Print(kInfo, "main returned: ", result);
  board::current::StopCore(result);
}

[[noreturn]] void HandleTrap(uintptr_t mcause, uintptr_t address, uintptr_t value) {
  constexpr int kTopBit = 8 * sizeof(uintptr_t) - 1;
  const auto cause = static_cast<uint32_t>(mcause >> kTopBit << 31 | (mcause & 0x7FFF'FFFF));
  if (recovery_sp != 0) {
    last_trap = {cause, address, value};
    ResumeAfterTrap(recovery_sp);
  }
  Print(kError, "Exception occurred", cause);
  Print(kError, "MEPC", static_cast<uint32_t>(address));
  Print(kError, "MTVAL", static_cast<uint32_t>(value));
  AfterMain(cause);
}

}  // extern "C"

namespace firmware {

TargetBoard::TargetBoard()
    : console_(
          MmioRegisters(board::current::kConsoleBase),
          {.clock_hz = board::current::kConsoleClockHz,
           .baud_rate = board::current::kConsoleBaudRate,
           .byte_timeout_ticks = board::current::kTimeHz / 1000 * board::current::kByteTimeoutMs}) {
}

base::Status TargetBoard::Init() {
  if constexpr (board::current::kPrintMayTrap) {
    Trap trap;
    print_traps =
        !RunGuarded([](void*) { board::current::PrintToSimulator(kInfo, "INFO |log begins", 0); },
                    nullptr, trap);
  }
  return console_.Init();
}

void TargetBoard::Print(LogLevel level, const char* text, uint32_t number) {
  ::Print(static_cast<uint32_t>(level), text, number);
}

uint64_t TargetBoard::InstructionCount() {
  return ReadCounter(
      [] {
        uintptr_t value;
        asm volatile("rdinstret %0" : "=r"(value));
        return value;
      },
      [] {
        uint32_t value;
        asm volatile("rdinstreth %0" : "=r"(value));
        return value;
      });
}

uint64_t TargetBoard::TimeTicks() {
  return ReadCounter(
      [] {
        uintptr_t value;
        asm volatile("rdtime %0" : "=r"(value));
        return value;
      },
      [] {
        uint32_t value;
        asm volatile("rdtimeh %0" : "=r"(value));
        return value;
      });
}

uint64_t TargetBoard::TimeNs() {
  constexpr uint64_t kNsPerSecond = 1'000'000'000;
  // 24 MHz: 125 ns for 3 ticks. The product fits for 4 years.
  constexpr uint64_t kCommon = std::gcd(kNsPerSecond, uint64_t{board::current::kTimeHz});
  return TimeTicks() * (kNsPerSecond / kCommon) / (board::current::kTimeHz / kCommon);
}

bool TargetBoard::RunGuarded(void (*body)(void*), void* argument, Trap& trap) {
  // The outermost call carries the time limit; its interrupt ends whatever is innermost then.
  constexpr uint32_t kTimerInterrupt = 1 << 7;  // mie.MTIE
  constexpr uint32_t kInterruptsOn = 1 << 3;    // mstatus.MIE; a trap clears it
  const uintptr_t outer = recovery_sp;
  if (outer == 0) {
    constexpr uint64_t kLimitTicks =
        uint64_t{board::current::kModelTimeLimitMs} * (board::current::kTimeHz / 1000);
    board::current::SetTimer(TimeTicks() + kLimitTicks);
    asm volatile("csrs mie, %0" : : "r"(kTimerInterrupt));
    asm volatile("csrs mstatus, %0" : : "r"(kInterruptsOn) : "memory");
  }
  const bool trapped = CallGuarded(&recovery_sp, body, argument);
  recovery_sp = outer;
  if (outer == 0) asm volatile("csrc mstatus, %0" : : "r"(kInterruptsOn) : "memory");
  if (trapped) trap = last_trap;
  return !trapped;
}

}  // namespace firmware
