// SPDX-License-Identifier: Apache-2.0

// Ctrl-C as a stop token. While an Interrupt lives, SIGINT and SIGTERM request a stop instead of
// killing the program; long waits look at the token and end with InterruptedError(). A second
// signal ends the program at once.
//
// Only one may live at a time, and it must be made before other threads start: the signals are
// blocked in all of them and taken by its own thread.
#ifndef HOST_TERMINAL_INTERRUPT_H_
#define HOST_TERMINAL_INTERRUPT_H_

#include <csignal>
#include <stop_token>
#include <string>
#include <thread>

#include "host/error/error.h"

namespace host {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  sigset_t signals_{};
  sigset_t earlier_mask_{};
  std::stop_source source_;
  std::jthread thread_;
};

// "stopped by the user while …".
[[nodiscard]] std::unexpected<Error> InterruptedError(std::string_view doing);

}  // namespace host

#endif  // HOST_TERMINAL_INTERRUPT_H_
