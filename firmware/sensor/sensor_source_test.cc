// SPDX-License-Identifier: Apache-2.0

#include "firmware/sensor/sensor_source.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace firmware {
namespace {

using base::Status;

constexpr uint32_t kPeriod = 1000;

// Each look takes `step` ticks.
struct TestClock {
  static uint32_t Now() { return now += step; }
  static inline uint32_t now = 0;
  static inline uint32_t step = 1;
};

class CountingSensor {
 public:
  Status status = Status::kOk;
  std::vector<uint32_t> taken_at;

  Status Read(Acceleration& sample) {
    if (status != Status::kOk) return status;
    const auto value = static_cast<float>(taken_at.size());
    sample = {value, value, value};
    taken_at.push_back(TestClock::now);
    return Status::kOk;
  }
};

class SensorSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TestClock::now = UINT32_MAX - 1500;  // wraps in the second period
    TestClock::step = 1;
    source_.Begin(kBytes);
  }
  base::Result<bool> Take(bool wait) { return source_.Take(inputs_, wait); }
  [[nodiscard]] std::vector<float> Firsts() const {
    std::vector<float> values;
    for (size_t at = 0; at < inputs_.size(); at += sizeof(Acceleration)) {
      float value = 0;
      std::memcpy(&value, &inputs_[at], sizeof(value));
      values.push_back(value);
    }
    return values;
  }
  static constexpr uint32_t kBytes = 4 * sizeof(Acceleration);
  CountingSensor sensor_;
  SensorSource<CountingSensor, TestClock> source_{sensor_, kPeriod};
  std::vector<uint8_t> inputs_ = std::vector<uint8_t>(kBytes);
};

TEST_F(SensorSourceTest, FitsWholeSamplesUpToItsWindow) {
  EXPECT_TRUE(source_.Fits(1536));  // Magic Wand
  EXPECT_TRUE(source_.Fits(12));
  EXPECT_TRUE(source_.Fits(512 * 12));
  for (uint32_t size : {0u, 1u, 11u, 13u, 1535u, 1537u, 513 * 12u}) {
    EXPECT_FALSE(source_.Fits(size)) << size;
  }
}

TEST_F(SensorSourceTest, WaitsForTheFirstWindowThenGivesOneASample) {
  ASSERT_TRUE(Take(true).value());
  EXPECT_EQ(Firsts(), (std::vector<float>{0, 1, 2, 3}));
  ASSERT_TRUE(Take(true).value());
  EXPECT_EQ(Firsts(), (std::vector<float>{1, 2, 3, 4}));
  ASSERT_EQ(sensor_.taken_at.size(), 5u);
  for (size_t i = 1; i < 5; ++i) {
    EXPECT_NEAR(sensor_.taken_at[i] - sensor_.taken_at[i - 1], kPeriod, 1) << i;
  }
}

TEST_F(SensorSourceTest, WithoutWaitingItTakesOnlyWhatIsDue) {
  EXPECT_FALSE(Take(false).value());  // the first sample: due at once, no window yet
  EXPECT_EQ(sensor_.taken_at.size(), 1u);
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(Take(false).value());
  EXPECT_EQ(sensor_.taken_at.size(), 1u);
  TestClock::now += kPeriod;
  EXPECT_FALSE(Take(false).value());
  EXPECT_EQ(sensor_.taken_at.size(), 2u);
}

TEST_F(SensorSourceTest, JitterDoesNotAddUp) {
  const uint32_t start = TestClock::now;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Take(true).has_value());
    TestClock::now += 300;  // the host is served meanwhile
  }
  const auto samples = static_cast<uint32_t>(sensor_.taken_at.size());
  EXPECT_LE(TestClock::now - start, samples * kPeriod);
}

TEST_F(SensorSourceTest, AfterALongPauseItDoesNotCatchUp) {
  ASSERT_TRUE(Take(true).value());
  TestClock::now += 50 * kPeriod;
  ASSERT_TRUE(Take(false).value());
  EXPECT_FALSE(Take(false).value());
}

TEST_F(SensorSourceTest, ASilentSensorIsAnErrorNotAHang) {
  sensor_.status = Status::kSensorNoData;
  const uint32_t start = TestClock::now;
  EXPECT_EQ(Take(true).error(), Status::kSensorNoData);
  EXPECT_LE(TestClock::now - start, 6 * kPeriod);
  sensor_.status = Status::kOk;
  EXPECT_TRUE(Take(true).value());
}

TEST_F(SensorSourceTest, ABrokenBusIsToldAtOnceAndTriedAgainAPeriodLater) {
  sensor_.status = Status::kI2cTimeout;
  EXPECT_EQ(Take(false).error(), Status::kI2cTimeout);
  EXPECT_FALSE(Take(false).value());
  TestClock::now += kPeriod;
  EXPECT_EQ(Take(false).error(), Status::kI2cTimeout);
  sensor_.status = Status::kOk;
  EXPECT_TRUE(Take(true).value());
}

TEST_F(SensorSourceTest, ANewModelStartsWithAnEmptyWindow) {
  ASSERT_TRUE(Take(true).value());
  source_.Begin(2 * sizeof(Acceleration));
  inputs_.resize(2 * sizeof(Acceleration));
  ASSERT_TRUE(Take(true).value());
  EXPECT_EQ(Firsts(), (std::vector<float>{4, 5}));
}

}  // namespace
}  // namespace firmware
