// SPDX-License-Identifier: Apache-2.0

#include "host/cli/recorded_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace host::cli {
namespace {

using ::testing::ElementsAre;

TEST(RecordedCommand, OneLineAnOptionAndOneAValue) {
  const std::vector<std::string> words = {"--json-cfg",  "a.json",         "--report-types",
                                          "performance", "classification", "--to-html"};
  EXPECT_THAT(RecordedCommand("kenning optimize test report", words),
              ElementsAre("kenning optimize test report \\", "    --json-cfg \\",
                          "        a.json \\", "    --report-types \\", "        performance \\",
                          "        classification \\", "    --to-html"));
}

TEST(RecordedCommand, IsACommandThatAShellRuns) {
  const std::vector<std::string> words = {"--report-name", "it's $HOME", "--x=1"};
  EXPECT_THAT(RecordedCommand("kenning report", words),
              ElementsAre("kenning report \\", "    --report-name \\",
                          "        'it'\\''s $HOME' \\", "    --x=1"));
  EXPECT_THAT(RecordedCommand("kenning report", {}), ElementsAre("kenning report"));
}

}  // namespace
}  // namespace host::cli
