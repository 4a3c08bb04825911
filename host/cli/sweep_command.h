// SPDX-License-Identifier: Apache-2.0

// `kenning sweep`: one model, several compiler releases and sets of flags; every combination is
// compiled, run on a simulator of its own, and compared with the first.
#ifndef HOST_CLI_SWEEP_COMMAND_H_
#define HOST_CLI_SWEEP_COMMAND_H_

#include <span>
#include <string>

#include "host/cli/arguments.h"
#include "host/error/error.h"
#include "host/terminal/log.h"

namespace host::cli {

// Each combination has a folder of its own below --output with module, measurements and outputs,
// and is not run again when it is there and was made from the same. sweep.md and sweep.json hold
// the table, which is also printed. kExitRunFailed if a combination failed.
[[nodiscard]] Result<int> SweepCommand(std::span<const std::string> words,
                                       const Arguments& arguments, Log& log);

}  // namespace host::cli

#endif  // HOST_CLI_SWEEP_COMMAND_H_
