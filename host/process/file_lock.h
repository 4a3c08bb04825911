// SPDX-License-Identifier: Apache-2.0

// A file by which threads and processes take turns. The system gives it free when its holder ends.
#ifndef HOST_PROCESS_FILE_LOCK_H_
#define HOST_PROCESS_FILE_LOCK_H_

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <utility>

#include "host/error/error.h"

namespace host {

class FileLock {
 public:
  // kRun if another still holds it after `limit`, and on a stop request. Where no such file can be
  // made there are no turns.
  [[nodiscard]] static Result<FileLock> Take(const std::filesystem::path& path,
                                             std::chrono::milliseconds limit,
                                             const std::stop_token& stop);
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace host

#endif  // HOST_PROCESS_FILE_LOCK_H_
