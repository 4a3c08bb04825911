// SPDX-License-Identifier: Apache-2.0

// Which CSRs there are, which of their bits hold, and what reading and writing them does
// (privileged specification; Zicsr; V specification, section 3).
#include "sim/hart/csr.h"

#include <gtest/gtest.h>

#include "sim/hart/testing_hart.h"

namespace sim {
namespace {

using testing::TestingHart;

constexpr uint32_t kT0 = 5, kT1 = 6, kT2 = 7;

struct BitsCase {
  const char* name;
  int32_t number;
  uint32_t written;
  uint32_t reads;
};

class CsrBits : public ::testing::TestWithParam<BitsCase> {};

// csrrw writes and hands back what was there; csrrs reads what holds.
TEST_P(CsrBits, HoldWhatTheManualSays) {
  const BitsCase& c = GetParam();
  TestingHart t;
  t.hart.x[kT0] = c.written;
  EXPECT_TRUE(t.Run({Encode(Op::kCsrrw, {.rd = 0, .rs1 = kT0, .imm = c.number}),
                     Encode(Op::kCsrrs, {.rd = kT1, .imm = c.number})}))
      << c.name;
  EXPECT_EQ(t.hart.x[kT1], c.reads) << c.name;
}

INSTANTIATE_TEST_SUITE_P(
    All, CsrBits,
    ::testing::Values(
        BitsCase{"fflags", 0x001, ~0u, 0x1f}, BitsCase{"frm", 0x002, ~0u, 7},
        BitsCase{"fcsr", 0x003, ~0u, 0xff}, BitsCase{"vstart", 0x008, ~0u, 511},
        BitsCase{"vxsat", 0x009, ~0u, 1}, BitsCase{"vxrm", 0x00A, ~0u, 3},
        BitsCase{"vcsr", 0x00F, ~0u, 7},
        BitsCase{"mstatus: MPP is M, FS and VS dirty, so SD", 0x300, ~0u, 0x8000'7e88},
        BitsCase{"misa: RV32IMF", 0x301, 0, 0x4000'1120}, BitsCase{"mie", 0x304, ~0u, 0x888},
        BitsCase{"mtvec: direct or vectored", 0x305, ~0u, 0xffff'fffd},
        BitsCase{"mscratch", 0x340, 0x1234'5678, 0x1234'5678},
        BitsCase{"mepc: whole instructions", 0x341, ~0u, 0xffff'fffc},
        BitsCase{"mcause", 0x342, 11, 11}, BitsCase{"mtval", 0x343, ~0u, ~0u},
        BitsCase{"pmpcfg0: nothing can be locked", 0x3A0, ~0u, 0x1f1f'1f1f},
        BitsCase{"pmpaddr15", 0x3BF, 0x1234'5678, 0x1234'5678},
        BitsCase{"tselect: no trigger", 0x7A0, 5, 0}, BitsCase{"tdata1", 0x7A1, ~0u, 0},
        BitsCase{"mcountinhibit", 0x320, ~0u, 0}, BitsCase{"mhpmevent3", 0x323, ~0u, 0},
        BitsCase{"minstret counts on from the next instruction", 0xB02, 100, 100},
        BitsCase{"minstreth", 0xB82, 7, 7}));

TEST(Csr, VstartHoldsAnIndexOfTheLongestVector) {
  for (uint32_t vlen_bytes : {16u, 32u, 64u, 128u}) {
    TestingHart t(vlen_bytes);
    t.hart.x[kT0] = ~0u;
    EXPECT_TRUE(t.Run({Encode(Op::kCsrrw, {.rd = 0, .rs1 = kT0, .imm = 0x008}),
                       Encode(Op::kCsrrs, {.rd = kT1, .imm = 0xC22})}));
    EXPECT_EQ(t.hart.v.vstart, vlen_bytes * 8 - 1);
    EXPECT_EQ(t.hart.x[kT1], vlen_bytes) << "vlenb";
  }
}

// Zicsr, table "Conditions determining whether a CSR instruction reads or writes".
TEST(Csr, SetAndClearWithX0DoNotWrite) {
  TestingHart t;
  EXPECT_TRUE(t.Run({Encode(Op::kCsrrs, {.rd = kT1, .rs1 = 0, .imm = 0xC22}),
                     Encode(Op::kCsrrc, {.rd = kT1, .rs1 = 0, .imm = 0xF14}),
                     Encode(Op::kCsrrsi, {.rd = kT1, .rs1 = 0, .imm = 0xC00})}));
  // A register that holds 0 is a write all the same.
  t.hart.x[kT0] = 0;
  EXPECT_FALSE(t.Run({Encode(Op::kCsrrs, {.rd = kT1, .rs1 = kT0, .imm = 0xC22})}));
}

TEST(Csr, SetClearAndImmediateForms) {
  TestingHart t;
  t.hart.mscratch = 0b1100;
  t.hart.x[kT0] = 0b0110;
  EXPECT_TRUE(t.Run({Encode(Op::kCsrrs, {.rd = kT1, .rs1 = kT0, .imm = 0x340}),
                     Encode(Op::kCsrrc, {.rd = kT2, .rs1 = kT0, .imm = 0x340})}));
  EXPECT_EQ(t.hart.x[kT1], 0b1100u);
  EXPECT_EQ(t.hart.x[kT2], 0b1110u);
  EXPECT_EQ(t.hart.mscratch, 0b1000u);
  // The register may be its own destination.
  t.hart.x[kT0] = 77;
  EXPECT_TRUE(t.Run({Encode(Op::kCsrrw, {.rd = kT0, .rs1 = kT0, .imm = 0x340}),
                     Encode(Op::kCsrrwi, {.rd = kT1, .rs1 = 31, .imm = 0x340})}));
  EXPECT_EQ(t.hart.x[kT0], 0b1000u);
  EXPECT_EQ(t.hart.x[kT1], 77u);
  EXPECT_EQ(t.hart.mscratch, 31u);
}

// mstatus.FS and VS become dirty with the state they guard, and SD sums them up.
TEST(Csr, WritesMarkTheirUnitDirty) {
  constexpr uint32_t kInitialFs = 1u << 13, kInitialVs = 1u << 9;
  TestingHart t;
  const auto initial = [&t] {
    t.hart.mstatus = (t.hart.mstatus & ~(kMstatusFs | kMstatusVs)) | kInitialFs | kInitialVs;
  };
  initial();
  EXPECT_TRUE(t.Run({Encode(Op::kCsrrs, {.rd = kT1, .imm = 0x003}),
                     Encode(Op::kCsrrs, {.rd = kT1, .imm = 0x300})}));
  EXPECT_EQ(t.hart.x[kT1] >> 31, 0u) << "a read marks nothing";
  EXPECT_TRUE(t.Run({Encode(Op::kCsrrwi, {.rd = 0, .rs1 = 1, .imm = 0x002}),
                     Encode(Op::kCsrrs, {.rd = kT1, .imm = 0x300})}));
  EXPECT_EQ(t.hart.x[kT1] & (kMstatusFs | kMstatusVs), kMstatusFs | kInitialVs);
  EXPECT_EQ(t.hart.x[kT1] >> 31, 1u);
  initial();
  EXPECT_TRUE(t.Run({Encode(Op::kCsrrwi, {.rd = 0, .rs1 = 1, .imm = 0x00A}),
                     Encode(Op::kCsrrs, {.rd = kT1, .imm = 0x300})}));
  EXPECT_EQ(t.hart.x[kT1] & (kMstatusFs | kMstatusVs), kInitialFs | kMstatusVs);
}

// vcsr mirrors vxrm and vxsat, fcsr frm and fflags.
TEST(Csr, JointRegistersMirrorTheirParts) {
  TestingHart t;
  EXPECT_TRUE(t.Run({Encode(Op::kCsrrwi, {.rd = 0, .rs1 = 3, .imm = 0x00A}),
                     Encode(Op::kCsrrs, {.rd = kT1, .imm = 0x00F}),
                     Encode(Op::kCsrrwi, {.rd = 0, .rs1 = 4, .imm = 0x002}),
                     Encode(Op::kCsrrwi, {.rd = 0, .rs1 = 17, .imm = 0x001}),
                     Encode(Op::kCsrrs, {.rd = kT2, .imm = 0x003})}));
  EXPECT_EQ(t.hart.x[kT1], 6u);
  EXPECT_EQ(t.hart.x[kT2], 4u << 5 | 17u);
}

}  // namespace
}  // namespace sim
