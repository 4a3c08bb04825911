// SPDX-License-Identifier: Apache-2.0

// The content of results.json: keys, units and order of the contract's section 6.
#ifndef HOST_SESSION_RESULTS_CONTENT_H_
#define HOST_SESSION_RESULTS_CONTENT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/scenario/blocks.h"
#include "host/session/test_run.h"
#include "sim/profile/profile.h"

namespace host {

// What is known of a run besides what was measured.
struct RunDescription {
  Grammar grammar = Grammar::kHead;
  std::string compiler_version;  // empty: nothing was compiled and nothing is known
  std::vector<std::string> command;
  const nlohmann::ordered_json* build_configuration = nullptr;
  std::string scenario_path;
  std::string model_framework;
  std::string model_version;
  std::vector<std::string> class_names;
  uint64_t compiled_model_bytes = 0;
  bool synthetic_data = false;
  bool with_opcode_counters = true;
  bool with_profiler = true;
};

// LEGACY scenarios give LEGACY's file (description first, flat opcode counters, values per second),
// others HEAD's (series first, counters per CPU, values per interval). The additional keys
// `dataset_synthetic` and `simulator_profile` are described in docs/report.md.
[[nodiscard]] nlohmann::ordered_json ComposeResults(const RunDescription& description,
                                                    const TestRecord& record);

// `simulator_profile` alone: what was counted between two profiles of one machine. `series` says
// how the time series beside it are scaled; empty if there are none.
[[nodiscard]] nlohmann::ordered_json SimulatorProfile(const sim::Profile& before,
                                                      const sim::Profile& after,
                                                      std::string_view series);

}  // namespace host

#endif  // HOST_SESSION_RESULTS_CONTENT_H_
