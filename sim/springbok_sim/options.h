// The command line of springbok-sim.
#ifndef SIM_SPRINGBOK_SIM_OPTIONS_H_
#define SIM_SPRINGBOK_SIM_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "sim/machine/machine.h"
#include "sim/profile/renode_dump.h"

namespace sim {

struct Options {
  std::string firmware;
  std::optional<std::string> uart_pty;
  bool force = false;
  std::optional<std::string> counters;
  std::optional<std::string> renode_dump;
  DumpLayout dump_layout = DumpLayout::kSlot32;
  std::optional<std::string> log;
  LogLevel log_level = LogLevel::kInfo;
  uint64_t max_instructions = UINT64_MAX;
  bool disassemble = false;
  MachineConfig machine;
};

// The options, or the exit code of a command line that ends here (help 0, wrong use 2); its text
// is printed.
[[nodiscard]] std::variant<Options, int> ParseOptions(int argc, char** argv);

}  // namespace sim

#endif  // SIM_SPRINGBOK_SIM_OPTIONS_H_
