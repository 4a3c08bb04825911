// SPDX-License-Identifier: Apache-2.0

// Who called whom, how often, and how many instructions ran where: a tree of calling contexts, kept
// by a shadow stack that is fed with calls, returns, jumps between functions and traps.
//
// Robust against code that does not return where it came from (longjmp, switched stacks, recovery
// from traps): a frame is dropped when the stack pointer rises above where it was at the call, and
// a return that no frame expects is a jump. Bounded: kMaxDepth frames, kMaxContexts contexts;
// beyond them instructions count for the context that there is. A jump to another function is a
// call as the last act of the function that was left (tail calls, shared epilogues).
#ifndef SIM_PROFILE_CALL_GRAPH_H_
#define SIM_PROFILE_CALL_GRAPH_H_

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sim/hart/bus.h"

namespace sim {

struct CallContext {
  uint32_t parent = 0;      // index of a context before this one; the root is its own
  uint32_t function = 0;    // number in the function table
  GuestAddr call_site = 0;  // the calling or trapping instruction; 0: entered by a jump
  uint64_t calls = 0;
  uint64_t instructions = 0;  // in the function itself
};

class CallGraph {
 public:
  static constexpr size_t kMaxDepth = 512;
  static constexpr size_t kMaxContexts = 1u << 16;

  // `retired`: instructions before the first that shall count.
  explicit CallGraph(uint64_t retired = 0);

  // Control goes to `function` (its number). `retired` instructions lie before; `stack` is x2.
  // `is_millicode`: linked through t0; such a routine may move the stack pointer for its caller.
  void Call(uint32_t function, GuestAddr return_address, uint32_t stack, bool is_millicode,
            uint64_t retired);
  // To `target` in `function`.
  void Return(uint32_t function, GuestAddr target, uint32_t stack, uint64_t retired);
  void Jump(uint32_t function, uint32_t stack, uint64_t retired);
  void Trap(uint32_t function, GuestAddr trapped_at, uint32_t stack, uint64_t retired);
  void TrapReturn(uint32_t function, uint32_t stack, uint64_t retired);

  // All contexts, the root first; what runs now is counted up to `retired`.
  [[nodiscard]] std::vector<CallContext> Contexts(uint64_t retired) const;
  // Calls that were counted for another context, because depth or contexts ran out.
  [[nodiscard]] uint64_t lost_calls() const { return lost_calls_; }

 private:
  struct Frame {
    uint32_t base = 0;     // context that the call made
    uint32_t current = 0;  // where jumps have led since
    GuestAddr return_address = 0;
    uint32_t stack = 0;
    bool is_trap = false;
    bool is_millicode = false;
  };
  struct Edge {
    uint32_t parent;
    uint32_t function;
    GuestAddr call_site;
    bool operator==(const Edge&) const = default;
  };
  struct EdgeHash {
    size_t operator()(const Edge& edge) const {
      return (uint64_t{edge.parent} << 32 | edge.call_site) * 0x9e37'79b9'7f4a'7c15 ^
             uint64_t { edge.function } * 0xc2b2'ae3d'27d4'eb4f;
    }
  };

  void Settle(uint64_t retired);
  [[nodiscard]] uint32_t current() const { return frames_.back().current; }
  uint32_t Child(uint32_t parent, uint32_t function, GuestAddr call_site);
  void Push(uint32_t function, GuestAddr call_site, Frame frame);
  void DropStale(uint32_t stack);
  void GoTo(uint32_t function);

  std::vector<CallContext> contexts_;
  std::unordered_map<Edge, uint32_t, EdgeHash> children_;
  std::vector<Frame> frames_;  // never empty: the root's frame stays
  uint64_t settled_ = 0;
  uint64_t lost_calls_ = 0;
};

}  // namespace sim

#endif  // SIM_PROFILE_CALL_GRAPH_H_
