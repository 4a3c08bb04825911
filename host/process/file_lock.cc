// SPDX-License-Identifier: Apache-2.0

#include "host/process/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace host {

Result<FileLock> FileLock::Take(const std::filesystem::path& path, std::chrono::milliseconds limit,
                                const std::stop_token& stop) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kPoll(50);
  FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  const Clock::time_point deadline = Clock::now() + limit;
  while (lock.fd_ >= 0 && ::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    if (stop.stop_requested()) {
      return RunError("stopped by the user while waiting for another program", path.string());
    }
    if (Clock::now() >= deadline) {
      return RunError(fmt::format("another program has held it for {} s",
                                  std::chrono::duration<double>(limit).count()),
                      path.string());
    }
    std::this_thread::sleep_for(kPoll);
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace host
