// SPDX-License-Identifier: Apache-2.0

// The ADXL345 accelerometer as Renode models it (shared spec platform.md, section 2.4): a pointer
// to registers that moves on with each byte, and a queue of samples. A new sample is taken when the
// pointer is set to X0; an empty queue gives (0, 0, 0).
#ifndef SIM_MACHINE_ADXL345_H_
#define SIM_MACHINE_ADXL345_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/machine/opentitan_i2c.h"
#include "sim/machine/sensor_feed.h"

namespace sim {

// Pins of the platform, and what may be wrong with it.
struct SensorConfig {
  std::vector<AccelerationSample> feed;
  int64_t repeat = 0;  // how often the feed starts again; -1: for ever
  uint32_t max_fifo_depth = 2;
  uint8_t identity = 0xE5;
  bool present = true;  // answers on the bus
};

class Adxl345 : public I2cTarget {
 public:
  static constexpr uint8_t kAddress = 0x1D;

  // `complain` gets a sentence each time a sample is asked for and there is none.
  Adxl345(SensorConfig config, std::function<void(std::string)> complain)
      : config_(std::move(config)), complain_(std::move(complain)) {}

  void Write(std::span<const uint8_t> bytes) override;
  [[nodiscard]] uint8_t ReadByte() override;

  void Exchange(StateStream& s);

  [[nodiscard]] uint64_t samples_taken() const { return taken_; }

 private:
  [[nodiscard]] uint8_t Register(uint8_t number) const;
  [[nodiscard]] uint64_t Queued() const;
  void NextSample();

  SensorConfig config_;
  std::function<void(std::string)> complain_;
  uint8_t pointer_ = 0;
  uint8_t data_format_ = 0;
  uint64_t taken_ = 0;
  AccelerationSample current_{};
};

}  // namespace sim

#endif  // SIM_MACHINE_ADXL345_H_
