#include "firmware/start/target_board.h"

#include "wire/decoder.h"

namespace {

// Stack pointer of the innermost guarded call, 0 if none: there the trap handler resumes.
uint32_t recovery_sp;
firmware::Trap last_trap;

// A 64-bit counter is read in halves; the high one must not have moved meanwhile.
template <typename ReadLow, typename ReadHigh>
uint64_t ReadCounter(ReadLow low, ReadHigh high) {
  while (true) {
    const uint32_t before = high();
    const uint32_t value = low();
    if (high() == before) return uint64_t{before} << 32 | value;
  }
}

}  // namespace

extern "C" {

bool CallGuarded(uint32_t* recovery_sp, void (*body)(void*), void* argument);
[[noreturn]] void ResumeAfterTrap(uint32_t recovery_sp);

// Words at both ends of the stack (crt0.S).
extern const uint32_t stack_begin[];
extern const uint32_t stack_top[];

[[noreturn]] void AfterMain(uint32_t result) {
  constexpr uint32_t kLowPattern = 0xCAFEF00D, kHighPattern = 0xDECAFBAD;
  constexpr int kWords = 16;
  constexpr auto kError = static_cast<uint32_t>(firmware::LogLevel::kError);
  constexpr auto kInfo = static_cast<uint32_t>(firmware::LogLevel::kInfo);
  bool intact = true;
  for (int i = 0; i < kWords; ++i) {
    intact = intact && stack_begin[i] == kLowPattern && stack_top[i] == kHighPattern;
  }
  if (!intact) board::current::PrintToSimulator(kError, "stack corrupted", 1);
  board::current::PrintToSimulator(kInfo, "main returned: ", result);
  board::current::StopCore();
}

[[noreturn]] void HandleTrap(uint32_t cause, uint32_t address, uint32_t value) {
  if (recovery_sp != 0) {
    last_trap = {cause, address, value};
    ResumeAfterTrap(recovery_sp);
  }
  constexpr auto kError = static_cast<uint32_t>(firmware::LogLevel::kError);
  board::current::PrintToSimulator(kError, "Exception occurred", cause);
  board::current::PrintToSimulator(kError, "MEPC", address);
  board::current::PrintToSimulator(kError, "MTVAL", value);
  AfterMain(cause);
}

}  // extern "C"

namespace firmware {

TargetBoard::TargetBoard()
    : console_(MmioRegisters(board::current::kConsoleBase),
               {.clock_hz = board::current::kConsoleClockHz,
                .baud_rate = board::current::kConsoleBaudRate,
                .byte_timeout_ticks = board::current::kTimeHz / 1000 * wire::kByteTimeoutMs}) {}

void TargetBoard::Print(LogLevel level, const char* text, uint32_t number) {
  board::current::PrintToSimulator(static_cast<uint32_t>(level), text, number);
}

uint64_t TargetBoard::InstructionCount() {
  return ReadCounter(
      [] {
        uint32_t value;
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
  return ReadCounter([] { return TimeCsr::Now(); },
                     [] {
                       uint32_t value;
                       asm volatile("rdtimeh %0" : "=r"(value));
                       return value;
                     });
}

uint64_t TargetBoard::TimeNs() {
  constexpr uint64_t kNsPerSecond = 1'000'000'000;
  // 24 MHz: 125 ns for 3 ticks. The product fits for 4 years.
  constexpr uint64_t kCommon = 8'000'000;
  static_assert(kNsPerSecond % kCommon == 0 && board::current::kTimeHz % kCommon == 0);
  return TimeTicks() * (kNsPerSecond / kCommon) / (board::current::kTimeHz / kCommon);
}

bool TargetBoard::RunGuarded(void (*body)(void*), void* argument, Trap& trap) {
  // The outermost call carries the time limit; its interrupt ends whatever is innermost then.
  constexpr uint32_t kTimerInterrupt = 1 << 7;  // mie.MTIE
  constexpr uint32_t kInterruptsOn = 1 << 3;    // mstatus.MIE; a trap clears it
  const uint32_t outer = recovery_sp;
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
