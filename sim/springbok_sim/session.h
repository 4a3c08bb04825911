// SPDX-License-Identifier: Apache-2.0

// Drives a booted machine against the outside world: log lines to a file, UART bytes to a terminal,
// signals that ask to stop, and no host time while the guest waits for bytes.
//
// Whatever the guest does, a signal is noticed after at most kSliceInstructions instructions, what
// the guest sends is kept only up to a bound while nobody reads it, and an idle guest costs a
// wake-up every half second.
#ifndef SIM_SPRINGBOK_SIM_SESSION_H_
#define SIM_SPRINGBOK_SIM_SESSION_H_

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <vector>

#include "sim/machine/machine.h"
#include "sim/springbok_sim/debugger.h"
#include "sim/springbok_sim/pty.h"

namespace sim {

// SIGINT and SIGTERM, blocked for this thread and those it makes, as a descriptor to poll. Made
// before anything that must be cleaned up.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool Arrived();

 private:
  int descriptor_ = -1;
  bool arrived_ = false;
};

struct SessionEnd {
  bool by_signal = false;      // or because the debugger killed the machine
  Halt halt;                   // unless by_signal
  uint32_t main_returned = 0;  // the number of the start-up code's last line
};

// How virtual time and the world's time go together.
enum class TimeMode : uint8_t {
  // The guest runs as fast as it can; while it waits for bytes, virtual time follows slowly, so
  // that its time-outs fire when the world is silent for long.
  kPaced,
  // No clock of the host has any influence: virtual time stands still while the guest waits, and
  // each byte is given when it waits for one. The same bytes give the same counts.
  kDeterministic,
  // Virtual time never goes faster than the world's.
  kRealTime,
};

struct SessionOptions {
  LogLevel log_level = LogLevel::kInfo;
  uint64_t max_instructions = UINT64_MAX;  // of the machine's life
  TimeMode time = TimeMode::kPaced;
  std::vector<uint8_t> uart_input = {};  // for the guest, before anything the terminal brings
  // Called once, when the guest first waits for bytes; with `after_model` when it first does so
  // with a model loaded.
  std::function<void()> at_rest = {};
  bool after_model = false;
  std::FILE* trace = nullptr;  // where an observer writes; the session ends when that fails
};

class Session {
 public:
  static constexpr uint64_t kSliceInstructions = 500'000;
  // Guest output waiting for a reader of the terminal; beyond it the guest waits too.
  static constexpr size_t kMaxPendingOutput = 1u << 20;

  // All outlive the session. Without a terminal UART output goes to stdout, and a guest that waits
  // for bytes ends the session.
  Session(const SessionOptions& options, Machine* machine, Pty* pty, StopSignals* signals,
          std::FILE* log, Debugger* debugger = nullptr)
      : options_(options),
        machine_(machine),
        pty_(pty),
        signals_(signals),
        log_(log),
        debugger_(debugger),
        input_(options.uart_input.begin(), options.uart_input.end()) {}

  [[nodiscard]] SessionEnd Run();

 private:
  void MoveBytes();
  // Gives the guest bytes that are there for it. False: there were none.
  [[nodiscard]] bool Feed();
  void Rest();
  void WriteLog();
  void WaitForWorld(int timeout_ms);
  void KeepRealTime();
  [[nodiscard]] Halt RunMachine(const RunLimits& limits);

  SessionOptions options_;
  Machine* machine_;
  Pty* pty_;
  StopSignals* signals_;
  std::FILE* log_;
  Debugger* debugger_;
  std::deque<uint8_t> input_;  // not yet given to the guest
  std::chrono::steady_clock::time_point began_ = {};
  uint64_t began_ns_ = 0;
  std::vector<uint8_t> output_;  // taken from the guest, not yet taken by the terminal
  uint32_t main_returned_ = 0;
};

}  // namespace sim

#endif  // SIM_SPRINGBOK_SIM_SESSION_H_
