// SPDX-License-Identifier: Apache-2.0

// `kenning optimize`, `test`, `report` and their sequences: one scenario, one process.
#ifndef HOST_CLI_PIPELINE_COMMAND_H_
#define HOST_CLI_PIPELINE_COMMAND_H_

#include <span>
#include <string>

#include "host/cli/flag_scenario.h"
#include "host/cli/options.h"
#include "host/error/error.h"
#include "host/terminal/log.h"

namespace host::cli {

// `flags` composes the scenario if no file is named. `arguments` were parsed from `words`, which
// are those behind the subcommands and are recorded as given. Everything that can be checked is
// checked before the first step starts; a failing step leaves earlier results as they were.
[[nodiscard]] Result<int> PipelineCommand(const Sequence& sequence,
                                          std::span<const std::string> words, Arguments arguments,
                                          const FlagScenario& flags, Log& log);

}  // namespace host::cli

#endif  // HOST_CLI_PIPELINE_COMMAND_H_
