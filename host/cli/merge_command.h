// SPDX-License-Identifier: Apache-2.0

// `kenning merge`: the parts that `kenning test --shard i/n` wrote, as one measurements file.
#ifndef HOST_CLI_MERGE_COMMAND_H_
#define HOST_CLI_MERGE_COMMAND_H_

#include "host/cli/arguments.h"
#include "host/error/error.h"
#include "host/terminal/log.h"

namespace host::cli {

[[nodiscard]] Result<int> MergeCommand(const Arguments& arguments, Log& log);

}  // namespace host::cli

#endif  // HOST_CLI_MERGE_COMMAND_H_
