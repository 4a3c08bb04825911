// SPDX-License-Identifier: Apache-2.0

#include "bench/process_device.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr int kPatienceMs = 5000;  // what is sent while the emulator starts is lost, and sent again

}  // namespace

double ThreadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

ProcessDevice::~ProcessDevice() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (to_ >= 0) close(to_);
  if (from_ >= 0) close(from_);
}

std::expected<void, std::string> ProcessDevice::Start(std::span<char* const> command) {
  int in[2];
  int out[2];
  if (pipe(in) != 0) return std::unexpected("no pipe");
  if (pipe(out) != 0) {
    close(in[0]);
    close(in[1]);
    return std::unexpected("no pipe");
  }
  signal(SIGPIPE, SIG_IGN);
  std::vector<char*> arguments(command.begin(), command.end());
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    for (int file : {in[0], in[1], out[0], out[1]}) close(file);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  to_ = in[1];
  from_ = out[0];
  return pid_ > 0 ? std::expected<void, std::string>{} : std::unexpected("no process");
}

void ProcessDevice::Write(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(to_, bytes.data(), bytes.size());
    if (written <= 0) return;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

std::vector<uint8_t> ProcessDevice::Read() {
  pollfd waits{.fd = from_, .events = POLLIN, .revents = 0};
  if (poll(&waits, 1, kPatienceMs) <= 0) return {};
  std::vector<uint8_t> bytes(4096);
  const ssize_t size = read(from_, bytes.data(), bytes.size());
  bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return bytes;
}

}  // namespace bench
