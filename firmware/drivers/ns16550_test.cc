// SPDX-License-Identifier: Apache-2.0

#include "firmware/drivers/ns16550.h"

#include <array>

#include "firmware/drivers/testing_uart.h"

namespace firmware {
namespace {

using Uart = Ns16550<testing::ExpectedRegisters, testing::SteppingClock>;
constexpr UartConfig kConfig = testing::ConfigAt(3'686'400);

TEST(Ns16550Test, InitSetsDivisorFormatFifosAndReadyLines) {
  testing::ExpectedAccesses bus;
  bus.Write(Uart::kInterruptEnable, 0);
  bus.Write(Uart::kLineControl, 0x80);
  bus.Write(Uart::kDivisorLow, 2);
  bus.Write(Uart::kDivisorHigh, 0);
  bus.Write(Uart::kLineControl, 0x03);
  bus.Write(Uart::kFifoControl, 0x07);
  bus.Write(Uart::kModemControl, 0x03);
  EXPECT_EQ(Uart(testing::ExpectedRegisters(&bus), kConfig).Init(), base::Status::kOk);
  EXPECT_TRUE(bus.Done());
}

TEST(Ns16550Test, InitRefusesRatesTheClockCannotMake) {
  testing::ExpectRatesRefused<Uart>(kConfig, {0, 1, 1'000'000});
}

TEST(Ns16550Test, ReceiveReadsOnlyStatusAndDataWhileBytesWait) {
  testing::ExpectedAccesses bus;
  for (uint32_t byte : {0x11u, 0x22u, 0xFFu}) {
    bus.Read(Uart::kLineStatus, 0x61);
    bus.Read(Uart::kData, byte);
  }
  std::array<uint8_t, 3> bytes{};
  const Received received = Uart(testing::ExpectedRegisters(&bus), kConfig).Receive(bytes);
  EXPECT_EQ(received.count, 3u);
  EXPECT_FALSE(received.line_error);
  EXPECT_EQ(bytes, (std::array<uint8_t, 3>{0x11, 0x22, 0xFF}));
}

TEST(Ns16550Test, SilenceEndsAReceiveWithWhatCame) {
  testing::ExpectedAccesses bus;
  bus.Read(Uart::kLineStatus, 0x61);
  bus.Read(Uart::kData, 0x11);
  bus.Read(Uart::kLineStatus, 0x60);
  for (int look = 0; look < 4; ++look) bus.Read(Uart::kLineStatus, 0x60);
  std::array<uint8_t, 3> bytes{};
  EXPECT_EQ(Uart(testing::ExpectedRegisters(&bus), kConfig).Receive(bytes).count, 1u);
  EXPECT_TRUE(bus.Done());
}

TEST(Ns16550Test, AByteThatComesLateIsTaken) {
  testing::ExpectedAccesses bus;
  bus.Read(Uart::kLineStatus, 0x60);
  bus.Read(Uart::kLineStatus, 0x60);
  bus.Read(Uart::kLineStatus, 0x61);
  bus.Read(Uart::kData, 0x42);
  std::array<uint8_t, 1> bytes{};
  EXPECT_EQ(Uart(testing::ExpectedRegisters(&bus), kConfig).Receive(bytes).count, 1u);
  EXPECT_EQ(bytes[0], 0x42);
}

TEST(Ns16550Test, EachKindOfLineErrorIsTold) {
  for (uint32_t error : {0x02u, 0x04u, 0x08u, 0x10u}) {
    testing::ExpectedAccesses bus;
    bus.Read(Uart::kLineStatus, 0x61 | error);
    bus.Read(Uart::kData, 0);
    std::array<uint8_t, 1> bytes{};
    EXPECT_TRUE(Uart(testing::ExpectedRegisters(&bus), kConfig).Receive(bytes).line_error) << error;
  }
}

TEST(Ns16550Test, SendWaitsForTheTransmitter) {
  testing::ExpectedAccesses bus;
  bus.Read(Uart::kLineStatus, 0x00);
  bus.Read(Uart::kLineStatus, 0x20);
  bus.Write(Uart::kData, 0x55);
  bus.Read(Uart::kLineStatus, 0x60);
  bus.Write(Uart::kData, 0xAA);
  Uart(testing::ExpectedRegisters(&bus), kConfig).Send(std::array<uint8_t, 2>{0x55, 0xAA});
  EXPECT_TRUE(bus.Done());
}

}  // namespace
}  // namespace firmware
