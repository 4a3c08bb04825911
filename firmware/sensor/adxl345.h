// SPDX-License-Identifier: Apache-2.0

// The ADXL345 accelerometer behind a bus that reads and writes its registers (`Bus`:
// ReadRegisters, WriteRegister; firmware/drivers/opentitan_i2c.h). It samples at 100 Hz into its
// own FIFO of 32, from which samples are taken one by one.
// Facts: shared spec platform.md, section 2.4; ADXL345 data sheet, register map.
#ifndef FIRMWARE_SENSOR_ADXL345_H_
#define FIRMWARE_SENSOR_ADXL345_H_

#include <array>
#include <cstdint>

#include "base/byte_reader.h"
#include "base/status.h"

namespace firmware {

// One reading, in the unit of the recordings that models are trained on: the register's value times
// 4 (10 bits at +-2 g; the model's sensor keeps the two low bits to itself).
using Acceleration = std::array<float, 3>;

template <typename Bus>
class Adxl345 {
 public:
  static constexpr uint8_t kAddress = 0x1D;
  static constexpr uint8_t kDevId = 0x00, kBwRate = 0x2C, kPowerCtl = 0x2D, kDataFormat = 0x31,
                           kDataX0 = 0x32, kFifoCtl = 0x38, kFifoStatus = 0x39;
  static constexpr uint8_t kIdentity = 0xE5;
  static constexpr uint8_t kRate100Hz = 0x0A, kMeasure = 0x08, kRange2g = 0x00, kStream = 0x80;
  static constexpr uint8_t kFifoEntries = 0x3F;
  static constexpr float kScale = 4.0f;

  explicit Adxl345(Bus& bus) : bus_(bus) {}

  // kSensorInvalid if the device at the address is another one; else what the bus says.
  [[nodiscard]] base::Status Init() {
    std::array<uint8_t, 1> identity;
    base::Status status = bus_.ReadRegisters(kAddress, kDevId, identity);
    if (status != base::Status::kOk) return status;
    if (identity[0] != kIdentity) return base::Status::kSensorInvalid;
    struct Setting {
      uint8_t number, value;
    };
    // Measuring starts with the last one.
    for (const Setting setting : {Setting{kBwRate, kRate100Hz}, Setting{kDataFormat, kRange2g},
                                  Setting{kFifoCtl, kStream}, Setting{kPowerCtl, kMeasure}}) {
      status = bus_.WriteRegister(kAddress, setting.number, setting.value);
      if (status != base::Status::kOk) return status;
    }
    return base::Status::kOk;
  }

  // The oldest sample that was not read yet. kSensorNoData if there is none.
  [[nodiscard]] base::Status Read(Acceleration& sample) {
    std::array<uint8_t, 1> waiting;
    base::Status status = bus_.ReadRegisters(kAddress, kFifoStatus, waiting);
    if (status != base::Status::kOk) return status;
    if ((waiting[0] & kFifoEntries) == 0) return base::Status::kSensorNoData;
    std::array<uint8_t, 2 * std::tuple_size_v<Acceleration>> bytes;
    status = bus_.ReadRegisters(kAddress, kDataX0, bytes);
    if (status != base::Status::kOk) return status;
    for (size_t axis = 0; axis < sample.size(); ++axis) {
      const auto value = static_cast<int16_t>(base::LoadLe<uint16_t>(bytes.data() + 2 * axis));
      sample[axis] = static_cast<float>(value) * kScale;
    }
    return base::Status::kOk;
  }

 private:
  Bus& bus_;
};

}  // namespace firmware

#endif  // FIRMWARE_SENSOR_ADXL345_H_
