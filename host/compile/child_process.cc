// SPDX-License-Identifier: Apache-2.0

#include "host/compile/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "fmt/format.h"
#include "host/process/spawn.h"

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

}  // namespace

Result<ChildOutcome> RunChildProcess(const std::vector<std::string>& command,
                                     std::chrono::milliseconds time_limit,
                                     const std::function<void(std::string_view)>& on_line,
                                     const std::stop_token& stop,
                                     const std::filesystem::path& directory) {
  using Clock = std::chrono::steady_clock;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return RunError(std::strerror(errno), command[0]);
  const auto pid = Spawn(
      {.command = command, .input = {}, .output = ends[1], .errors = {}, .directory = directory});
  close(ends[1]);
  if (!pid) {
    close(ends[0]);
    return std::unexpected(pid.error());
  }

  ChildOutcome outcome;
  LineCutter lines(on_line);
  const Clock::time_point deadline = Clock::now() + time_limit;
  // Often enough that a stop request is felt at once, seldom enough to cost nothing.
  constexpr int kSliceMs = 100;
  std::array<char, 1 << 14> chunk;
  bool closed = false;
  while (Clock::now() < deadline && !stop.stop_requested()) {
    pollfd poll_in{ends[0], POLLIN, 0};
    if (poll(&poll_in, 1, kSliceMs) <= 0) continue;
    const ssize_t count = read(ends[0], chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      closed = true;
      break;
    }
    const std::string_view bytes(chunk.data(), static_cast<size_t>(count));
    lines.Add(bytes);
    outcome.output.append(bytes);
    if (outcome.output.size() > 2 * kMaxKeptBytes) {
      outcome.output.erase(0, outcome.output.size() - kMaxKeptBytes);
    }
  }
  close(ends[0]);
  lines.Finish();
  // A child may go on after it has closed its output.
  const auto status = closed ? CollectUntil(*pid, deadline, stop) : std::nullopt;
  if (!status) {
    KillAndCollect(*pid);
    return RunError(stop.stop_requested()
                        ? "was ended on request"
                        : fmt::format("did not finish within {} s and was ended",
                                      std::chrono::duration<double>(time_limit).count()),
                    command[0]);
  }
  if (outcome.output.size() > kMaxKeptBytes) {
    outcome.output.erase(0, outcome.output.size() - kMaxKeptBytes);
  }
  if (WIFSIGNALED(*status)) {
    outcome.signal = WTERMSIG(*status);
  } else {
    outcome.exit_code = WEXITSTATUS(*status);
  }
  return outcome;
}

}  // namespace host
