// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/adxl345.h"

#include <algorithm>

#include "sim/hart/state_stream.h"

namespace sim {
namespace {

constexpr uint8_t kDevId = 0x00, kIntSource = 0x30, kDataFormat = 0x31, kDataX0 = 0x32,
                  kDataZ1 = 0x37, kFifoStatus = 0x39;
constexpr uint8_t kDataReady = 0x80;
constexpr uint8_t kRange = 0x03, kFullResolution = 0xF8;
constexpr uint32_t kRawBits = 2;  // of a fed sample, below the register's unit

}  // namespace

uint64_t Adxl345::Queued() const {
  if (config_.feed.empty()) return 0;
  if (config_.repeat < 0) return UINT64_MAX;
  const uint64_t all = config_.feed.size() * (static_cast<uint64_t>(config_.repeat) + 1);
  return all - std::min(all, taken_);
}

void Adxl345::NextSample() {
  if (Queued() == 0) {
    current_ = {};
    complain_("no sample is queued; (0, 0, 0) is given");
    return;
  }
  current_ = config_.feed[taken_ % config_.feed.size()];
  ++taken_;
}

uint8_t Adxl345::Register(uint8_t number) const {
  switch (number) {
    case kDevId:
      return config_.identity;
    case kIntSource:
      return kDataReady;
    case kDataFormat:
      return data_format_;
    case kFifoStatus:
      return static_cast<uint8_t>(std::min<uint64_t>(Queued(), config_.max_fifo_depth));
    default:
      break;
  }
  if (number < kDataX0 || number > kDataZ1) return 0;
  const bool full_resolution = (data_format_ & kFullResolution) != 0;
  const uint32_t shift = kRawBits + (full_resolution ? 0 : data_format_ & kRange);
  const int value = current_[(number - kDataX0) / 2] >> shift;
  return static_cast<uint8_t>(value >> ((number - kDataX0) % 2 * 8));
}

void Adxl345::Write(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return;
  pointer_ = bytes[0];
  if (bytes.size() == 1 && pointer_ == kDataX0) NextSample();
  for (const uint8_t value : bytes.subspan(1)) {
    if (pointer_ == kDataFormat) data_format_ = value;
    ++pointer_;
  }
}

uint8_t Adxl345::ReadByte() { return Register(pointer_++); }

void Adxl345::Exchange(StateStream& s) {
  s.Field(pointer_);
  s.Field(data_format_);
  s.Field(taken_);
  s.Field(current_);
}

}  // namespace sim
