// SPDX-License-Identifier: Apache-2.0

// A program that runs beside this one until it is ended: a simulator. It has its own process group,
// so that Ctrl-C reaches this program alone, which then ends the other in order. What it prints
// goes to a file.
#ifndef HOST_DEVICE_BACKGROUND_PROCESS_H_
#define HOST_DEVICE_BACKGROUND_PROCESS_H_

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "host/error/error.h"

namespace host {

// A folder for the files of one run, gone with this object.
class ScratchFolder {
 public:
  [[nodiscard]] static Result<ScratchFolder> Make();
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

class BackgroundProcess {
 public:
  // kRun if command[0], searched in PATH, cannot be started.
  [[nodiscard]] static Result<BackgroundProcess> Start(const std::vector<std::string>& command,
                                                       const std::filesystem::path& output);
  BackgroundProcess(BackgroundProcess&& other) noexcept;
  BackgroundProcess& operator=(BackgroundProcess&&) = delete;
  // Ends it: asks first (SIGTERM), and kills what has not gone after some seconds.
  ~BackgroundProcess();

  [[nodiscard]] bool Running();
  // The last lines of what it printed, on one line.
  [[nodiscard]] std::string LastWords() const;

 private:
  BackgroundProcess(pid_t pid, std::filesystem::path output)
      : pid_(pid), output_(std::move(output)) {}

  pid_t pid_;  // 0: collected
  std::filesystem::path output_;
};

// Reads a file that another program is writing, line by line.
class GrowingLog {
 public:
  explicit GrowingLog(std::filesystem::path path) : path_(std::move(path)) {}
  // Whole lines that came since the last call; none while the file is not there.
  [[nodiscard]] std::vector<std::string> NewLines();

 private:
  std::filesystem::path path_;
  std::streamoff read_ = 0;
  std::string unfinished_;
};

}  // namespace host

#endif  // HOST_DEVICE_BACKGROUND_PROCESS_H_
