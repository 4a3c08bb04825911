// SPDX-License-Identifier: Apache-2.0

// Renode's counters as a view of ours: 540 names in its order, some of which several of our slots
// feed (segment forms) and some that nothing can (rows of extensions the core lacks). What Renode
// counts nowhere (slli, srli, srai, custom-3) is missing here too. Source: shared spec platform.md,
// section 4.2.
#ifndef SIM_ISA_RENODE_NAMES_H_
#define SIM_ISA_RENODE_NAMES_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sim/isa/count_slot.h"
#include "sim/isa/opcode_count.h"

namespace sim {

[[nodiscard]] std::vector<OpcodeCount> RenodeView(std::span<const uint64_t, kCountSlots> counts);

// Renode's counter for one of our rows; empty if it counts it nowhere.
[[nodiscard]] std::string_view RenodeNameOf(Op op);

}  // namespace sim

#endif  // SIM_ISA_RENODE_NAMES_H_
