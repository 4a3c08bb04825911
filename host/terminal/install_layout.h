// SPDX-License-Identifier: Apache-2.0

// Where the parts of an installation lie. Everything is found from the running program's own path
// (`<prefix>/bin/kenning` gives `<prefix>`), never from the current directory, so the tool can be
// started from anywhere and the tree can be moved. Each part can be overridden by an environment
// variable, which is named in the error when the part is missing.
//
//   firmware image      <prefix>/firmware/<board>/<image>.elf    KENNING_FIRMWARE (a file)
//   Python environment  <prefix>/venv                            KENNING_PYTHON_ENV (a folder)
//   shared data         <prefix>/share                           KENNING_SHARE (a folder)
//   platform scripts    <prefix>/platforms, or beside <prefix>   KENNING_PLATFORMS (a folder)
//
// Cost: one readlink and one getenv a question; nothing is kept.
#ifndef HOST_TERMINAL_INSTALL_LAYOUT_H_
#define HOST_TERMINAL_INSTALL_LAYOUT_H_

#include <filesystem>
#include <string_view>

#include "host/error/error.h"

namespace host {

class InstallLayout {
 public:
  // The installation that the running program belongs to.
  [[nodiscard]] static InstallLayout OfThisProgram();

  explicit InstallLayout(std::filesystem::path prefix) : prefix_(std::move(prefix)) {}

  [[nodiscard]] const std::filesystem::path& prefix() const { return prefix_; }

  // Each gives an existing file or folder, or an ErrorKind::kRun error that names the path looked
  // at, the variable that overrides it, and `make demo` as the way to build it.
  // `image` is "firmware", or "firmware_sensor" for the build that reads an accelerometer.
  [[nodiscard]] Result<std::filesystem::path> Firmware(std::string_view board = "springbok",
                                                       std::string_view image = "firmware") const;
  // A program of the Python environment, such as "iree-compile" or "python3".
  [[nodiscard]] Result<std::filesystem::path> PythonProgram(std::string_view name) const;
  // A file of the shared data, such as "vega-embed.js".
  [[nodiscard]] Result<std::filesystem::path> Share(std::string_view name) const;
  // A launch script or platform description, such as "qemu-virt.sh".
  [[nodiscard]] Result<std::filesystem::path> Platform(std::string_view name) const;

 private:
  std::filesystem::path prefix_;
};

}  // namespace host

#endif  // HOST_TERMINAL_INSTALL_LAYOUT_H_
