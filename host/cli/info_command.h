// SPDX-License-Identifier: Apache-2.0

// `kenning info MODEL.vmfb`: what a compiled model contains, and whether the firmware accepts it.
#ifndef HOST_CLI_INFO_COMMAND_H_
#define HOST_CLI_INFO_COMMAND_H_

#include <string>

#include "host/cli/arguments.h"
#include "host/cli/module_check.h"
#include "host/error/error.h"

namespace host::cli {

// Exit code 2 if the firmware would refuse the model.
[[nodiscard]] Result<int> InfoCommand(const Arguments& arguments);

// What is printed, as text and as JSON.
[[nodiscard]] std::string InfoText(const CheckedModule& module, const std::string& path);
[[nodiscard]] std::string InfoJson(const CheckedModule& module, const std::string& path);

}  // namespace host::cli

#endif  // HOST_CLI_INFO_COMMAND_H_
