// SPDX-License-Identifier: Apache-2.0

#include "host/cli/dataset_choice.h"

#include <fmt/format.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host::cli {
namespace {

using ::testing::HasSubstr;

Scenario With(std::string_view dataset, std::string_view wrapper) {
  auto scenario = ParseScenario(
      fmt::format(R"({{"platform": {{"type": "BareMetalPlatform", "parameters": {{}}}},
  "dataset": {{"type": "{}", "parameters": {{"dataset_root": "/nonexistent",
                                             "download_dataset": false}}}},
  "model_wrapper": {{"type": "{}", "parameters": {{"model_path": "m"}}}},
  "optimizers": [{{"type": "IREECompiler", "parameters": {{"compiled_model_path": "m.vmfb"}}}}]}})",
                  dataset, wrapper),
      "s.json");
  EXPECT_TRUE(scenario) << scenario.error().Format();
  return *std::move(scenario);
}

TEST(DatasetChoice, EachDatasetHasItsLoaderAndItsWrapper) {
  const struct {
    const char* dataset;
    const char* wrapper;
    const char* fault;
  } rows[] = {
      {"MagicWandDataset", "MagicWandModelWrapper", "no recordings here"},
      {"VisualWakeWordsDataset", "PersonDetectionModelWrapper", "download_dataset is false"},
      {"MagicWandDataset", "PersonDetectionModelWrapper", "needs the model wrapper MagicWand"},
      {"VisualWakeWordsDataset", "MagicWandModelWrapper", "needs the model wrapper PersonDet"},
  };
  Log log(LogLevel::kCritical);
  for (const auto& row : rows) {
    const auto loaded = LoadDatasetOf(With(row.dataset, row.wrapper), log, {});
    ASSERT_FALSE(loaded) << row.dataset;
    EXPECT_EQ(loaded.error().kind, ErrorKind::kInput);
    EXPECT_THAT(loaded.error().Format(), HasSubstr(row.fault));
  }
}

}  // namespace
}  // namespace host::cli
