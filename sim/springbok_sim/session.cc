// SPDX-License-Identifier: Apache-2.0

#include "sim/springbok_sim/session.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "sim/springbok_sim/print.h"

namespace sim {
namespace {

// While the guest waits, virtual time runs at a twentieth of wall time: the firmware's 5 ms byte
// time-out becomes 100 ms of silence on the terminal, longer than any pause of a host that is in
// the middle of a write (shared spec platform.md, section 2.1, "pacing").
constexpr int kIdleSlowdown = 20;
constexpr int kShortestWaitMs = 20;
constexpr int kLongestWaitMs = 500;
constexpr uint64_t kRealTimeSliceInstructions = 100'000;  // a millisecond

}  // namespace

StopSignals::StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  std::signal(SIGPIPE, SIG_IGN);
}

StopSignals::~StopSignals() { close(descriptor_); }

bool StopSignals::Arrived() {
  signalfd_siginfo info;
  arrived_ = arrived_ || read(descriptor_, &info, sizeof(info)) == sizeof(info);
  return arrived_;
}

void Session::WriteLog() {
  uint64_t dropped = 0;
  const std::vector<LogLine> lines = machine_->TakeLog(&dropped);
  bool wrote = dropped != 0;
  for (const LogLine& line : lines) {
    // The start-up code ends with either, and with mcause where main's value would be.
    if (line.message == "main returned: " || line.message == "Exception occurred") {
      main_returned_ = line.number;
    }
    if (line.level > options_.log_level) continue;
    Print(log_, "{}\n", line.Format());
    wrote = true;
  }
  if (dropped != 0) Print(log_, "({} more lines were dropped)\n", dropped);
  if (wrote) std::fflush(log_);
}

void Session::MoveBytes() {
  if (output_.size() < kMaxPendingOutput) {
    const std::vector<uint8_t> fresh = machine_->ReadUart();
    output_.insert(output_.end(), fresh.begin(), fresh.end());
  }
  if (pty_ == nullptr) {
    std::fwrite(output_.data(), 1, output_.size(), stdout);
    std::fflush(stdout);
    output_.clear();
    return;
  }
  const size_t written = pty_->Write(output_);
  output_.erase(output_.begin(), output_.begin() + static_cast<ptrdiff_t>(written));
  const std::vector<uint8_t> fresh = pty_->Read();
  input_.insert(input_.end(), fresh.begin(), fresh.end());
  if (options_.time != TimeMode::kDeterministic) (void)Feed();
}

// One byte at a time where it must not matter how the bytes came in pieces.
bool Session::Feed() {
  if (input_.empty()) return false;
  const size_t count = options_.time == TimeMode::kDeterministic ? 1 : input_.size();
  const std::vector<uint8_t> bytes(input_.begin(), input_.begin() + static_cast<ptrdiff_t>(count));
  input_.erase(input_.begin(), input_.begin() + static_cast<ptrdiff_t>(count));
  machine_->WriteUart(bytes);
  return true;
}

// The guest waits for bytes and there are none.
void Session::Rest() {
  if (!options_.at_rest || (options_.after_model && machine_->models_ready() == 0)) return;
  std::exchange(options_.at_rest, nullptr)();
}

// Until the terminal or the debugger has bytes (or the terminal room for ours), a signal comes, or
// the time is over.
void Session::WaitForWorld(int timeout_ms) {
  std::vector<pollfd> descriptors;
  const auto watch = [&](int descriptor, int events) {
    descriptors.push_back({.fd = descriptor, .events = static_cast<short>(events), .revents = 0});
  };
  watch(signals_->descriptor(), POLLIN);
  if (pty_ != nullptr) watch(pty_->descriptor(), POLLIN | (output_.empty() ? 0 : POLLOUT));
  if (debugger_ != nullptr) watch(debugger_->descriptor(), POLLIN);
  poll(descriptors.data(), descriptors.size(), timeout_ms);
}

void Session::KeepRealTime() {
  using std::chrono::milliseconds;
  const auto virtual_time = std::chrono::nanoseconds(machine_->virtual_time_ns() - began_ns_);
  const auto ahead = began_ + virtual_time - std::chrono::steady_clock::now();
  const auto wait = std::chrono::duration_cast<milliseconds>(ahead).count();
  if (wait > 0) WaitForWorld(static_cast<int>(std::min<int64_t>(wait, kLongestWaitMs)));
}

Halt Session::RunMachine(const RunLimits& limits) {
  return debugger_ != nullptr ? debugger_->Run(limits) : machine_->Run(limits);
}

SessionEnd Session::Run() {
  using Clock = std::chrono::steady_clock;
  const bool real_time = options_.time == TimeMode::kRealTime;
  const uint64_t slice = real_time ? kRealTimeSliceInstructions : kSliceInstructions;
  began_ = Clock::now();
  began_ns_ = machine_->virtual_time_ns();
  int wait_ms = kShortestWaitMs;
  uint64_t patience_us = 0;
  while (!signals_->Arrived()) {
    if (debugger_ != nullptr) {
      debugger_->Serve();
      if (debugger_->killed()) break;
      if (debugger_->HoldsMachine()) {
        WaitForWorld(kLongestWaitMs);
        began_ = Clock::now();
        began_ns_ = machine_->virtual_time_ns();
        continue;
      }
    }
    const uint64_t used = machine_->instructions();
    const uint64_t left = options_.max_instructions - std::min(options_.max_instructions, used);
    const Halt halt =
        RunMachine({.max_instructions = std::min(left, slice), .idle_patience_us = patience_us});
    patience_us = 0;
    WriteLog();
    MoveBytes();
    const bool used_up = machine_->instructions() >= options_.max_instructions;
    if (halt.reason == HaltReason::kObserver) {
      if (options_.trace == nullptr || std::ferror(options_.trace) == 0) continue;
      return {.by_signal = false, .halt = halt, .main_returned = main_returned_};
    }
    if (halt.reason == HaltReason::kInstructionLimit && !used_up) {
      if (real_time) KeepRealTime();
      continue;
    }
    if (halt.reason == HaltReason::kUartFull && pty_ == nullptr) continue;
    const bool idle = halt.reason == HaltReason::kIdle;
    if (idle && machine_->uart_input_pending() == 0 && Feed()) {
      wait_ms = kShortestWaitMs;
      continue;
    }
    if (idle && machine_->uart_input_pending() == 0) Rest();
    const bool waits = idle || halt.reason == HaltReason::kUartFull;
    if (!waits || (pty_ == nullptr && debugger_ == nullptr)) {
      const bool good = halt.reason == HaltReason::kFinished && main_returned_ == 0;
      if (debugger_ != nullptr) debugger_->TellEnd(good ? 0 : 1);
      return {.by_signal = false, .halt = halt, .main_returned = main_returned_};
    }
    if (idle && machine_->uart_input_pending() != 0) {
      wait_ms = kShortestWaitMs;
      continue;
    }
    const Clock::time_point before = Clock::now();
    WaitForWorld(wait_ms);
    const auto waited =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - before);
    MoveBytes();
    if (!input_.empty() || machine_->uart_input_pending() != 0) {
      wait_ms = kShortestWaitMs;
      continue;
    }
    wait_ms = std::min(wait_ms * 2, kLongestWaitMs);
    if (options_.time == TimeMode::kDeterministic) continue;
    patience_us = static_cast<uint64_t>(waited.count()) / (real_time ? 1 : kIdleSlowdown);
  }
  return {.by_signal = true, .halt = {}, .main_returned = main_returned_};
}

}  // namespace sim
