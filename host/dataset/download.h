// One bounded HTTP(S) transfer into memory.
#ifndef HOST_DATASET_DOWNLOAD_H_
#define HOST_DATASET_DOWNLOAD_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/error/error.h"

namespace host {

struct DownloadLimits {
  uint64_t size_bytes = 256ull << 20;
  std::chrono::seconds connect = std::chrono::seconds(15);
  std::chrono::seconds stalled = std::chrono::seconds(30);  // below 100 bytes/s for this long
  std::chrono::seconds whole = std::chrono::minutes(15);
};

// Follows up to five redirects, http and https only. Fails (kRun) with the URL as place and what to
// do without a network left to the caller. `progress` gets done and total bytes (0: not known).
[[nodiscard]] Result<std::vector<uint8_t>> Download(
    const std::string& url, const DownloadLimits& limits = {},
    const std::function<void(uint64_t, uint64_t)>& progress = {});

}  // namespace host

#endif  // HOST_DATASET_DOWNLOAD_H_
