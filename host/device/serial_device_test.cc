// SPDX-License-Identifier: Apache-2.0

#include "host/device/serial_device.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <array>

namespace host {
namespace {

using ::testing::HasSubstr;

// The other end of a pseudo-terminal.
class SerialDeviceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(master_, 0);
    ASSERT_EQ(::grantpt(master_), 0);
    ASSERT_EQ(::unlockpt(master_), 0);
    port_ = ::ptsname(master_);
  }
  void TearDown() override {
    if (master_ >= 0) ::close(master_);
  }
  std::unique_ptr<Device> Open() {
    auto device = OpenSerialDevice(port_, 115200, 30, stop_.get_token());
    EXPECT_TRUE(device) << device.error().Format();
    return device ? *std::move(device) : nullptr;
  }
  int master_ = -1;
  std::string port_;
  std::stop_source stop_;
};

TEST_F(SerialDeviceTest, EveryByteValueBothWays) {
  const auto device = Open();
  ASSERT_NE(device, nullptr);
  std::array<uint8_t, 256> all{};
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint8_t>(i);
  ASSERT_TRUE(device->Write(all));
  std::array<uint8_t, 256> received{};
  size_t count = 0;
  while (count < all.size()) {
    const ssize_t n = ::read(master_, received.data() + count, received.size() - count);
    ASSERT_GT(n, 0);
    count += static_cast<size_t>(n);
  }
  EXPECT_EQ(received, all);
  ASSERT_EQ(::write(master_, all.data(), all.size()), static_cast<ssize_t>(all.size()));
  received = {};
  count = 0;
  while (count < all.size()) {
    const auto n = device->Read(base::MutableBytes(received).subspan(count), 5);
    ASSERT_TRUE(n) << n.error().Format();
    ASSERT_GT(*n, 0u);
    count += *n;
  }
  EXPECT_EQ(received, all);
}

TEST_F(SerialDeviceTest, SilenceEndsWithTheLimit) {
  const auto device = Open();
  ASSERT_NE(device, nullptr);
  std::array<uint8_t, 8> bytes{};
  const double start = device->ClockSeconds();
  const auto count = device->Read(bytes, 0.05);
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 0u);
  EXPECT_GE(device->ClockSeconds() - start, 0.05);
}

TEST_F(SerialDeviceTest, VanishedDeviceIsAnError) {
  const auto device = Open();
  ASSERT_NE(device, nullptr);
  ::close(std::exchange(master_, -1));
  std::array<uint8_t, 8> bytes{};
  const auto count = device->Read(bytes, 5);
  ASSERT_FALSE(count);
  EXPECT_THAT(count.error().sentence, HasSubstr("the device is gone"));
}

TEST_F(SerialDeviceTest, StopRequestEndsAWait) {
  const auto device = Open();
  ASSERT_NE(device, nullptr);
  stop_.request_stop();
  std::array<uint8_t, 8> bytes{};
  const auto count = device->Read(bytes, 1000);
  ASSERT_FALSE(count);
  EXPECT_THAT(count.error().sentence, HasSubstr("stopped by the user"));
}

TEST_F(SerialDeviceTest, SecondOpenIsRefused) {
  const auto device = Open();
  const auto second = OpenSerialDevice(port_, 115200, 30, {});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().sentence, HasSubstr("in use"));
}

TEST_F(SerialDeviceTest, WhatCannotBeOpened) {
  const std::tuple<std::string, int64_t, const char*, int> rows[] = {
      {"/no/such/port", 115200, "cannot be opened: No such file", 1},
      {"/dev/null", 115200, "is not a serial port", 1},
      {port_, 12345, "12345 is not a baud rate", 2},
  };
  for (const auto& [port, baudrate, sentence, exit_code] : rows) {
    const auto device = OpenSerialDevice(port, baudrate, 30, {});
    ASSERT_FALSE(device) << port;
    EXPECT_THAT(device.error().sentence, HasSubstr(sentence));
    EXPECT_EQ(device.error().exit_code(), exit_code);
    EXPECT_EQ(device.error().place, port);
  }
}

}  // namespace
}  // namespace host
