// SPDX-License-Identifier: Apache-2.0

// Compiled modules by the whole of what they were made from. An entry is two files: the module and
// the text of its key, which is compared byte for byte, so that the short hash in the file name
// never decides what is used. Entries are renamed into place, the key last; a cut or foreign entry
// is a miss. A cache that cannot be written is no error: the next run compiles again.
#ifndef HOST_COMPILE_MODULE_CACHE_H_
#define HOST_COMPILE_MODULE_CACHE_H_

#include <filesystem>
#include <string>
#include <string_view>

namespace host {

class ModuleCache {
 public:
  // An empty folder gives a cache that never has anything.
  explicit ModuleCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Copies the module made from `key` to `destination`; false if there is none.
  [[nodiscard]] bool Fetch(std::string_view key, const std::filesystem::path& destination) const;
  void Store(std::string_view key, const std::filesystem::path& module) const;

 private:
  [[nodiscard]] std::filesystem::path Entry(std::string_view key, std::string_view suffix) const;
  std::filesystem::path folder_;
};

}  // namespace host

#endif  // HOST_COMPILE_MODULE_CACHE_H_
