// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/pl011.h"

#include "sim/hart/state_stream.h"

namespace sim {
namespace {

// PrimeCell UART (PL011) technical reference manual, section 3.2.
constexpr uint32_t kDr = 0x000;
constexpr uint32_t kFr = 0x018;
constexpr uint32_t kIbrd = 0x024;
constexpr uint32_t kFbrd = 0x028;
constexpr uint32_t kLcrh = 0x02C;
constexpr uint32_t kCr = 0x030;
constexpr uint32_t kIfls = 0x034;
constexpr uint32_t kImsc = 0x038;
constexpr uint32_t kRis = 0x03C;
constexpr uint32_t kMis = 0x040;
constexpr uint32_t kIds = 0xFE0;

constexpr uint32_t kFrRxfe = 1u << 4;
constexpr uint32_t kFrRxff = 1u << 6;
constexpr uint32_t kFrTxfe = 1u << 7;
constexpr uint32_t kCrLbe = 1u << 7;
constexpr uint32_t kCrTxe = 1u << 8;
constexpr uint32_t kCrRxe = 1u << 9;
constexpr uint32_t kRisRx = 1u << 4;
constexpr uint32_t kRisTx = 1u << 5;

constexpr uint8_t kIdBytes[] = {0x11, 0x10, 0x34, 0x00, 0x0D, 0xF0, 0x05, 0xB1};

}  // namespace

void Pl011::Reset() {
  ibrd_ = fbrd_ = lcrh_ = imsc_ = 0;
  cr_ = 0x300;
  ifls_ = 0x12;
  vain_polls_ = 0;
}

void Pl011::Receive(std::span<const uint8_t> bytes) {
  vain_polls_ = 0;
  if (!Enabled(kCrRxe)) {
    bytes_lost_ += bytes.size();
    return;
  }
  if (input_position_ >= input_.size() / 2) {
    input_.erase(input_.begin(), input_.begin() + static_cast<ptrdiff_t>(input_position_));
    input_position_ = 0;
  }
  input_.insert(input_.end(), bytes.begin(), bytes.end());
}

uint8_t Pl011::PopInput() {
  vain_polls_ = 0;
  return input_position_ < input_.size() ? input_[input_position_++] : uint8_t{0};
}

uint32_t Pl011::ReadRegister(uint32_t offset) {
  switch (offset) {
    case kDr:
      return PopInput();
    case kFr: {
      const size_t pending = input_pending();
      if (pending == 0) {
        if (vain_polls_ < idle_polls_) ++vain_polls_;
        if (guest_is_idle()) owner_->UartNeedsAttention();
        return kFrTxfe | kFrRxfe;
      }
      vain_polls_ = 0;
      return kFrTxfe | kFrRxff;  // the modelled FIFO holds one byte
    }
    case kIbrd:
      return ibrd_;
    case kFbrd:
      return fbrd_;
    case kLcrh:
      return lcrh_;
    case kCr:
      return cr_;
    case kIfls:
      return ifls_;
    case kImsc:
      return imsc_;
    case kRis:
      return kRisTx | (input_pending() != 0 ? kRisRx : 0);
    case kMis:
      return ReadRegister(kRis) & imsc_;
    default:
      if (offset >= kIds && offset < kIds + 4 * sizeof(kIdBytes)) {
        return kIdBytes[(offset - kIds) / 4];
      }
      return 0;  // RSR and the registers that the model stores nothing for
  }
}

// Byte and half-word accesses are the word's (platform.md, section 2.1).
uint32_t Pl011::Read(uint32_t offset, uint32_t /*width*/) {
  return ReadRegister(offset & ~3u) >> (offset & 3) * 8;
}

void Pl011::Write(uint32_t offset, uint32_t /*width*/, uint32_t value) {
  switch (offset & ~3u) {
    case kDr:
      vain_polls_ = 0;
      if (!Enabled(kCrTxe)) return;
      if ((cr_ & kCrLbe) != 0) {
        const auto byte = static_cast<uint8_t>(value);
        if (input_pending() < output_limit_) Receive({&byte, 1});
      } else if (output_.size() < 2 * output_limit_) {  // a block may write on until it ends
        output_.push_back(static_cast<uint8_t>(value));
        if (output_full()) owner_->UartNeedsAttention();
      }
      return;
    case kIbrd:
      ibrd_ = value & 0xffff;
      return;
    case kFbrd:
      fbrd_ = value & 0x3f;
      return;
    case kLcrh:
      lcrh_ = value & 0xff;
      return;
    case kCr:
      cr_ = value & 0xff87;
      return;
    case kIfls:
      ifls_ = value & 0x3f;
      return;
    case kImsc:
      imsc_ = value & 0x7ff;
      return;
    default:
      return;
  }
}

void Pl011::Exchange(StateStream& s) {
  constexpr size_t kMaxInput = 64u << 20;
  std::vector<uint8_t> pending(input_.begin() + static_cast<ptrdiff_t>(input_position_),
                               input_.end());
  s.Sized(pending, kMaxInput);
  s.Sized(output_, 2 * output_limit_);
  s.AtMost(vain_polls_, idle_polls_);
  for (uint32_t* stored : {&ibrd_, &fbrd_, &lcrh_, &cr_, &ifls_, &imsc_}) s.Field(*stored);
  if (!s.loading()) return;
  input_ = std::move(pending);
  input_position_ = 0;
}

}  // namespace sim
