// SPDX-License-Identifier: Apache-2.0

#include "firmware/app/kernel_watch.h"

#include <array>

namespace firmware {
namespace {

using std::string_view_literals::operator""sv;

// The simulator that listens has 32-bit addresses; elsewhere nobody does.
uint32_t Address(uintptr_t address) { return static_cast<uint32_t>(address); }

}  // namespace

void KernelWatch::Announce(const char* text, uint32_t number) {
  board_.Print(LogLevel::kNoisy, text, number);
}

void KernelWatch::OnExecutablePlaced(const runtime::PlacedExecutable& executable) {
  Announce("kernel.image", Address(executable.base));
  Announce("kernel.limit", Address(executable.base + executable.size_bytes));
  Announce("kernel.exports", static_cast<uint32_t>(executable.kernels.size()));
  for (const runtime::PlacedKernel& kernel : executable.kernels) {
    // Names come out of the model: copied, cut and terminated here.
    std::array<char, 128> name;
    name[kernel.name.copy(name.data(), name.size() - 1)] = '\0';
    Announce(name.data(), Address(kernel.address));
  }
}

void KernelWatch::OnExecutableGone(uintptr_t base) { Announce("kernel.gone", Address(base)); }

base::Status KernelWatch::RunDispatch(const runtime::PlacedKernel& kernel, void (*body)(void*),
                                      void* argument) {
  Trap trap;
  if (board_.RunGuarded(body, argument, trap)) [[likely]]
    return base::Status::kOk;
  return DispatchTrapped(kernel, trap);
}

base::Status KernelWatch::DispatchTrapped(const runtime::PlacedKernel& kernel, const Trap& trap) {
  LogLine line(LogLevel::kError);
  line.Text("kernel ").Text(kernel.name.empty() ? "without a name"sv : kernel.name);
  line.Text(" at ").Hex(kernel.address);
  LogTrap(line, trap);
  return base::Status::kFirmwareTrap;
}

bool KernelWatch::RunGuarded(const char* what, void (*body)(void*), void* argument) {
  Trap trap;
  if (board_.RunGuarded(body, argument, trap)) return true;
  LogLine line(LogLevel::kError);
  line.Text(what);
  LogTrap(line, trap);
  return false;
}

void KernelWatch::LogTrap(LogLine& line, const Trap& trap) {
  if (trap.cause == Trap::kTimeLimit) {
    line.Text(" ran longer than the time limit and was stopped at ").Hex(trap.address);
  } else {
    line.Text(" trapped: cause ").Number(trap.cause).Text(" at ").Hex(trap.address);
    line.Text(", value ").Hex(trap.value);
  }
  log_.Write(line);
}

}  // namespace firmware
