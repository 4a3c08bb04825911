// SPDX-License-Identifier: Apache-2.0

// vset{i}vl{i} and vtype: V specification, sections 3.4 and 6.
#include <gtest/gtest.h>

#include "sim/vector/test_hart.h"

namespace sim {
namespace {

uint32_t Vsetvli(uint32_t rd, uint32_t rs1, uint32_t vtype) {
  return Info(Op::kVsetvli).encoding.match | rd << 7 | rs1 << 15 | vtype << 20;
}
uint32_t Vsetivli(uint32_t rd, uint32_t avl, uint32_t vtype) {
  return Info(Op::kVsetivli).encoding.match | rd << 7 | avl << 15 | vtype << 20;
}

// VLEN 512, ELEN 32: platform facts, section 5.2. 0 is an illegal combination.
TEST(Configuration, VlmaxOfEachSewAndLmul) {
  constexpr uint32_t kLmulFields[] = {5, 6, 7, 0, 1, 2, 3};
  constexpr uint32_t kVlmax[4][7] = {{0, 16, 32, 64, 128, 256, 512},
                                     {0, 0, 16, 32, 64, 128, 256},
                                     {0, 0, 0, 16, 32, 64, 128},
                                     {0, 0, 0, 0, 0, 0, 0}};
  for (uint32_t vlen_bytes : {16u, 32u, 64u, 128u}) {
    for (uint32_t sew = 0; sew < 4; ++sew) {
      for (uint32_t column = 0; column < 7; ++column) {
        TestHart t(vlen_bytes);
        const uint32_t vtype = sew << 3 | kLmulFields[column];
        ASSERT_TRUE(t.Execute(Vsetvli(5, 0, vtype)));
        const uint32_t want = kVlmax[sew][column] * vlen_bytes / 64;
        EXPECT_EQ(t.hart.x[5], want) << "vtype " << vtype << " VLEN " << vlen_bytes * 8;
        EXPECT_EQ(t.hart.v.vl, want);
        EXPECT_EQ(t.hart.v.vtype, want == 0 ? 0x8000'0000 : vtype);
      }
    }
  }
}

TEST(Configuration, RequestedLength) {
  struct Row {
    const char* what;
    uint32_t rd, rs1, avl, old_vl, want;
  };
  const Row rows[] = {
      {"AVL below VLMAX", 5, 6, 10, 0, 10},
      {"AVL at VLMAX", 5, 6, 16, 0, 16},
      {"AVL just above VLMAX", 5, 6, 17, 0, 16},
      {"AVL far above", 5, 6, 0xFFFF'FFFF, 0, 16},
      {"AVL 0", 5, 6, 0, 7, 0},
      {"rs1 = x0: VLMAX", 5, 0, 0, 3, 16},
      {"rs1 = rd = x0: keeps vl", 0, 0, 0, 9, 9},
      {"rs1 = rd = x0, vl above the new VLMAX", 0, 0, 0, 40, 16},
      {"rd = x0 with AVL", 0, 6, 4, 9, 4},
  };
  for (const Row& row : rows) {
    TestHart t;
    t.Configure(8, 0, row.old_vl);
    t.hart.x[row.rs1] = row.rs1 == 0 ? 0 : row.avl;
    t.hart.v.vstart = 5;
    ASSERT_TRUE(t.Execute(Vsetvli(row.rd, row.rs1, 2 << 3))) << row.what;
    EXPECT_EQ(t.hart.v.vl, row.want) << row.what;
    EXPECT_EQ(t.hart.x[row.rd], row.rd == 0 ? 0 : row.want) << row.what;
    EXPECT_EQ(t.hart.v.vstart, 0u) << row.what;
  }
}

TEST(Configuration, VsetivliTakesAnUnsignedImmediate) {
  TestHart t;
  ASSERT_TRUE(t.Execute(Vsetivli(5, 31, 0xC0)));
  EXPECT_EQ(t.hart.x[5], 31u);
  EXPECT_EQ(t.hart.v.vtype, 0xC0u);
}

TEST(Configuration, IllegalVtypeSetsVillAloneAndClearsVl) {
  for (uint32_t vtype : {0x100u, 4u, 0x8000'0000u, 0x8000'0010u, 0x18u, 0xFFFF'FFFFu, 0x400u}) {
    TestHart t;
    t.Configure(8, 0, 12);
    t.hart.x[7] = vtype;
    ASSERT_TRUE(t.Execute(Op::kVsetvl, 5, 7, 0)) << vtype;
    EXPECT_EQ(t.hart.v.vtype, 0x8000'0000u) << vtype;
    EXPECT_EQ(t.hart.v.vl, 0u) << vtype;
    EXPECT_EQ(t.hart.x[5], 0u) << vtype;
    // And out of it again.
    t.hart.x[7] = 0;
    ASSERT_TRUE(t.Execute(Op::kVsetvl, 5, 7, 0));
    EXPECT_EQ(t.hart.v.vl, 64u);
  }
}

TEST(Configuration, MarksVectorStateDirty) {
  TestHart t;
  t.hart.mstatus = (t.hart.mstatus & ~kMstatusVs) | 1u << 9;  // Initial
  ASSERT_TRUE(t.Execute(Vsetvli(5, 0, 0)));
  EXPECT_EQ(t.hart.mstatus & kMstatusVs, kMstatusVs);
}

}  // namespace
}  // namespace sim
