// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/opentitan_i2c.h"

#include "sim/hart/state_stream.h"

namespace sim {
namespace {

constexpr uint32_t kIntrState = 0x00, kIntrEnable = 0x04, kIntrTest = 0x08, kCtrl = 0x10,
                   kStatus = 0x14, kRdata = 0x18, kFdata = 0x1C, kFifoCtrl = 0x20,
                   kFifoStatus = 0x24, kTiming0 = 0x30, kTiming4 = 0x40;

constexpr uint32_t kInterruptMask = 0xFFFF;
constexpr uint32_t kRxOverflow = 1 << 3, kNak = 1 << 4;
constexpr uint32_t kEnableHost = 1 << 0, kControlMask = 3;
// FMT, TX and ACQ FIFOs stay empty, host and target idle.
constexpr uint32_t kAlwaysSet = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 8 | 1 << 9;
constexpr uint32_t kRxFull = 1 << 1, kRxEmpty = 1 << 5;
constexpr uint32_t kStart = 1 << 8, kStop = 1 << 9, kRead = 1 << 10, kReadOn = 1 << 11;
constexpr uint32_t kRxReset = 1 << 0, kFmtReset = 1 << 1, kFifoLevels = 0x1F << 2;
constexpr size_t kFifoBytes = 64;

}  // namespace

uint32_t OpenTitanI2c::ReadRegister(uint32_t offset) {
  switch (offset) {
    case kIntrState:
      return interrupts_;
    case kIntrEnable:
      return enabled_;
    case kCtrl:
      return control_;
    case kStatus:
      return kAlwaysSet | (received_.empty() ? kRxEmpty : 0) |
             (received_.size() >= kFifoBytes ? kRxFull : 0);
    case kRdata: {
      if (received_.empty()) {
        complain_("RDATA was read while the RX FIFO is empty");
        return 0;
      }
      const uint8_t byte = received_.front();
      received_.pop_front();
      return byte;
    }
    case kFifoCtrl:
      return fifo_control_;
    case kFifoStatus:
      return static_cast<uint32_t>(received_.size()) << 16;
    default:
      if (offset >= kTiming0 && offset <= kTiming4) return timing_[(offset - kTiming0) / 4];
      return 0;
  }
}

void OpenTitanI2c::WriteRegister(uint32_t offset, uint32_t value) {
  switch (offset) {
    case kIntrState:
      interrupts_ &= ~value;
      return;
    case kIntrEnable:
      enabled_ = value & kInterruptMask;
      return;
    case kIntrTest:
      interrupts_ |= value & kInterruptMask;
      return;
    case kCtrl:
      control_ = value & kControlMask;
      return;
    case kFdata:
      if ((control_ & kEnableHost) != 0) Command(value);
      return;
    case kFifoCtrl:
      fifo_control_ = value & kFifoLevels;
      if ((value & kRxReset) != 0) received_.clear();
      if ((value & kFmtReset) != 0) state_ = State::kIdle;
      return;
    default:
      if (offset >= kTiming0 && offset <= kTiming4) timing_[(offset - kTiming0) / 4] = value;
      return;
  }
}

void OpenTitanI2c::Command(uint32_t command) {
  const auto byte = static_cast<uint8_t>(command);
  const uint32_t flags = command & (kStart | kStop | kRead | kReadOn);
  switch (state_) {
    case State::kIdle: {
      if (flags != kStart) return complain_("a command other than START came first");
      const auto found = targets_.find(byte);
      if (found == targets_.end()) {
        interrupts_ |= kNak;
        state_ = State::kIgnore;
        return;
      }
      target_ = found->second;
      state_ = State::kRegister;
      return;
    }
    case State::kRegister:
      if (flags != 0) return complain_("START was not followed by a register number");
      number_ = byte;
      state_ = State::kTransaction;
      return;
    case State::kTransaction:
      return Transfer(command);
    case State::kIgnore:
      if ((flags & kStop) != 0) state_ = State::kIdle;
      return;
  }
}

void OpenTitanI2c::Transfer(uint32_t command) {
  const auto byte = static_cast<uint8_t>(command);
  if ((command & (kRead | kReadOn)) != 0) {
    target_->Write({&number_, 1});
    const uint32_t count = byte == 0 ? 256 : byte;
    for (uint32_t i = 0; i < count; ++i) {
      const uint8_t value = target_->ReadByte();
      if (received_.size() < kFifoBytes) {
        received_.push_back(value);
      } else {
        interrupts_ |= kRxOverflow;
      }
    }
    if ((command & kStop) != 0) state_ = State::kIdle;
  } else if ((command & (kStart | kStop)) != 0) {
    complain_("START, or STOP without READ, inside a transaction is ignored");
  } else {
    const std::array<uint8_t, 2> bytes = {number_, byte};
    target_->Write(bytes);
  }
}

uint32_t OpenTitanI2c::Read(uint32_t offset, uint32_t /*width*/) {
  return ReadRegister(offset & ~3u) >> (offset & 3) * 8;
}

void OpenTitanI2c::Write(uint32_t offset, uint32_t /*width*/, uint32_t value) {
  WriteRegister(offset & ~3u, value);
}

void OpenTitanI2c::Exchange(StateStream& s) {
  constexpr uint32_t kNoTarget = 0x100;  // no address
  s.AtMost(state_, State::kIgnore);
  uint32_t address = kNoTarget;  // of the transaction's target
  for (const auto& [at, target] : targets_) {
    if (target == target_) address = at;
  }
  s.Field(address);
  s.Field(number_);
  std::vector<uint8_t> received(received_.begin(), received_.end());
  s.Sized(received, kFifoBytes);
  for (uint32_t* stored : {&interrupts_, &enabled_, &control_, &fifo_control_}) s.Field(*stored);
  s.Field(timing_);
  if (!s.loading()) return;
  const auto found =
      address < kNoTarget ? targets_.find(static_cast<uint8_t>(address)) : targets_.end();
  target_ = found == targets_.end() ? nullptr : found->second;
  const bool needs_target = state_ == State::kRegister || state_ == State::kTransaction;
  s.Require(target_ != nullptr || (address == kNoTarget && !needs_target));
  received_.assign(received.begin(), received.end());
}

}  // namespace sim
