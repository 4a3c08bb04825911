// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/clint.h"

#include "sim/hart/state_stream.h"

namespace sim {
namespace {

constexpr uint32_t kMsip = 0x0000;
constexpr uint32_t kCompareLow = 0x4000;
constexpr uint32_t kCompareHigh = 0x4004;
constexpr uint32_t kTimeLow = 0xBFF8;
constexpr uint32_t kTimeHigh = 0xBFFC;

}  // namespace

void Clint::Reset() {
  msip_ = 0;
  compare_ = UINT64_MAX;
}

uint32_t Clint::Read(uint32_t offset, uint32_t /*width*/) {
  uint32_t word = 0;
  switch (offset & ~3u) {
    case kMsip:
      word = msip_;
      break;
    case kCompareLow:
      word = static_cast<uint32_t>(compare_);
      break;
    case kCompareHigh:
      word = static_cast<uint32_t>(compare_ >> 32);
      break;
    case kTimeLow:
      word = static_cast<uint32_t>(time_->TicksNow());
      break;
    case kTimeHigh:
      word = static_cast<uint32_t>(time_->TicksNow() >> 32);
      break;
    default:
      break;
  }
  return word >> (offset & 3) * 8;
}

// Words only; narrower writes are ignored, as are writes to mtime, which is virtual time itself.
void Clint::Write(uint32_t offset, uint32_t width, uint32_t value) {
  if (width != 4) return;
  switch (offset) {
    case kMsip:
      msip_ = value & 1;
      break;
    case kCompareLow:
      compare_ = (compare_ >> 32 << 32) | value;
      break;
    case kCompareHigh:
      compare_ = (compare_ & 0xffff'ffff) | uint64_t{value} << 32;
      break;
    default:
      return;
  }
  time_->TimerChanged();
}

void Clint::Exchange(StateStream& s) {
  s.Field(msip_);
  s.Field(compare_);
}

}  // namespace sim
