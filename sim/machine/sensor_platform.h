// SPDX-License-Identifier: Apache-2.0

// What the sensor platform has beyond the runtime platform: GPIO, I2C, and the accelerometer on it
// (shared spec platform.md, section 1.1).
#ifndef SIM_MACHINE_SENSOR_PLATFORM_H_
#define SIM_MACHINE_SENSOR_PLATFORM_H_

#include <functional>
#include <string>
#include <string_view>

#include "sim/hart/bus.h"
#include "sim/machine/adxl345.h"
#include "sim/machine/opentitan_gpio.h"
#include "sim/machine/opentitan_i2c.h"

namespace sim {

// Stays where it is made: the devices point at each other, and the bus at them.
class SensorPlatform {
 public:
  using Warn = std::function<void(std::string_view sender, std::string sentence)>;

  SensorPlatform(const SensorConfig& config, const Warn& warn, Bus* bus);
  SensorPlatform(const SensorPlatform&) = delete;
  SensorPlatform& operator=(const SensorPlatform&) = delete;

  void Exchange(StateStream& s) {
    gpio_.Exchange(s);
    i2c_.Exchange(s);
    accelerometer_.Exchange(s);
  }

  [[nodiscard]] const Adxl345& accelerometer() const { return accelerometer_; }

 private:
  OpenTitanGpio gpio_;
  OpenTitanI2c i2c_;
  Adxl345 accelerometer_;
};

}  // namespace sim

#endif  // SIM_MACHINE_SENSOR_PLATFORM_H_
