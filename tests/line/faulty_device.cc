// SPDX-License-Identifier: Apache-2.0

#include "tests/line/faulty_device.h"

#include <algorithm>
#include <numeric>

#include "base/try.h"

namespace line {
namespace {

constexpr size_t kChunkBytes = 4096;

}  // namespace

FaultyDevice::FaultyDevice(host::Device& inner, double rate, uint64_t seed)
    : inner_(inner), rate_(rate), random_(seed) {}

uint64_t FaultyDevice::injected_total() const {
  return std::accumulate(injected_.begin(), injected_.end(), uint64_t{0});
}

bool FaultyDevice::Pass(uint8_t byte, std::vector<uint8_t>& out) {
  ++bytes_;
  if (!on_ || std::uniform_real_distribution<>(0, 1)(random_) >= rate_) {
    out.push_back(byte);
    return false;
  }
  const auto kind = static_cast<Fault>(random_() % kFaultKinds);
  ++injected_[static_cast<size_t>(kind)];
  switch (kind) {
    case Fault::kLost:
      return false;
    case Fault::kDoubled:
      out.push_back(byte);
      break;
    case Fault::kFlipped:
      byte ^= static_cast<uint8_t>(1u << random_() % 8);
      break;
    case Fault::kDelayed:
      break;
  }
  out.push_back(byte);
  return kind == Fault::kDelayed;
}

host::Result<> FaultyDevice::Write(base::Bytes bytes) {
  std::vector<uint8_t> out;
  for (const uint8_t byte : bytes) {
    std::vector<uint8_t> next;
    if (Pass(byte, next)) {
      // 2 to 500 ms: below and above each of the device's time-outs.
      const double pause_s = 0.002 * static_cast<double>(1 + random_() % 250);
      TRY(inner_.Write(out));
      out.clear();
      std::array<uint8_t, kChunkBytes> chunk;
      const double until = ClockSeconds() + pause_s;
      while (ClockSeconds() < until) {
        const size_t size = TRY(ReadInner(chunk, until - ClockSeconds()));
        arrived_.insert(arrived_.end(), chunk.begin(), chunk.begin() + size);
      }
    }
    out.insert(out.end(), next.begin(), next.end());
  }
  return inner_.Write(out);
}

host::Result<size_t> FaultyDevice::Read(base::MutableBytes into, double limit_s) {
  const double deadline = ClockSeconds() + limit_s;
  while (arrived_.empty()) {
    const double left_s = deadline - ClockSeconds();
    if (left_s <= 0) return 0;
    std::array<uint8_t, kChunkBytes> chunk;
    const size_t size = TRY(ReadInner(chunk, left_s));
    for (size_t i = 0; i < size; ++i) {
      if (Pass(chunk[i], arrived_)) waited_s_ += 0.002 * static_cast<double>(1 + random_() % 250);
    }
  }
  const size_t count = std::min(into.size(), arrived_.size());
  std::copy_n(arrived_.begin(), count, into.begin());
  arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<ptrdiff_t>(count));
  return count;
}

host::Result<size_t> FaultyDevice::ReadInner(base::MutableBytes into, double limit_s) {
  const double start = inner_.ClockSeconds();
  host::Result<size_t> size = inner_.Read(into, limit_s);
  if (size) return size;
  if (!size.error().sentence.contains("will not answer")) return size;
  waited_s_ += std::max(0.0, limit_s - (inner_.ClockSeconds() - start));
  return 0;
}

void FaultyDevice::DropUnread() {
  inner_.DropUnread();
  arrived_.clear();
}

}  // namespace line
