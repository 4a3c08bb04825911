// SPDX-License-Identifier: Apache-2.0

// The scenario of a command line, and the files it names, wherever they lie.
#ifndef HOST_CLI_SCENARIO_SOURCE_H_
#define HOST_CLI_SCENARIO_SOURCE_H_

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "host/cli/arguments.h"
#include "host/cli/flag_scenario.h"
#include "host/error/error.h"
#include "host/resource/resource_store.h"
#include "host/scenario/scenario.h"
#include "host/terminal/log.h"

namespace host::cli {

// A text of a block that the needs made sure of; empty if it is not there after all.
[[nodiscard]] std::string TextOf(const std::optional<Block>& block, std::string_view key);

// A store with the options of the environment, that tells `log` what it does. `log` must outlive
// it.
[[nodiscard]] Result<ResourceStore> OpenStore(Log& log, std::stop_token stop);

// From the file or URI of --json-cfg, or from class options.
[[nodiscard]] Result<Scenario> ScenarioOf(const Arguments& arguments, const FlagScenario& flags,
                                          const ScenarioNeeds& needs, ResourceStore& store);

// What the command line says over the scenario, and what platforms files say of the platform's
// name. kInput for a name that nothing knows.
[[nodiscard]] Result<> CompletePlatform(const Arguments& arguments, ResourceStore& store,
                                        Scenario* scenario);

// Replaces the URIs of what the needs name by local files. What a run records is composed before.
[[nodiscard]] Result<> FetchFiles(const ScenarioNeeds& needs, ResourceStore& store,
                                  Scenario* scenario);

}  // namespace host::cli

#endif  // HOST_CLI_SCENARIO_SOURCE_H_
