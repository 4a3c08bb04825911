#include "host/compile/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "fmt/format.h"

extern char** environ;

namespace host {
namespace {

constexpr size_t kMaxKeptBytes = 64 << 10;
constexpr size_t kMaxLineBytes = 16 << 10;

// Cuts a stream of bytes into lines; a very long line is passed on in pieces.
class LineCutter {
 public:
  explicit LineCutter(const std::function<void(std::string_view)>& on_line) : on_line_(on_line) {}
  void Add(std::string_view bytes) {
    pending_.append(bytes);
    for (;;) {
      const size_t end = pending_.find('\n');
      if (end == std::string::npos && pending_.size() < kMaxLineBytes) return;
      const size_t length = std::min({end, pending_.size(), kMaxLineBytes});
      Pass(std::string_view(pending_).substr(0, length));
      pending_.erase(0, length + (length == end ? 1 : 0));
    }
  }
  void Finish() {
    if (!pending_.empty()) Pass(pending_);
    pending_.clear();
  }

 private:
  void Pass(std::string_view line) {
    if (on_line_) on_line_(line);
  }
  const std::function<void(std::string_view)>& on_line_;
  std::string pending_;
};

Result<pid_t> Spawn(const std::vector<std::string>& command, int output) {
  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.data()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  // Signals that we may have blocked or handled are the child's own again.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) sigaddset(&defaults, number);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int fault =
      posix_spawn(&pid, command[0].c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (fault != 0) {
    return RunError(fmt::format("cannot be started: {}", std::strerror(fault)), command[0]);
  }
  return pid;
}

int Collect(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

Result<ChildOutcome> RunChildProcess(const std::vector<std::string>& command,
                                     std::chrono::milliseconds time_limit,
                                     const std::function<void(std::string_view)>& on_line,
                                     const std::stop_token& stop) {
  using Clock = std::chrono::steady_clock;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return RunError(std::strerror(errno), command[0]);
  const auto pid = Spawn(command, ends[1]);
  close(ends[1]);
  if (!pid) {
    close(ends[0]);
    return std::unexpected(pid.error());
  }

  ChildOutcome outcome;
  LineCutter lines(on_line);
  const Clock::time_point deadline = Clock::now() + time_limit;
  // Often enough that a stop request is felt at once, seldom enough to cost nothing.
  constexpr std::chrono::milliseconds kSlice(100);
  std::array<char, 1 << 14> chunk;
  std::string why_killed;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      why_killed = fmt::format("did not finish within {} s and was ended",
                               std::chrono::duration<double>(time_limit).count());
    } else if (stop.stop_requested()) {
      why_killed = "was ended on request";
    }
    if (!why_killed.empty()) break;
    pollfd poll_in{ends[0], POLLIN, 0};
    if (poll(&poll_in, 1, static_cast<int>(std::min(left, kSlice).count())) <= 0) continue;
    const ssize_t count = read(ends[0], chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    const std::string_view bytes(chunk.data(), static_cast<size_t>(count));
    lines.Add(bytes);
    outcome.output.append(bytes);
    if (outcome.output.size() > 2 * kMaxKeptBytes) {
      outcome.output.erase(0, outcome.output.size() - kMaxKeptBytes);
    }
  }
  close(ends[0]);
  if (!why_killed.empty()) kill(*pid, SIGKILL);
  const int status = Collect(*pid);
  lines.Finish();
  if (!why_killed.empty()) return RunError(why_killed, command[0]);
  if (outcome.output.size() > kMaxKeptBytes) {
    outcome.output.erase(0, outcome.output.size() - kMaxKeptBytes);
  }
  if (WIFSIGNALED(status)) {
    outcome.signal = WTERMSIG(status);
  } else {
    outcome.exit_code = WEXITSTATUS(status);
  }
  return outcome;
}

}  // namespace host
