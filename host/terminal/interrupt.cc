// SPDX-License-Identifier: Apache-2.0

#include "host/terminal/interrupt.h"

#include <fmt/format.h>
#include <unistd.h>

namespace host {

Interrupt::Interrupt() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals_, &earlier_mask_);
  thread_ = std::jthread([this](const std::stop_token& closing) {
    constexpr timespec kLookAtClosing{.tv_sec = 0, .tv_nsec = 50'000'000};
    while (!closing.stop_requested()) {
      const int signal = ::sigtimedwait(&signals_, nullptr, &kLookAtClosing);
      if (signal <= 0) continue;
      constexpr int kShellSignalBase = 128;
      if (!source_.request_stop()) ::_exit(kShellSignalBase + signal);
    }
  });
}

Interrupt::~Interrupt() {
  thread_.request_stop();
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &earlier_mask_, nullptr);
}

std::unexpected<Error> InterruptedError(std::string_view doing) {
  return RunError(fmt::format("stopped by the user while {}", doing));
}

}  // namespace host
