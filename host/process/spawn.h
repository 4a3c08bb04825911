// SPDX-License-Identifier: Apache-2.0

// Starts a program without a shell. Signals that this program blocks or handles are the child's own
// again, and files that it does not get are closed in it.
#ifndef HOST_PROCESS_SPAWN_H_
#define HOST_PROCESS_SPAWN_H_

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "host/error/error.h"

namespace host {

struct SpawnPlan {
  std::vector<std::string> command;  // command[0] without a '/' is searched in PATH
  std::optional<int> input;          // what stdin is; none: empty
  int output;                        // what stdout is
  std::optional<int> errors;         // what stderr is; none: as stdout
  std::filesystem::path directory;   // empty: ours
  // Then Ctrl-C on a terminal reaches this program alone, which has to end the child.
  bool own_group = false;
};

// kRun if the program cannot be started. The caller collects it.
[[nodiscard]] Result<pid_t> Spawn(const SpawnPlan& plan);

// What waitpid says of a child that ends before `deadline`; nothing, with the child still there, at
// the deadline and on a stop request.
[[nodiscard]] std::optional<int> CollectUntil(pid_t child,
                                              std::chrono::steady_clock::time_point deadline,
                                              const std::stop_token& stop = {});

// Ends a child at once and collects it.
void KillAndCollect(pid_t child);

}  // namespace host

#endif  // HOST_PROCESS_SPAWN_H_
