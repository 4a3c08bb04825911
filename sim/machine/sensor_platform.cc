// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/sensor_platform.h"

#include "board/springbok/memory_map.h"

namespace sim {
namespace {

namespace map = board::springbok;

std::string NodeAt(uint32_t base) {
  for (const map::AddressRange& range : map::kAddressMap) {
    if (range.base == base) return std::string(range.name);
  }
  return {};
}

}  // namespace

SensorPlatform::SensorPlatform(const SensorConfig& config, const Warn& warn, Bus* bus)
    : i2c_([warn](std::string sentence) { warn("i2c", std::move(sentence)); }),
      accelerometer_(config,
                     [warn](std::string sentence) { warn("adxl345", std::move(sentence)); }) {
  if (config.present) i2c_.Attach(Adxl345::kAddress, &accelerometer_);
  bus->AddDevice(NodeAt(map::kGPIO_BASE), map::kGPIO_BASE, map::kGPIO_SIZE, &gpio_);
  bus->AddDevice(NodeAt(map::kI2C_BASE), map::kI2C_BASE, map::kI2C_SIZE, &i2c_);
}

}  // namespace sim
