// SPDX-License-Identifier: Apache-2.0

// Where instructions were executed, as plain data: by instruction, by function, by who called it.
// From Machine::TakeCodeProfile(); written by profile_json.h, callgrind.h, folded_stacks.h and
// top_table.h.
#ifndef SIM_PROFILE_CODE_PROFILE_H_
#define SIM_PROFILE_CODE_PROFILE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/profile/call_graph.h"
#include "sim/profile/function_table.h"
#include "sim/profile/insn_histogram.h"

namespace sim {

struct FunctionCount {
  Function function;
  uint64_t instructions = 0;  // executed in it (exclusive)
  // With a call graph only; a function that calls itself counts once in inclusive.
  uint64_t inclusive = 0;
  uint64_t calls = 0;
};

struct InsnCount {
  uint32_t function = 0;  // index into functions
  InsnHistogram::Row row;
};

// A straight run of instructions that were executed equally often.
struct HotBlock {
  uint32_t function = 0;
  size_t first = 0;   // index into insns
  size_t length = 0;  // instructions
  uint64_t count = 0;

  [[nodiscard]] uint64_t instructions() const { return count * length; }
};

struct CodeProfile {
  std::vector<FunctionCount> functions;  // those executed; [0] is "unknown"
  std::vector<InsnCount> insns;          // executed ones, by unit and address
  std::vector<HotBlock> blocks;          // hottest first
  bool has_calls = false;
  std::vector<CallContext> contexts;  // empty without calls; function is an index into functions
  uint64_t lost_calls = 0;
  uint64_t lost_instructions = 0;  // executed, but in none of the above
};

// Instructions of each context and all it called.
[[nodiscard]] std::vector<uint64_t> Subtotals(const std::vector<CallContext>& contexts);

// Depth first; `enter` and `leave` get the context's index.
void WalkContexts(const std::vector<CallContext>& contexts,
                  const std::function<void(uint32_t)>& enter,
                  const std::function<void(uint32_t)>& leave);

struct CallEdge {
  uint32_t caller = 0;  // as CallContext::function
  uint32_t callee = 0;
  GuestAddr call_site = 0;
  uint64_t calls = 0;
  uint64_t inclusive = 0;
};
// Contexts with the same functions and call site summed up.
[[nodiscard]] std::vector<CallEdge> CallEdges(const std::vector<CallContext>& contexts);

}  // namespace sim

#endif  // SIM_PROFILE_CODE_PROFILE_H_
