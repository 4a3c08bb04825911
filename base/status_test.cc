// SPDX-License-Identifier: Apache-2.0

#include "base/status.h"

#include <array>
#include <set>

#include "gtest/gtest.h"

namespace base {
namespace {

TEST(StatusTest, NumbersAreUniqueAndOkIsZero) {
  constexpr auto kNumbers = std::to_array<uint16_t>({
#define STATUS(name, number, text) number,
#include "base/status.def"
#undef STATUS
  });
  EXPECT_EQ(std::set<uint16_t>(kNumbers.begin(), kNumbers.end()).size(), kNumbers.size());
  EXPECT_EQ(static_cast<uint16_t>(Status::kOk), 0);
}

TEST(StatusTest, UnknownNumberHasText) {
  EXPECT_EQ(StatusText(static_cast<Status>(0xFFFF)), "unknown status");
  EXPECT_EQ(StatusName(Status::kModelInvalidState), "ModelInvalidState");
}

}  // namespace
}  // namespace base
