// SPDX-License-Identifier: Apache-2.0

#include "host/input/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace host {
namespace {

using ::testing::HasSubstr;

template <typename T>
Tensor Of(std::string_view type, std::vector<uint32_t> dims, std::vector<T> values) {
  Tensor tensor{FindElementType(type)->type, std::move(dims), {}};
  tensor.bytes.resize(values.size() * sizeof(T));
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(CompareTensors, EqualWithinTolerance) {
  EXPECT_EQ(CompareTensors(Of<float>("f32", {2}, {1, 2}), Of<float>("f32", {2}, {1, 2}), 0), "");
  EXPECT_EQ(CompareTensors(Of<float>("f32", {1}, {1.05f}), Of<float>("f32", {1}, {1}), 0.1), "");
  EXPECT_EQ(CompareTensors(Of<float>("f32", {2}, {kNan, kInfinity}),
                           Of<float>("f32", {2}, {kNan, kInfinity}), 0),
            "");
  EXPECT_EQ(CompareTensors(Of<int8_t>("i8", {2}, {-3, 7}), Of<int8_t>("i8", {2}, {0, 7}), 3), "");
}

TEST(CompareTensors, NamesIndexAndBothValues) {
  EXPECT_EQ(CompareTensors(Of<float>("f32", {1, 4}, {0, 1, 2.5f, 9}),
                           Of<float>("f32", {1, 4}, {0, 1, 2, 3}), 1e-4),
            "differs at [0,2]: got 2.5, expected 2 (tolerance 0.0001); 2 of 4 elements differ, by "
            "up to 6");
}

TEST(CompareTensors, NotANumberIsADifference) {
  EXPECT_THAT(CompareTensors(Of<float>("f32", {1}, {kNan}), Of<float>("f32", {1}, {1}), 1e9),
              HasSubstr("got nan, expected 1"));
  EXPECT_THAT(
      CompareTensors(Of<float>("f32", {1}, {kInfinity}), Of<float>("f32", {1}, {-kInfinity}), 1e9),
      HasSubstr("got inf, expected -inf"));
}

TEST(CompareTensors, LargeIntegersAreExact) {
  const int64_t large = int64_t{1} << 60;
  EXPECT_NE(
      CompareTensors(Of<int64_t>("i64", {1}, {large}), Of<int64_t>("i64", {1}, {large + 1}), 0),
      "");
}

TEST(CompareTensors, TypeAndShapeMustAgree) {
  EXPECT_EQ(CompareTensors(Of<float>("f32", {4}, {0, 0, 0, 0}),
                           Of<float>("f32", {1, 4}, {0, 0, 0, 0}), 0),
            "is 4xf32 but 1x4xf32 was expected");
  EXPECT_EQ(CompareTensors(Of<float>("f32", {}, {0}), Of<int32_t>("i32", {}, {0}), 0),
            "is f32 but i32 was expected");
}

struct ScalarRow {
  const char* text;
  const char* type;  // empty: refused
  double value;
};

TEST(ParseScalar, Rows) {
  for (const ScalarRow& row : {
           ScalarRow{"7", "i32", 7},
           ScalarRow{"-7", "i32", -7},
           ScalarRow{"7:i64", "i64", 7},
           ScalarRow{"0.5", "f32", 0.5},
           ScalarRow{"1e3", "f32", 1000},
           ScalarRow{"7:f32", "f32", 7},
           ScalarRow{"-128:i8", "i8", -128},
           ScalarRow{"2147483647", "i32", 2147483647},
           ScalarRow{"2147483648", "", 0},
           ScalarRow{"200:i8", "", 0},
           ScalarRow{"-1:u8", "", 0},
           ScalarRow{"0.5:i32", "", 0},
           ScalarRow{"", "", 0},
           ScalarRow{"x", "", 0},
           ScalarRow{"7:", "", 0},
           ScalarRow{"7:q32", "", 0},
           ScalarRow{"7 ", "", 0},
           ScalarRow{"missing.npy", "", 0},
       }) {
    const auto scalar = ParseScalar(row.text, std::nullopt);
    ASSERT_EQ(scalar.has_value(), row.type[0] != '\0') << row.text;
    if (!scalar) {
      EXPECT_EQ(scalar.error().exit_code(), 2);
      continue;
    }
    EXPECT_EQ(TypeText(*scalar), row.type) << row.text;
    EXPECT_EQ(ElementAt(scalar->type, scalar->bytes, 0), row.value) << row.text;
  }
}

TEST(ParseScalar, ModuleTypeIsTheDefault) {
  const auto scalar = ParseScalar("7", FindElementType("f32")->type);
  ASSERT_TRUE(scalar);
  EXPECT_EQ(TypeText(*scalar), "f32");
}

TEST(ElementAt, EveryType) {
  const std::pair<const char*, std::vector<uint8_t>> minus_one[] = {
      {"i8", {0xff}},
      {"i16", {0xff, 0xff}},
      {"i32", {0xff, 0xff, 0xff, 0xff}},
      {"i64", std::vector<uint8_t>(8, 0xff)},
      {"f16", {0x00, 0xbc}},
      {"f32", {0, 0, 0x80, 0xbf}},
      {"f64", {0, 0, 0, 0, 0, 0, 0xf0, 0xbf}},
  };
  for (const auto& [type, bytes] : minus_one) {
    EXPECT_EQ(ElementAt(FindElementType(type)->type, bytes, 0), -1) << type;
  }
  for (const auto& [type, size] : {std::pair{"u8", 1}, std::pair{"u16", 2}, std::pair{"u32", 4}}) {
    const std::vector<uint8_t> ones(static_cast<size_t>(size), 0xff);
    EXPECT_EQ(ElementAt(FindElementType(type)->type, ones, 0), std::ldexp(1.0, 8 * size) - 1);
  }
  EXPECT_EQ(ElementAt(FindElementType("f16")->type, std::vector<uint8_t>{0x01, 0x00}, 0),
            std::ldexp(1.0, -24));
}

TEST(ValuesText, IsCut) {
  EXPECT_EQ(ValuesText(Of<int8_t>("i8", {3}, {1, -2, 3}), 8), "[1 -2 3]");
  EXPECT_EQ(ValuesText(Of<int8_t>("i8", {3}, {1, -2, 3}), 2), "[1 -2 ...]");
}

}  // namespace
}  // namespace host
