// SPDX-License-Identifier: Apache-2.0

#include "wire/statistics.h"

#include "gtest/gtest.h"
#include "wire/testing_bytes.h"

namespace wire {
namespace {

using testing::ByteVector;

TEST(StatisticsTest, AllocationFormIsTheWorkedExample) {
  const std::array<uint32_t, 6> values = {51200, 102400, 51200, 4096, 8192, 8192};
  std::array<uint8_t, kAllocationStatisticsBytes> bytes;
  EncodeAllocationStatistics(values, bytes);
  EXPECT_EQ(
      ByteVector(bytes.begin(), bytes.end()),
      testing::Hex("00 c8 00 00 00 90 01 00 00 c8 00 00 00 10 00 00 00 20 00 00 00 20 00 00"));
  const auto list = DecodeStatistics(Generation::kLegacy, bytes);
  ASSERT_TRUE(list.has_value());
  ASSERT_EQ(list->count, 6u);
  EXPECT_EQ(list->items[1].name, "host_bytes_allocated");
  EXPECT_EQ(list->items[1].value, 102400u);
}

TEST(StatisticsTest, RecordsComeBackTheSame) {
  const std::array<Statistic, 2> records = {
      Statistic{"a_name_of_exactly_32_characters_", StatisticKind::kAllocation, UINT64_MAX},
      Statistic{"x", StatisticKind::kInferenceTimeNs, 0}};
  for (Generation generation : {Generation::kLegacy, Generation::kHeader8, Generation::kHeader12}) {
    ByteVector bytes(2 * StatisticRecordBytes(generation), 0xEE);
    size_t size = 0;
    for (const Statistic& record : records) {
      size += EncodeStatistic(generation, record, base::MutableBytes(bytes).subspan(size));
    }
    ASSERT_EQ(size, bytes.size());
    const auto list = DecodeStatistics(generation, bytes);
    ASSERT_TRUE(list.has_value());
    ASSERT_EQ(list->count, 2u);
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(list->items[i].name, records[i].name);
      EXPECT_EQ(list->items[i].value, records[i].value);
      if (generation != Generation::kLegacy) EXPECT_EQ(list->items[i].kind, records[i].kind);
    }
  }
}

TEST(StatisticsTest, OtherSizesAreRefused) {
  EXPECT_EQ(DecodeStatistics(Generation::kLegacy, {})->count, 0u);
  for (size_t size : {1u, 23u, 25u, 39u, 41u, 48u}) {
    EXPECT_FALSE(DecodeStatistics(Generation::kLegacy, ByteVector(size)).has_value()) << size;
  }
  EXPECT_FALSE(DecodeStatistics(Generation::kHeader12, ByteVector(40)).has_value());
  EXPECT_FALSE(DecodeStatistics(Generation::kHeader12, ByteVector(48 * 65)).has_value());
  ByteVector unknown_kind(48, 0);
  unknown_kind[32] = 3;
  EXPECT_FALSE(DecodeStatistics(Generation::kHeader12, unknown_kind).has_value());
}

}  // namespace
}  // namespace wire
