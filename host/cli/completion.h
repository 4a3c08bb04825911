// SPDX-License-Identifier: Apache-2.0

// `kenning completion SHELL`: scripts that complete subcommands, options, their choices and files,
// made from the tables of options.h.
#ifndef HOST_CLI_COMPLETION_H_
#define HOST_CLI_COMPLETION_H_

#include <span>
#include <string>
#include <string_view>

#include "host/cli/arguments.h"
#include "host/error/error.h"

namespace host::cli {

[[nodiscard]] std::span<const std::string_view> CompletionShells();
// kInput for a shell that is none of them.
[[nodiscard]] Result<std::string> CompletionScript(std::string_view shell);

[[nodiscard]] Result<int> CompletionCommand(const Arguments& arguments);

}  // namespace host::cli

#endif  // HOST_CLI_COMPLETION_H_
