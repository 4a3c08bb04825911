// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "tests/isa/qemu_compare/runners.h"

extern char** environ;

namespace qemu_compare {
namespace {

namespace fs = std::filesystem;

// A directory that goes with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "qemu_compare.XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// False: the child did not end in time and was killed.
bool WaitFor(pid_t child, int* status) {
  constexpr auto kLimit = std::chrono::minutes(5);
  constexpr auto kStep = std::chrono::milliseconds(5);
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  while (waitpid(child, status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(child, SIGKILL);
      waitpid(child, status, 0);
      return false;
    }
    std::this_thread::sleep_for(kStep);
  }
  return true;
}

}  // namespace

std::string FindQemu() {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder) / "qemu-riscv32";
    if (access(candidate.c_str(), X_OK) == 0) return candidate.string();
  }
  return "";
}

RunOutcome RunOnQemu(const std::string& qemu, const GuestImage& image) {
  const TemporaryFolder folder;
  if (folder.path().empty()) return {{}, "no temporary folder"};
  const std::string program = folder.path() / "program.elf";
  const std::string output = folder.path() / "output";
  {
    const std::vector<uint8_t> elf = image.ToElf();
    std::ofstream file(program, std::ios::binary);
    file.write(reinterpret_cast<const char*>(elf.data()), static_cast<std::streamsize>(elf.size()));
    if (!file) return {{}, "cannot write " + program};
  }
  fs::permissions(program, fs::perms::owner_all);
  std::string cpu = "rv32,v=true,vlen=512,elen=32,vext_spec=v1.0";
  std::string name = qemu;
  std::string cpu_flag = "-cpu";
  std::string program_argument = program;
  char* const arguments[] = {name.data(), cpu_flag.data(), cpu.data(), program_argument.data(),
                             nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_CREAT | O_WRONLY | O_TRUNC, 0600);
  pid_t child = 0;
  const int failed = posix_spawn(&child, qemu.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return {{}, "cannot start " + qemu};
  int status = 0;
  if (!WaitFor(child, &status)) return {{}, "QEMU did not end within its time limit"};
  RunOutcome outcome;
  std::ifstream file(output, std::ios::binary);
  outcome.output.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  if (WIFSIGNALED(status)) {
    outcome.error = "QEMU died of signal " + std::to_string(WTERMSIG(status));
  } else if (WEXITSTATUS(status) != 0) {
    outcome.error = "QEMU ended with status " + std::to_string(WEXITSTATUS(status));
  }
  return outcome;
}

}  // namespace qemu_compare
