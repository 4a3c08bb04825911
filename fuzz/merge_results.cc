// SPDX-License-Identifier: Apache-2.0

// Arbitrary JSON as a part of an evaluation, beside a good one: merged or refused, never more.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "host/scenario/json_lines.h"
#include "host/session/merged_results.h"

namespace {

using Json = nlohmann::ordered_json;

const Json& GoodPart() {
  static const Json part = Json::parse(R"({
    "total": 16, "eval_confusion_matrix": [[10.0, 1.0], [2.0, 3.0]], "class_names": ["a", "b"],
    "protocol_inference_step": [0.5], "protocol_inference_step_timestamp": [1.0],
    "executed_instructions": {"cpu": [3]}, "opcode_counters": {"cpu": {"add": 4}},
    "allocation_stats": {"host_bytes_peak": 4, "host_bytes_freed": 2},
    "simulator_profile": {"kernels": [{"name": "k", "instructions": 5}], "version": 1},
    "shard": {"first": 0, "last": 16, "total": 32, "start_s": 0.5, "end_s": 1.5,
              "interval_s": 0.01, "virtual_clock": true, "allocation_before": {}}})");
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr size_t kDepth = 64;
  if (host::NestingDepth(text) > kDepth) return 0;
  const Json part = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (part.is_discarded()) return 0;
  for (const bool may_end_early : {false, true}) {
    const auto merged =
        host::MergeResults({{"good", GoodPart()}, {"foreign", part}}, may_end_early);
    if (!merged && merged.error().exit_code() != 2) std::abort();
    if (merged && !merged->contents.is_object()) std::abort();
    (void)host::MergeResults({{"foreign", part}}, may_end_early);
  }
  return 0;
}
