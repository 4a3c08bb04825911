// Drives a booted machine against the outside world: log lines to a file, UART bytes to a terminal,
// signals that ask to stop, and no host time while the guest waits for bytes.
//
// Whatever the guest does, a signal is noticed after at most kSliceInstructions instructions, what
// the guest sends is kept only up to a bound while nobody reads it, and an idle guest costs a
// wake-up every half second.
#ifndef SIM_SPRINGBOK_SIM_SESSION_H_
#define SIM_SPRINGBOK_SIM_SESSION_H_

#include <cstdint>
#include <cstdio>
#include <vector>

#include "sim/machine/machine.h"
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
  bool by_signal = false;
  Halt halt;                   // unless by_signal
  uint32_t main_returned = 0;  // the number of the start-up code's "main returned: " line
};

struct SessionOptions {
  LogLevel log_level = LogLevel::kInfo;
  uint64_t max_instructions = UINT64_MAX;  // of the machine's life
};

class Session {
 public:
  static constexpr uint64_t kSliceInstructions = 500'000;
  // Guest output waiting for a reader of the terminal; beyond it the guest waits too.
  static constexpr size_t kMaxPendingOutput = 1u << 20;

  // All outlive the session. Without a terminal UART output goes to stdout, and a guest that waits
  // for bytes ends the session.
  Session(const SessionOptions& options, Machine* machine, Pty* pty, StopSignals* signals,
          std::FILE* log)
      : options_(options), machine_(machine), pty_(pty), signals_(signals), log_(log) {}

  [[nodiscard]] SessionEnd Run();

 private:
  void MoveBytes();
  void WriteLog();
  void WaitForWorld(int timeout_ms);

  SessionOptions options_;
  Machine* machine_;
  Pty* pty_;
  StopSignals* signals_;
  std::FILE* log_;
  std::vector<uint8_t> output_;  // taken from the guest, not yet taken by the terminal
  uint32_t main_returned_ = 0;
};

}  // namespace sim

#endif  // SIM_SPRINGBOK_SIM_SESSION_H_
