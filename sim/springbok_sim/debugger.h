// SPDX-License-Identifier: Apache-2.0

// A GDB server's socket and whoever is connected to it. One debugger at a time; the machine stands
// still from the moment one connects, and goes on alone when it leaves. Listens on the loopback
// interface only.
#ifndef SIM_SPRINGBOK_SIM_DEBUGGER_H_
#define SIM_SPRINGBOK_SIM_DEBUGGER_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "sim/gdb/server.h"
#include "sim/machine/machine.h"

namespace sim {

class Debugger {
 public:
  // Port 0: one that is free. The machine does not run before a debugger has come. The error is a
  // sentence.
  [[nodiscard]] static std::expected<std::unique_ptr<Debugger>, std::string> Listen(
      Machine* machine, uint16_t port);
  ~Debugger();
  Debugger(const Debugger&) = delete;
  Debugger& operator=(const Debugger&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  // To poll for input.
  [[nodiscard]] int descriptor() const { return client_ >= 0 ? client_ : listener_; }
  // Takes what has arrived and answers; never blocks for input.
  void Serve();
  // Whether the machine must stand still.
  [[nodiscard]] bool HoldsMachine() const;
  [[nodiscard]] bool killed() const { return killed_; }
  // As Machine::Run, with the debugger's breakpoints; not while HoldsMachine().
  Halt Run(const RunLimits& limits);
  void TellEnd(uint8_t exit_code);

 private:
  Debugger(Machine* machine, int listener, uint16_t port)
      : machine_(machine), listener_(listener), port_(port) {}
  void Send(const std::string& bytes);
  void Disconnect();

  Machine* machine_;
  int listener_;
  uint16_t port_;
  int client_ = -1;
  bool came_ = false;
  bool killed_ = false;
  std::unique_ptr<GdbServer> server_;
};

}  // namespace sim

#endif  // SIM_SPRINGBOK_SIM_DEBUGGER_H_
