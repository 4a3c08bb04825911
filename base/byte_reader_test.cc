// SPDX-License-Identifier: Apache-2.0

#include "base/byte_reader.h"

#include <array>

#include "base/try.h"
#include "gtest/gtest.h"

namespace base {
namespace {

constexpr std::array<uint8_t, 6> kSample = {1, 2, 3, 4, 5, 6};

TEST(ByteReaderTest, ReadsLittleEndianInOrder) {
  ByteReader reader(kSample);
  EXPECT_EQ(reader.Read<uint16_t>(), 0x0201);
  EXPECT_EQ(reader.Read<uint32_t>(), 0x06050403u);
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(ByteReaderTest, ReadPastEndFailsAndMovesNothing) {
  ByteReader reader(kSample, 4);
  EXPECT_EQ(reader.Read<uint32_t>().error(), Status::kOutOfBounds);
  EXPECT_EQ(reader.offset(), 4u);
}

TEST(ByteReaderTest, BoundsCannotWrap) {
  EXPECT_TRUE(InBounds(6, 6, 0));
  EXPECT_FALSE(InBounds(6, 7, 0));
  EXPECT_FALSE(InBounds(6, 4, UINT64_MAX));
  EXPECT_FALSE(InBounds(6, UINT64_MAX, 2));
  EXPECT_FALSE(SliceAt(kSample, 5, 2).has_value());
}

Result<int> Doubled(Bytes bytes) { return 2 * TRY(ReadAt<uint8_t>(bytes, 5)); }

TEST(ByteReaderTest, TryReturnsValueOrError) {
  EXPECT_EQ(Doubled(kSample), 12);
  EXPECT_EQ(Doubled({}).error(), Status::kOutOfBounds);
}

}  // namespace
}  // namespace base
