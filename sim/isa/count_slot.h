// SPDX-License-Identifier: Apache-2.0

// Where an executed instruction is counted: one slot a row, and for vector memory rows one more for
// each number of segment fields, so that vlseg3e32.v is told apart from vle32.v.
#ifndef SIM_ISA_COUNT_SLOT_H_
#define SIM_ISA_COUNT_SLOT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sim/isa/insn.h"

namespace sim {

inline constexpr size_t kMaxFields = 8;

// Rows whose bits 31:29 are nf. (Whole-register moves fix these bits; they are rows of their own.)
constexpr bool HasFields(const InsnInfo& info) {
  return info.extension == Extension::kV && info.pattern.starts_with("nnn");
}

inline constexpr size_t kSegmentRowCount = [] {
  size_t count = 0;
  for (const InsnInfo& info : kInsnTable) count += HasFields(info) ? 1 : 0;
  return count;
}();

// Rows, then Op::kIllegal, then (segment row, fields - 2).
inline constexpr size_t kCountSlots = kOpCount + 1 + kSegmentRowCount * (kMaxFields - 1);

struct CountSlot {
  Op op;
  uint32_t fields;  // 1 unless a segment form
};

inline constexpr auto kSegmentBase = [] {
  std::array<uint16_t, kOpCount + 1> base{};  // 0: not a segment row
  size_t next = kOpCount + 1;
  for (size_t i = 0; i < kOpCount; ++i) {
    if (!HasFields(kInsnTable[i])) continue;
    base[i] = static_cast<uint16_t>(next);
    next += kMaxFields - 1;
  }
  return base;
}();

constexpr size_t CountSlotOf(Op op, uint32_t nf) {
  const size_t base = kSegmentBase[Index(op)];
  return base == 0 || nf == 0 ? Index(op) : base + nf - 1;
}
inline size_t CountSlotOf(const DecodedInsn& insn) { return CountSlotOf(insn.op, insn.nf); }

[[nodiscard]] CountSlot SlotOf(size_t index);

// "vle32.v", or with fields "vlseg3e32.v".
[[nodiscard]] std::string MnemonicOf(Op op, uint32_t fields);

}  // namespace sim

#endif  // SIM_ISA_COUNT_SLOT_H_
