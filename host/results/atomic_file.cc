// SPDX-License-Identifier: Apache-2.0

#include "host/results/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

namespace host {
namespace {

std::unexpected<Error> Failed(const std::filesystem::path& path, std::string_view doing, int code) {
  return RunError(std::string(doing) + ": " + std::generic_category().message(code), path.string());
}

// The mode a plainly created file would have; mkstemp gives 0600.
mode_t DefaultFileMode() {
  const mode_t mask = umask(0);
  umask(mask);
  return static_cast<mode_t>(0666 & ~mask);
}

bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

Result<> WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes) {
  std::error_code error;
  if (path.has_parent_path()) {
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) return Failed(path.parent_path(), "cannot make the folder", error.value());
  }
  std::string temporary = path.string() + ".XXXXXX";
  const int descriptor = mkstemp(temporary.data());
  if (descriptor < 0) return Failed(path, "cannot make a temporary file beside it", errno);
  int fault = 0;
  if (!WriteAll(descriptor, bytes) || fchmod(descriptor, DefaultFileMode()) != 0 ||
      fsync(descriptor) != 0) {
    fault = errno;
  }
  if (close(descriptor) != 0 && fault == 0) fault = errno;
  if (fault == 0 && rename(temporary.c_str(), path.c_str()) != 0) fault = errno;
  if (fault != 0) {
    unlink(temporary.c_str());
    return Failed(path, "cannot write the file", fault);
  }
  return {};
}

}  // namespace host
