// SPDX-License-Identifier: Apache-2.0

// The remote end of one debugging session: takes bytes from GDB, gives bytes back, and runs the
// machine when GDB wants it to. Knows no sockets. Whatever bytes come, it answers with an error or
// not at all; it never reads registers of devices (reading has effects), and writes only memory and
// registers of the guest.
#ifndef SIM_GDB_SERVER_H_
#define SIM_GDB_SERVER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/gdb/packets.h"
#include "sim/gdb/stop_points.h"
#include "sim/machine/machine.h"

namespace sim {

class GdbServer {
 public:
  // The machine outlives the server. It Observes from now on; the destructor ends that.
  explicit GdbServer(Machine* machine);
  ~GdbServer();
  GdbServer(const GdbServer&) = delete;
  GdbServer& operator=(const GdbServer&) = delete;

  // Bytes from the debugger; returns what to send.
  [[nodiscard]] std::string Receive(std::string_view bytes);

  enum class Mode : uint8_t {
    kStopped,   // waits for the debugger
    kRunning,   // call Run
    kDetached,  // the debugger left; the machine goes on alone
    kKilled,    // the debugger wants the machine to end
  };
  [[nodiscard]] Mode mode() const { return mode_; }

  // While kRunning: runs, and appends to *reply what to send if that stopped for the debugger.
  // Other reasons to return are as Machine::Run says.
  Halt Run(const RunLimits& limits, std::string* reply);
  // The machine cannot go on, or the user asked it to end: tells the debugger.
  [[nodiscard]] std::string Ended(uint8_t exit_code);

 private:
  [[nodiscard]] std::string Answer(std::string_view packet);
  [[nodiscard]] std::string Query(std::string_view packet);
  [[nodiscard]] std::string Transfer(std::string_view arguments, const std::string& document);
  [[nodiscard]] std::string Monitor(std::string_view command);
  [[nodiscard]] std::string ReadGeneral();
  [[nodiscard]] std::string WriteGeneral(std::string_view digits);
  [[nodiscard]] std::string AccessRegister(std::string_view arguments, bool write);
  [[nodiscard]] std::string ReadMemory(std::string_view arguments);
  [[nodiscard]] std::string WriteMemory(std::string_view arguments, bool binary);
  [[nodiscard]] std::string ChangePoint(std::string_view arguments, bool insert);
  [[nodiscard]] std::string Resume(std::string_view arguments, bool step);
  [[nodiscard]] std::string Send(std::string_view content);

  Machine* machine_;
  StopPoints points_;
  PacketReader reader_;
  Mode mode_ = Mode::kStopped;
  bool acknowledge_ = true;
  bool armed_ = false;  // points_ know where this run began
  bool step_ = false;
  bool interrupted_ = false;
  std::string stop_reply_ = "S05";
  std::string last_sent_;
};

}  // namespace sim

#endif  // SIM_GDB_SERVER_H_
