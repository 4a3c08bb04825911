// SPDX-License-Identifier: Apache-2.0

#include "wire/message.h"

#include <set>

#include "gtest/gtest.h"

namespace wire {
namespace {

TEST(MessageTest, NumbersOfAGenerationAreUniqueAndReversible) {
  for (Generation generation : {Generation::kLegacy, Generation::kHeader8, Generation::kHeader12}) {
    std::set<int> seen;
    for (const MessageInfo& row : AllMessages()) {
      const auto number = NumberOf(generation, row.type);
      if (!number) continue;
      EXPECT_TRUE(seen.insert(*number).second) << row.name << " " << GenerationName(generation);
      EXPECT_EQ(TypeOf(generation, *number), row.type) << row.name;
    }
    EXPECT_EQ(TypeOf(generation, 99), MessageType::kUnknown);
    EXPECT_EQ(TypeOf(generation, UINT64_MAX), MessageType::kUnknown);  // not kNone's -1
  }
}

TEST(MessageTest, LogsMovedByOneBetweenTheTwoNewerWires) {
  EXPECT_EQ(NumberOf(Generation::kHeader8, MessageType::kLogs), 12);
  EXPECT_EQ(NumberOf(Generation::kHeader12, MessageType::kLogs), 13);
  EXPECT_EQ(NumberOf(Generation::kLegacy, MessageType::kLogs), std::nullopt);
}

}  // namespace
}  // namespace wire
