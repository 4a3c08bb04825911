// SPDX-License-Identifier: Apache-2.0

#include "host/session/evaluation.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace host {
namespace {

constexpr wire::ElementType kF32{wire::TypeCode::kFloat, 32};
constexpr wire::ElementType kI8{wire::TypeCode::kInt, 8};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Result<uint32_t> OfFloats(std::vector<float> scores, size_t classes) {
  std::vector<uint8_t> bytes(scores.size() * sizeof(float));
  std::memcpy(bytes.data(), scores.data(), bytes.size());
  return PredictedClass(bytes, kF32, classes);
}

TEST(PredictedClass, HighestScoreAndFirstOfEquals) {
  EXPECT_EQ(OfFloats({0.1f, 0.7f, 0.2f}, 3), 1u);
  EXPECT_EQ(OfFloats({0.5f, 0.5f}, 2), 0u);
  EXPECT_EQ(OfFloats({-3, -1, -2}, 3), 1u);
  EXPECT_EQ(OfFloats({kNan, -5}, 2), 1u);
  // The contract's person-detection answer: 66 9a, signed.
  EXPECT_EQ(PredictedClass(std::vector<uint8_t>{0x66, 0x9a}, kI8, 2), 0u);
}

TEST(PredictedClass, WrongSizeOrNoNumber) {
  EXPECT_FALSE(OfFloats({1, 2}, 3));
  EXPECT_FALSE(OfFloats({1, 2, 3, 4}, 3));
  EXPECT_FALSE(OfFloats({kNan, kNan}, 2));
  EXPECT_FALSE(PredictedClass({}, kI8, 2));
}

}  // namespace
}  // namespace host
