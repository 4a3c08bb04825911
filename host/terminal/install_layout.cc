// SPDX-License-Identifier: Apache-2.0

#include "host/terminal/install_layout.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <system_error>

namespace host {
namespace {

namespace fs = std::filesystem;

// The value of an environment variable; empty counts as unset.
fs::path FromEnvironment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? fs::path() : fs::path(value);
}

Result<fs::path> Existing(const fs::path& path, std::string_view what, const char* variable) {
  std::error_code ignored;
  if (fs::exists(path, ignored)) return path;
  return RunError(
      fmt::format("{} is not there; build it with `make demo`, or name it in {}", what, variable),
      path.string());
}

}  // namespace

InstallLayout InstallLayout::OfThisProgram() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return InstallLayout(error ? fs::path("/usr/local") : program.parent_path().parent_path());
}

Result<fs::path> InstallLayout::Firmware(std::string_view board, std::string_view image) const {
  fs::path path = FromEnvironment("KENNING_FIRMWARE");
  if (path.empty()) path = prefix_ / "firmware" / board / fmt::format("{}.elf", image);
  return Existing(path, fmt::format("the firmware image for {}", board), "KENNING_FIRMWARE");
}

Result<fs::path> InstallLayout::PythonProgram(std::string_view name) const {
  fs::path folder = FromEnvironment("KENNING_PYTHON_ENV");
  if (folder.empty()) folder = prefix_ / "venv";
  return Existing(folder / "bin" / name, fmt::format("the Python environment's program {}", name),
                  "KENNING_PYTHON_ENV");
}

Result<fs::path> InstallLayout::Share(std::string_view name) const {
  fs::path folder = FromEnvironment("KENNING_SHARE");
  if (folder.empty()) folder = prefix_ / "share";
  return Existing(folder / name, fmt::format("the shared file {}", name), "KENNING_SHARE");
}

Result<fs::path> InstallLayout::Platform(std::string_view name) const {
  fs::path folder = FromEnvironment("KENNING_PLATFORMS");
  if (folder.empty()) {
    // Built in a clone, programs lie in build/bin and the scripts beside build/.
    std::error_code ignored;
    folder = prefix_ / "platforms";
    if (!fs::exists(folder, ignored)) folder = prefix_.parent_path() / "platforms";
  }
  return Existing(folder / name, fmt::format("the platform file {}", name), "KENNING_PLATFORMS");
}

}  // namespace host
