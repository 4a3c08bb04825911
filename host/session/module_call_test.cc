// SPDX-License-Identifier: Apache-2.0

#include "host/session/module_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/session/testing_fake_device.h"

namespace host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Message = FakeDevice::Message;
using Dims = std::vector<uint32_t>;

constexpr wire::ElementType kF32{wire::TypeCode::kFloat, 32};
constexpr wire::ElementType kI32{wire::TypeCode::kInt, 32};
constexpr uint32_t kAny = ResultType::kUnknownExtent;

TEST(SplitResults, KnownSizesInOrder) {
  std::vector<uint8_t> bytes(12);
  bytes[8] = 7;
  const std::vector<ResultType> results = {{kF32, Dims{2}}, {kI32, Dims{}}};
  const auto tensors = SplitResults(bytes, results);
  ASSERT_TRUE(tensors) << tensors.error().Format();
  EXPECT_EQ(TypeText((*tensors)[0]), "2xf32");
  EXPECT_EQ(TypeText((*tensors)[1]), "i32");
  EXPECT_EQ(ElementAt(kI32, (*tensors)[1].bytes, 0), 7);
}

struct Row {
  const char* name;
  size_t bytes;
  std::vector<ResultType> results;
  std::vector<std::string> types;  // empty: refused
};

TEST(SplitResults, Unknowns) {
  for (const Row& row : {
           Row{"dynamic extent", 24, {{kF32, Dims{kAny, 3}}}, {"2x3xf32"}},
           Row{"dynamic extent before a known result",
               16,
               {{kF32, Dims{kAny}}, {kI32, Dims{}}},
               {"3xf32", "i32"}},
           Row{"dynamic extent behind a known result",
               16,
               {{kI32, Dims{}}, {kF32, Dims{kAny}}},
               {"i32", "3xf32"}},
           Row{"two dynamic extents become flat", 24, {{kF32, Dims{kAny, kAny}}}, {"6xf32"}},
           Row{"no shape", 8, {{kF32, std::nullopt}}, {"2xf32"}},
           Row{"nothing known", 3, {{}}, {"3xu8"}},
           Row{"rest does not divide", 20, {{kF32, Dims{kAny, 3}}}, {"5xf32"}},
           Row{"part of an element", 7, {{kF32, std::nullopt}}, {}},
           Row{"too few", 7, {{kF32, Dims{2}}}, {}},
           Row{"too many", 9, {{kF32, Dims{2}}}, {}},
           Row{"two unknown", 8, {{kF32, std::nullopt}, {kF32, std::nullopt}}, {}},
       }) {
    const auto tensors = SplitResults(std::vector<uint8_t>(row.bytes), row.results);
    ASSERT_EQ(tensors.has_value(), !row.types.empty()) << row.name;
    if (!tensors) continue;
    std::vector<std::string> types;
    for (const Tensor& tensor : *tensors) types.push_back(TypeText(tensor));
    EXPECT_EQ(types, row.types) << row.name;
  }
}

TEST(CallModule, SendsOnceAndThenKeepsTheModule) {
  Log log(LogLevel::kCritical);
  FakeDevice device([](const Message& request) -> std::optional<Message> {
    if (request.type != FakeDevice::kOutput) return Message{FakeDevice::kOk, {}};
    return Message{FakeDevice::kOk, {1, 0, 0, 0}};
  });
  Connection connection(device, {}, log);
  const ModuleCall call{"collatz", {{kI32, {}, {27, 0, 0, 0}}}, {{kI32, Dims{}}}};
  const std::vector<uint8_t> module = {1, 2, 3};
  for (const base::Bytes sent : {base::Bytes(module), base::Bytes()}) {
    const auto results = CallModule(connection, call, sent);
    ASSERT_TRUE(results) << results.error().Format();
    EXPECT_EQ(ElementAt(kI32, results->front().bytes, 0), 1);
  }
  ASSERT_EQ(device.requests.size(), 10u);
  EXPECT_EQ(device.requests[1].payload, module);
  EXPECT_THAT(device.requests[2].payload, ElementsAre(27, 0, 0, 0));
  EXPECT_EQ(device.requests[6].type, FakeDevice::kModel);
  EXPECT_TRUE(device.requests[6].payload.empty());
}

TEST(CallModule, BrokenAnswersAreErrors) {
  Log log(LogLevel::kCritical);
  // An answer of a type that only the host sends.
  FakeDevice device([](const Message&) { return Message{FakeDevice::kData, {}}; });
  Connection connection(device, {.answer_limit_s = 1}, log);
  const auto results = CallModule(connection, {"main", {}, {}}, {});
  ASSERT_FALSE(results);
  EXPECT_THAT(results.error().Format(), HasSubstr("fake, IO_SPEC: "));
  EXPECT_EQ(results.error().exit_code(), 1);
}

}  // namespace
}  // namespace host
