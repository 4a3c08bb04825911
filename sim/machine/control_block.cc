// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/control_block.h"

#include "sim/hart/state_stream.h"

namespace sim {
namespace {

constexpr uint32_t kIntrState = 0x00;
constexpr uint32_t kIntrEnable = 0x04;
constexpr uint32_t kIntrTest = 0x08;
constexpr uint32_t kControl = 0x0C;
constexpr uint32_t kMemBankCtrl = 0x10;
constexpr uint32_t kErrorStatus = 0x14;
constexpr uint32_t kInitStart = 0x18;
constexpr uint32_t kInitEnd = 0x1C;
constexpr uint32_t kInitStatus = 0x20;

constexpr uint32_t kModeFreeze = 1;
constexpr uint32_t kModeReset = 2;
constexpr uint32_t kModeMask = 3;
constexpr uint32_t kPcMask = 0x7fffc;  // bits 18:2
constexpr uint32_t kPendingHostRequest = 1;
constexpr uint32_t kPendingFinish = 2;
constexpr uint32_t kPendingMask = 0xf;
constexpr uint32_t kInitAddress = 0x3f'ffff;
constexpr uint32_t kInitFlag = 1u << 22;  // INIT_START: instruction memory; INIT_END: go

}  // namespace

uint32_t ControlBlock::Read(uint32_t offset, uint32_t /*width*/) {
  uint32_t word = 0;
  switch (offset & ~3u) {
    case kIntrState:
      word = pending_;
      break;
    case kIntrEnable:
      word = enabled_;
      break;
    case kControl:
      word = mode_ | pc_offset_;
      break;
    case kMemBankCtrl:
      word = bank_control_;
      break;
    case kErrorStatus:
      word = error_status_;
      break;
    case kInitStart:
      word = init_start_;
      break;
    case kInitEnd:
      word = init_end_;
      break;
    case kInitStatus:
      word = init_done_ ? 2 : 0;
      break;
    default:
      break;
  }
  return word >> (offset & 3) * 8;
}

void ControlBlock::Write(uint32_t offset, uint32_t width, uint32_t value) {
  if (width != 4) return;
  switch (offset) {
    case kIntrState:
      pending_ &= ~value;
      break;
    case kIntrEnable:
      enabled_ = value & kPendingMask;
      break;
    case kIntrTest:
      pending_ |= value & kPendingMask;
      break;
    case kControl:
      WriteControl(value);
      break;
    case kMemBankCtrl:
      bank_control_ = value & 0xfff;
      break;
    case kErrorStatus:
      error_status_ = value & 0x3fff;
      break;
    case kInitStart:
      init_start_ = value & (kInitAddress | kInitFlag);
      break;
    case kInitEnd:
      init_end_ = value & (kInitAddress | kInitFlag);
      if ((value & kInitFlag) != 0) {
        core_->FillMemory((init_start_ & kInitFlag) != 0, init_start_ & kInitAddress,
                          init_end_ & kInitAddress);
        init_done_ = true;
      }
      break;
    default:
      break;
  }
}

// The order of the effects is the model's (platform.md, section 1.3).
void ControlBlock::WriteControl(uint32_t value) {
  const uint32_t next = value & kModeMask;
  if (mode_ == 0 && next != 0) core_->HaltCore();
  if ((mode_ & kModeReset) != 0 && (next & kModeReset) == 0) {
    core_->ResetCore(value & kPcMask);
    mode_ = kModeFreeze | kModeReset;  // the reset reaches this block too
    pending_ = enabled_ = 0;
  }
  if (mode_ != 0 && next == 0) core_->ResumeCore();
  mode_ = next;
  pc_offset_ = value & kPcMask;
}

void ControlBlock::OnHostRequest() {
  core_->HaltCore();
  mode_ = kModeFreeze;
  pending_ |= kPendingHostRequest;
}

void ControlBlock::OnFinish() {
  core_->HaltCore();
  mode_ = kModeFreeze | kModeReset;
  pending_ |= kPendingFinish;
}

void ControlBlock::Exchange(StateStream& s) {
  s.Field(pending_);
  s.Field(enabled_);
  s.AtMost(mode_, kModeMask);
  for (uint32_t* stored : {&pc_offset_, &bank_control_, &error_status_}) s.Field(*stored);
  s.AtMost(init_start_, kInitAddress | kInitFlag);
  s.AtMost(init_end_, kInitAddress | kInitFlag);
  s.Field(init_done_);
}

}  // namespace sim
