// SPDX-License-Identifier: Apache-2.0

// Which test samples a device or a machine runs when several share an evaluation.
#ifndef HOST_SESSION_SHARD_H_
#define HOST_SESSION_SHARD_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host {

// Samples that are never divided. Enough that the one unmeasured sample of a device that starts in
// the middle, and the gap in the time series after a block, cost little.
inline constexpr size_t kBlockSamples = 16;

// Positions in the test order.
struct SampleRange {
  size_t first = 0;
  size_t last = 0;   // exclusive
  size_t total = 0;  // of the whole evaluation
  [[nodiscard]] size_t size() const { return last - first; }
  bool operator==(const SampleRange&) const = default;
};

// "2/8" is index 1 of 8.
struct Shard {
  size_t index = 0;
  size_t count = 1;
};

// "i/n" with 1 <= i <= n. kInput for anything else.
[[nodiscard]] Result<Shard> ParseShard(std::string_view text);

// The shard's part of a range, as near to equal parts as whole blocks allow; may be empty. Shards
// of all indices make the range, in order.
[[nodiscard]] SampleRange PartOf(const SampleRange& range, const Shard& shard);

// The same for several devices, without empty parts.
[[nodiscard]] std::vector<SampleRange> PartsOf(const SampleRange& range, size_t devices);

}  // namespace host

#endif  // HOST_SESSION_SHARD_H_
