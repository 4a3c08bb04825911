// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/call_graph.h"

#include <algorithm>

namespace sim {

CallGraph::CallGraph(uint64_t retired) : contexts_(1), frames_(1), settled_(retired) {
  frames_.front().stack = UINT32_MAX;
}

void CallGraph::Settle(uint64_t retired) {
  contexts_[current()].instructions += retired - settled_;
  settled_ = retired;
}

// The context of `function` called from `parent`; `parent` itself if there is no room for more.
uint32_t CallGraph::Child(uint32_t parent, uint32_t function, GuestAddr call_site) {
  const Edge edge{parent, function, call_site};
  if (const auto found = children_.find(edge); found != children_.end()) {
    ++contexts_[found->second].calls;
    return found->second;
  }
  if (contexts_.size() >= kMaxContexts) {
    ++lost_calls_;
    return parent;
  }
  const auto number = static_cast<uint32_t>(contexts_.size());
  contexts_.push_back({.parent = parent,
                       .function = function,
                       .call_site = call_site,
                       .calls = 1,
                       .instructions = 0});
  children_.emplace(edge, number);
  return number;
}

void CallGraph::Push(uint32_t function, GuestAddr call_site, Frame frame) {
  if (frames_.size() >= kMaxDepth) {
    ++lost_calls_;
    return;
  }
  frame.base = frame.current = Child(current(), function, call_site);
  frames_.push_back(frame);
}

// Frames whose caller's stack frame is gone.
void CallGraph::DropStale(uint32_t stack) {
  while (frames_.size() > 1 && frames_.back().stack < stack) frames_.pop_back();
}

// Without a call: to a context of this frame that jumps came through before, or to a new one. A
// chain of jumps through more functions than any compiler makes starts again at the call.
void CallGraph::GoTo(uint32_t function) {
  constexpr int kMaxChain = 64;
  Frame& frame = frames_.back();
  uint32_t at = frame.current;
  for (int length = 0; contexts_[at].function != function; ++length) {
    if (at == frame.base || length == kMaxChain) {
      frame.current = Child(at == frame.base ? frame.current : frame.base, function, 0);
      return;
    }
    at = contexts_[at].parent;
  }
  frame.current = at;
}

void CallGraph::Call(uint32_t function, GuestAddr return_address, uint32_t stack, bool is_millicode,
                     uint64_t retired) {
  Settle(retired);
  DropStale(stack);
  Push(function, return_address - 4,
       {.return_address = return_address, .stack = stack, .is_millicode = is_millicode});
}

void CallGraph::Return(uint32_t function, GuestAddr target, uint32_t stack, uint64_t retired) {
  Settle(retired);
  DropStale(stack);
  for (size_t depth = frames_.size(); depth > 1; --depth) {
    const Frame& frame = frames_[depth - 1];
    if (frame.is_trap || (frame.stack != stack && !frame.is_millicode)) break;
    if (frame.return_address != target) continue;
    frames_.resize(depth - 1);
    break;
  }
  if (contexts_[current()].function != function) GoTo(function);
}

void CallGraph::Jump(uint32_t function, uint32_t stack, uint64_t retired) {
  Settle(retired);
  DropStale(stack);
  if (contexts_[current()].function != function) GoTo(function);
}

void CallGraph::Trap(uint32_t function, GuestAddr trapped_at, uint32_t stack, uint64_t retired) {
  Settle(retired);
  Push(function, trapped_at, {.return_address = trapped_at, .stack = stack, .is_trap = true});
}

void CallGraph::TrapReturn(uint32_t function, uint32_t stack, uint64_t retired) {
  Settle(retired);
  const auto trap = std::find_if(frames_.rbegin(), frames_.rend(),
                                 [](const Frame& frame) { return frame.is_trap; });
  if (trap != frames_.rend()) frames_.erase(std::prev(trap.base()), frames_.end());
  DropStale(stack);
  if (contexts_[current()].function != function) GoTo(function);
}

std::vector<CallContext> CallGraph::Contexts(uint64_t retired) const {
  std::vector<CallContext> contexts = contexts_;
  contexts[current()].instructions += retired - settled_;
  return contexts;
}

}  // namespace sim
