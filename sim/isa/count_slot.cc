// SPDX-License-Identifier: Apache-2.0

#include "sim/isa/count_slot.h"

#include <algorithm>

namespace sim {

CountSlot SlotOf(size_t index) {
  if (index <= kOpCount) return {static_cast<Op>(index), 1};
  const size_t offset = index - kOpCount - 1;
  const size_t base = kOpCount + 1 + offset / (kMaxFields - 1) * (kMaxFields - 1);
  const auto row = std::find(kSegmentBase.begin(), kSegmentBase.end(), base);
  return {static_cast<Op>(row - kSegmentBase.begin()),
          static_cast<uint32_t>(offset % (kMaxFields - 1)) + 2};
}

// The letters before the element width name the addressing: vl, vs, vls, vss, vlux, vlox, vsux,
// vsox; "seg<fields>" goes behind them (V specification, section 7.8).
std::string MnemonicOf(Op op, uint32_t fields) {
  if (op == Op::kIllegal) return "illegal";
  std::string name(Info(op).mnemonic);
  if (fields < 2) return name;
  // The element width starts at the last 'e' before its digits: "vle32.v", "vluxei8.v".
  const size_t digits = name.find_first_of("0123456789");
  size_t at = name.rfind('e', digits);
  return name.insert(at, "seg" + std::to_string(fields));
}

}  // namespace sim
