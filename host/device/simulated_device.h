// SPDX-License-Identifier: Apache-2.0

// The built-in simulator as a device: a Springbok machine in this process, its UART in memory.
// Deterministic: the same firmware and the same requests give the same answers at the same virtual
// times.
#ifndef HOST_DEVICE_SIMULATED_DEVICE_H_
#define HOST_DEVICE_SIMULATED_DEVICE_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <vector>

#include "host/device/device.h"
#include "host/terminal/log.h"
#include "sim/hart/core_config.h"

namespace host {

struct SimulatorOptions {
  std::filesystem::path firmware;      // an ELF for the Springbok core
  double profiler_interval_ms = 10.0;  // width of an interval of the time series
  bool call_graph = false;             // CodeCounters() with calls
  sim::CoreConfig core = {};
  // Not empty: the machine has an accelerometer, which gives these samples, x y z, over and over.
  std::vector<std::array<int16_t, 3>> sensor_feed = {};
};

// kInput if the firmware cannot be read or is no ELF that fits the machine. Lines of the device's
// log go to `log`, which must outlive the device.
[[nodiscard]] Result<std::unique_ptr<Device>> MakeSimulatedDevice(const SimulatorOptions& options,
                                                                  Log& log, std::stop_token stop);

}  // namespace host

#endif  // HOST_DEVICE_SIMULATED_DEVICE_H_
