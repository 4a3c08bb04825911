#include "sim/springbok_sim/session.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>

namespace sim {
namespace {

// While the guest waits, virtual time runs at a twentieth of wall time: the firmware's 5 ms byte
// time-out becomes 100 ms of silence on the terminal, longer than any pause of a host that is in
// the middle of a write (shared spec platform.md, section 2.1, "pacing").
constexpr int kIdleSlowdown = 20;
constexpr int kShortestWaitMs = 20;
constexpr int kLongestWaitMs = 500;

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
    if (line.message == "main returned: ") main_returned_ = line.number;
    if (line.level > options_.log_level) continue;
    fmt::print(log_, "{}\n", line.Format());
    wrote = true;
  }
  if (dropped != 0) fmt::print(log_, "({} more lines were dropped)\n", dropped);
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
  const std::vector<uint8_t> input = pty_->Read();
  if (!input.empty()) machine_->WriteUart(input);
}

// Until the terminal has bytes (or room for ours), a signal comes, or the time is over.
void Session::WaitForWorld(int timeout_ms) {
  pollfd descriptors[] = {{.fd = signals_->descriptor(), .events = POLLIN, .revents = 0},
                          {.fd = pty_->descriptor(),
                           .events = static_cast<short>(POLLIN | (output_.empty() ? 0 : POLLOUT)),
                           .revents = 0}};
  poll(descriptors, std::size(descriptors), timeout_ms);
}

SessionEnd Session::Run() {
  using Clock = std::chrono::steady_clock;
  int wait_ms = kShortestWaitMs;
  uint64_t patience_us = 0;
  while (!signals_->Arrived()) {
    const uint64_t used = machine_->instructions();
    const uint64_t left = options_.max_instructions - std::min(options_.max_instructions, used);
    const Halt halt = machine_->Run(
        {.max_instructions = std::min(left, kSliceInstructions), .idle_patience_us = patience_us});
    patience_us = 0;
    WriteLog();
    MoveBytes();
    const bool used_up = machine_->instructions() >= options_.max_instructions;
    if (halt.reason == HaltReason::kInstructionLimit && !used_up) continue;
    if (halt.reason == HaltReason::kUartFull && pty_ == nullptr) continue;
    const bool waits = halt.reason == HaltReason::kIdle || halt.reason == HaltReason::kUartFull;
    if (!waits || pty_ == nullptr) {
      return {.by_signal = false, .halt = halt, .main_returned = main_returned_};
    }
    if (halt.reason == HaltReason::kIdle && machine_->uart_input_pending() != 0) {
      wait_ms = kShortestWaitMs;
      continue;
    }
    const size_t pending = machine_->uart_input_pending();
    const Clock::time_point before = Clock::now();
    WaitForWorld(wait_ms);
    const auto waited =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - before);
    MoveBytes();
    if (machine_->uart_input_pending() > pending) {
      wait_ms = kShortestWaitMs;
    } else {
      patience_us = static_cast<uint64_t>(waited.count()) / kIdleSlowdown;
      wait_ms = std::min(wait_ms * 2, kLongestWaitMs);
    }
  }
  return {.by_signal = true, .halt = {}, .main_returned = main_returned_};
}

}  // namespace sim
