// SPDX-License-Identifier: Apache-2.0

#include "host/cli/device_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>

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
  EXPECT_EQ(choice->place, Place::kBuiltin);
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
  EXPECT_EQ(choice->place, Place::kAttached);
  EXPECT_EQ(choice->port, "/dev/ttyX");
  EXPECT_EQ(choice->baudrate, 9600);
}

TEST_F(DeviceChoiceTest, LegacyRuntimes) {
  const std::string protocol =
      R"("protocol": {"type": "UARTProtocol", "parameters": {"port": "/p", "timeout": 3}})";
  const auto renode =
      Choose(R"("runtime": {"type": "RenodeRuntime", "parameters": {}}, )" + protocol);
  ASSERT_TRUE(renode);
  EXPECT_EQ(renode->place, Place::kBuiltin);
  EXPECT_EQ(renode->ready_text, "Runtime started");
  EXPECT_EQ(renode->connection.answer_limit_s, 3);
  const auto iree = Choose(R"("runtime": {"type": "IREERuntime", "parameters": {}}, )" + protocol);
  ASSERT_TRUE(iree);
  EXPECT_EQ(iree->place, Place::kAttached);
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
                              "header12", "--timeout", "2.5", "--start-timeout", "7"});
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->place, Place::kAttached);
  EXPECT_EQ(choice->port, "/dev/pts/9");
  EXPECT_EQ(choice->firmware, "x.elf");
  EXPECT_EQ(choice->connection.generation, wire::Generation::kHeader12);
  EXPECT_EQ(choice->connection.answer_limit_s, 2.5);
  EXPECT_EQ(choice->connection.connect_limit_s, 2.5);
  EXPECT_EQ(choice->probe_limit_s, 2.5);
  EXPECT_EQ(choice->start_limit_s, 7);
  EXPECT_EQ(choice->renode_connect_limit_s, 7);
  EXPECT_EQ(choice->renode_command_limit_s, 7);
}

TEST_F(DeviceChoiceTest, WithoutASimulatorAPortMustBeNamed) {
  auto scenario = ParseScenario(
      R"({"platform": {"type": "BareMetalPlatform", "parameters": {}},)" + std::string(kRest), "s");
  ASSERT_TRUE(scenario);
  scenario->platform->Set("simulated", false);
  const auto choice = ChooseDevice({}, &*scenario, log_);
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().exit_code(), 2);
  EXPECT_THAT(choice.error().sentence, HasSubstr("uart_port"));
}

TEST_F(DeviceChoiceTest, NamedSimulators) {
  const std::string platform = R"("platform": {"type": "BareMetalPlatform", "parameters": {}})";
  for (const auto& [name, place] :
       {std::pair("builtin", Place::kBuiltin), std::pair("qemu", Place::kQemu),
        std::pair("qemu-rv64", Place::kQemuRv64), std::pair("renode", Place::kRenode)}) {
    const auto choice = Choose(platform, {"--simulator", name});
    ASSERT_TRUE(choice) << name;
    EXPECT_EQ(choice->place, place) << name;
  }
}

TEST_F(DeviceChoiceTest, SensorOfBothGrammars) {
  const auto head = Choose(
      R"("platform": {"type": "BareMetalPlatform",
         "parameters": {"sensor": "adxl345", "number_of_batches": 7}})",
      {"--sensor-feed", "f.data"});
  ASSERT_TRUE(head);
  EXPECT_EQ(head->sensor.name, "adxl345");
  EXPECT_EQ(head->sensor.batches, 7u);
  EXPECT_EQ(head->sensor.feed_file, "f.data");
  const auto legacy = Choose(
      R"("runtime": {"type": "RenodeRuntime", "parameters": {"sensor": "adxl345",
         "batches_count": 9}},
         "protocol": {"type": "UARTProtocol", "parameters": {"port": "/p"}})");
  ASSERT_TRUE(legacy);
  EXPECT_EQ(legacy->sensor.batches, 9u);
  const auto qemu =
      Choose(R"("platform": {"type": "BareMetalPlatform", "parameters": {"sensor": "adxl345"}})",
             {"--simulator", "qemu"});
  ASSERT_FALSE(qemu);
  EXPECT_THAT(qemu.error().sentence, HasSubstr("no adxl345"));
}

TEST_F(DeviceChoiceTest, FeedOfTheDataSetIsItsTestWindowsInOrder) {
  Dataset dataset;
  const auto sample = [](std::array<float, 3> values) {
    std::vector<uint8_t> bytes(sizeof(values));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return Sample{bytes, 0};
  };
  dataset.samples = {sample({1, 2, 3}), sample({-1.6f, 40'000, -40'000}), sample({7, NAN, 9})};
  dataset.test_order = {2, 1};
  const auto feed = FeedOf({}, dataset);
  ASSERT_TRUE(feed);
  EXPECT_EQ(*feed, (SensorFeed{{7, -32768, 9}, {-2, 32767, -32768}}));
  dataset.samples[1].bytes.pop_back();
  EXPECT_FALSE(FeedOf({}, dataset));
  dataset.test_order.clear();
  EXPECT_FALSE(FeedOf({}, dataset));
  SensorChoice missing;
  missing.feed_file = "/no/such/file";
  EXPECT_FALSE(FeedOf(missing, dataset));
}

TEST_F(DeviceChoiceTest, ValuesThatAreNone) {
  const std::string platform = R"("platform": {"type": "BareMetalPlatform", "parameters": {}})";
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--simulator", "renote"},
                                             {"--sensor-feed", "f.data"},
                                             {"--timeout", "0"},
                                             {"--timeout", "-1"},
                                             {"--timeout", "nan"},
                                             {"--timeout", "5s"},
                                             {"--start-timeout", "0"},
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
  const auto device = StartDevice(choice, {}, InstallLayout("/nowhere"), log_, {});
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().exit_code(), 2);
  choice.firmware.clear();
  const auto not_installed = StartDevice(choice, {}, InstallLayout("/nowhere"), log_, {});
  ASSERT_FALSE(not_installed);
  EXPECT_THAT(not_installed.error().sentence, HasSubstr("KENNING_FIRMWARE"));
}

}  // namespace
}  // namespace host::cli
