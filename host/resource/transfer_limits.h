// SPDX-License-Identifier: Apache-2.0

// How large a download may become and how long it may stand still: for all that is downloaded.
#ifndef HOST_RESOURCE_TRANSFER_LIMITS_H_
#define HOST_RESOURCE_TRANSFER_LIMITS_H_

#include <chrono>
#include <cstdint>

#include "host/error/error.h"

namespace host {

struct TransferLimits {
  uint64_t size_bytes = uint64_t{8} << 30;
  std::chrono::seconds connect = std::chrono::seconds(15);
  std::chrono::seconds stalled = std::chrono::seconds(30);  // below 100 bytes/s for this long
  // For another program that downloads the same file.
  std::chrono::seconds turn = std::chrono::hours(1);
};

// `limits` with what the environment says put over them: KENNING_DOWNLOAD_MAX_SIZE (bytes),
// KENNING_DOWNLOAD_TIMEOUT (seconds, for connecting and for standing still) and
// KENNING_LOCK_TIMEOUT (seconds, for another program's turn). kInput, naming the variable, for
// values that are none.
[[nodiscard]] Result<TransferLimits> LimitsFromEnvironment(TransferLimits limits = {});

}  // namespace host

#endif  // HOST_RESOURCE_TRANSFER_LIMITS_H_
