#include "firmware/drivers/pl011.h"

#include <array>

#include "firmware/drivers/testing_registers.h"

namespace firmware {
namespace {

// Each look at the clock takes 1000 ticks.
struct SteppingClock {
  static uint32_t Now() { return now += 1000; }
  static inline uint32_t now = 0;
};

using Uart = Pl011<testing::ExpectedRegisters, SteppingClock>;
constexpr Pl011Config kConfig = {
    .clock_hz = 24'000'000, .baud_rate = 115'200, .byte_timeout_ticks = 3000};

TEST(Pl011Test, InitWritesTheManualsDivisorAndLatchesItWithLcrh) {
  testing::ExpectedAccesses bus;
  bus.Write(Uart::kCr, 0);
  bus.Read(Uart::kFr, Uart::kFrBusy);
  bus.Read(Uart::kFr, 0);
  bus.Write(Uart::kLcrh, 0);
  bus.Write(Uart::kIbrd, 13);  // 24 MHz / (16 * 115200) = 13 + 1.33/64
  bus.Write(Uart::kFbrd, 1);
  bus.Write(Uart::kLcrh, 0x70);
  bus.Write(Uart::kCr, 0x301);
  EXPECT_EQ(Uart(testing::ExpectedRegisters(&bus), kConfig).Init(), base::Status::kOk);
  EXPECT_TRUE(bus.Done());
}

TEST(Pl011Test, InitRefusesRatesTheClockCannotMake) {
  testing::ExpectedAccesses bus;
  for (uint32_t baud_rate : {0u, 1u, 2'000'000u}) {
    Pl011Config config = kConfig;
    config.baud_rate = baud_rate;
    EXPECT_EQ(Uart(testing::ExpectedRegisters(&bus), config).Init(),
              base::Status::kUartInvalidBaudrate)
        << baud_rate;
  }
}

TEST(Pl011Test, ReceiveReadsOnlyFlagAndDataWhileBytesWait) {
  testing::ExpectedAccesses bus;
  for (uint32_t byte : {0x11u, 0x22u, 0x33u}) {
    bus.Read(Uart::kFr, 0);
    bus.Read(Uart::kDr, byte);
  }
  std::array<uint8_t, 3> window = {};
  const Received got = Uart(testing::ExpectedRegisters(&bus), kConfig).Receive(window);
  EXPECT_EQ(got.count, 3u);
  EXPECT_FALSE(got.line_error);
  EXPECT_EQ(window, (std::array<uint8_t, 3>{0x11, 0x22, 0x33}));
  EXPECT_TRUE(bus.Done());
}

TEST(Pl011Test, ReceiveGivesUpAfterTheByteTimeoutAndKeepsWhatCame) {
  testing::ExpectedAccesses bus;
  bus.Read(Uart::kFr, 0);
  bus.Read(Uart::kDr, 0x44);
  for (int i = 0; i < 5; ++i) bus.Read(Uart::kFr, Uart::kFrRxEmpty);
  std::array<uint8_t, 2> window = {};
  const Received got = Uart(testing::ExpectedRegisters(&bus), kConfig).Receive(window);
  EXPECT_EQ(got.count, 1u);
  EXPECT_EQ(window[0], 0x44);
  EXPECT_TRUE(bus.Done());
}

TEST(Pl011Test, ReceiveReportsLineErrors) {
  testing::ExpectedAccesses bus;
  bus.Read(Uart::kFr, 0);
  bus.Read(Uart::kDr, 0x155);  // framing error
  std::array<uint8_t, 1> window = {};
  EXPECT_TRUE(Uart(testing::ExpectedRegisters(&bus), kConfig).Receive(window).line_error);
}

TEST(Pl011Test, SendWaitsForRoom) {
  testing::ExpectedAccesses bus;
  bus.Read(Uart::kFr, Uart::kFrTxFull);
  bus.Read(Uart::kFr, 0);
  bus.Write(Uart::kDr, 0x5A);
  const std::array<uint8_t, 1> bytes = {0x5A};
  Uart(testing::ExpectedRegisters(&bus), kConfig).Send(bytes);
  EXPECT_TRUE(bus.Done());
}

}  // namespace
}  // namespace firmware
