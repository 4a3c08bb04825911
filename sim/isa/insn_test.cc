// SPDX-License-Identifier: Apache-2.0

#include "sim/isa/insn.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "sim/isa/encoder.h"

namespace sim {
namespace {

TEST(InsnTest, EveryRowDecodesToItselfWhateverItsOperandBits) {
  std::mt19937 random(1);
  for (size_t i = 0; i < kOpCount; ++i) {
    const Encoding encoding = kInsnTable[i].encoding;
    for (int round = 0; round < 64; ++round) {
      const auto noise = static_cast<uint32_t>(random());
      const uint32_t word = encoding.match | (noise & ~encoding.mask);
      EXPECT_EQ(Index(DecodeOp(word)), i) << kInsnTable[i].mnemonic << " " << std::hex << word;
    }
  }
}

TEST(InsnTest, TheFastTableAgreesWithALinearSearch) {
  std::mt19937 random(2);
  for (int round = 0; round < 200'000; ++round) {
    const auto word = static_cast<uint32_t>(random()) | 3;
    size_t expected = kOpCount;
    for (size_t i = 0; i < kOpCount; ++i) {
      if ((word & kInsnTable[i].encoding.mask) == kInsnTable[i].encoding.match) expected = i;
    }
    ASSERT_EQ(Index(DecodeOp(word)), expected) << std::hex << word;
  }
}

TEST(InsnTest, WhatNoRowMatchesIsIllegal) {
  for (uint32_t word : {0x0000'0000u, 0xffff'ffffu, 0x0000'4501u /* c.li: no C */, 0x8200'7033u,
                        0x0000'7003u /* ldu */, 0x0000'3007u /* fld */, 0x0000'202fu /* amo */}) {
    EXPECT_EQ(DecodeOp(word), Op::kIllegal) << std::hex << word;
  }
}

TEST(InsnTest, MnemonicsAreUnique) {
  std::set<std::string_view> seen;
  for (const InsnInfo& info : kInsnTable)
    EXPECT_TRUE(seen.insert(info.mnemonic).second) << info.mnemonic;
}

struct ImmediateCase {
  const char* what;
  uint32_t word;
  int32_t imm;
};

TEST(InsnTest, ImmediatesAreThoseOfTheManual) {
  // Words from llvm-mc.
  for (const ImmediateCase& c : {
           ImmediateCase{"addi a0, a1, -2048", 0x8005'8513, -2048},
           ImmediateCase{"addi a0, a1, 2047", 0x7ff5'8513, 2047},
           ImmediateCase{"sw a0, -4(a1)", 0xfea5'ae23, -4},
           ImmediateCase{"sw a0, 2047(a1)", 0x7ea5'afa3, 2047},
           ImmediateCase{"beq a0, a1, -4096", 0x80b5'0063, -4096},
           ImmediateCase{"beq a0, a1, 4094", 0x7eb5'0fe3, 4094},
           ImmediateCase{"lui a0, 0xfffff", 0xffff'f537, -4096},
           ImmediateCase{"jal ra, -1048576", 0x8000'00ef, -1048576},
           ImmediateCase{"jal ra, 1048574", 0x7fff'f0ef, 1048574},
           ImmediateCase{"srai a0, a1, 31", 0x41f5'd513, 31},
           ImmediateCase{"csrrw a0, mhartid, a1", 0xf145'9573, 0xf14},
       }) {
    EXPECT_EQ(Decode(c.word, 0).imm, c.imm) << c.what;
  }
}

TEST(InsnTest, EncodeIsTheInverseOfDecode) {
  std::mt19937 random(3);
  for (size_t i = 0; i < kOpCount; ++i) {
    for (int round = 0; round < 32; ++round) {
      const Encoding encoding = kInsnTable[i].encoding;
      const uint32_t word = encoding.match | (static_cast<uint32_t>(random()) & ~encoding.mask);
      const DecodedInsn insn = Decode(word, 0);
      uint32_t fields = Encode(insn.op, {.rd = insn.rd,
                                         .rs1 = insn.rs1,
                                         .rs2 = insn.rs2,
                                         .rs3 = insn.rs3,
                                         .imm = insn.imm,
                                         .vm = insn.vm,
                                         .nf = insn.nf,
                                         .rm = word >> 12 & 7});
      // fence, fence.i and custom-3 ignore bits that are no operand.
      if (kInsnTable[i].insn_class == InsnClass::kFence || insn.op == Op::kFenceI ||
          kInsnTable[i].extension == Extension::kCustom) {
        fields = word;
      }
      EXPECT_EQ(fields, word) << kInsnTable[i].mnemonic;
    }
  }
}

}  // namespace
}  // namespace sim
