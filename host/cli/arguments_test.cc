// SPDX-License-Identifier: Apache-2.0

#include "host/cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace host::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kChoices = std::to_array<std::string_view>({"INFO", "DEBUG"});
constexpr auto kTable = std::to_array<Option>({
    {"--help", "-h", Arity::kFlag, "", ""},
    {"--json-cfg", "--cfg", Arity::kOne, "PATH", ""},
    {"--level", "", Arity::kOne, "LEVEL", "", kChoices},
    {"--to-html", "", Arity::kOptionalOne, "DIR", ""},
    {"--model-names", "", Arity::kMany, "NAME", ""},
    {"--model-path", "", Arity::kOne, "PATH", ""},
    {"--input", "", Arity::kGather, "VALUE", ""},
});

Result<Arguments> Parse(std::vector<std::string> words) { return ParseArguments(words, kTable); }

TEST(Arguments, Spellings) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--json-cfg", "a"},
                                             {"--json-cfg=a"},
                                             {"--cfg", "a"},
                                             {"--cfg=a"},
                                             {"--json", "a"},
                                             {"--j=a"},
                                             {"--json-cfg", "x", "--cfg", "a"}}) {
    const auto arguments = Parse(words);
    ASSERT_TRUE(arguments) << words[0] << ": " << arguments.error().Format();
    EXPECT_EQ(arguments->One("--json-cfg"), "a") << words[0];
  }
}

TEST(Arguments, Arities) {
  const auto arguments = Parse({"first", "--to-html", "--model-names", "a", "b", "--input", "1",
                                "--input", "-2", "-.5", "-h"});
  ASSERT_TRUE(arguments) << arguments.error().Format();
  EXPECT_TRUE(arguments->Has("--help"));
  EXPECT_TRUE(arguments->Has("--to-html"));
  EXPECT_EQ(arguments->One("--to-html"), "");
  EXPECT_THAT(arguments->Many("--model-names"), ElementsAre("a", "b"));
  EXPECT_THAT(arguments->Many("--input"), ElementsAre("1", "-2", "-.5"));
  EXPECT_THAT(arguments->positionals(), ElementsAre("first"));
  EXPECT_FALSE(arguments->Has("--level"));
  EXPECT_THAT(arguments->Many("--level"), IsEmpty());
}

TEST(Arguments, LastOfEqualOptionsCounts) {
  const auto arguments = Parse({"--model-names", "a", "b", "--model-names", "c"});
  ASSERT_TRUE(arguments);
  EXPECT_THAT(arguments->Many("--model-names"), ElementsAre("c"));
}

TEST(Arguments, ValuesWithEqualsSignsAndEmptyValues) {
  const auto arguments = Parse({"--json-cfg=a=b", "--to-html="});
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->One("--json-cfg"), "a=b");
  EXPECT_EQ(arguments->One("--to-html"), "");
}

struct Fault {
  std::vector<std::string> words;
  const char* sentence;
};

TEST(Arguments, Faults) {
  for (const Fault& row : {
           Fault{{"--nothing"}, "unrecognized arguments: --nothing"},
           Fault{{"-x"}, "unrecognized arguments: -x"},
           Fault{{"--jsn-cfg", "a"}, "unrecognized arguments: --jsn-cfg; did you mean --json-cfg?"},
           Fault{{"--model", "a"},
                 "ambiguous option: --model could match --model-names, --model-path"},
           Fault{{"--json-cfg"}, "argument --json-cfg/--cfg: expected one argument"},
           Fault{{"--json-cfg", "--help"}, "argument --json-cfg/--cfg: expected one argument"},
           Fault{{"--model-names"}, "argument --model-names: expected at least one argument"},
           Fault{{"--help=x"}, "argument --help/-h: ignored explicit argument 'x'"},
           Fault{{"--level", "LOUD"},
                 "argument --level: invalid choice: 'LOUD' (choose from 'INFO', 'DEBUG')"},
       }) {
    const auto arguments = Parse(row.words);
    ASSERT_FALSE(arguments) << row.sentence;
    EXPECT_EQ(arguments.error().sentence, row.sentence);
    EXPECT_EQ(arguments.error().exit_code(), 2);
  }
}

}  // namespace
}  // namespace host::cli
