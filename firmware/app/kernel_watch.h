// SPDX-License-Identifier: Apache-2.0

// Stands between the runtime and the board while kernels are placed and run: tells a watching
// simulator where each kernel lies, and turns a trap inside one into a status and a log line.
// What the simulator makes of the announcements is in sim/profile.
#ifndef FIRMWARE_APP_KERNEL_WATCH_H_
#define FIRMWARE_APP_KERNEL_WATCH_H_

#include <cstdint>

#include "firmware/app/board.h"
#include "firmware/app/log.h"
#include "runtime/kernel/listener.h"

namespace firmware {

class KernelWatch final : public runtime::Listener {
 public:
  KernelWatch(Board& board, Log& log) : board_(board), log_(log) {}

  void OnExecutablePlaced(const runtime::PlacedExecutable& executable) override;
  void OnExecutableGone(uintptr_t base) override;
  base::Status RunDispatch(const runtime::PlacedKernel& kernel, void (*body)(void*),
                           void* argument) override;

  // A marker without meaning to the device itself.
  void Announce(const char* text, uint32_t number = 0);

  // Runs anything else that executes foreign code or trusts it. False, and a log line, if it
  // trapped.
  [[nodiscard]] bool RunGuarded(const char* what, void (*body)(void*), void* argument);

 private:
  base::Status DispatchTrapped(const runtime::PlacedKernel& kernel, const Trap& trap);
  void LogTrap(LogLine& line, const Trap& trap);

  Board& board_;
  Log& log_;
};

}  // namespace firmware

#endif  // FIRMWARE_APP_KERNEL_WATCH_H_
