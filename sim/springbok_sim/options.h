// SPDX-License-Identifier: Apache-2.0

// The command line of springbok-sim.
#ifndef SIM_SPRINGBOK_SIM_OPTIONS_H_
#define SIM_SPRINGBOK_SIM_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "sim/machine/machine.h"
#include "sim/profile/renode_dump.h"
#include "sim/springbok_sim/session.h"
#include "sim/trace/tracer.h"

namespace sim {

struct Options {
  std::string firmware;
  std::optional<std::string> uart_pty;
  bool force = false;
  std::optional<std::string> counters;
  std::optional<std::string> callgrind;
  std::optional<std::string> folded;
  bool top = false;
  size_t top_rows = 20;
  std::optional<std::string> renode_dump;
  std::optional<uint16_t> gdb_port;
  std::optional<std::string> trace;  // a file, or "-"
  TraceFilter trace_filter;
  TimeMode time = TimeMode::kPaced;
  std::optional<std::string> uart_input;
  std::optional<std::string> save_snapshot;
  bool snapshot_after_model = false;
  std::optional<std::string> restore;
  DumpLayout dump_layout = DumpLayout::kSlot32;
  std::optional<std::string> log;
  LogLevel log_level = LogLevel::kInfo;
  uint64_t max_instructions = UINT64_MAX;
  bool disassemble = false;
  std::optional<std::string> sensor_feed;  // a file; makes it the sensor platform
  SensorConfig sensor;                     // without the feed
  MachineConfig machine;
};

// The options, or the exit code of a command line that ends here (help 0, wrong use 2); its text
// is printed.
[[nodiscard]] std::variant<Options, int> ParseOptions(int argc, char** argv,
                                                      const std::string& version);

}  // namespace sim

#endif  // SIM_SPRINGBOK_SIM_OPTIONS_H_
