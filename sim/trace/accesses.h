// SPDX-License-Identifier: Apache-2.0

// Which memory the instruction that is about to run will access, element by element: for
// watchpoints and traces. Computed from the registers before it runs; a trap may cut it short.
#ifndef SIM_TRACE_ACCESSES_H_
#define SIM_TRACE_ACCESSES_H_

#include <cstdint>
#include <functional>

#include "sim/hart/hart.h"

namespace sim {

struct Access {
  GuestAddr address = 0;
  uint32_t size_bytes = 0;
  bool is_write = false;
};

// In the order of the elements. An instruction that is no load or store has none; neither have
// vector instructions that are illegal in the current state.
void ForEachAccess(const Hart& hart, const DecodedInsn& insn,
                   const std::function<void(const Access&)>& visit);

}  // namespace sim

#endif  // SIM_TRACE_ACCESSES_H_
