// SPDX-License-Identifier: Apache-2.0

#include "firmware/sensor/adxl345.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace firmware {
namespace {

using base::Status;

// A bus that notes what it is asked for, and answers from a list.
class ScriptedBus {
 public:
  struct Answer {
    Status status = Status::kOk;
    std::vector<uint8_t> bytes = {};
  };
  std::vector<Answer> answers;
  std::vector<std::string> asked;

  Status ReadRegisters(uint8_t address, uint8_t first, base::MutableBytes into) {
    const Answer answer = Note("read " + std::to_string(address) + " " + std::to_string(first) +
                               " " + std::to_string(into.size()));
    std::copy_n(answer.bytes.begin(), std::min(answer.bytes.size(), into.size()), into.begin());
    return answer.status;
  }
  Status WriteRegister(uint8_t address, uint8_t number, uint8_t value) {
    return Note("write " + std::to_string(address) + " " + std::to_string(number) + " " +
                std::to_string(value))
        .status;
  }

 private:
  Answer Note(std::string what) {
    asked.push_back(std::move(what));
    if (answers.empty()) return {};
    Answer answer = answers.front();
    answers.erase(answers.begin());
    return answer;
  }
};

using Sensor = Adxl345<ScriptedBus>;

TEST(Adxl345Test, InitChecksTheIdentityThenSetsRateRangeFifoAndStarts) {
  ScriptedBus bus;
  bus.answers = {{Status::kOk, {0xE5}}};
  EXPECT_EQ(Sensor(bus).Init(), Status::kOk);
  EXPECT_EQ(bus.asked, (std::vector<std::string>{"read 29 0 1", "write 29 44 10", "write 29 49 0",
                                                 "write 29 56 128", "write 29 45 8"}));
}

TEST(Adxl345Test, InitRefusesAnotherDevice) {
  for (const int identity : {0x00, 0xAB, 0xE4, 0xFF}) {
    ScriptedBus bus;
    bus.answers = {{Status::kOk, {static_cast<uint8_t>(identity)}}};
    EXPECT_EQ(Sensor(bus).Init(), Status::kSensorInvalid);
    EXPECT_EQ(bus.asked.size(), 1u);
  }
}

TEST(Adxl345Test, InitTellsWhateverTheBusSaysAtWhicheverStep) {
  for (size_t good = 0; good < 5; ++good) {
    for (Status status : {Status::kI2cNoAcknowledge, Status::kI2cTimeout}) {
      ScriptedBus bus;
      bus.answers.assign(good, {Status::kOk, {0xE5}});
      bus.answers.push_back({status, {}});
      EXPECT_EQ(Sensor(bus).Init(), status) << good;
      EXPECT_EQ(bus.asked.size(), good + 1);
    }
  }
}

TEST(Adxl345Test, ReadTakesSixRegistersFromX0AndRestoresTheRecordingsUnit) {
  ScriptedBus bus;
  bus.answers = {{Status::kOk, {3}}, {Status::kOk, {0x01, 0x00, 0xFF, 0xFF, 0x00, 0x80}}};
  Acceleration sample{};
  EXPECT_EQ(Sensor(bus).Read(sample), Status::kOk);
  EXPECT_EQ(sample, (Acceleration{4, -4, -131072}));
  EXPECT_EQ(bus.asked, (std::vector<std::string>{"read 29 57 1", "read 29 50 6"}));
}

TEST(Adxl345Test, NoSampleWaiting) {
  ScriptedBus bus;
  bus.answers = {{Status::kOk, {0x80}}};  // the trigger bit is not a sample
  Acceleration sample{1, 2, 3};
  EXPECT_EQ(Sensor(bus).Read(sample), Status::kSensorNoData);
  EXPECT_EQ(sample, (Acceleration{1, 2, 3}));
}

TEST(Adxl345Test, ReadTellsWhatTheBusSays) {
  for (size_t good = 0; good < 2; ++good) {
    ScriptedBus bus;
    bus.answers.assign(good, {Status::kOk, {1}});
    bus.answers.push_back({Status::kI2cTimeout, {}});
    Acceleration sample{};
    EXPECT_EQ(Sensor(bus).Read(sample), Status::kI2cTimeout);
  }
}

}  // namespace
}  // namespace firmware
