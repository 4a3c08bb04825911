// SPDX-License-Identifier: Apache-2.0

#include "sim/gdb/stop_points.h"

#include <algorithm>

#include "sim/trace/accesses.h"

namespace sim {
namespace {

bool Overlap(GuestAddr a, uint32_t a_size, GuestAddr b, uint32_t b_size) {
  return b - a < a_size || a - b < b_size;
}

}  // namespace

bool StopPoints::Insert(Kind kind, GuestAddr address, uint32_t size_bytes) {
  if (breakpoints_.size() + watchpoints_.size() >= kMaxPoints) return false;
  if (kind == Kind::kSoftware || kind == Kind::kHardware) {
    breakpoints_.insert(address);
    return true;
  }
  if (kind > Kind::kAccess || size_bytes == 0) return false;
  watchpoints_.push_back({kind, address, size_bytes});
  return true;
}

void StopPoints::Remove(Kind kind, GuestAddr address, uint32_t size_bytes) {
  if (kind == Kind::kSoftware || kind == Kind::kHardware) {
    const auto found = breakpoints_.find(address);
    if (found != breakpoints_.end()) breakpoints_.erase(found);
    return;
  }
  const auto found = std::ranges::find(watchpoints_, Watchpoint{kind, address, size_bytes});
  if (found != watchpoints_.end()) watchpoints_.erase(found);
}

void StopPoints::Clear() {
  breakpoints_.clear();
  watchpoints_.clear();
}

void StopPoints::Arm(GuestAddr pc, bool step) {
  step_ = step;
  skip_ = pc;
  hit_.reset();
}

bool StopPoints::Wants(GuestAddr pc, uint32_t size_bytes) {
  if (step_ || !watchpoints_.empty()) return true;
  const auto next = breakpoints_.lower_bound(pc);
  return next != breakpoints_.end() && *next - pc < size_bytes;
}

bool StopPoints::Before(const DecodedInsn& insn) {
  const bool skipped = skip_ == insn.pc;
  skip_.reset();
  if (!skipped && breakpoints_.contains(insn.pc)) {
    hit_ = {Kind::kSoftware, insn.pc};
    return false;
  }
  if (watchpoints_.empty()) return true;
  ForEachAccess(*hart_, insn, [&](const Access& access) {
    if (hit_) return;
    for (const Watchpoint& point : watchpoints_) {
      if (!Overlap(access.address, access.size_bytes, point.address, point.size_bytes)) continue;
      if (point.kind == Kind::kWrite && !access.is_write) continue;
      if (point.kind == Kind::kRead && access.is_write) continue;
      hit_ = {point.kind, point.address};
      return;
    }
  });
  return true;
}

// An access that trapped did not happen.
bool StopPoints::After(const DecodedInsn&, bool retired) {
  if (!retired) hit_.reset();
  return !step_ && !hit_;
}

}  // namespace sim
