// SPDX-License-Identifier: Apache-2.0

// Which encodings are legal in which state: the table of the platform facts (section 5.3), and the
// rules of the V specification that it samples.
#include "sim/vector/legality.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/isa/disassembler.h"
#include "sim/vector/test_hart.h"

namespace sim {
namespace {

constexpr int kVill = 100;

struct Row {
  uint32_t sew;
  int lmul;  // shift, or kVill
  Op op;
  uint32_t vd, vs2, vs1;
  bool vm, legal;
  uint32_t nf = 0;
};

class LegalityTable : public testing::TestWithParam<Row> {};

TEST_P(LegalityTable, RetiresOrTrapsAsTheManualSays) {
  const Row& row = GetParam();
  TestHart t;
  if (row.lmul != kVill) t.Configure(row.sew, row.lmul, 2);
  for (uint32_t n = 1; n < 32; ++n) t.hart.x[n] = TestHart::kRamBase;
  const uint32_t word = TestHart::Encode(row.op, row.vd, row.vs2, row.vs1, row.vm, row.nf);
  EXPECT_EQ(t.Execute(word), row.legal)
      << "e" << row.sew << " lmul 2^" << row.lmul << " " << Disassemble(word, 0);
  if (!row.legal) {
    EXPECT_EQ(t.hart.trap.cause, Cause::kIllegalInstruction);
    EXPECT_EQ(t.hart.trap.tval, word);
  }
}

constexpr bool kUnmasked = true, kMasked = false, kLegal = true, kIllegal = false;

INSTANTIATE_TEST_SUITE_P(
    PlatformFacts, LegalityTable,
    testing::Values(Row{32, 1, Op::kVaddVv, 7, 8, 10, kUnmasked, kIllegal},
                    Row{16, 0, Op::kVwaddVv, 8, 8, 12, kUnmasked, kIllegal},
                    Row{16, 0, Op::kVwaddVv, 8, 9, 12, kUnmasked, kLegal},
                    Row{16, 0, Op::kVwaddVv, 9, 10, 12, kUnmasked, kIllegal},
                    Row{16, 3, Op::kVwaddVv, 8, 16, 24, kUnmasked, kIllegal},
                    Row{32, 0, Op::kVwaddVv, 8, 16, 24, kUnmasked, kIllegal},
                    Row{16, 0, Op::kVnsrlWi, 8, 8, 1, kUnmasked, kLegal},
                    Row{16, 0, Op::kVnsrlWi, 9, 8, 1, kUnmasked, kIllegal},
                    Row{32, 0, Op::kVrgatherVv, 8, 8, 9, kUnmasked, kIllegal},
                    Row{32, 0, Op::kVslideupVi, 8, 8, 1, kUnmasked, kIllegal},
                    Row{32, 0, Op::kVcompressVm, 8, 8, 0, kUnmasked, kIllegal},
                    Row{32, 0, Op::kViotaM, 0, 0, 16, kUnmasked, kIllegal},
                    Row{32, 0, Op::kVmsbfM, 4, 4, 1, kUnmasked, kIllegal},
                    Row{32, 0, Op::kVslidedownVi, 8, 8, 1, kUnmasked, kLegal},
                    Row{32, 0, Op::kVaddVv, 0, 8, 9, kMasked, kIllegal},
                    Row{32, 0, Op::kVmseqVv, 0, 8, 9, kMasked, kLegal},
                    Row{32, 1, Op::kVmseqVv, 9, 8, 10, kUnmasked, kIllegal},
                    Row{32, 1, Op::kVmseqVv, 8, 8, 10, kUnmasked, kLegal},
                    Row{32, 0, Op::kVwredsumVs, 8, 9, 10, kUnmasked, kIllegal},
                    Row{16, 0, Op::kVfwcvtFXV, 8, 12, 0, kUnmasked, kLegal},
                    Row{16, 0, Op::kVfncvtXFW, 8, 12, 0, kUnmasked, kLegal},
                    Row{16, 0, Op::kVwredsumVs, 8, 9, 10, kUnmasked, kLegal},
                    Row{16, 0, Op::kVfaddVv, 8, 9, 10, kUnmasked, kIllegal},
                    Row{8, 0, Op::kVfaddVv, 8, 9, 10, kUnmasked, kIllegal},
                    Row{16, 0, Op::kVzextVf4, 8, 9, 0, kUnmasked, kIllegal},
                    Row{8, -2, Op::kVle32V, 8, 0, 1, kUnmasked, kLegal},
                    Row{8, -1, Op::kVle32V, 8, 0, 1, kUnmasked, kLegal},
                    Row{8, -1, Op::kVle32V, 9, 0, 1, kUnmasked, kIllegal},
                    Row{8, 3, Op::kVle16V, 8, 0, 1, kUnmasked, kIllegal},
                    Row{32, 0, Op::kVle32V, 24, 0, 1, kUnmasked, kLegal, 7},
                    Row{32, 0, Op::kVle32V, 25, 0, 1, kUnmasked, kIllegal, 7},
                    Row{32, 1, Op::kVle32V, 8, 0, 1, kUnmasked, kLegal, 3},
                    Row{32, 1, Op::kVle32V, 8, 0, 1, kUnmasked, kIllegal, 4},
                    Row{32, 0, Op::kVle32V, 0, 0, 1, kMasked, kIllegal, 1},
                    Row{32, 0, Op::kVmv2rV, 9, 10, 0, kUnmasked, kIllegal},
                    Row{32, 0, Op::kVl2re32V, 9, 0, 1, kUnmasked, kIllegal},
                    Row{32, 3, Op::kVredsumVs, 9, 8, 9, kUnmasked, kLegal},
                    Row{32, 3, Op::kVmandMm, 1, 2, 3, kUnmasked, kLegal},
                    Row{32, 3, Op::kVmvXS, 5, 9, 0, kUnmasked, kLegal},
                    Row{32, 2, Op::kVluxei8V, 8, 9, 1, kUnmasked, kIllegal},
                    Row{32, 2, Op::kVluxei8V, 8, 8, 1, kUnmasked, kIllegal},
                    Row{32, 2, Op::kVluxei8V, 8, 11, 1, kUnmasked, kLegal},
                    Row{8, 0, Op::kVluxei32V, 8, 8, 1, kUnmasked, kLegal},
                    Row{8, 0, Op::kVluxei32V, 12, 8, 1, kUnmasked, kLegal},
                    Row{8, 3, Op::kVrgatherei16Vv, 8, 16, 24, kUnmasked, kIllegal},
                    Row{32, kVill, Op::kVaddVv, 8, 9, 10, kUnmasked, kIllegal},
                    Row{32, kVill, Op::kVmvXS, 5, 9, 0, kUnmasked, kIllegal},
                    Row{32, kVill, Op::kVl1re32V, 8, 0, 1, kUnmasked, kLegal},
                    Row{32, kVill, Op::kVs1rV, 8, 0, 1, kUnmasked, kLegal},
                    Row{32, kVill, Op::kVmv1rV, 8, 9, 0, kUnmasked, kIllegal}));

INSTANTIATE_TEST_SUITE_P(
    Manual, LegalityTable,
    testing::Values(
        // Section 5.2: a wider destination over the highest part needs source EMUL >= 1.
        Row{8, 0, Op::kVzextVf2, 8, 8, 0, kUnmasked, kIllegal},
        Row{16, 0, Op::kVzextVf2, 8, 8, 0, kUnmasked, kIllegal},
        Row{16, 1, Op::kVzextVf2, 8, 9, 0, kUnmasked, kLegal},
        Row{16, 1, Op::kVzextVf2, 8, 8, 0, kUnmasked, kIllegal},
        Row{32, 2, Op::kVsextVf4, 8, 11, 0, kUnmasked, kLegal},
        Row{32, 2, Op::kVsextVf4, 8, 10, 0, kUnmasked, kIllegal},
        // Section 11.4: vadc may not write v0, vmadc may.
        Row{32, 0, Op::kVadcVvm, 0, 8, 9, kMasked, kIllegal},
        Row{32, 0, Op::kVmadcVvm, 0, 8, 9, kMasked, kLegal},
        Row{32, 0, Op::kVmergeVvm, 0, 8, 9, kMasked, kIllegal},
        // Section 14: a reduction's scalars are single registers, and may be v0 when masked.
        Row{32, 3, Op::kVredsumVs, 0, 8, 3, kMasked, kLegal},
        Row{32, 3, Op::kVredsumVs, 1, 9, 3, kUnmasked, kIllegal},
        // Section 15: set-before-first apart from its mask.
        Row{32, 0, Op::kVmsbfM, 0, 4, 1, kMasked, kIllegal},
        Row{32, 0, Op::kViotaM, 8, 4, 16, kMasked, kLegal},
        // Section 16: gathers and compress apart from every source.
        Row{32, 0, Op::kVrgatherVv, 8, 9, 8, kUnmasked, kIllegal},
        Row{8, 1, Op::kVrgatherei16Vv, 8, 16, 20, kUnmasked, kLegal},
        Row{8, 1, Op::kVrgatherei16Vv, 8, 16, 18, kUnmasked, kIllegal},
        Row{32, 0, Op::kVcompressVm, 8, 9, 8, kUnmasked, kIllegal},
        Row{32, 0, Op::kVslide1upVx, 8, 8, 1, kUnmasked, kIllegal},
        Row{32, 0, Op::kVslide1downVx, 8, 8, 1, kUnmasked, kLegal},
        // Section 7.8.3: no field of an indexed segment load overlaps the indices.
        Row{32, 0, Op::kVluxei32V, 8, 9, 1, kUnmasked, kIllegal, 1},
        Row{32, 0, Op::kVluxei32V, 8, 10, 1, kUnmasked, kLegal, 1},
        Row{32, 0, Op::kVsuxei32V, 8, 9, 1, kUnmasked, kLegal, 1},
        // A store may read v0 as data and as mask.
        Row{32, 0, Op::kVse32V, 0, 0, 1, kMasked, kLegal},
        Row{32, 0, Op::kVfaddVv, 8, 9, 10, kUnmasked, kLegal},
        Row{32, 0, Op::kVfwcvtFXV, 8, 12, 0, kUnmasked, kIllegal},
        Row{8, 0, Op::kVfwcvtFXV, 8, 12, 0, kUnmasked, kIllegal},
        Row{32, 0, Op::kVfncvtXFW, 8, 12, 0, kUnmasked, kIllegal},
        Row{8, 0, Op::kVfncvtXFW, 8, 12, 0, kUnmasked, kIllegal}));

// Forms that need ELEN 64 or half precision, and wide EEW, decode to nothing.
TEST(Legality, EncodingsBeyondElen32AreIllegal) {
  struct Absent {
    const char* what;
    uint32_t word;
  };
  const Absent rows[] = {
      {"vle64.v v8, (a0)", 0x02057407},
      {"vluxei64.v v8, (a0), v8", 0x06857407},
      {"vle128.v v8, (a0)", 0x12050407},
      {"vfwadd.vv v8, v9, v10", 0xC2951457},
      {"vfwmul.vv v8, v9, v10", 0xE2951457},
      {"vfwmacc.vv v8, v9, v10", 0xF2A49457},
      {"vfncvt.f.f.w v8, v10", 0x4AAA1457},
      {"vfncvt.f.x.w v8, v10", 0x4AA99457},
      {"vfwcvt.x.f.v v8, v10", 0x4AA49457},
      {"vfwcvt.f.f.v v8, v10", 0x4AA61457},
      {"vzext.vf8 v8, v16", 0x4B012457},
      {"vfwredusum.vs v8, v9, v10", 0xC6951457},
      {"vmv3r.v", 0x9E813457},
  };
  for (const Absent& row : rows) EXPECT_EQ(DecodeOp(row.word), Op::kIllegal) << row.what;
}

TEST(Legality, VectorOffOrFloatOffIsIllegal) {
  for (size_t i = kFirstVectorOp; i < kOpCount; ++i) {
    const auto op = static_cast<Op>(i);
    TestHart t;
    t.Configure(32, 0, 1);
    t.hart.mstatus &= ~kMstatusVs;
    EXPECT_FALSE(t.Execute(op, 8, 16, 24)) << Info(op).mnemonic;
    EXPECT_EQ(t.hart.trap.cause, Cause::kIllegalInstruction) << Info(op).mnemonic;
  }
  const auto float_off = [](TestHart& t) { t.hart.mstatus &= ~kMstatusFs; };
  const auto no_zve32f = [](TestHart& t) { t.hart.v.zve32f = false; };
  const auto reserved_frm = [](TestHart& t) { t.hart.frm = 5; };
  for (void (*prepare)(TestHart&) : {+float_off, +no_zve32f, +reserved_frm}) {
    for (Op op : {Op::kVfaddVv, Op::kVfmvFS, Op::kVfmvVF, Op::kVmfeqVv, Op::kVfredosumVs,
                  Op::kVfslide1upVf, Op::kVfsgnjVv, Op::kVfclassV, Op::kVfcvtXFV}) {
      TestHart t;
      t.Configure(32, 0, 1);
      EXPECT_TRUE(t.Execute(op, 8, 9, 10)) << Info(op).mnemonic;
      prepare(t);
      EXPECT_FALSE(t.Execute(op, 8, 9, 10)) << Info(op).mnemonic;
    }
  }
}

TEST(Legality, SomeInstructionsNeedVstartZero) {
  for (Op op : {Op::kVredsumVs, Op::kVfredosumVs, Op::kVcpopM, Op::kVfirstM, Op::kVmsbfM,
                Op::kVmsofM, Op::kVmsifM, Op::kViotaM, Op::kVcompressVm}) {
    TestHart t;
    t.Configure(32, 0, 4);
    t.hart.v.vstart = 1;
    EXPECT_FALSE(t.Execute(op, 8, 9, 10)) << Info(op).mnemonic;
    EXPECT_EQ(t.hart.v.vstart, 1u);
    t.hart.v.vstart = 0;
    EXPECT_TRUE(t.Execute(op, 8, 9, 10)) << Info(op).mnemonic;
  }
}

// A trap leaves no trace, whatever the instruction.
TEST(Legality, IllegalInstructionsChangeNothing) {
  for (size_t i = kFirstVectorOp; i < kOpCount; ++i) {
    const auto op = static_cast<Op>(i);
    TestHart t;
    t.hart.v.vstart = 3;
    for (uint32_t n = 0; n < 32; ++n) t.Fill<uint32_t>(n, n * 0x01010101);
    const VectorState before = t.hart.v;
    const auto x = t.hart.x;
    if (t.Execute(op, 8, 16, 24)) continue;  // independent of vtype
    EXPECT_EQ(std::memcmp(before.reg, t.hart.v.reg, sizeof(before.reg)), 0) << Info(op).mnemonic;
    EXPECT_EQ(t.hart.v.vstart, 3u) << Info(op).mnemonic;
    EXPECT_EQ(t.hart.x, x) << Info(op).mnemonic;
  }
}

}  // namespace
}  // namespace sim
