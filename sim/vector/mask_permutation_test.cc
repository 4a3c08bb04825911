// SPDX-License-Identifier: Apache-2.0

// Mask, permutation, reduction and carry instructions: V specification, sections 11.4, 14 to 16.
#include <gtest/gtest.h>

#include <bit>

#include "sim/vector/test_hart.h"

namespace sim {
namespace {

using Bytes = std::vector<uint8_t>;
using Words = std::vector<uint32_t>;

TEST(Mask, LogicalInstructionsTouchOnlyTheBody) {
  struct Row {
    Op op;
    uint8_t want;  // of b = 0b1100, a = 0b1010, repeated
  };
  const Row rows[] = {{Op::kVmandMm, 0x88}, {Op::kVmnandMm, 0x77}, {Op::kVmandnMm, 0x44},
                      {Op::kVmxorMm, 0x66}, {Op::kVmorMm, 0xEE},   {Op::kVmnorMm, 0x11},
                      {Op::kVmornMm, 0xDD}, {Op::kVmxnorMm, 0x99}};
  for (const Row& row : rows) {
    TestHart t;
    t.Configure(8, 0, 21);
    t.hart.v.vstart = 3;
    t.Fill<uint8_t>(1, 0xFF);
    t.Fill<uint8_t>(2, 0xCC);
    t.Fill<uint8_t>(3, 0xAA);
    ASSERT_TRUE(t.Execute(row.op, 1, 2, 3));
    const Bytes want = {static_cast<uint8_t>((row.want & 0xF8) | 0x07), row.want,
                        static_cast<uint8_t>((row.want & 0x1F) | 0xE0), 0xFF};
    EXPECT_EQ(t.Get<uint8_t>(1, 0, 4), want) << Info(row.op).mnemonic;
  }
}

TEST(Mask, CountAndFindFirst) {
  TestHart t;
  t.Configure(8, 0, 20);
  t.Set<uint8_t>(4, {0x00, 0x06, 0xFF, 0xFF});
  t.Set<uint8_t>(0, {0xFF, 0x04, 0x01, 0x00});
  ASSERT_TRUE(t.Execute(Op::kVcpopM, 5, 4, 16));
  EXPECT_EQ(t.hart.x[5], 6u);  // bits 9, 10, 16..19; the tail does not count
  ASSERT_TRUE(t.Execute(Op::kVcpopM, 5, 4, 16, false));
  EXPECT_EQ(t.hart.x[5], 2u);  // 10, 16
  ASSERT_TRUE(t.Execute(Op::kVfirstM, 5, 4, 17));
  EXPECT_EQ(t.hart.x[5], 9u);
  ASSERT_TRUE(t.Execute(Op::kVfirstM, 5, 4, 17, false));
  EXPECT_EQ(t.hart.x[5], 10u);
  t.hart.v.vl = 0;
  ASSERT_TRUE(t.Execute(Op::kVfirstM, 5, 4, 17));
  EXPECT_EQ(t.hart.x[5], 0xFFFF'FFFF);
  ASSERT_TRUE(t.Execute(Op::kVcpopM, 5, 4, 16));
  EXPECT_EQ(t.hart.x[5], 0u);
}

// The worked examples of sections 15.4 to 15.6: bits 7..0.
TEST(Mask, SetBeforeIncludingOnlyFirst) {
  struct Row {
    Op op;
    uint8_t source, want;
  };
  const Row rows[] = {
      {Op::kVmsbfM, 0b1001'0100, 0b0000'0011}, {Op::kVmsbfM, 0b1001'0101, 0b0000'0000},
      {Op::kVmsbfM, 0b0000'0000, 0b1111'1111}, {Op::kVmsifM, 0b1001'0100, 0b0000'0111},
      {Op::kVmsifM, 0b1001'0101, 0b0000'0001}, {Op::kVmsofM, 0b1001'0100, 0b0000'0100},
      {Op::kVmsofM, 0b1001'0101, 0b0000'0001}, {Op::kVmsofM, 0b0000'0000, 0b0000'0000}};
  for (const Row& row : rows) {
    TestHart t;
    t.Configure(8, 0, 8);
    t.Set<uint8_t>(3, {row.source, 0xAB});
    t.Set<uint8_t>(2, {0x55, 0xCD});
    ASSERT_TRUE(t.Execute(row.op, 2, 3, Info(row.op).encoding.match >> 15 & 31));
    EXPECT_EQ(t.Get<uint8_t>(2, 0, 2), (Bytes{row.want, 0xCD})) << Info(row.op).mnemonic;
  }
}

TEST(Mask, IotaCountsActiveBitsBelow) {
  TestHart t;
  t.Configure(8, 0, 8);
  t.Set<uint8_t>(2, {0b1001'0001});
  ASSERT_TRUE(t.Execute(Op::kViotaM, 4, 2, 16));
  EXPECT_EQ(t.Get<uint8_t>(4, 0, 8), (Bytes{0, 1, 1, 1, 1, 2, 2, 2}));
  t.Set<uint8_t>(0, {0b1110'1011});
  t.Fill<uint8_t>(4, 0xEE);
  ASSERT_TRUE(t.Execute(Op::kViotaM, 4, 2, 16, false));
  EXPECT_EQ(t.Get<uint8_t>(4, 0, 8), (Bytes{0, 1, 0xEE, 1, 0xEE, 1, 1, 1}));
}

TEST(Mask, VidWritesIndices) {
  TestHart t;
  t.Configure(16, 0, 5);
  t.hart.v.vstart = 2;
  ASSERT_TRUE(t.Execute(Op::kVidV, 4, 0, 17));
  EXPECT_EQ(t.Get<uint16_t>(4, 0, 6), (std::vector<uint16_t>{0, 0, 2, 3, 4, 0}));
}

TEST(Carry, AddAndSubtractChains) {
  TestHart t;
  t.Configure(32, 0, 4);
  t.Set<uint32_t>(8, {0xFFFF'FFFF, 1, 0xFFFF'FFFF, 0});
  t.Set<uint32_t>(9, {0, 2, 1, 0});
  t.Set<uint8_t>(0, {0b1001});
  t.Set<uint8_t>(4, {0xF0});
  ASSERT_TRUE(t.Execute(Op::kVmadcVvm, 4, 8, 9, false));
  EXPECT_EQ(t.Get<uint8_t>(4, 0), 0xF5);  // carries of 0 and 2; tail bits kept
  ASSERT_TRUE(t.Execute(Op::kVmadcVv, 4, 8, 9));
  EXPECT_EQ(t.Get<uint8_t>(4, 0), 0xF4);
  ASSERT_TRUE(t.Execute(Op::kVmsbcVvm, 4, 8, 9, false));
  EXPECT_EQ(t.Get<uint8_t>(4, 0), 0xFA);  // borrows of 1 and 3
  ASSERT_TRUE(t.Execute(Op::kVadcVvm, 10, 8, 9, false));
  EXPECT_EQ(t.Get<uint32_t>(10, 0, 4), (Words{0, 3, 0, 1}));
  ASSERT_TRUE(t.Execute(Op::kVsbcVvm, 10, 8, 9, false));
  EXPECT_EQ(t.Get<uint32_t>(10, 0, 4), (Words{0xFFFF'FFFE, 0xFFFF'FFFF, 0xFFFF'FFFE, 0xFFFF'FFFF}));
  ASSERT_TRUE(t.Execute(Op::kVmergeVvm, 10, 8, 9, false));
  EXPECT_EQ(t.Get<uint32_t>(10, 0, 4), (Words{0, 1, 0xFFFF'FFFF, 0}));
}

TEST(Compare, WritesBodyBitsOverItsOwnSource) {
  TestHart t;
  t.Configure(32, 0, 4);
  t.Set<uint32_t>(8, {0x8000'0000, 1, 2, 3, 0xFFFF'FFFF});
  t.hart.x[5] = 2;
  ASSERT_TRUE(t.Execute(Op::kVmsltVx, 8, 8, 5));
  EXPECT_EQ(t.Get<uint8_t>(8, 0), 0x03);  // tail bits 4..7 were 0 and stay so
  t.Set<uint32_t>(8, {0x8000'0000, 1, 2, 3});
  t.Set<uint8_t>(0, {0b1010});
  t.Set<uint8_t>(4, {0xFF});
  ASSERT_TRUE(t.Execute(Op::kVmsltuVx, 4, 8, 5, false));
  EXPECT_EQ(t.Get<uint8_t>(4, 0), 0b1111'0111);  // inactive bits kept
}

TEST(Compare, FloatFlagsOfActiveElementsOnly) {
  TestHart t;
  t.Configure(32, 0, 4);
  t.Set<uint32_t>(8, {0x3F80'0000, 0x7FC0'0000, 0xBF80'0000, 0});
  t.hart.f[3] = 0x8000'0000;
  t.Set<uint8_t>(0, {0b1101});
  ASSERT_TRUE(t.Execute(Op::kVmfleVf, 4, 8, 3, false));
  EXPECT_EQ(t.Get<uint8_t>(4, 0), 0b1100);
  EXPECT_EQ(t.hart.fflags, 0);
  ASSERT_TRUE(t.Execute(Op::kVmfneVf, 4, 8, 3));
  EXPECT_EQ(t.Get<uint8_t>(4, 0), 0b0111);
  EXPECT_EQ(t.hart.fflags, 0);
  ASSERT_TRUE(t.Execute(Op::kVmfgtVf, 4, 8, 3));
  EXPECT_EQ(t.Get<uint8_t>(4, 0), 0b0001);
  EXPECT_EQ(t.hart.fflags, 16);
}

TEST(Reduction, IntegerFormsAndTails) {
  struct Row {
    Op op;
    uint32_t want;
  };
  const Row rows[] = {{Op::kVredsumVs, 0x0000'000C},  {Op::kVredandVs, 0},
                      {Op::kVredorVs, 0xFFFF'FFFF},   {Op::kVredxorVs, 0xFFFF'FFFE},
                      {Op::kVredminuVs, 1},           {Op::kVredminVs, 0xFFFF'FFFF},
                      {Op::kVredmaxuVs, 0xFFFF'FFFF}, {Op::kVredmaxVs, 6}};
  for (const Row& row : rows) {
    TestHart t;
    t.Configure(32, 0, 3);
    t.Set<uint32_t>(8, {1, 0xFFFF'FFFF, 6, 100});
    t.Set<uint32_t>(9, {6, 55});
    t.Set<uint32_t>(10, {7, 77});
    ASSERT_TRUE(t.Execute(row.op, 10, 8, 9));
    EXPECT_EQ(t.Get<uint32_t>(10, 0, 2), (Words{row.want, 77})) << Info(row.op).mnemonic;
    // Nothing at all with vl = 0; vs1[0] alone with no active element.
    t.hart.v.vl = 0;
    t.Set<uint32_t>(10, {7});
    ASSERT_TRUE(t.Execute(row.op, 10, 8, 9));
    EXPECT_EQ(t.Get<uint32_t>(10, 0), 7u) << Info(row.op).mnemonic;
    t.hart.v.vl = 3;
    ASSERT_TRUE(t.Execute(row.op, 10, 8, 9, false));
    EXPECT_EQ(t.Get<uint32_t>(10, 0), 6u) << Info(row.op).mnemonic;
  }
}

TEST(Reduction, WideSumsExtendFirst) {
  TestHart t;
  t.Configure(8, 0, 3);
  t.Set<uint8_t>(8, {0xFF, 0xFF, 0x02});
  t.Set<uint16_t>(9, {0x1000});
  ASSERT_TRUE(t.Execute(Op::kVwredsumVs, 10, 8, 9));
  EXPECT_EQ(t.Get<uint16_t>(10, 0), 0x1000);
  ASSERT_TRUE(t.Execute(Op::kVwredsumuVs, 10, 8, 9));
  EXPECT_EQ(t.Get<uint16_t>(10, 0), 0x1200);
}

TEST(Reduction, FloatSumsAreOrderedAndRoundEachStep) {
  for (Op op : {Op::kVfredosumVs, Op::kVfredusumVs}) {
    TestHart t;
    t.Configure(32, 0, 3);
    const auto bits = [](float value) { return std::bit_cast<uint32_t>(value); };
    t.Set<uint32_t>(8, {bits(1e8f), bits(-1e8f), bits(1.0f)});
    t.Set<uint32_t>(9, {bits(1.0f)});
    ASSERT_TRUE(t.Execute(op, 10, 8, 9));
    EXPECT_EQ(t.Get<uint32_t>(10, 0), bits(1.0f));
    EXPECT_EQ(t.hart.fflags, 1);
    // No active element: vs1[0] as it is, even a NaN's payload, and no flag.
    t.hart.fflags = 0;
    t.Set<uint32_t>(9, {0x7F80'0001});
    ASSERT_TRUE(t.Execute(op, 10, 8, 9, false));
    EXPECT_EQ(t.Get<uint32_t>(10, 0), 0x7F80'0001u);
    EXPECT_EQ(t.hart.fflags, 0);
  }
}

TEST(Permutation, ElementMoves) {
  TestHart t;
  t.Configure(8, 0, 1);
  t.Set<uint8_t>(8, {0x80, 0x11});
  t.hart.v.vl = 0;
  t.hart.v.vstart = 9;
  ASSERT_TRUE(t.Execute(Op::kVmvXS, 5, 8, 0));
  EXPECT_EQ(t.hart.x[5], 0xFFFF'FF80);  // whatever vl and vstart are
  EXPECT_EQ(t.hart.v.vstart, 0u);
  t.hart.x[6] = 0x123;
  ASSERT_TRUE(t.Execute(Op::kVmvSX, 8, 0, 6));
  EXPECT_EQ(t.Get<uint8_t>(8, 0), 0x80);  // vl = 0
  t.hart.v.vl = 1;
  ASSERT_TRUE(t.Execute(Op::kVmvSX, 8, 0, 6));
  EXPECT_EQ(t.Get<uint8_t>(8, 0, 2), (Bytes{0x23, 0x11}));
}

TEST(Permutation, Slides) {
  TestHart t;
  t.Configure(32, 0, 4);
  const auto reset = [&] {
    t.Set<uint32_t>(8, {10, 11, 12, 13, 14, 15});
    t.Set<uint32_t>(9, {90, 91, 92, 93, 94});
  };
  reset();
  ASSERT_TRUE(t.Execute(Op::kVslideupVi, 9, 8, 2));
  EXPECT_EQ(t.Get<uint32_t>(9, 0, 5), (Words{90, 91, 10, 11, 94}));
  reset();  // elements between vl and VLMAX are read
  ASSERT_TRUE(t.Execute(Op::kVslidedownVi, 9, 8, 2));
  EXPECT_EQ(t.Get<uint32_t>(9, 0, 5), (Words{12, 13, 14, 15, 94}));
  reset();  // in place, and zero from VLMAX on
  t.hart.x[5] = 14;
  t.Set<uint32_t>(8, {10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25});
  ASSERT_TRUE(t.Execute(Op::kVslidedownVx, 8, 8, 5));
  EXPECT_EQ(t.Get<uint32_t>(8, 0, 5), (Words{24, 25, 0, 0, 14}));
  reset();
  t.hart.x[5] = 0xFFFF'FFFF;
  ASSERT_TRUE(t.Execute(Op::kVslidedownVx, 9, 8, 5));
  EXPECT_EQ(t.Get<uint32_t>(9, 0, 5), (Words{0, 0, 0, 0, 94}));
  reset();
  ASSERT_TRUE(t.Execute(Op::kVslideupVx, 9, 8, 5));
  EXPECT_EQ(t.Get<uint32_t>(9, 0, 5), (Words{90, 91, 92, 93, 94}));
  reset();
  ASSERT_TRUE(t.Execute(Op::kVslide1upVx, 9, 8, 5));
  EXPECT_EQ(t.Get<uint32_t>(9, 0, 5), (Words{0xFFFF'FFFF, 10, 11, 12, 94}));
  reset();
  t.hart.f[5] = 0x7F80'0001;
  ASSERT_TRUE(t.Execute(Op::kVfslide1downVf, 9, 8, 5));
  EXPECT_EQ(t.Get<uint32_t>(9, 0, 5), (Words{11, 12, 13, 0x7F80'0001, 94}));
}

TEST(Permutation, GathersReadUpToVlmax) {
  TestHart t;
  t.Configure(32, 0, 4);
  t.Set<uint32_t>(8, {10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25});
  t.Set<uint32_t>(9, {3, 15, 16, 0xFFFF'FFFF});
  t.Set<uint16_t>(11, {3, 15, 16, 0xFFFF});
  ASSERT_TRUE(t.Execute(Op::kVrgatherVv, 10, 8, 9));
  EXPECT_EQ(t.Get<uint32_t>(10, 0, 4), (Words{13, 25, 0, 0}));
  ASSERT_TRUE(t.Execute(Op::kVrgatherei16Vv, 10, 8, 11));
  EXPECT_EQ(t.Get<uint32_t>(10, 0, 4), (Words{13, 25, 0, 0}));
  ASSERT_TRUE(t.Execute(Op::kVrgatherVi, 10, 8, 15));
  EXPECT_EQ(t.Get<uint32_t>(10, 0, 5), (Words{25, 25, 25, 25, 0}));
  t.hart.x[5] = 16;
  ASSERT_TRUE(t.Execute(Op::kVrgatherVx, 10, 8, 5));
  EXPECT_EQ(t.Get<uint32_t>(10, 0, 4), (Words{0, 0, 0, 0}));
}

// Section 16.5's example.
TEST(Permutation, CompressPacksAndKeepsTheRest) {
  TestHart t;
  t.Configure(8, 0, 9);
  t.Set<uint8_t>(2, {0b0100'1001, 0b1});
  t.Set<uint8_t>(1, {0, 1, 2, 3, 4, 5, 6, 7, 8});
  t.Fill<uint8_t>(3, 0xEE);
  ASSERT_TRUE(t.Execute(Op::kVcompressVm, 3, 1, 2));
  EXPECT_EQ(t.Get<uint8_t>(3, 0, 5), (Bytes{0, 3, 6, 8, 0xEE}));
}

TEST(Permutation, WholeRegisterMoveIgnoresVlAndObeysVstart) {
  TestHart t;
  t.Configure(32, 0, 0);
  t.Fill<uint32_t>(8, 1, 2);
  t.Fill<uint32_t>(10, 2, 2);
  t.hart.v.vstart = 17;
  ASSERT_TRUE(t.Execute(Op::kVmv2rV, 8, 10, 1));
  EXPECT_EQ(t.Get<uint32_t>(8, 15, 3), (Words{1, 1, 2}));
  EXPECT_EQ(t.Get<uint32_t>(9, 15), 2u);
  EXPECT_EQ(t.hart.v.vstart, 0u);
}

}  // namespace
}  // namespace sim
