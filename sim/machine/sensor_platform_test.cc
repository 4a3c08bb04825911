// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/sensor_platform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/machine/machine.h"

namespace sim {
namespace {

using ::testing::HasSubstr;

constexpr uint32_t kI2c = 0x4008'0000;
constexpr uint32_t kGpio = 0x4004'0000;
constexpr uint32_t kStart = 0x100, kStop = 0x200, kRead = 0x400;

// Speaks to the devices as a guest does, over the bus of a machine.
class SensorPlatformTest : public ::testing::Test {
 protected:
  void Make(const SensorConfig& config) {
    MachineConfig machine;
    machine.sensor = config;
    machine_ = std::make_unique<Machine>(machine);
    Write(kI2c + 0x10, 1);
  }
  uint32_t Read(uint32_t address) {
    uint32_t value = 0;
    Trap trap{};
    EXPECT_TRUE(machine_->bus().Load(address, 4, &value, &trap));
    return value;
  }
  void Write(uint32_t address, uint32_t value) {
    Trap trap{};
    EXPECT_TRUE(machine_->bus().Store(address, 4, value, &trap));
  }
  void Command(uint32_t command) { Write(kI2c + 0x1C, command); }
  [[nodiscard]] bool HasByte() { return (Read(kI2c + 0x14) & 0x20) == 0; }
  std::vector<uint32_t> ReadRegisters(uint32_t first, uint32_t count, uint32_t address = 0x1D) {
    Command(kStart | address);
    Command(first);
    Command(kRead | kStop | count);
    std::vector<uint32_t> bytes;
    while (HasByte() && bytes.size() < 256) bytes.push_back(Read(kI2c + 0x18));
    return bytes;
  }
  std::string Warnings() {
    std::string text;
    for (const LogLine& line : machine_->TakeLog()) text += line.sender + ": " + line.text + "\n";
    return text;
  }
  std::unique_ptr<Machine> machine_;
};

using Bytes = std::vector<uint32_t>;

TEST_F(SensorPlatformTest, IdentityAndSamplesInOrder) {
  Make({.feed = {{100, -100, 4}, {32767, -32768, 0}}});
  EXPECT_EQ(ReadRegisters(0x00, 1), Bytes{0xE5});
  EXPECT_EQ(ReadRegisters(0x39, 1), Bytes{2});
  EXPECT_EQ(ReadRegisters(0x32, 6), (Bytes{25, 0, 0xE7, 0xFF, 1, 0}));  // a quarter of the feed
  EXPECT_EQ(ReadRegisters(0x39, 1), Bytes{1});
  EXPECT_EQ(ReadRegisters(0x34, 2), (Bytes{0xE7, 0xFF}));  // not from X0: the same sample
  EXPECT_EQ(ReadRegisters(0x32, 6), (Bytes{0xFF, 0x1F, 0x00, 0xE0, 0, 0}));
  EXPECT_EQ(Warnings(), "");
}

TEST_F(SensorPlatformTest, AnEmptyQueueGivesZeroesAndAWarning) {
  Make({.feed = {{4, 4, 4}}});
  EXPECT_EQ(ReadRegisters(0x32, 2), (Bytes{1, 0}));
  EXPECT_EQ(ReadRegisters(0x39, 1), Bytes{0});
  EXPECT_EQ(ReadRegisters(0x32, 2), (Bytes{0, 0}));
  EXPECT_THAT(Warnings(), HasSubstr("adxl345: no sample is queued"));
}

TEST_F(SensorPlatformTest, RepeatsTheFeed) {
  Make({.feed = {{4, 0, 0}, {8, 0, 0}}, .repeat = 1});
  for (uint32_t value : {1u, 2u, 1u, 2u}) EXPECT_EQ(ReadRegisters(0x32, 1), Bytes{value});
  EXPECT_EQ(ReadRegisters(0x39, 1), Bytes{0});
  Make({.feed = {{4, 0, 0}, {8, 0, 0}}, .repeat = -1, .max_fifo_depth = 32});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ReadRegisters(0x32, 1), Bytes{i % 2 == 0 ? 1u : 2u});
  EXPECT_EQ(ReadRegisters(0x39, 1), Bytes{32});
}

TEST_F(SensorPlatformTest, RangeAndFullResolutionScale) {
  struct Row {
    uint32_t format, value;
  };
  for (const Row row : {Row{0, 200}, Row{1, 100}, Row{2, 50}, Row{3, 25}, Row{0x0B, 200}}) {
    Make({.feed = {{800, 0, 0}}});
    Command(kStart | 0x1D);
    Command(0x31);
    Command(row.format);
    Command(kRead | kStop | 1);
    EXPECT_EQ(Read(kI2c + 0x18), row.format);  // the byte that STOP costs
    EXPECT_EQ(ReadRegisters(0x32, 1), Bytes{row.value}) << row.format;
  }
}

TEST_F(SensorPlatformTest, NobodyAtTheAddressIsANak) {
  Make({.feed = {{4, 4, 4}}, .present = false});
  EXPECT_EQ(ReadRegisters(0x00, 1), Bytes{});
  EXPECT_EQ(Read(kI2c + 0x00), 1u << 4);
  Write(kI2c + 0x00, 1u << 4);
  EXPECT_EQ(Read(kI2c + 0x00), 0u);
  Make({.feed = {{4, 4, 4}}});
  EXPECT_EQ(ReadRegisters(0x00, 1, 0x1E), Bytes{});
  EXPECT_EQ(ReadRegisters(0x00, 1), Bytes{0xE5});  // the bus is free again
}

TEST_F(SensorPlatformTest, CommandsOutOfOrderAreToldAndIgnored) {
  Make({.feed = {{4, 4, 4}}});
  Command(0x32);
  Command(kStart | 0x1D);
  Command(kStart | 0x1D);
  Command(0x00);
  Command(kStop);
  Command(kRead | kStop | 1);
  EXPECT_EQ(Read(kI2c + 0x18), 0xE5u);
  EXPECT_EQ(Read(kI2c + 0x18), 0u);
  const std::string warnings = Warnings();
  EXPECT_THAT(warnings, HasSubstr("other than START"));
  EXPECT_THAT(warnings, HasSubstr("not followed by a register number"));
  EXPECT_THAT(warnings, HasSubstr("STOP without READ"));
  EXPECT_THAT(warnings, HasSubstr("RX FIFO is empty"));
}

TEST_F(SensorPlatformTest, ALongReadFillsTheFifoAndNoMore) {
  Make({.feed = {{4, 4, 4}}});
  EXPECT_EQ(ReadRegisters(0x40, 0).size(), 64u);  // 0 means 256
  EXPECT_EQ(Read(kI2c + 0x00), 1u << 3);
  Command(kStart | 0x1D);
  Command(0x00);
  Command(kRead | kStop | 8);
  EXPECT_EQ(Read(kI2c + 0x24) >> 16, 8u);
  Write(kI2c + 0x20, 1);
  EXPECT_EQ(Read(kI2c + 0x24), 0u);
}

TEST_F(SensorPlatformTest, GpioReadsBackWhatItDrives) {
  Make({.feed = {{4, 4, 4}}});
  Write(kGpio + 0x20, 0x0000'FFFF);
  Write(kGpio + 0x14, 0x1234'5678);
  EXPECT_EQ(Read(kGpio + 0x10), 0x5678u);
  Write(kGpio + 0x18, 0x00FF'0001);
  Write(kGpio + 0x1C, 0xFFFF'ABCD);
  EXPECT_EQ(Read(kGpio + 0x14), 0xABCD'5601u);
  Write(kGpio + 0x28, 0xFFFF'FFFF);
  EXPECT_EQ(Read(kGpio + 0x10), 0xABCD'5601u);
}

TEST_F(SensorPlatformTest, WithoutASensorThePlatformHasNoneOfIt) {
  machine_ = std::make_unique<Machine>(MachineConfig{});
  EXPECT_EQ(Read(kI2c + 0x14), 0u);
  EXPECT_THAT(Warnings(), HasSubstr("non existing peripheral"));
}

TEST(SensorFeedTest, ParsesWhatRenodeTakes) {
  const auto feed = ParseSensorFeed("1 2 3\n-32768\t32767  0\r\n\n  4 5 6");
  ASSERT_TRUE(feed);
  EXPECT_EQ(*feed, (std::vector<AccelerationSample>{{1, 2, 3}, {-32768, 32767, 0}, {4, 5, 6}}));
}

TEST(SensorFeedTest, NamesTheLineThatIsWrong) {
  struct Row {
    const char* text;
    size_t line;
  };
  for (const Row row : {Row{"", 1}, Row{"\n\n", 1}, Row{"1 2", 1}, Row{"1 2 3\n1 2 3 4\n", 2},
                        Row{"1 2 3\n\n1 2 x", 3}, Row{"32768 0 0", 1}, Row{"1.5 2 3", 1},
                        Row{"1,2,3", 1}, Row{"+1 2 3", 1}}) {
    const auto feed = ParseSensorFeed(row.text);
    ASSERT_FALSE(feed) << row.text;
    EXPECT_EQ(feed.error().line, row.line) << row.text;
    EXPECT_NE(feed.error().sentence, "");
  }
}

}  // namespace
}  // namespace sim
