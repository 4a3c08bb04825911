// SPDX-License-Identifier: Apache-2.0

// Several results files of one evaluation as the one that a single device would have written.
// Series are joined in order, counters added, times of simulated devices moved to one time line;
// what describes the run is taken from the first. The files may come from other machines and are
// checked: a fault is kInput with the file and JSON pointer as place.
#ifndef HOST_SESSION_MERGED_RESULTS_H_
#define HOST_SESSION_MERGED_RESULTS_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/error/error.h"
#include "host/session/test_run.h"

namespace host {

// What a part says of itself, under the key `shard` of its results:
//   first, last, total         positions in the test order
//   start_s, end_s             the device's clock at both ends
//   interval_s                 of the time series; 0 for devices without a simulator
//   virtual_clock              true: times are moved when parts are joined
//   allocation_before          allocation_stats when the measurement began
[[nodiscard]] nlohmann::ordered_json ShardKey(const TestRecord& record);
inline constexpr std::string_view kShardKey = "shard";

struct NamedResults {
  std::string name;  // of the file, for errors
  nlohmann::ordered_json contents;
};

struct MergeOutcome {
  nlohmann::ordered_json contents;
  double end_s = 0;                // the last part's end on the common time line
  std::vector<std::string> notes;  // what differed and should not matter, one sentence each
};

// Parts in any order. All positions must be there exactly once, unless `may_end_early`: then parts
// beyond the first gap are left out. The result has no `shard` key when it is complete.
[[nodiscard]] Result<MergeOutcome> MergeResults(std::vector<NamedResults> parts,
                                                bool may_end_early = false);

}  // namespace host

#endif  // HOST_SESSION_MERGED_RESULTS_H_
