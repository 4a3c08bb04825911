// SPDX-License-Identifier: Apache-2.0

// A real Renode as a device: started with its monitor on a socket of this machine, told what
// Kenning tells it (shared spec platform.md, section 3.3), ended with its files gone.
#ifndef HOST_DEVICE_RENODE_DEVICE_H_
#define HOST_DEVICE_RENODE_DEVICE_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "host/device/device.h"
#include "host/terminal/log.h"

namespace host {

struct RenodeOptions {
  std::filesystem::path program;  // FindRenode()
  std::filesystem::path firmware;
  std::filesystem::path script;                     // .resc
  std::vector<std::filesystem::path> dependencies;  // each becomes a variable named after it
  std::vector<std::string> post_start_commands;
  // The terminal that the script makes, if it does not take the path in $uart.
  std::filesystem::path uart;
  // Becomes the file in $feed; empty: none.
  std::vector<std::array<int16_t, 3>> sensor_feed;
  bool opcode_counters = true;
  bool profiler = true;
  std::filesystem::path dump_path;  // kept; empty: a temporary file
  double profiler_interval_ms = 10;
  double write_limit_s = 30;     // as OpenSerialDevice()
  double connect_limit_s = 60;   // of the monitor: Renode takes some seconds to start
  double command_limit_s = 120;  // of one command: loading a platform compiles its C# files
};

// The program: RENODE or PYRENODE_BIN (a program), PYRENODE_PKG (an unpacked package), or `renode`
// in PATH. kRun with what to set if there is none.
[[nodiscard]] Result<std::filesystem::path> FindRenode();

[[nodiscard]] Result<std::unique_ptr<Device>> MakeRenodeDevice(const RenodeOptions& options,
                                                               Log& log, std::stop_token stop);

}  // namespace host

#endif  // HOST_DEVICE_RENODE_DEVICE_H_
