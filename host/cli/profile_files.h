// SPDX-License-Identifier: Apache-2.0

// What the device counted, written where the command line says: --counters, --callgrind, --folded,
// --top. The same files as springbok-sim writes under these options.
#ifndef HOST_CLI_PROFILE_FILES_H_
#define HOST_CLI_PROFILE_FILES_H_

#include "host/cli/arguments.h"
#include "host/device/device.h"
#include "host/error/error.h"

namespace host::cli {

// Whether any of these options is given.
[[nodiscard]] bool AsksForProfile(const Arguments& arguments);
// Whether any of them needs calls to be counted.
[[nodiscard]] bool NeedsCallGraph(const Arguments& arguments);

// kInput if something is asked for and the device does not count. --top goes to standard output.
[[nodiscard]] Result<> WriteProfileFiles(const Arguments& arguments, const Device& device);

}  // namespace host::cli

#endif  // HOST_CLI_PROFILE_FILES_H_
