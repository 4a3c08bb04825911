// SPDX-License-Identifier: Apache-2.0

// One child process without a shell: started, listened to, ended in time.
#ifndef HOST_COMPILE_CHILD_PROCESS_H_
#define HOST_COMPILE_CHILD_PROCESS_H_

#include <chrono>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host {

struct ChildOutcome {
  int exit_code = 0;   // valid if signal is 0
  int signal = 0;      // the signal that ended it, or 0
  std::string output;  // stdout and stderr together, at most the last 64 KB
};

// Runs command[0] with the given arguments, this process's environment and an empty stdin. Each
// whole line of its output goes to `on_line` at once. The child shares our process group, so Ctrl-C
// on a terminal reaches both. Fails (kRun) if the program cannot be started, at the time limit and
// on a stop request; in the last two cases the child has been killed and collected. It runs in
// `directory`; empty: in ours.
[[nodiscard]] Result<ChildOutcome> RunChildProcess(
    const std::vector<std::string>& command, std::chrono::milliseconds time_limit,
    const std::function<void(std::string_view)>& on_line, const std::stop_token& stop,
    const std::filesystem::path& directory = {});

}  // namespace host

#endif  // HOST_COMPILE_CHILD_PROCESS_H_
