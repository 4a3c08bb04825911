// SPDX-License-Identifier: Apache-2.0

// A sensor as the source of a model's inputs: takes a sample every period and keeps the window that
// the model looks at. From the first full window on, each sample makes one.
//
// Times are differences of a clock of 32 bits that wraps; it must be looked at (Take) at least
// every 2^31 ticks, 89 s at 24 MHz.
#ifndef FIRMWARE_SENSOR_SENSOR_SOURCE_H_
#define FIRMWARE_SENSOR_SENSOR_SOURCE_H_

#include <cstdint>

#include "base/byte_reader.h"
#include "base/status.h"
#include "firmware/app/input_source.h"
#include "firmware/sensor/adxl345.h"
#include "firmware/sensor/sample_window.h"

namespace firmware {

template <typename Sensor, typename Clock>
class SensorSource final : public InputSource {
 public:
  // 5 s at 100 Hz; 6 KB. Magic Wand looks at 128.
  using Window = SampleWindow<Acceleration, 512>;
  // A sensor whose own clock is a little slow is late by less than a period.
  static constexpr uint32_t kLatePeriods = 5;

  SensorSource(Sensor& sensor, uint32_t period_ticks)
      : sensor_(sensor), period_ticks_(period_ticks) {}

  [[nodiscard]] bool present() const override { return true; }

  [[nodiscard]] bool Fits(uint32_t size_bytes) const override {
    return size_bytes != 0 && size_bytes % sizeof(Acceleration) == 0 &&
           size_bytes / sizeof(Acceleration) <= Window::kMaxSamples;
  }

  void Begin(uint32_t size_bytes) override {
    window_.Reset(size_bytes / sizeof(Acceleration));
    due_ = Clock::Now();
  }

  [[nodiscard]] base::Result<bool> Take(base::MutableBytes inputs, bool wait) override {
    while (true) {
      const uint32_t late = Clock::Now() - due_;
      if (static_cast<int32_t>(late) >= 0) {
        Acceleration sample;
        const base::Status status = sensor_.Read(sample);
        const bool not_yet = status == base::Status::kSensorNoData;
        if (not_yet && late < kLatePeriods * period_ticks_) {
          if (!wait) return false;
          continue;
        }
        // After a long pause the pace starts anew instead of catching up.
        due_ += late < period_ticks_ ? period_ticks_ : late + period_ticks_;
        if (status != base::Status::kOk) return std::unexpected(status);
        window_.Push(sample);
        if (window_.full()) {
          window_.CopyTo(inputs);
          return true;
        }
      }
      if (!wait) return false;
    }
  }

 private:
  Sensor& sensor_;
  uint32_t period_ticks_;
  uint32_t due_ = 0;  // when the next sample is to be taken
  Window window_;
};

}  // namespace firmware

#endif  // FIRMWARE_SENSOR_SENSOR_SOURCE_H_
