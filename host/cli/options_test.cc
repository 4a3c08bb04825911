// SPDX-License-Identifier: Apache-2.0

#include "host/cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

namespace host::cli {
namespace {

using ::testing::HasSubstr;

struct SequenceRow {
  std::vector<std::string> words;
  const char* text;  // of the accepted sequence; null: refused
};

TEST(Sequence, LegalAndIllegal) {
  for (const SequenceRow& row : {
           SequenceRow{{}, "kenning"},
           SequenceRow{{"--help"}, "kenning"},
           SequenceRow{{"optimize"}, "kenning optimize"},
           SequenceRow{{"optimize", "test"}, "kenning optimize test"},
           SequenceRow{{"optimize", "test", "report", "--x"}, "kenning optimize test report"},
           SequenceRow{{"test"}, "kenning test"},
           SequenceRow{{"test", "report"}, "kenning test report"},
           SequenceRow{{"report"}, "kenning report"},
           SequenceRow{{"run", "model.vmfb"}, "kenning run"},
           SequenceRow{{"info", "model.vmfb"}, "kenning info"},
           SequenceRow{{"foo"}, nullptr},
           SequenceRow{{"report", "test"}, nullptr},
           SequenceRow{{"test", "optimize"}, nullptr},
           SequenceRow{{"optimize", "report"}, nullptr},
           SequenceRow{{"test", "test"}, nullptr},
           SequenceRow{{"run", "test"}, nullptr},
       }) {
    const auto sequence = ParseSequence(row.words);
    ASSERT_EQ(sequence.has_value(), row.text != nullptr) << (row.words.empty() ? "" : row.words[0]);
    if (sequence) EXPECT_EQ(sequence->text, row.text);
  }
}

TEST(Sequence, WordingOfAnUnknownSubcommand) {
  EXPECT_EQ(ParseSequence(std::vector<std::string>{"foo"}).error().sentence,
            "'foo' doesn't match any subcommand");
}

// The option sets of the contract, section 1.2, as letters: o, t, r.
struct OptionRow {
  const char* name;
  const char* subcommands;
};

TEST(Options, BelongToTheSubcommandsOfTheContract) {
  for (const OptionRow& row : {
           OptionRow{"--help", "otr"},
           OptionRow{"--verbosity", "otr"},
           OptionRow{"--json-cfg", "ot"},
           OptionRow{"--convert-to-onnx", "o"},
           OptionRow{"--max-target-side-optimizers", "o"},
           OptionRow{"--evaluate-unoptimized", "t"},
           OptionRow{"--measurements", "tr"},
           OptionRow{"--report-path", "r"},
           OptionRow{"--to-html", "r"},
           OptionRow{"--report-name", "r"},
           OptionRow{"--root-dir", "r"},
           OptionRow{"--img-dir", "r"},
           OptionRow{"--report-types", "r"},
           OptionRow{"--model-names", "r"},
           OptionRow{"--only-png-images", "r"},
           OptionRow{"--skip-unoptimized-model", "r"},
           OptionRow{"--smaller-header", "r"},
       }) {
    const std::string_view subcommands(row.subcommands);
    for (const auto& [letter, subcommand] :
         {std::pair{'o', Subcommand::kOptimize}, std::pair{'t', Subcommand::kTest},
          std::pair{'r', Subcommand::kReport}}) {
      const std::vector<Option> options = OptionsOf(Bit(subcommand));
      const bool has = std::ranges::find(options, row.name, &Option::name) != options.end();
      EXPECT_EQ(has, subcommands.contains(letter)) << row.name << " " << letter;
    }
  }
}

// A name may mean one thing for one subcommand and another for a second one that never goes with
// it.
TEST(Options, NamesAreUniqueInASequence) {
  std::map<std::string_view, Subcommands> names;
  for (const GroupedOption& row : AllOptions()) {
    EXPECT_EQ(names[row.option.name] & row.subcommands, 0) << row.option.name;
    names[row.option.name] |= row.subcommands;
    EXPECT_FALSE(row.option.help.empty()) << row.option.name;
    EXPECT_EQ(row.required_by & ~row.subcommands, 0) << row.option.name;
  }
}

struct RequiredRow {
  std::vector<std::string> subcommands;
  std::vector<std::string> words;
  const char* sentence;  // null: complete
};

TEST(Options, Required) {
  for (const RequiredRow& row : {
           RequiredRow{{"optimize"}, {}, "JSON or flag config is required."},
           RequiredRow{{"optimize"}, {"--json-cfg", "x"}, nullptr},
           RequiredRow{{"optimize"}, {"--dataset-cls", "x"}, nullptr},
           RequiredRow{{"optimize"},
                       {"--dataset-cls", "x", "--json-cfg", "x"},
                       "JSON and flag configurations are mutually exclusive. Please use only one "
                       "method of configuration."},
           // Kenning of 2025 saves nothing then; before, it was required (contract, section 1.3).
           RequiredRow{{"test"}, {"--json-cfg", "x"}, nullptr},
           RequiredRow{{"merge"}, {}, "the following arguments are required: --measurements"},
           RequiredRow{{"report"},
                       {},
                       "the following arguments are required: --measurements, --report-path"},
           RequiredRow{{"optimize", "test", "report"},
                       {"--json-cfg", "x", "--measurements", "m", "--report-path", "r"},
                       nullptr},
       }) {
    const auto sequence = ParseSequence(row.subcommands);
    ASSERT_TRUE(sequence);
    const auto arguments = ParseArguments(row.words, OptionsOf(sequence->subcommands));
    ASSERT_TRUE(arguments);
    const auto complete = CheckRequired(sequence->subcommands, *arguments);
    ASSERT_EQ(complete.has_value(), row.sentence == nullptr);
    if (!complete) EXPECT_EQ(complete.error().sentence, row.sentence);
  }
}

TEST(Options, Positionals) {
  const std::pair<std::vector<std::string>, bool> rows[] = {
      {{"run", "m.vmfb"}, true},   {{"run"}, false},        {{"run", "a", "b"}, false},
      {{"merge", "a", "b"}, true}, {{"merge"}, false},      {{"report", "a"}, false},
      {{"report"}, true},          {{"completion"}, false},
  };
  for (const auto& [words, good] : rows) {
    const auto sequence = ParseSequence(words);
    ASSERT_TRUE(sequence);
    const auto own = std::span(words).subspan(sequence->names.size());
    const auto arguments = ParseArguments(own, OptionsOf(sequence->subcommands));
    ASSERT_TRUE(arguments);
    EXPECT_EQ(CheckPositionals(sequence->subcommands, *arguments).has_value(), good) << words[0];
  }
}

// Golden help texts; KN_REWRITE=1 rewrites them.
TEST(Help, MatchesTheGoldenFiles) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{}, {"optimize", "test", "report"}, {"run"}}) {
    const auto sequence = ParseSequence(words);
    ASSERT_TRUE(sequence);
    std::string name = "help";
    for (const std::string& word : words) name += "_" + word;
    const std::string path = "host/cli/testdata/" + name + ".txt";
    const std::string help = HelpText(*sequence);
    if (std::getenv("KN_REWRITE") != nullptr) std::ofstream(path) << help;
    std::stringstream golden;
    golden << std::ifstream(path).rdbuf();
    EXPECT_EQ(help, golden.str()) << "KN_REWRITE=1 rewrites " << path;
  }
}

TEST(Help, UsageListsWhatMayFollow) {
  const auto usage = [](std::vector<std::string> words) {
    return UsageText(*ParseSequence(words));
  };
  EXPECT_THAT(usage({}), HasSubstr("usage: kenning [optimize|test|report|run|info"));
  EXPECT_THAT(usage({"optimize"}), HasSubstr("usage: kenning optimize [test] --json-cfg PATH"));
  EXPECT_THAT(usage({"merge"}), HasSubstr("usage: kenning merge PART.json [PART.json ...] "));
  EXPECT_THAT(usage({"info"}), HasSubstr("usage: kenning info MODEL.vmfb [options]"));
}

}  // namespace
}  // namespace host::cli
