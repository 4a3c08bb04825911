// SPDX-License-Identifier: Apache-2.0

#include "sim/isa/renode_names.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>

namespace sim {
namespace {

std::map<std::string, uint64_t> View(const std::array<uint64_t, kCountSlots>& counts) {
  std::map<std::string, uint64_t> view;
  for (const OpcodeCount& row : RenodeView(counts)) view[row.name] = row.count;
  return view;
}

TEST(RenodeNamesTest, ThereAre540DistinctCounters) {
  std::array<uint64_t, kCountSlots> counts{};
  const auto rows = RenodeView(counts);
  EXPECT_EQ(rows.size(), 540u);
  EXPECT_EQ(View(counts).size(), 540u);
  EXPECT_EQ(rows.front().name, "ecall");
  EXPECT_EQ(rows.back().name, "@vpopc.m");
}

TEST(RenodeNamesTest, ShiftImmediatesAndCustomInstructionsAreCountedNowhere) {
  for (Op op : {Op::kSlli, Op::kSrli, Op::kSrai, Op::kSimprint, Op::kXcount, Op::kHostreq,
                Op::kFinish, Op::kCustom3Unused, Op::kIllegal}) {
    EXPECT_EQ(RenodeNameOf(op), "");
  }
}

TEST(RenodeNamesTest, EveryOtherRowHasACounter) {
  size_t without = 0;
  for (size_t i = 0; i < kOpCount; ++i) without += RenodeNameOf(static_cast<Op>(i)).empty();
  EXPECT_EQ(without, 8u);  // the ones of the test above
}

TEST(RenodeNamesTest, SegmentFormsCountAsTheirPlainForm) {
  std::array<uint64_t, kCountSlots> counts{};
  counts[CountSlotOf(Op::kVle32V, 0)] = 5;
  counts[CountSlotOf(Op::kVle32V, 2)] = 7;
  const auto view = View(counts);
  EXPECT_EQ(view.at("vle32.v"), 12u);
}

TEST(RenodeNamesTest, MaskAndNotKeepsItsOldSpelling) {
  EXPECT_EQ(RenodeNameOf(Op::kVmandnMm), "vmandnot.mm");
  EXPECT_EQ(RenodeNameOf(Op::kVmornMm), "vmornot.mm");
}

TEST(CountSlotTest, SlotsAreDistinctAndComeBack) {
  std::set<size_t> seen;
  for (size_t i = 0; i < kOpCount; ++i) {
    const auto op = static_cast<Op>(i);
    const uint32_t forms = HasFields(Info(op)) ? kMaxFields : 1;
    for (uint32_t nf = 0; nf < forms; ++nf) {
      const size_t slot = CountSlotOf(op, nf);
      EXPECT_TRUE(seen.insert(slot).second);
      EXPECT_EQ(SlotOf(slot).op, op);
      EXPECT_EQ(SlotOf(slot).fields, nf + 1);
    }
  }
  EXPECT_EQ(seen.size() + 1, kCountSlots);  // and Op::kIllegal
}

TEST(CountSlotTest, SegmentMnemonics) {
  EXPECT_EQ(MnemonicOf(Op::kVle32V, 1), "vle32.v");
  EXPECT_EQ(MnemonicOf(Op::kVle32V, 3), "vlseg3e32.v");
  EXPECT_EQ(MnemonicOf(Op::kVsse8V, 2), "vssseg2e8.v");
  EXPECT_EQ(MnemonicOf(Op::kVluxei16V, 8), "vluxseg8ei16.v");
  EXPECT_EQ(MnemonicOf(Op::kVle8ffV, 4), "vlseg4e8ff.v");
}

}  // namespace
}  // namespace sim
