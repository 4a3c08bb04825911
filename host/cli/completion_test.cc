// SPDX-License-Identifier: Apache-2.0

#include "host/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/cli/options.h"

namespace host::cli {
namespace {

using ::testing::HasSubstr;

TEST(Completion, EveryShellKnowsEveryOptionAndSubcommand) {
  for (const std::string_view shell : CompletionShells()) {
    const auto script = CompletionScript(shell);
    ASSERT_TRUE(script);
    for (const SubcommandRow& row : SubcommandRows()) {
      EXPECT_THAT(*script, HasSubstr(std::string(row.name))) << shell;
    }
    for (const GroupedOption& row : AllOptions()) {
      const std::string name(shell == "fish" ? row.option.name.substr(2) : row.option.name);
      EXPECT_THAT(*script, HasSubstr(name)) << shell;
    }
  }
}

TEST(Completion, UnknownShellIsNamed) {
  const auto script = CompletionScript("bsh");
  ASSERT_FALSE(script);
  EXPECT_THAT(script.error().sentence, HasSubstr("did you mean 'bash'?"));
}

}  // namespace
}  // namespace host::cli
