// SPDX-License-Identifier: Apache-2.0

#include "host/input/read_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

namespace host {

Result<std::vector<uint8_t>> ReadFile(const std::filesystem::path& path, size_t limit_bytes,
                                      std::string_view what) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return InputError(fmt::format("{} is a folder, not a file", what), path.string());
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (file == nullptr) {
    return InputError(fmt::format("{} cannot be opened: {}", what, std::strerror(errno)),
                      path.string());
  }
  // The size is only a hint: pipes have none, and a file may grow.
  uintmax_t hint = std::filesystem::file_size(path, error);
  if (error) hint = 0;
  constexpr size_t kStep = 64 << 10;
  std::vector<uint8_t> bytes(std::min<uintmax_t>(hint, limit_bytes) + 1);
  size_t used = 0;
  for (;;) {
    const size_t count = std::fread(bytes.data() + used, 1, bytes.size() - used, file.get());
    used += count;
    if (used > limit_bytes) {
      return InputError(fmt::format("{} is larger than {} bytes", what, limit_bytes),
                        path.string());
    }
    if (count == 0) break;
    if (used == bytes.size()) bytes.resize(std::min(used + kStep, limit_bytes + 1));
  }
  if (std::ferror(file.get()) != 0) {
    return InputError(fmt::format("{} cannot be read: {}", what, std::strerror(errno)),
                      path.string());
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace host
