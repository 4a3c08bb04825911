// SPDX-License-Identifier: Apache-2.0

// Vector loads and stores: V specification, sections 7 and 17; counting: platform facts, 4.5.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "sim/vector/test_hart.h"

namespace sim {
namespace {

using Bytes = std::vector<uint8_t>;
using Words = std::vector<uint32_t>;

constexpr GuestAddr kBase = TestHart::kRamBase;
constexpr GuestAddr kEnd = TestHart::kRamBase + TestHart::kRamBytes;
constexpr uint32_t kRs1 = 5, kRs2 = 6;

struct VectorMemory : testing::Test {
  TestHart t;
  void SetUp() override {
    const std::span<uint8_t> ram = t.Ram();
    std::iota(ram.begin(), ram.end(), uint8_t{0});
    t.hart.x[kRs1] = kBase;
  }
};

TEST_F(VectorMemory, UnitStrideLoadAndStoreCountElements) {
  t.Configure(8, 0, 5);
  t.Fill<uint8_t>(8, 0xEE);
  ASSERT_TRUE(t.Execute(Op::kVle8V, 8, 0, kRs1));
  EXPECT_EQ(t.Get<uint8_t>(8, 0, 6), (Bytes{0, 1, 2, 3, 4, 0xEE}));
  EXPECT_EQ(t.Counts().reads, 5u);
  t.Configure(32, 3, 100);
  ASSERT_TRUE(t.Execute(Op::kVle32V, 8, 0, kRs1));
  EXPECT_EQ(t.Get<uint32_t>(8, 99), 0x8F8E'8D8Cu);
  EXPECT_EQ(t.Counts().reads, 105u);
  t.hart.x[kRs1] = kBase + 0x2000;
  ASSERT_TRUE(t.Execute(Op::kVse32V, 8, 0, kRs1));
  EXPECT_TRUE(std::equal(t.Ram().begin(), t.Ram().begin() + 400, t.Ram().begin() + 0x2000));
  EXPECT_EQ(t.Counts().writes, 100u);
}

TEST_F(VectorMemory, MaskedElementsNeitherAccessNorTrap) {
  t.Configure(32, 0, 4);
  t.Set<uint8_t>(0, {0b0101});
  t.Fill<uint32_t>(8, 0xEEEE'EEEE);
  t.hart.x[kRs1] = kEnd - 12;  // element 3 lies outside
  ASSERT_TRUE(t.Execute(Op::kVle32V, 8, 0, kRs1, false));
  EXPECT_EQ(t.Get<uint32_t>(8, 1), 0xEEEE'EEEEu);
  EXPECT_EQ(t.Get<uint32_t>(8, 2), 0xFFFE'FDFCu);
  EXPECT_EQ(t.Counts().reads, 2u);
}

TEST_F(VectorMemory, TrapNamesElementAndGoesOnFromVstart) {
  t.Configure(32, 0, 8);
  t.Fill<uint32_t>(8, 0xEEEE'EEEE);
  t.hart.x[kRs1] = kEnd - 12;
  EXPECT_FALSE(t.Execute(Op::kVle32V, 8, 0, kRs1));
  EXPECT_EQ(t.hart.trap.cause, Cause::kLoadFault);
  EXPECT_EQ(t.hart.trap.tval, kEnd);
  EXPECT_EQ(t.hart.v.vstart, 3u);
  EXPECT_EQ(t.Get<uint32_t>(8, 2, 2), (Words{0xFFFE'FDFC, 0xEEEE'EEEE}));
  // The handler maps the rest somewhere else; the instruction goes on where it stopped.
  t.hart.x[kRs1] = kBase;
  ASSERT_TRUE(t.Execute(Op::kVle32V, 8, 0, kRs1));
  EXPECT_EQ(t.Get<uint32_t>(8, 2, 2), (Words{0xFFFE'FDFC, 0x0F0E'0D0C}));
  EXPECT_EQ(t.hart.v.vstart, 0u);
  t.hart.x[kRs1] = kEnd - 4;
  EXPECT_FALSE(t.Execute(Op::kVse32V, 8, 0, kRs1));
  EXPECT_EQ(t.hart.trap.cause, Cause::kStoreFault);
  EXPECT_EQ(t.hart.v.vstart, 1u);
}

TEST_F(VectorMemory, MisalignedElementsFollowTheBusPolicy) {
  t.Configure(32, 0, 2);
  t.hart.x[kRs1] = kBase + 2;
  EXPECT_FALSE(t.Execute(Op::kVle32V, 8, 0, kRs1));
  EXPECT_EQ(t.hart.trap.cause, Cause::kLoadMisaligned);
  EXPECT_EQ(t.hart.trap.tval, kBase + 2);
  EXPECT_FALSE(t.Execute(Op::kVse32V, 8, 0, kRs1));
  EXPECT_EQ(t.hart.trap.cause, Cause::kStoreMisaligned);
  // Strided: only the second element is misaligned.
  t.hart.x[kRs1] = kBase;
  t.hart.x[kRs2] = 6;
  EXPECT_FALSE(t.Execute(Op::kVlse32V, 8, kRs2, kRs1));
  EXPECT_EQ(t.hart.v.vstart, 1u);
  EXPECT_EQ(t.hart.trap.tval, kBase + 6);
  t.hart.v.vstart = 0;
  t.bus.SetPolicies(MisalignedPolicy::kAllow, UnmappedPolicy::kFault);
  t.hart.x[kRs1] = kBase + 2;
  ASSERT_TRUE(t.Execute(Op::kVle32V, 8, 0, kRs1));
  EXPECT_EQ(t.Get<uint32_t>(8, 0, 2), (Words{0x0504'0302, 0x0908'0706}));
}

TEST_F(VectorMemory, FaultOnlyFirstShortensVl) {
  t.Configure(16, 0, 8);
  t.hart.x[kRs1] = kEnd - 6;
  ASSERT_TRUE(t.Execute(Op::kVle16ffV, 8, 0, kRs1));
  EXPECT_EQ(t.hart.v.vl, 3u);
  EXPECT_EQ(t.hart.v.vstart, 0u);
  EXPECT_EQ(t.Get<uint16_t>(8, 2), 0xFFFE);
  t.hart.v.vl = 8;
  t.hart.x[kRs1] = kEnd;
  EXPECT_FALSE(t.Execute(Op::kVle16ffV, 8, 0, kRs1));
  EXPECT_EQ(t.hart.trap.cause, Cause::kLoadFault);
  EXPECT_EQ(t.hart.v.vl, 8u);
  // A first element that is masked off cannot trap.
  t.Set<uint8_t>(0, {0b1110});
  t.hart.x[kRs1] = kEnd - 4;
  ASSERT_TRUE(t.Execute(Op::kVle16ffV, 8, 0, kRs1, false));
  EXPECT_EQ(t.hart.v.vl, 2u);
}

TEST_F(VectorMemory, StridedAndIndexed) {
  t.Configure(16, 0, 3);
  t.hart.x[kRs1] = kBase + 32;
  t.hart.x[kRs2] = static_cast<uint32_t>(-16);
  ASSERT_TRUE(t.Execute(Op::kVlse16V, 8, kRs2, kRs1));
  EXPECT_EQ(t.Get<uint16_t>(8, 0, 3), (std::vector<uint16_t>{0x2120, 0x1110, 0x0100}));
  t.Set<uint8_t>(9, {0xF0, 0x02, 0x00});  // unsigned offsets
  ASSERT_TRUE(t.Execute(Op::kVluxei8V, 8, 9, kRs1));
  EXPECT_EQ(t.Get<uint16_t>(8, 0, 3), (std::vector<uint16_t>{0x1110, 0x2322, 0x2120}));
  t.hart.x[kRs1] = kBase + 0x1000;
  t.Set<uint32_t>(10, {4, 0, 4});
  ASSERT_TRUE(t.Execute(Op::kVsoxei32V, 8, 10, kRs1));
  const uint8_t* stored = t.bus.Ram(kBase + 0x1000, 8);
  EXPECT_EQ(Bytes(stored, stored + 6), (Bytes{0x22, 0x23, 2, 3, 0x20, 0x21}));  // the last one wins
}

TEST_F(VectorMemory, SegmentsGoFieldByField) {
  t.Configure(16, 1, 20);  // two registers a field
  ASSERT_TRUE(t.Execute(Op::kVle16V, 8, 0, kRs1, true, 2));
  EXPECT_EQ(t.Get<uint16_t>(8, 0, 2), (std::vector<uint16_t>{0x0100, 0x0706}));
  EXPECT_EQ(t.Get<uint16_t>(10, 0, 2), (std::vector<uint16_t>{0x0302, 0x0908}));
  EXPECT_EQ(t.Get<uint16_t>(12, 19), 0x7776);
  EXPECT_EQ(t.Counts().reads, 60u);
  t.hart.x[kRs1] = kBase + 0x800;
  ASSERT_TRUE(t.Execute(Op::kVse16V, 8, 0, kRs1, true, 2));
  EXPECT_TRUE(std::equal(t.Ram().begin(), t.Ram().begin() + 120, t.Ram().begin() + 0x800));
  // A trap in the middle of a segment names the segment.
  t.hart.x[kRs1] = kEnd - 8;
  EXPECT_FALSE(t.Execute(Op::kVle16V, 8, 0, kRs1, true, 2));
  EXPECT_EQ(t.hart.v.vstart, 1u);
  EXPECT_EQ(t.hart.trap.tval, kEnd);
}

TEST_F(VectorMemory, MaskLoadsTakeBytesOfVlBits) {
  t.Configure(32, 3, 17);
  t.Fill<uint8_t>(0, 0xEE);
  t.hart.x[kRs1] = kBase + 5;
  ASSERT_TRUE(t.Execute(Op::kVlmV, 0, 11, kRs1));
  EXPECT_EQ(t.Get<uint8_t>(0, 0, 4), (Bytes{5, 6, 7, 0xEE}));
  EXPECT_EQ(t.Counts().reads, 3u);
  t.hart.v.vl = 0;
  ASSERT_TRUE(t.Execute(Op::kVsmV, 0, 11, kRs1));
  EXPECT_EQ(t.Counts().writes, 0u);
}

TEST_F(VectorMemory, WholeRegistersIgnoreVtypeAndCountBytes) {
  t.hart.x[kRs1] = kBase + 1;  // no alignment is asked
  ASSERT_TRUE(t.Execute(Op::kVl2re32V, 8, 8, kRs1));
  EXPECT_EQ(t.Get<uint8_t>(9, 63), 128);
  EXPECT_EQ(t.Counts().reads, 128u);
  t.hart.v.vstart = 31;  // in elements of the encoded width
  t.Fill<uint8_t>(8, 0xEE, 2);
  ASSERT_TRUE(t.Execute(Op::kVl2re32V, 8, 8, kRs1));
  EXPECT_EQ(t.Get<uint8_t>(9, 59, 2), (Bytes{0xEE, 125}));
  t.hart.x[kRs1] = kEnd - 70;
  EXPECT_FALSE(t.Execute(Op::kVs2rV, 8, 8, kRs1));
  EXPECT_EQ(t.hart.trap.cause, Cause::kStoreFault);
  EXPECT_EQ(t.hart.trap.tval, kEnd);
  EXPECT_EQ(t.hart.v.vstart, 70u);
}

// A device is reached element by element, at the element's width.
TEST_F(VectorMemory, DevicesSeeSingleAccesses) {
  struct Log : Device {
    Words offsets, values;
    uint32_t Read(uint32_t offset, uint32_t width) override {
      offsets.push_back(offset * 16 + width);
      return 0x1000 + offset;
    }
    void Write(uint32_t offset, uint32_t width, uint32_t value) override {
      offsets.push_back(offset * 16 + width);
      values.push_back(value);
    }
  } log;
  t.bus.AddDevice("log", 0x8000, 64, &log);
  t.Configure(16, 0, 3);
  t.hart.x[kRs1] = 0x8000;
  ASSERT_TRUE(t.Execute(Op::kVle16V, 8, 0, kRs1));
  EXPECT_EQ(log.offsets, (Words{0x02, 0x22, 0x42}));
  EXPECT_EQ(t.Get<uint16_t>(8, 2), 0x1004);
  ASSERT_TRUE(t.Execute(Op::kVse16V, 8, 0, kRs1));
  EXPECT_EQ(log.values, (Words{0x1000, 0x1002, 0x1004}));
}

TEST_F(VectorMemory, StoresIntoCodeAreNoticed) {
  t.bus.MarkCode(kBase + 64, 64, true);
  t.Configure(8, 0, 64);
  ASSERT_TRUE(t.Execute(Op::kVse8V, 8, 0, kRs1));
  EXPECT_FALSE(t.bus.code_written);
  t.hart.x[kRs1] = kBase + 32;
  ASSERT_TRUE(t.Execute(Op::kVse8V, 8, 0, kRs1));
  EXPECT_TRUE(t.bus.code_written);
}

}  // namespace
}  // namespace sim
