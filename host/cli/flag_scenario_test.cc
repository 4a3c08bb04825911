// SPDX-License-Identifier: Apache-2.0

#include "host/cli/flag_scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/cli/options.h"

namespace host::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<Scenario> FromWords(const std::vector<std::string>& words) {
  const FlagScenario flags(words);
  std::vector<Option> options = OptionsOf(Bit(Subcommand::kOptimize) | Bit(Subcommand::kTest));
  options.insert(options.end(), flags.options().begin(), flags.options().end());
  const auto arguments = ParseArguments(words, options);
  if (!arguments) return std::unexpected(arguments.error());
  return flags.Compose(*arguments);
}

TEST(FlagScenario, SameAsAFile) {
  const auto scenario = FromWords({"--dataset-cls",
                                   "kenning.datasets.magic_wand_dataset.MagicWandDataset",
                                   "--dataset-root",
                                   "data",
                                   "--window-size",
                                   "64",
                                   "--download-dataset",
                                   "false",
                                   "--split-fraction-test=0.5",
                                   "--modelwrapper-cls=MagicWandModelWrapper",
                                   "--model-path",
                                   "m.h5",
                                   "--compiler-cls",
                                   "IREECompiler",
                                   "--compiled-model-path",
                                   "m.vmfb",
                                   "--compiler-args",
                                   "a=1",
                                   "b",
                                   "--platform-cls",
                                   "BareMetalPlatform",
                                   "--simulated"});
  ASSERT_TRUE(scenario) << scenario.error().Format();
  EXPECT_EQ(scenario->grammar, Grammar::kHead);
  EXPECT_EQ(scenario->dataset->Integer("window_size"), 64);
  EXPECT_EQ(scenario->model_wrapper->Integer("window_size"), 64);
  EXPECT_FALSE(scenario->dataset->Flag("download_dataset"));
  EXPECT_DOUBLE_EQ(scenario->dataset->Number("split_fraction_test"), 0.5);
  EXPECT_THAT(scenario->optimizers[0].TextList("compiler_args"), ElementsAre("a=1", "b"));
  EXPECT_TRUE(scenario->platform->Flag("simulated"));
}

TEST(FlagScenario, FaultsAreThoseOfAFile) {
  const auto wrong_type = FromWords({"--dataset-cls", "MagicWandDataset", "--dataset-root", "d",
                                     "--window-size", "many", "--runtime-cls", "RenodeRuntime"});
  ASSERT_FALSE(wrong_type);
  EXPECT_THAT(wrong_type.error().Format(),
              HasSubstr("command line:1#/dataset/parameters/window_size: needs a whole number"));
  const auto unknown = FromWords({"--dataset-cls", "MagicWandDatset"});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().Format(), HasSubstr("did you mean 'MagicWandDataset'?"));
  // A parameter of a class that was not named is no option.
  EXPECT_FALSE(FromWords({"--dataset-cls", "MagicWandDataset", "--driver", "x"}));
}

TEST(FlagScenario, UnusedWithoutClassOptions) {
  EXPECT_FALSE(FlagScenario(std::vector<std::string>{"--json-cfg", "x"}).used());
}

}  // namespace
}  // namespace host::cli
