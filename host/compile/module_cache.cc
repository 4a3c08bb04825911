// SPDX-License-Identifier: Apache-2.0

#include "host/compile/module_cache.h"

#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <system_error>

#include "fmt/format.h"

namespace host {
namespace {

namespace fs = std::filesystem;

// FNV-1a: names entries, proves nothing.
uint64_t ShortHash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

bool HasContent(const fs::path& path, std::string_view expected) {
  std::error_code failure;
  if (fs::file_size(path, failure) != expected.size() || failure) return false;
  std::ifstream stream(path, std::ios::binary);
  std::string content(expected.size(), '\0');
  stream.read(content.data(), static_cast<std::streamsize>(content.size()));
  return stream && content == expected;
}

// The key carries the module's size, so that a module cut by a full disk is a miss too.
std::string FullKey(std::string_view key, uint64_t module_bytes) {
  return fmt::format("{}\nmodule of {} bytes\n", key, module_bytes);
}

}  // namespace

fs::path ModuleCache::Entry(std::string_view key, std::string_view suffix) const {
  return folder_ / fmt::format("{:016x}{}", ShortHash(key), suffix);
}

bool ModuleCache::Fetch(std::string_view key, const fs::path& destination) const {
  if (folder_.empty()) return false;
  std::error_code failure;
  const fs::path module = Entry(key, ".vmfb");
  const uint64_t size = fs::file_size(module, failure);
  if (failure || !HasContent(Entry(key, ".key"), FullKey(key, size))) return false;
  return fs::copy_file(module, destination, fs::copy_options::overwrite_existing, failure);
}

void ModuleCache::Store(std::string_view key, const fs::path& module) const {
  if (folder_.empty()) return;
  std::error_code failure;
  fs::create_directories(folder_, failure);
  const std::string own = fmt::format(".{}.part", getpid());
  const fs::path module_part = Entry(key, ".vmfb" + own);
  const fs::path key_part = Entry(key, ".key" + own);
  const uint64_t size = fs::file_size(module, failure);
  if (!failure) fs::copy_file(module, module_part, fs::copy_options::overwrite_existing, failure);
  std::ofstream stream(key_part, std::ios::binary | std::ios::trunc);
  stream << FullKey(key, size);
  stream.close();
  if (!failure && stream) fs::rename(module_part, Entry(key, ".vmfb"), failure);
  if (!failure && stream) fs::rename(key_part, Entry(key, ".key"), failure);
  std::error_code ignored;
  fs::remove(module_part, ignored);
  fs::remove(key_part, ignored);
}

}  // namespace host
