// SPDX-License-Identifier: Apache-2.0

#include "firmware/drivers/opentitan_i2c.h"

#include <gmock/gmock.h>

#include <array>
#include <vector>

#include "firmware/drivers/testing_registers.h"

namespace firmware {
namespace {

using base::Status;

// Each look at the clock takes 1000 ticks.
struct SteppingClock {
  static uint32_t Now() { return now += 1000; }
  static inline uint32_t now = 0xFFFF'F000;  // wraps soon
};

using I2c = OpenTitanI2c<testing::ExpectedRegisters, SteppingClock>;
constexpr uint8_t kDevice = 0x1D;

class I2cTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(bus_.Done()); }
  I2c Make(const I2cTiming& timing = kI2cStandard) {
    return I2c(testing::ExpectedRegisters(&bus_),
               {.timing = TimingRegisters(timing, 41), .byte_timeout_ticks = 3000});
  }
  void ExpectBegin(uint8_t number) {
    bus_.Write(I2c::kIntrState, I2c::kIntrNak);
    bus_.Write(I2c::kFdata, 0x11D);  // START with the plain address
    bus_.Write(I2c::kFdata, number);
  }
  testing::ExpectedAccesses bus_;
};

// The fields of shared spec platform.md, section 2.2, for a clock period of 41 ns.
TEST_F(I2cTest, InitWritesTimingThenEmptiesTheFifosThenEnables) {
  struct Row {
    I2cTiming timing;
    std::array<uint32_t, 5> words;
  };
  const Row rows[] = {
      {kI2cStandard, {98 << 16 | 115, 25 << 16 | 8, 115 << 16 | 98, 7 << 16 | 1, 98 << 16 | 115}},
      {kI2cFast, {15 << 16 | 32, 8 << 16 | 8, 15 << 16 | 15, 3 << 16 | 1, 15 << 16 | 32}},
      {kI2cFastPlus, {7 << 16 | 13, 3 << 16 | 3, 7 << 16 | 7, 2 << 16 | 1, 7 << 16 | 13}},
  };
  for (const Row& row : rows) {
    for (uint32_t i = 0; i < row.words.size(); ++i) {
      bus_.Write(I2c::kTiming0 + 4 * i, row.words[i]);
    }
    bus_.Write(I2c::kFifoCtrl, 0x183);
    bus_.Write(I2c::kCtrl, 1);
    Make(row.timing).Init();
  }
}

TEST_F(I2cTest, ReadTakesWhatTheFifoGives) {
  for (size_t size : {1u, 2u, 6u, 64u}) {
    ExpectBegin(0x32);
    bus_.Write(I2c::kFdata, static_cast<uint32_t>(size) | I2c::kRead | I2c::kStop);
    std::vector<uint8_t> sent(size);
    for (size_t i = 0; i < size; ++i) {
      sent[i] = static_cast<uint8_t>(0xA0 + 7 * i);
      bus_.Read(I2c::kStatus, 0);
      bus_.Read(I2c::kRdata, sent[i]);
    }
    std::vector<uint8_t> bytes(size);
    EXPECT_EQ(Make().ReadRegisters(kDevice, 0x32, bytes), Status::kOk);
    EXPECT_EQ(bytes, sent);
  }
}

TEST_F(I2cTest, ReadWaitsForAByte) {
  ExpectBegin(0);
  bus_.Write(I2c::kFdata, 1 | I2c::kRead | I2c::kStop);
  bus_.Read(I2c::kStatus, I2c::kStatusRxEmpty);
  bus_.Read(I2c::kStatus, I2c::kStatusRxEmpty);
  bus_.Read(I2c::kIntrState, 0);
  bus_.Read(I2c::kStatus, 0);
  bus_.Read(I2c::kRdata, 0xE5);
  std::array<uint8_t, 1> byte{};
  EXPECT_EQ(Make().ReadRegisters(kDevice, 0, byte), Status::kOk);
  EXPECT_EQ(byte[0], 0xE5);
}

TEST_F(I2cTest, NoAcknowledgeIsToldAndTheFifosAreEmptied) {
  ExpectBegin(0);
  bus_.Write(I2c::kFdata, 1 | I2c::kRead | I2c::kStop);
  bus_.Read(I2c::kStatus, I2c::kStatusRxEmpty);
  bus_.Read(I2c::kStatus, I2c::kStatusRxEmpty);
  bus_.Read(I2c::kIntrState, I2c::kIntrNak);
  bus_.Write(I2c::kFifoCtrl, 0x183);
  std::array<uint8_t, 1> byte{};
  EXPECT_EQ(Make().ReadRegisters(kDevice, 0, byte), Status::kI2cNoAcknowledge);
}

TEST_F(I2cTest, AFifoThatStaysEmptyIsATimeoutNotAHang) {
  ExpectBegin(0x32);
  bus_.Write(I2c::kFdata, 6 | I2c::kRead | I2c::kStop);
  bus_.Read(I2c::kStatus, 0);
  bus_.Read(I2c::kRdata, 1);  // the first byte comes, the second never
  bus_.Read(I2c::kStatus, I2c::kStatusRxEmpty);
  for (int look = 0; look < 4; ++look) {  // 1000 ticks a look, 3000 allowed
    bus_.Read(I2c::kStatus, I2c::kStatusRxEmpty);
    bus_.Read(I2c::kIntrState, 0);
  }
  bus_.Write(I2c::kFifoCtrl, 0x183);
  std::array<uint8_t, 6> bytes{};
  EXPECT_EQ(Make().ReadRegisters(kDevice, 0x32, bytes), Status::kI2cTimeout);
}

TEST_F(I2cTest, ReadRefusesSizesTheFifoCannotHold) {
  std::array<uint8_t, 65> bytes{};
  EXPECT_EQ(Make().ReadRegisters(kDevice, 0, bytes), Status::kI2cInvalidArgument);
  EXPECT_EQ(Make().ReadRegisters(kDevice, 0, {}), Status::kI2cInvalidArgument);
}

TEST_F(I2cTest, WriteEndsWithAReadWhoseByteIsDropped) {
  ExpectBegin(0x2D);
  bus_.Write(I2c::kFdata, 0x08);
  bus_.Write(I2c::kFdata, 1 | I2c::kRead | I2c::kStop);
  bus_.Read(I2c::kStatus, 0);
  bus_.Read(I2c::kRdata, 0);
  EXPECT_EQ(Make().WriteRegister(kDevice, 0x2D, 0x08), Status::kOk);
}

TEST_F(I2cTest, WriteToNobodyIsToldToo) {
  ExpectBegin(0x2D);
  bus_.Write(I2c::kFdata, 0x08);
  bus_.Write(I2c::kFdata, 1 | I2c::kRead | I2c::kStop);
  bus_.Read(I2c::kStatus, I2c::kStatusRxEmpty);
  bus_.Read(I2c::kStatus, I2c::kStatusRxEmpty);
  bus_.Read(I2c::kIntrState, I2c::kIntrNak);
  bus_.Write(I2c::kFifoCtrl, 0x183);
  EXPECT_EQ(Make().WriteRegister(kDevice, 0x2D, 0x08), Status::kI2cNoAcknowledge);
}

}  // namespace
}  // namespace firmware
