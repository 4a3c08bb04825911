// SPDX-License-Identifier: Apache-2.0

// The local file behind a path or URI: downloaded on first use, checked, kept, and used without a
// network afterwards (contract, section 1.5).
//
// A file in the cache has its lower-case MD5 beside it (`<file>.md5`), as Kenning writes it. When a
// kept file is asked for, the server's `<URL>.md5` decides whether it is still the right one; a
// server without one leaves the decision to the local checksum; without a network the local file is
// used with a note. A download that does not match the server's checksum is refused.
#ifndef HOST_RESOURCE_RESOURCE_STORE_H_
#define HOST_RESOURCE_RESOURCE_STORE_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "host/error/error.h"
#include "host/resource/http_file.h"
#include "host/resource/uri.h"

namespace host {

struct StoreOptions {
  std::filesystem::path cache_dir;
  uint64_t max_cache_bytes = 50'000'000'000;
  bool offline = false;  // never ask the network
  Mirrors mirrors;
  TransferLimits limits;
};

// What the environment says: KENNING_CACHE_DIR (else ~/.kenning), KENNING_MAX_CACHE_SIZE (bytes),
// KENNING_OFFLINE (1), KENNING_MIRRORS, and those of transfer_limits.h. kInput, naming the
// variable, for values that are none.
[[nodiscard]] Result<StoreOptions> StoreOptionsFromEnvironment();
// Only the folder, which other things are kept in too.
[[nodiscard]] std::filesystem::path CacheFolder();

class ResourceStore {
 public:
  using Note = std::function<void(std::string_view sentence)>;
  using Progress = std::function<void(std::string_view what, uint64_t done, uint64_t total)>;

  explicit ResourceStore(StoreOptions options, Note note = {}, Progress progress = {},
                         std::stop_token stop = {});

  // An existing file for anything but a plain path, which is only given back (with ~ expanded).
  // kInput for texts that are no URI, kRun if there is neither a network nor a kept file, or if the
  // checksum is wrong; each says what to do.
  [[nodiscard]] Result<std::filesystem::path> Fetch(std::string_view path_or_uri);

 private:
  Result<std::filesystem::path> FetchRemote(const Location& location);
  Result<bool> IsCurrent(const Location& location, const std::filesystem::path& file);
  Result<> Download(const Location& location, const std::filesystem::path& file);
  void MakeRoom(const std::filesystem::path& keep) const;
  void Tell(std::string_view sentence) const {
    if (note_) note_(sentence);
  }

  StoreOptions options_;
  Note note_;
  Progress progress_;
  std::stop_token stop_;
};

}  // namespace host

#endif  // HOST_RESOURCE_RESOURCE_STORE_H_
