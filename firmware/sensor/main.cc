// SPDX-License-Identifier: Apache-2.0

// The firmware of a board with an accelerometer: the model looks at the sensor's last samples, the
// host only asks.
#include <array>
#include <cstddef>
#include <memory>

#include "firmware/app/device.h"
#include "firmware/drivers/mmio.h"
#include "firmware/drivers/opentitan_i2c.h"
#include "firmware/sensor/adxl345.h"
#include "firmware/sensor/sensor_source.h"
#include "firmware/start/target_board.h"

extern "C" {
extern uint8_t heap_begin[];
extern uint8_t heap_end[];
}

namespace {

using firmware::LogLevel;
using Bus = firmware::OpenTitanI2c<firmware::MmioRegisters, firmware::TimeCsr>;
using Sensor = firmware::Adxl345<Bus>;

constexpr uint32_t kSampleHz = 100;
constexpr uint32_t kByteTimeoutMs = 5;

constexpr auto kTiming =
    firmware::TimingRegisters(firmware::kI2cStandard, board::current::kI2cClockPeriodNs);

struct Parts {
  firmware::TargetBoard board;
  Bus bus{
      firmware::MmioRegisters(board::current::kI2cBase),
      {.timing = kTiming, .byte_timeout_ticks = board::current::kTimeHz / 1000 * kByteTimeoutMs}};
  Sensor sensor{bus};
  firmware::SensorSource<Sensor, firmware::TimeCsr> source{sensor,
                                                           board::current::kTimeHz / kSampleHz};
};

// Built in FirmwareMain: nothing runs before it.
alignas(Parts) std::array<std::byte, sizeof(Parts)> parts_storage;
alignas(firmware::Device) std::array<std::byte, sizeof(firmware::Device)> device_storage;

}  // namespace

extern "C" int FirmwareMain() {
  auto* parts = std::construct_at(reinterpret_cast<Parts*>(parts_storage.data()));
  firmware::Log log(parts->board);
  base::Status ready = parts->board.Init();
  if (ready == base::Status::kOk) {
    parts->bus.Init();
    ready = parts->sensor.Init();
  }
  if (ready != base::Status::kOk) {
    log.Write(firmware::LogLine(LogLevel::kError)
                  .Text("UART or accelerometer cannot be set up: status ")
                  .Hex(static_cast<uint32_t>(ready)));
    return 1;
  }
  auto* device =
      std::construct_at(reinterpret_cast<firmware::Device*>(device_storage.data()), parts->board,
                        base::MutableBytes(heap_begin, static_cast<size_t>(heap_end - heap_begin)),
                        runtime::KernelMode::kRun, &parts->source);
  device->Start();
  while (true) {
    device->FollowSource();
    device->Poll();
  }
}
