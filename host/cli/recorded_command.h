// SPDX-License-Identifier: Apache-2.0

// The command line as measurements and reports record it (contract, section 1.8).
#ifndef HOST_CLI_RECORDED_COMMAND_H_
#define HOST_CLI_RECORDED_COMMAND_H_

#include <span>
#include <string>
#include <vector>

namespace host::cli {

// `subcommands` is "kenning optimize test"; `words` are those behind it. One line an option and one
// a value, so that the lines joined are a command a shell runs.
[[nodiscard]] std::vector<std::string> RecordedCommand(const std::string& subcommands,
                                                       std::span<const std::string> words);

}  // namespace host::cli

#endif  // HOST_CLI_RECORDED_COMMAND_H_
