// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/opentitan_gpio.h"

#include "sim/hart/state_stream.h"

namespace sim {
namespace {

constexpr uint32_t kIntrState = 0x00, kIntrEnable = 0x04, kIntrTest = 0x08, kDataIn = 0x10,
                   kDirectOut = 0x14, kMaskedOutLower = 0x18, kMaskedOutUpper = 0x1C,
                   kDirectOe = 0x20, kMaskedOeLower = 0x24, kMaskedOeUpper = 0x28,
                   kFirstTrigger = 0x2C, kLastTrigger = 0x38;

// Bits 31:16 choose which pins of one half take bits 15:0.
uint32_t Masked(uint32_t old, uint32_t value, bool upper) {
  const uint32_t shift = upper ? 16 : 0;
  const uint32_t mask = (value >> 16) << shift;
  return (old & ~mask) | ((value & 0xFFFF) << shift & mask);
}

}  // namespace

uint32_t OpenTitanGpio::Read(uint32_t offset, uint32_t /*width*/) {
  const auto value = [this](uint32_t number) -> uint32_t {
    switch (number) {
      case kIntrState:
        return interrupts_;
      case kIntrEnable:
        return enabled_;
      case kDataIn:
        return out_ & drive_;
      case kDirectOut:
        return out_;
      case kMaskedOutLower:
        return out_ & 0xFFFF;
      case kMaskedOutUpper:
        return out_ >> 16;
      case kDirectOe:
        return drive_;
      case kMaskedOeLower:
        return drive_ & 0xFFFF;
      case kMaskedOeUpper:
        return drive_ >> 16;
      default:
        if (number >= kFirstTrigger && number <= kLastTrigger) {
          return triggers_[(number - kFirstTrigger) / 4];
        }
        return 0;
    }
  };
  return value(offset & ~3u) >> (offset & 3) * 8;
}

void OpenTitanGpio::Write(uint32_t offset, uint32_t /*width*/, uint32_t value) {
  switch (offset & ~3u) {
    case kIntrState:
      interrupts_ &= ~value;
      return;
    case kIntrEnable:
      enabled_ = value;
      return;
    case kIntrTest:
      interrupts_ |= value;
      return;
    case kDirectOut:
      out_ = value;
      return;
    case kMaskedOutLower:
    case kMaskedOutUpper:
      out_ = Masked(out_, value, (offset & ~3u) == kMaskedOutUpper);
      return;
    case kDirectOe:
      drive_ = value;
      return;
    case kMaskedOeLower:
    case kMaskedOeUpper:
      drive_ = Masked(drive_, value, (offset & ~3u) == kMaskedOeUpper);
      return;
    default:
      if (offset >= kFirstTrigger && offset < kLastTrigger + 4) {
        triggers_[(offset - kFirstTrigger) / 4] = value;
      }
  }
}

void OpenTitanGpio::Exchange(StateStream& s) {
  for (uint32_t* stored : {&interrupts_, &enabled_, &out_, &drive_}) s.Field(*stored);
  s.Field(triggers_);
}

}  // namespace sim
