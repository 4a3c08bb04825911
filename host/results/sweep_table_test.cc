// SPDX-License-Identifier: Apache-2.0

#include "host/results/sweep_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace host {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

TEST(SweepTable, RowOfResults) {
  const SweepRow row = RowOf(Json::parse(R"({
    "compiled_model_size": 1000, "eval_confusion_matrix": [[3, 1], [0, 4]],
    "allocation_stats": {"host_bytes_peak": 20, "device_bytes_peak": 30, "host_bytes_freed": 9},
    "opcode_counters": {"cpu": {"vadd.vv": 30, "add": 70}},
    "simulator_profile": {"inferences": 4, "kernel_instructions": 400, "runtime_instructions": 40}
  })"));
  EXPECT_EQ(row.kernel_instructions, 100);
  EXPECT_EQ(row.instructions, 110);
  EXPECT_EQ(row.vector_share, 0.3);
  EXPECT_EQ(row.memory_bytes, 50);
  EXPECT_EQ(row.accuracy, 0.875);
}

TEST(SweepTable, MarksTheBestAndNamesFailures) {
  const std::vector<SweepRow> rows = {
      {.release = "3.0.0",
       .kernel_instructions = 100,
       .largest_difference = 0,
       .other_predictions = 0},
      {.release = "3.6.0",
       .flags = "a=1",
       .kernel_instructions = 90,
       .largest_difference = 0.5,
       .other_predictions = 2},
      {
          .release = "3.9.0",
          .failure = "it broke|\nreally",
      },
  };
  const std::string table = SweepTable(rows);
  EXPECT_THAT(table, HasSubstr("| 3.0.0 | as in the scenario | 100 |"));
  EXPECT_THAT(table, HasSubstr("| 3.6.0 | `a=1` | **90** |"));
  EXPECT_THAT(table, HasSubstr("0.5 | 2 differ |"));
  EXPECT_THAT(table, HasSubstr("failed: it broke/ |"));
  const Json json = SweepJson(rows);
  EXPECT_EQ(json[1]["best"], Json::parse(R"(["kernel_instructions"])"));
  EXPECT_EQ(json[2]["failure"], "it broke|\nreally");
}

}  // namespace
}  // namespace host
