// SPDX-License-Identifier: Apache-2.0

#include "host/device/background_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

#include "base/try.h"
#include "host/process/spawn.h"
#include "host/terminal/log.h"

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxLineBytes = 16 << 10;
constexpr std::streamoff kLastWordsBytes = 2000;
constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr auto kPatience = std::chrono::seconds(5);

}  // namespace

Result<ScratchFolder> ScratchFolder::Make() {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  std::string path = (error ? fs::path("/tmp") : parent) / "kenning-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return RunError(fmt::format("no folder for temporary files: {}", std::strerror(errno)), path);
  }
  return ScratchFolder(path);
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<BackgroundProcess> BackgroundProcess::Start(const std::vector<std::string>& command,
                                                   const fs::path& output) {
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return RunError(std::strerror(errno), output.string());
  const auto pid = Spawn({.command = command,
                          .input = {},
                          .output = file,
                          .errors = {},
                          .directory = {},
                          .own_group = true});
  ::close(file);
  return BackgroundProcess(TRY(pid), output);
}

BackgroundProcess::BackgroundProcess(BackgroundProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), output_(std::move(other.output_)) {}

BackgroundProcess::~BackgroundProcess() {
  if (!Running()) return;
  const pid_t group = pid_;
  ::kill(-group, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (Running() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPoll);
  }
  ::kill(-group, SIGKILL);  // also what the program may have left behind
  while (pid_ != 0 && (::waitpid(pid_, nullptr, 0) >= 0 || errno != EINTR)) pid_ = 0;
}

bool BackgroundProcess::Running() {
  if (pid_ != 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = 0;
  return pid_ != 0;
}

std::string BackgroundProcess::LastWords() const {
  std::ifstream file(output_, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const std::streamoff size = file.tellg();
  file.seekg(size > kLastWordsBytes ? size - kLastWordsBytes : 0);
  std::string words;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    if (!words.empty()) words += " / ";
    words += PrintableText(line);
  }
  return words;
}

std::vector<std::string> GrowingLog::NewLines() {
  std::vector<std::string> lines;
  std::ifstream file(path_, std::ios::binary);
  if (!file.seekg(read_)) return lines;
  std::array<char, 1 << 14> chunk;
  while (file) {
    file.read(chunk.data(), chunk.size());
    const std::streamsize count = file.gcount();
    read_ += count;
    for (const char c : std::string_view(chunk.data(), static_cast<size_t>(count))) {
      if (c != '\n' && unfinished_.size() < kMaxLineBytes) {
        if (c != '\r') unfinished_ += c;
        continue;
      }
      lines.push_back(std::exchange(unfinished_, {}));
    }
  }
  return lines;
}

}  // namespace host
