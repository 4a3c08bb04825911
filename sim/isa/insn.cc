// SPDX-License-Identifier: Apache-2.0

#include "sim/isa/insn.h"

#include <vector>

namespace sim {
namespace {

consteval bool NoTwoRowsOverlap() {
  for (size_t a = 0; a < kInsnTable.size(); ++a) {
    const Encoding first = kInsnTable[a].encoding;
    for (size_t b = a + 1; b < kInsnTable.size(); ++b) {
      const Encoding second = kInsnTable[b].encoding;
      if (((first.match ^ second.match) & first.mask & second.mask) == 0) return false;
    }
  }
  return true;
}
static_assert(NoTwoRowsOverlap(), "two rows of sim/isa/*.def match the same word");

consteval bool VectorRowsComeLast() {
  for (size_t i = 0; i < kInsnTable.size(); ++i) {
    if ((kInsnTable[i].extension == Extension::kV) != (i >= kFirstVectorOp)) return false;
  }
  return true;
}
static_assert(VectorRowsComeLast());

// First level of the decoder: opcode (6:2), funct3 (14:12) and funct6 (31:26) choose a bucket of
// the few rows that agree with them; the second level compares mask and match.
constexpr uint32_t kKeyMask = 0xfc00'707c;
constexpr uint32_t kKeyCount = 1u << 14;

constexpr uint32_t KeyOf(uint32_t word) {
  return (word >> 2 & 0x1f) | (word >> 12 & 7) << 5 | (word >> 26) << 8;
}

class DecodeTable {
 public:
  DecodeTable() : first_(kKeyCount + 1, 0) {
    for (const InsnInfo& info : kInsnTable) {
      ForEachKey(info.encoding, [&](uint32_t key) { ++first_[key + 1]; });
    }
    for (uint32_t key = 0; key < kKeyCount; ++key) first_[key + 1] += first_[key];
    rows_.resize(first_[kKeyCount]);
    std::vector<uint32_t> next(first_.begin(), first_.end() - 1);
    for (size_t i = 0; i < kOpCount; ++i) {
      ForEachKey(kInsnTable[i].encoding,
                 [&](uint32_t key) { rows_[next[key]++] = static_cast<Op>(i); });
    }
  }

  [[nodiscard]] Op Find(uint32_t word) const {
    if ((word & 3) != 3) return Op::kIllegal;  // no C extension; the key leaves these bits out
    const uint32_t key = KeyOf(word);
    for (uint32_t i = first_[key]; i < first_[key + 1]; ++i) {
      const Encoding encoding = Info(rows_[i]).encoding;
      if ((word & encoding.mask) == encoding.match) return rows_[i];
    }
    return Op::kIllegal;
  }

 private:
  template <typename Visit>
  static void ForEachKey(Encoding encoding, Visit visit) {
    const uint32_t free = kKeyMask & ~encoding.mask;
    uint32_t subset = 0;
    do {  // every subset of the free bits, in the usual carry-rippling way
      visit(KeyOf((encoding.match & kKeyMask) | subset));
      subset = (subset - free) & free;
    } while (subset != 0);
  }

  std::vector<uint32_t> first_;
  std::vector<Op> rows_;
};

int32_t SignExtend(uint32_t value, unsigned bits) {
  return static_cast<int32_t>(value << (32 - bits)) >> (32 - bits);
}

}  // namespace

Op DecodeOp(uint32_t word) {
  static const DecodeTable kTable;  // immutable after construction; shared by all machines
  return kTable.Find(word);
}

int32_t ImmediateOf(uint32_t word, ImmFormat format) {
  const auto sign_part = static_cast<int32_t>(word);
  switch (format) {
    case ImmFormat::kNone:
      return 0;
    case ImmFormat::kI:
      return sign_part >> 20;
    case ImmFormat::kS:
      return (sign_part >> 25 << 5) | static_cast<int32_t>(word >> 7 & 0x1f);
    case ImmFormat::kB:
      return SignExtend((word >> 31) << 12 | (word >> 7 & 1) << 11 | (word >> 25 & 0x3f) << 5 |
                            (word >> 8 & 0xf) << 1,
                        13);
    case ImmFormat::kU:
      return static_cast<int32_t>(word & 0xffff'f000);
    case ImmFormat::kJ:
      return SignExtend((word >> 31) << 20 | (word >> 12 & 0xff) << 12 | (word >> 20 & 1) << 11 |
                            (word >> 21 & 0x3ff) << 1,
                        21);
    case ImmFormat::kShamt:
      return static_cast<int32_t>(word >> 20 & 0x1f);
    case ImmFormat::kCsr:
      return static_cast<int32_t>(word >> 20);
    case ImmFormat::kSimm5:
      return SignExtend(word >> 15 & 0x1f, 5);
    case ImmFormat::kUimm5:
      return static_cast<int32_t>(word >> 15 & 0x1f);
    case ImmFormat::kZimm11:
      return static_cast<int32_t>(word >> 20 & 0x7ff);
    case ImmFormat::kZimm10:
      return static_cast<int32_t>(word >> 20 & 0x3ff);
  }
  return 0;
}

DecodedInsn Decode(uint32_t word, uint32_t pc) {
  const Op op = DecodeOp(word);
  const ImmFormat format = op == Op::kIllegal ? ImmFormat::kNone : Info(Info(op).insn_class).imm;
  return {.handler = nullptr,
          .pc = pc,
          .word = word,
          .imm = ImmediateOf(word, format),
          .op = op,
          .rd = static_cast<uint8_t>(word >> 7 & 0x1f),
          .rs1 = static_cast<uint8_t>(word >> 15 & 0x1f),
          .rs2 = static_cast<uint8_t>(word >> 20 & 0x1f),
          .rs3 = static_cast<uint8_t>(word >> 27 & 0x1f),
          .vm = (word >> 25 & 1) != 0,
          .nf = static_cast<uint8_t>(word >> 29 & 7)};
}

}  // namespace sim
