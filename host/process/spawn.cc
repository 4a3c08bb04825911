// SPDX-License-Identifier: Apache-2.0

#include "host/process/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

extern char** environ;

namespace host {

Result<pid_t> Spawn(const SpawnPlan& plan) {
  std::vector<char*> arguments;
  for (const std::string& word : plan.command) arguments.push_back(const_cast<char*>(word.data()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (plan.input) {
    posix_spawn_file_actions_adddup2(&actions, *plan.input, STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, plan.output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, plan.errors.value_or(plan.output), STDERR_FILENO);
  if (!plan.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, plan.directory.c_str());
  }

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) sigaddset(&defaults, number);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (plan.own_group) flags |= POSIX_SPAWN_SETPGROUP;
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, flags);

  pid_t child = 0;
  const int fault = ::posix_spawnp(&child, plan.command[0].c_str(), &actions, &attributes,
                                   arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (fault != 0) {
    return RunError(fmt::format("cannot be started: {}", std::strerror(fault)), plan.command[0]);
  }
  return child;
}

std::optional<int> CollectUntil(pid_t child, std::chrono::steady_clock::time_point deadline,
                                const std::stop_token& stop) {
  // Children are collected after they closed their output: most have ended by then.
  constexpr std::chrono::milliseconds kPoll(5);
  while (true) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) return status;
    if (stop.stop_requested() || std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(kPoll);
  }
}

void KillAndCollect(pid_t child) {
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace host
