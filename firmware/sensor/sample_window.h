// SPDX-License-Identifier: Apache-2.0

// The last samples of a sensor, as a ring: one goes in, the whole window comes out, oldest first.
#ifndef FIRMWARE_SENSOR_SAMPLE_WINDOW_H_
#define FIRMWARE_SENSOR_SAMPLE_WINDOW_H_

#include <array>
#include <cstddef>
#include <cstring>

#include "base/byte_reader.h"

namespace firmware {

template <typename Sample, size_t kCapacity>
class SampleWindow {
 public:
  static constexpr size_t kMaxSamples = kCapacity;

  // Empties it. 1 <= samples <= kCapacity.
  void Reset(size_t samples) {
    length_ = samples;
    count_ = 0;
    next_ = 0;
  }

  void Push(const Sample& sample) {
    ring_[next_] = sample;
    next_ = next_ + 1 == length_ ? 0 : next_ + 1;
    if (count_ < length_) ++count_;
  }

  [[nodiscard]] size_t size_bytes() const { return length_ * sizeof(Sample); }
  [[nodiscard]] bool full() const { return length_ != 0 && count_ == length_; }

  // Oldest first. The window is full and `out` holds size_bytes().
  void CopyTo(base::MutableBytes out) const {
    // All counts are bytes here: the predecessor copied elements where memcpy takes bytes.
    const size_t newest_bytes = next_ * sizeof(Sample);
    const size_t oldest_bytes = size_bytes() - newest_bytes;
    std::memcpy(out.data(), ring_.data() + next_, oldest_bytes);
    std::memcpy(out.data() + oldest_bytes, ring_.data(), newest_bytes);
  }

 private:
  std::array<Sample, kCapacity> ring_;
  size_t length_ = 0;
  size_t count_ = 0;
  size_t next_ = 0;  // where the next sample goes; once full, the oldest
};

}  // namespace firmware

#endif  // FIRMWARE_SENSOR_SAMPLE_WINDOW_H_
