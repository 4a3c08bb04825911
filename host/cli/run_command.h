// SPDX-License-Identifier: Apache-2.0

// `kenning run MODEL.vmfb …`: calls functions of a compiled model on a device and compares what
// they return.
#ifndef HOST_CLI_RUN_COMMAND_H_
#define HOST_CLI_RUN_COMMAND_H_

#include <span>
#include <string>

#include "host/cli/arguments.h"
#include "host/error/error.h"
#include "host/terminal/log.h"

namespace host::cli {

// `words` are those behind "run", `arguments` what they say without regard to --call. The value is
// the exit code; 1 if a result differs.
[[nodiscard]] Result<int> RunCommand(std::span<const std::string> words, const Arguments& arguments,
                                     Log& log);

}  // namespace host::cli

#endif  // HOST_CLI_RUN_COMMAND_H_
