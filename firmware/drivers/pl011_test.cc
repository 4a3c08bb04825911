// SPDX-License-Identifier: Apache-2.0

#include "firmware/drivers/pl011.h"

#include <array>

#include "firmware/drivers/testing_uart.h"

namespace firmware {
namespace {

using Uart = Pl011<testing::ExpectedRegisters, testing::SteppingClock>;
constexpr UartConfig kConfig = testing::ConfigAt(24'000'000);

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
  testing::ExpectRatesRefused<Uart>(kConfig, {0, 1, 2'000'000});
}

TEST(Pl011Test, ReceiveReadsOnlyFlagAndDataWhileBytesWait) {
  testing::ExpectedAccesses bus;
  for (uint32_t byte : {0x11u, 0x22u, 0x33u, 0x44u, 0x55u}) {
    bus.Read(Uart::kFr, 0);
    bus.Read(Uart::kDr, byte);
  }
  bus.Read(Uart::kRis, 0);
  std::array<uint8_t, 5> window = {};
  const Received got = Uart(testing::ExpectedRegisters(&bus), kConfig).Receive(window);
  EXPECT_EQ(got.count, 5u);
  EXPECT_FALSE(got.line_error);
  EXPECT_EQ(window, (std::array<uint8_t, 5>{0x11, 0x22, 0x33, 0x44, 0x55}));
  EXPECT_TRUE(bus.Done());
}

TEST(Pl011Test, ReceiveGivesUpAfterTheByteTimeoutAndKeepsWhatCame) {
  testing::ExpectedAccesses bus;
  bus.Read(Uart::kFr, 0);
  bus.Read(Uart::kDr, 0x44);
  for (int i = 0; i < 5; ++i) bus.Read(Uart::kFr, Uart::kFrRxEmpty);
  bus.Read(Uart::kRis, 0);
  std::array<uint8_t, 2> window = {};
  const Received got = Uart(testing::ExpectedRegisters(&bus), kConfig).Receive(window);
  EXPECT_EQ(got.count, 1u);
  EXPECT_EQ(window[0], 0x44);
  EXPECT_TRUE(bus.Done());
}

TEST(Pl011Test, ReceiveReportsEachLineErrorOnce) {
  for (uint32_t error : {0x80u, 0x100u, 0x200u, 0x400u}) {  // framing, parity, break, overrun
    testing::ExpectedAccesses bus;
    bus.Read(Uart::kFr, 0);
    bus.Read(Uart::kDr, 0x155);
    bus.Read(Uart::kRis, error | 0x30);
    bus.Write(Uart::kIcr, 0x780);
    std::array<uint8_t, 1> window = {};
    EXPECT_TRUE(Uart(testing::ExpectedRegisters(&bus), kConfig).Receive(window).line_error);
    EXPECT_TRUE(bus.Done()) << error;
  }
}

TEST(Pl011Test, OtherInterruptsAreNoLineErrors) {
  testing::ExpectedAccesses bus;
  bus.Read(Uart::kFr, 0);
  bus.Read(Uart::kDr, 0x55);
  bus.Read(Uart::kRis, 0x7F);
  std::array<uint8_t, 1> window = {};
  EXPECT_FALSE(Uart(testing::ExpectedRegisters(&bus), kConfig).Receive(window).line_error);
  EXPECT_TRUE(bus.Done());
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
