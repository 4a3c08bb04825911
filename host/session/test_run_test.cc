// SPDX-License-Identifier: Apache-2.0

#include "host/session/test_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "host/input/npy.h"
#include "host/session/device_spec.h"
#include "host/session/testing_fake_device.h"

namespace host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Message = FakeDevice::Message;

std::vector<uint8_t> Floats(std::vector<float> values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// Two floats in, two scores out: the scores are the inputs.
class TestRunTest : public ::testing::Test {
 protected:
  TestRunTest() {
    dataset_.class_names = {"low", "high"};
    dataset_.samples = {{Floats({1, 0}), 0}, {Floats({0, 1}), 1}, {Floats({2, 1}), 1}};
    dataset_.test_order = {2, 0, 1};
    TensorSpecification tensor;
    tensor.shapes = {{-1, 2}};
    tensor.dtype = "float32";
    specification_.input = {tensor};
    specification_.output = {tensor};
  }

  std::optional<Message> Answer(const Message& request) {
    if (silent_on_ == request.type) return std::nullopt;
    if (fail_on_ == request.type && fail_after_-- == 0) {
      device_.complaints.push_back("ERROR |it broke");
      return Message{FakeDevice::kError, {}};
    }
    switch (request.type) {
      case FakeDevice::kData:
        input_ = request.payload;
        return Message{FakeDevice::kOk, {}};
      case FakeDevice::kOutput:
        return Message{FakeDevice::kOk, input_};
      case FakeDevice::kStats:
        return Message{FakeDevice::kOk, statistics_};
      default:
        return Message{FakeDevice::kOk, {}};
    }
  }

  Result<> Run(std::filesystem::path save = {}) {
    Connection connection(device_, {.answer_limit_s = 5}, log_);
    const auto spec = DeviceSpecification(specification_);
    EXPECT_TRUE(spec) << spec.error().Format();
    const std::vector<uint8_t> module(1000, 0x5a);
    record_ = TestRecord(dataset_.class_names.size());
    return RunTest(
        connection,
        {.dataset = dataset_,
         .spec = *spec,
         .module = module,
         .range = range_,
         .save_outputs_to = std::move(save)},
        log_, [this] { return ++done_ < stop_after_; }, &record_);
  }

  Log log_{LogLevel::kCritical};
  Dataset dataset_;
  IoSpecification specification_;
  std::vector<uint8_t> input_;
  std::vector<uint8_t> statistics_ = std::vector<uint8_t>(24, 1);
  int fail_on_ = -1;
  int fail_after_ = 0;
  int silent_on_ = -1;
  SampleRange range_{0, 3, 3};
  int done_ = 0;
  int stop_after_ = 1000;
  TestRecord record_{2};
  FakeDevice device_{[this](const Message& request) { return Answer(request); }};
};

TEST_F(TestRunTest, MeasuresEverySampleInOrder) {
  const auto ran = Run();
  ASSERT_TRUE(ran) << ran.error().Format();
  std::vector<int> types;
  for (const Message& request : device_.requests) types.push_back(request.type);
  EXPECT_THAT(types, ElementsAre(7, 3, 2, 4, 5, 2, 4, 5, 2, 4, 5, 6));
  EXPECT_EQ(device_.requests[0].payload.size(), 160u);
  EXPECT_EQ(device_.requests[1].payload, std::vector<uint8_t>(1000, 0x5a));
  EXPECT_EQ(device_.requests[2].payload, dataset_.samples[2].bytes);
  EXPECT_EQ(record_.evaluation.total, 3u);
  EXPECT_THAT(record_.evaluation.confusion_matrix,
              ElementsAre(ElementsAre(1, 0), ElementsAre(1, 1)));
  // An answer of six bytes, a millisecond each.
  EXPECT_EQ(record_.inference.duration_s.size(), 3u);
  EXPECT_NEAR(record_.inference.duration_s[0], 0.006, 1e-9);
  EXPECT_GT(record_.inference.timestamp_s[1], record_.inference.timestamp_s[0]);
  EXPECT_EQ(record_.tags.size(), 12u);
  EXPECT_EQ(record_.allocation.size(), 6u);
  EXPECT_EQ(record_.allocation[0].name, "host_bytes_peak");
  EXPECT_EQ(record_.allocation[0].value, 0x01010101u);
}

TEST_F(TestRunTest, BytesThatNobodyAskedForAreDropped) {
  device_.Chatter({1, 2, 3, 4, 5, 6, 7});
  const auto record = Run();
  ASSERT_TRUE(record) << record.error().Format();
}

TEST_F(TestRunTest, OnlyItsRange) {
  range_.last = 2;
  ASSERT_TRUE(Run());
  EXPECT_EQ(record_.evaluation.total, 2u);
}

// The sample before, then what is allocated, and only then the measurement.
TEST_F(TestRunTest, ARangeInTheMiddleWarmsUp) {
  range_.first = 1;
  ASSERT_TRUE(Run());
  std::vector<int> types;
  for (const Message& request : device_.requests) types.push_back(request.type);
  EXPECT_THAT(types, ElementsAre(7, 3, 2, 4, 5, 6, 2, 4, 5, 2, 4, 5, 6));
  EXPECT_EQ(device_.requests[2].payload, dataset_.samples[2].bytes);
  EXPECT_EQ(record_.evaluation.total, 2u);
  EXPECT_EQ(record_.allocation_before.size(), 6u);
}

TEST_F(TestRunTest, StopsWhenAnotherFailed) {
  stop_after_ = 2;
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().Format(), HasSubstr("another device"));
  EXPECT_EQ(record_.range, (SampleRange{0, 2, 3}));
}

TEST_F(TestRunTest, FailingSampleIsNamedWithTheDevicesOwnWords) {
  fail_on_ = FakeDevice::kProcess;
  fail_after_ = 1;
  const auto record = Run();
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().exit_code(), 1);
  EXPECT_EQ(record.error().Format(),
            "test sample 2 of 3 (number 0 of the data set) failed\n"
            "  fake, PROCESS: the device answered that it failed\n"
            "    the device says: ERROR |it broke");
  // What was measured before stays, and all series are equally long.
  EXPECT_EQ(record_.range.last, 1u);
  EXPECT_EQ(record_.evaluation.total, 1u);
  EXPECT_EQ(record_.preprocess.duration_s.size(), 1u);
  EXPECT_EQ(record_.inference.duration_s.size(), 1u);
  EXPECT_EQ(record_.tags.size(), 4u);
}

TEST_F(TestRunTest, SilentDeviceEndsWithTheLimit) {
  silent_on_ = FakeDevice::kModel;
  const auto record = Run();
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().Format(), "fake, MODEL: no whole answer within 5 s of virtual time");
  // IO_SPEC was answered, so MODEL is tried twice.
  EXPECT_NEAR(device_.clock_s, 10.25, 0.1);
}

TEST_F(TestRunTest, WithoutStatisticsTheRunIsGood) {
  fail_on_ = FakeDevice::kStats;
  EXPECT_TRUE(Run());
  statistics_.resize(23);
  fail_on_ = -1;
  ASSERT_TRUE(Run());
  EXPECT_TRUE(record_.allocation.empty());
}

TEST_F(TestRunTest, SampleOfWrongSizeIsAnInputError) {
  dataset_.samples[0].bytes.push_back(0);
  const auto record = Run();
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().Format(), HasSubstr("the sample has 9 bytes but the model takes 8"));
  EXPECT_EQ(record.error().exit_code(), 2);
}

TEST_F(TestRunTest, NotANumberIsNamed) {
  dataset_.samples[0].bytes =
      Floats({std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::quiet_NaN()});
  const auto record = Run();
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().Format(), HasSubstr("no score that the device returned is a number"));
}

TEST_F(TestRunTest, KeepsRawOutputs) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("test_run_test." + std::to_string(::getpid()));
  ASSERT_TRUE(Run(folder));
  const auto output = ReadNpy(folder / "sample_00001_output_0.npy");
  ASSERT_TRUE(output) << output.error().Format();
  EXPECT_EQ(output->bytes, dataset_.samples[0].bytes);
  EXPECT_THAT(output->dims, ElementsAre(1, 2));
  const auto& samples = record_.saved;
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_EQ(samples[0]["index"], 2);
  EXPECT_EQ(samples[0]["label"], 1);
  EXPECT_EQ(samples[0]["predicted"], 0);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace host
