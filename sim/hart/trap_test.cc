// SPDX-License-Identifier: Apache-2.0

// Which instruction traps in which state, with what cause, mtval, mepc and vstart (unprivileged
// specification; privileged specification, section 3.1; V specification, sections 3.7 and 17;
// platform facts, sections 5.3 and 5.4).
#include <gtest/gtest.h>

#include "sim/hart/testing_hart.h"

namespace sim {
namespace {

using testing::TestingHart;

constexpr uint32_t kT0 = 5, kT1 = 6;
constexpr GuestAddr kData = TestingHart::kData, kEnd = TestingHart::kEnd;

struct TrapCase {
  const char* what;
  uint32_t word;
  uint32_t t0;
  Cause cause;
  uint32_t mtval;
};

// mtval where it is the instruction word itself.
constexpr uint32_t kTheWord = 0xdead'0001;

class TrapTable : public ::testing::TestWithParam<TrapCase> {};

TEST_P(TrapTable, GoesToMtvecAndChangesNothingElse) {
  const TrapCase& c = GetParam();
  TestingHart t;
  if (c.cause == Cause::kEcallFromM) t.environment.serve_calls = false;
  for (uint32_t i = 1; i < 32; ++i) t.hart.x[i] = t.hart.f[i] = i * 0x0101'0101;
  t.hart.x[kT0] = c.t0;
  t.hart.mstatus |= kMstatusMie;
  const auto x = t.hart.x;
  const auto f = t.hart.f;
  // A nop first: mepc must be the second instruction's address.
  EXPECT_FALSE(t.Run({0x0000'0013, c.word})) << c.what;
  EXPECT_EQ(t.hart.mcause, static_cast<uint32_t>(c.cause)) << c.what;
  EXPECT_EQ(t.hart.mtval, c.mtval == kTheWord ? c.word : c.mtval) << c.what;
  EXPECT_EQ(t.hart.mepc, TestingHart::kRam + 4) << c.what;
  EXPECT_EQ(t.hart.mstatus & (kMstatusMie | kMstatusMpie), kMstatusMpie) << c.what;
  EXPECT_EQ(t.hart.x, x) << c.what;
  EXPECT_EQ(t.hart.f, f) << c.what;
}

uint32_t LoadWord(Op op, int32_t offset) {
  return Encode(op, {.rd = 7, .rs1 = kT0, .imm = offset});
}
uint32_t StoreWord(Op op, int32_t offset) {
  return Encode(op, {.rs1 = kT0, .rs2 = 7, .imm = offset});
}

INSTANTIATE_TEST_SUITE_P(
    Scalar, TrapTable,
    ::testing::Values(
        TrapCase{"all zeros", 0, 0, Cause::kIllegalInstruction, kTheWord},
        TrapCase{"all ones", ~0u, 0, Cause::kIllegalInstruction, kTheWord},
        TrapCase{"a compressed instruction", 0x0000'4501, 0, Cause::kIllegalInstruction, kTheWord},
        TrapCase{"fld", 0x0002'b387, kData, Cause::kIllegalInstruction, kTheWord},
        TrapCase{"sret", 0x1020'0073, 0, Cause::kIllegalInstruction, kTheWord},
        TrapCase{"csrrs of a CSR that is not there", 0x1800'2373, 0, Cause::kIllegalInstruction,
                 kTheWord},
        TrapCase{"csrrw to read-only vlenb", 0xc222'9073, 0, Cause::kIllegalInstruction, kTheWord},
        TrapCase{"csrrsi 1 to read-only mhartid", 0xf140'e373, 0, Cause::kIllegalInstruction,
                 kTheWord},
        TrapCase{"fadd.s with rm 5", 0x0020'd0d3, 0, Cause::kIllegalInstruction, kTheWord},
        TrapCase{"fadd.s with rm 6", 0x0020'e0d3, 0, Cause::kIllegalInstruction, kTheWord},
        TrapCase{"ecall", 0x0000'0073, 0, Cause::kEcallFromM, 0},
        TrapCase{"ebreak", 0x0010'0073, 0, Cause::kBreakpoint, TestingHart::kRam + 4},
        TrapCase{"jalr to a half word", Encode(Op::kJalr, {.rd = 1, .rs1 = kT0, .imm = 2}), kData,
                 Cause::kInstructionMisaligned, kData + 2},
        TrapCase{"jal to a half word", Encode(Op::kJal, {.rd = 1, .imm = 6}), 0,
                 Cause::kInstructionMisaligned, TestingHart::kRam + 4 + 6},
        TrapCase{"a taken branch to a half word", Encode(Op::kBeq, {.imm = 10}), 0,
                 Cause::kInstructionMisaligned, TestingHart::kRam + 4 + 10},
        TrapCase{"lh misaligned", LoadWord(Op::kLh, 1), kData, Cause::kLoadMisaligned, kData + 1},
        TrapCase{"lhu misaligned", LoadWord(Op::kLhu, -1), kData, Cause::kLoadMisaligned,
                 kData - 1},
        TrapCase{"lw misaligned", LoadWord(Op::kLw, 2), kData, Cause::kLoadMisaligned, kData + 2},
        TrapCase{"flw misaligned", LoadWord(Op::kFlw, 3), kData, Cause::kLoadMisaligned, kData + 3},
        TrapCase{"sh misaligned", StoreWord(Op::kSh, 1), kData, Cause::kStoreMisaligned, kData + 1},
        TrapCase{"sw misaligned", StoreWord(Op::kSw, 1), kData, Cause::kStoreMisaligned, kData + 1},
        TrapCase{"fsw misaligned", StoreWord(Op::kFsw, 2), kData, Cause::kStoreMisaligned,
                 kData + 2},
        TrapCase{"lb behind the end", LoadWord(Op::kLb, 0), kEnd, Cause::kLoadFault, kEnd},
        TrapCase{"lw before the start", LoadWord(Op::kLw, -4), TestingHart::kRam, Cause::kLoadFault,
                 TestingHart::kRam - 4},
        TrapCase{"flw at the top of the address space", LoadWord(Op::kFlw, -4), 0,
                 Cause::kLoadFault, 0xffff'fffc},
        TrapCase{"sb behind the end", StoreWord(Op::kSb, 0), kEnd, Cause::kStoreFault, kEnd},
        TrapCase{"fsw behind the end", StoreWord(Op::kFsw, 4), kEnd - 4, Cause::kStoreFault,
                 kEnd}));

TEST(Trap, FetchFaultNamesTheTarget) {
  TestingHart t;
  t.hart.x[kT0] = kEnd;
  EXPECT_FALSE(t.Run({Encode(Op::kJalr, {.rd = 1, .rs1 = kT0})}));
  EXPECT_EQ(t.hart.mcause, static_cast<uint32_t>(Cause::kInstructionFault));
  EXPECT_EQ(t.hart.mtval, kEnd);
  EXPECT_EQ(t.hart.mepc, kEnd);
  EXPECT_EQ(t.hart.x[1], TestingHart::kRam + 4) << "the jump itself retired";
}

TEST(Trap, ABranchThatIsNotTakenMayPointAnywhere) {
  TestingHart t;
  EXPECT_TRUE(t.Run({Encode(Op::kBne, {.imm = 10})}));
}

// Every instruction and CSR of a unit that is switched off is illegal.
TEST(Trap, UnitsThatAreOffAreIllegal) {
  for (size_t i = 0; i < kOpCount; ++i) {
    const auto op = static_cast<Op>(i);
    const Extension extension = Info(op).extension;
    if (extension != Extension::kF && extension != Extension::kV) continue;
    TestingHart t;
    t.hart.mstatus &= extension == Extension::kF ? ~kMstatusFs : ~kMstatusVs;
    t.hart.x[kT0] = kData;
    const uint32_t word = Encode(op, {.rd = 8, .rs1 = kT0, .rs2 = 16, .rs3 = 3, .rm = 0});
    EXPECT_FALSE(t.Run({word})) << Info(op).mnemonic;
    EXPECT_EQ(t.hart.mcause, static_cast<uint32_t>(Cause::kIllegalInstruction));
    EXPECT_EQ(t.hart.mtval, word) << Info(op).mnemonic;
  }
  for (int32_t csr : {0x001, 0x002, 0x003, 0x008, 0x009, 0x00A, 0x00F, 0xC20, 0xC21, 0xC22}) {
    TestingHart t;
    const uint32_t read = Encode(Op::kCsrrs, {.rd = 7, .imm = csr});
    EXPECT_TRUE(t.Run({read})) << csr;
    t.hart.mstatus &= csr <= 3 ? ~kMstatusFs : ~kMstatusVs;
    EXPECT_FALSE(t.Run({read})) << csr;
    EXPECT_EQ(t.hart.mtval, read);
  }
}

// A reserved mode in frm stops what takes its mode from there, and only that.
TEST(Trap, ReservedFrmStopsDynamicRounding) {
  for (uint8_t frm : {uint8_t{5}, uint8_t{6}, uint8_t{7}}) {
    TestingHart t;
    t.hart.frm = frm;
    EXPECT_FALSE(t.Run({Encode(Op::kFaddS, {.rd = 1, .rs1 = 2, .rs2 = 3, .rm = 7})}));
    EXPECT_FALSE(t.Run({Encode(Op::kFcvtWS, {.rd = 1, .rs1 = 2, .rm = 7})}));
    EXPECT_TRUE(t.Run({Encode(Op::kFaddS, {.rd = 1, .rs1 = 2, .rs2 = 3, .rm = 4})}));
    EXPECT_TRUE(t.Run({Encode(Op::kFsgnjS, {.rd = 1, .rs1 = 2, .rs2 = 3})}));
    EXPECT_TRUE(t.Run({Encode(Op::kFminS, {.rd = 1, .rs1 = 2, .rs2 = 3})}));
  }
}

// A vector access traps at an element: cause and address are the element's, vstart its index; what
// lies before it is done, and running the instruction again does the rest.
TEST(Trap, VectorAccessesTrapAtAnElementAndGoOn) {
  TestingHart t;
  SetVtype(t.hart.v, 2 << 3);  // e32, m1
  t.hart.v.vl = 8;
  t.hart.x[kT0] = kEnd - 12;
  const uint32_t load = Encode(Op::kVle32V, {.rd = 8, .rs1 = kT0});
  EXPECT_FALSE(t.Run({load}));
  EXPECT_EQ(t.hart.mcause, static_cast<uint32_t>(Cause::kLoadFault));
  EXPECT_EQ(t.hart.mtval, kEnd);
  EXPECT_EQ(t.hart.mepc, TestingHart::kRam);
  EXPECT_EQ(t.hart.v.vstart, 3u);
  EXPECT_EQ(t.hart.v.vl, 8u);
  t.hart.x[kT0] = kData;
  EXPECT_TRUE(t.Run({load}));
  EXPECT_EQ(t.hart.v.vstart, 0u);

  // Strided, the second element misaligned.
  t.hart.x[kT1] = 5;
  EXPECT_FALSE(t.Run({Encode(Op::kVsse32V, {.rd = 8, .rs1 = kT0, .rs2 = kT1})}));
  EXPECT_EQ(t.hart.mcause, static_cast<uint32_t>(Cause::kStoreMisaligned));
  EXPECT_EQ(t.hart.mtval, kData + 5);
  EXPECT_EQ(t.hart.v.vstart, 1u);
}

TEST(Trap, AnIllegalVectorInstructionKeepsVstart) {
  TestingHart t;
  SetVtype(t.hart.v, 2 << 3 | 1);  // e32, m2
  t.hart.v.vl = 8;
  t.hart.v.vstart = 2;
  const uint32_t word = Encode(Op::kVaddVv, {.rd = 7, .rs1 = 10, .rs2 = 8});
  EXPECT_FALSE(t.Run({word}));
  EXPECT_EQ(t.hart.mcause, static_cast<uint32_t>(Cause::kIllegalInstruction));
  EXPECT_EQ(t.hart.mtval, word);
  EXPECT_EQ(t.hart.v.vstart, 2u);
}

TEST(Trap, MretComesBackAndRestoresMie) {
  TestingHart t;
  t.hart.mepc = TestingHart::kRam + 8;
  t.hart.mstatus |= kMstatusMpie;
  EXPECT_TRUE(t.Run({Encode(Op::kMret, {}), 0}));
  EXPECT_EQ(t.hart.mstatus & (kMstatusMie | kMstatusMpie), kMstatusMie | kMstatusMpie);
}

}  // namespace
}  // namespace sim
