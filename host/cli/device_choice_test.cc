#include "host/cli/device_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/cli/options.h"

namespace host::cli {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kRest = R"(
  "dataset": {"type": "MagicWandDataset", "parameters": {"dataset_root": "d"}},
  "model_wrapper": {"type": "MagicWandModelWrapper", "parameters": {"model_path": "m"}},
  "optimizers": [{"type": "IREECompiler", "parameters": {"compiled_model_path": "v"}}]})";

class DeviceChoiceTest : public ::testing::Test {
 protected:
  Result<DeviceChoice> Choose(const std::string& blocks, std::vector<std::string> words = {}) {
    const auto scenario = ParseScenario("{" + blocks + "," + std::string(kRest), "s");
    EXPECT_TRUE(scenario) << scenario.error().Format();
    const auto arguments = ParseArguments(words, OptionsOf(Bit(Subcommand::kTest)));
    EXPECT_TRUE(arguments) << arguments.error().Format();
    return ChooseDevice(*arguments, &*scenario, log_);
  }
  Log log_{LogLevel::kCritical};
};

TEST_F(DeviceChoiceTest, SimulatedPlatformRunsOnTheBuiltInSimulator) {
  const auto choice = Choose(
      R"("platform": {"type": "BareMetalPlatform", "parameters": {"runtime_binary_path": "fw.elf",
         "profiler_interval_step": 0.5, "runtime_init_timeout": 7}})");
  ASSERT_TRUE(choice);
  EXPECT_TRUE(choice->builtin_simulator);
  EXPECT_EQ(choice->firmware, "fw.elf");
  EXPECT_EQ(choice->profiler_interval_ms, 0.5);
  EXPECT_EQ(choice->start_limit_s, 7);
  EXPECT_EQ(choice->ready_text, "Inference server started");
}

TEST_F(DeviceChoiceTest, HardwarePlatformUsesItsPort) {
  const auto choice = Choose(
      R"("platform": {"type": "BareMetalPlatform",
         "parameters": {"simulated": false, "uart_port": "/dev/ttyX", "uart_baudrate": 9600}})");
  ASSERT_TRUE(choice);
  EXPECT_FALSE(choice->builtin_simulator);
  EXPECT_EQ(choice->port, "/dev/ttyX");
  EXPECT_EQ(choice->baudrate, 9600);
}

TEST_F(DeviceChoiceTest, LegacyRuntimes) {
  const std::string protocol =
      R"("protocol": {"type": "UARTProtocol", "parameters": {"port": "/p", "timeout": 3}})";
  const auto renode =
      Choose(R"("runtime": {"type": "RenodeRuntime", "parameters": {}}, )" + protocol);
  ASSERT_TRUE(renode);
  EXPECT_TRUE(renode->builtin_simulator);
  EXPECT_EQ(renode->ready_text, "Runtime started");
  EXPECT_EQ(renode->connection.answer_limit_s, 3);
  const auto iree = Choose(R"("runtime": {"type": "IREERuntime", "parameters": {}}, )" + protocol);
  ASSERT_TRUE(iree);
  EXPECT_FALSE(iree->builtin_simulator);
  EXPECT_EQ(iree->port, "/p");
}

TEST_F(DeviceChoiceTest, FirmwareThatWouldHaveToBeFetchedIsReplaced) {
  const auto choice = Choose(
      R"("platform": {"type": "BareMetalPlatform",
         "parameters": {"runtime_binary_path": "kenning:///renode/springbok/iree_runtime"}})");
  ASSERT_TRUE(choice);
  EXPECT_TRUE(choice->firmware.empty());
}

TEST_F(DeviceChoiceTest, CommandLineWins) {
  const auto choice = Choose(R"("platform": {"type": "BareMetalPlatform", "parameters": {}})",
                             {"--simulator", "/dev/pts/9", "--firmware", "x.elf", "--wire",
                              "header12", "--timeout", "2.5"});
  ASSERT_TRUE(choice);
  EXPECT_FALSE(choice->builtin_simulator);
  EXPECT_EQ(choice->port, "/dev/pts/9");
  EXPECT_EQ(choice->firmware, "x.elf");
  EXPECT_EQ(choice->connection.generation, wire::Generation::kHeader12);
  EXPECT_EQ(choice->connection.answer_limit_s, 2.5);
}

TEST_F(DeviceChoiceTest, ValuesThatAreNone) {
  const std::string platform = R"("platform": {"type": "BareMetalPlatform", "parameters": {}})";
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--simulator", "renode"},
                                             {"--timeout", "0"},
                                             {"--timeout", "-1"},
                                             {"--timeout", "nan"},
                                             {"--timeout", "5s"},
                                             {"--timeout", "1e9"}}) {
    const auto choice = Choose(platform, words);
    ASSERT_FALSE(choice) << words[1];
    EXPECT_EQ(choice.error().exit_code(), 2);
    EXPECT_THAT(choice.error().sentence, HasSubstr(words[0]));
  }
}

TEST_F(DeviceChoiceTest, FirmwareThatIsNone) {
  DeviceChoice choice;
  choice.firmware = "host/cli/README.md";
  const auto device = StartDevice(choice, InstallLayout("/nowhere"), log_, {});
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().exit_code(), 2);
  choice.firmware.clear();
  const auto not_installed = StartDevice(choice, InstallLayout("/nowhere"), log_, {});
  ASSERT_FALSE(not_installed);
  EXPECT_THAT(not_installed.error().sentence, HasSubstr("KENNING_FIRMWARE"));
}

}  // namespace
}  // namespace host::cli
