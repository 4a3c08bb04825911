// SPDX-License-Identifier: Apache-2.0

#include "sim/springbok_sim/pty.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sim {
namespace {

std::string SystemError(const std::string& what) {
  return fmt::format("{}: {}", what, std::strerror(errno));
}

// The sentence that refuses the path, or nothing if it is free now.
std::string ClearPath(const std::string& path, bool force) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? std::string{} : SystemError("cannot look at " + path);
  }
  if (!force) return path + " exists already; remove it or use --force";
  if (!S_ISLNK(status.st_mode) && !S_ISCHR(status.st_mode)) {
    return path + " is neither a link nor a terminal; not even --force replaces it";
  }
  return unlink(path.c_str()) == 0 ? std::string{} : SystemError("cannot remove " + path);
}

bool MakeRaw(int descriptor) {
  termios settings{};
  if (tcgetattr(descriptor, &settings) != 0) return false;
  cfmakeraw(&settings);
  return tcsetattr(descriptor, TCSANOW, &settings) == 0;
}

}  // namespace

std::expected<Pty, std::string> Pty::Open(const std::string& path, bool force) {
  if (std::string refusal = ClearPath(path, force); !refusal.empty()) {
    return std::unexpected(refusal);
  }
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0) return std::unexpected(SystemError("cannot open a pseudo-terminal"));
  std::array<char, 128> name{};
  if (grantpt(master) != 0 || unlockpt(master) != 0 ||
      ptsname_r(master, name.data(), name.size()) != 0) {
    const std::string error = SystemError("cannot prepare the pseudo-terminal");
    close(master);
    return std::unexpected(error);
  }
  const int slave = open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0 || !MakeRaw(slave) || symlink(name.data(), path.c_str()) != 0) {
    const std::string error = SystemError("cannot make " + path + " a terminal");
    if (slave >= 0) close(slave);
    close(master);
    return std::unexpected(error);
  }
  return Pty(master, slave, path, name.data());
}

Pty::Pty(Pty&& other) noexcept
    : master_(std::exchange(other.master_, -1)),
      slave_(std::exchange(other.slave_, -1)),
      path_(std::exchange(other.path_, {})),
      target_(std::exchange(other.target_, {})) {}

Pty::~Pty() {
  if (master_ < 0) return;
  close(slave_);
  close(master_);
  std::array<char, 128> target{};
  const ssize_t length = readlink(path_.c_str(), target.data(), target.size());
  if (length > 0 && target_ == std::string_view(target.data(), static_cast<size_t>(length))) {
    unlink(path_.c_str());
  }
}

std::vector<uint8_t> Pty::Read() {
  constexpr size_t kMaxRead = 64 * 1024;
  std::vector<uint8_t> bytes(kMaxRead);
  size_t length = 0;
  while (length < bytes.size()) {  // the kernel hands out at most 4 KiB at once
    const ssize_t count = read(master_, bytes.data() + length, bytes.size() - length);
    if (count <= 0) break;
    length += static_cast<size_t>(count);
  }
  bytes.resize(length);
  return bytes;
}

size_t Pty::Write(std::span<const uint8_t> bytes) {
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = write(master_, bytes.data() + written, bytes.size() - written);
    if (count <= 0) break;
    written += static_cast<size_t>(count);
  }
  return written;
}

}  // namespace sim
