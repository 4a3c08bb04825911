// SPDX-License-Identifier: Apache-2.0

// A device at the other end of a UART, whatever it is made of: bytes go out, bytes come in, a clock
// tells how long it took.
//
// Every wait has a limit, measured on the device's own clock: virtual time for a simulated device
// (the same run always ends the same way, however slow the host is), the host's clock for a real
// one. Waits end early when a stop is requested. All failures are ErrorKind::kRun and name the
// device.
#ifndef HOST_DEVICE_DEVICE_H_
#define HOST_DEVICE_DEVICE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "host/device/memory_part.h"
#include "host/error/error.h"
#include "sim/profile/code_profile.h"
#include "sim/profile/profile.h"

namespace host {

class Device {
 public:
  virtual ~Device() = default;

  // For errors and the log: "built-in simulator", "/dev/ttyUSB0".
  [[nodiscard]] virtual std::string name() const = 0;

  // Starts the device and waits until its log says `ready_text`. A device whose log cannot be seen
  // (a serial port) is taken to be running.
  [[nodiscard]] virtual Result<> Start(std::string_view ready_text, double limit_s) = 0;

  // Sends all of it.
  [[nodiscard]] virtual Result<> Write(base::Bytes bytes) = 0;

  // Waits for bytes and returns how many were put into `into`; 0 when the limit has passed. An
  // error if it is known that none will ever come.
  [[nodiscard]] virtual Result<size_t> Read(base::MutableBytes into, double limit_s) = 0;

  // Forgets what arrived and was not read: nobody asked for it.
  virtual void DropUnread() = 0;

  // Seconds since some start; durations of inferences are differences of this.
  [[nodiscard]] virtual double ClockSeconds() const = 0;
  [[nodiscard]] virtual bool clock_is_virtual() const = 0;

  // What the device complained about since the last call (its log lines of level error).
  [[nodiscard]] virtual std::vector<std::string> TakeComplaints() { return {}; }

  // A simulator's counters since its start; nothing for real devices.
  [[nodiscard]] virtual std::optional<sim::Profile> Counters() const { return std::nullopt; }
  // What its memory is divided into; nothing if that cannot be seen.
  [[nodiscard]] virtual std::vector<MemoryPart> MemoryParts() const { return {}; }
  // Where instructions were executed; nothing if the device does not count.
  [[nodiscard]] virtual std::optional<sim::CodeProfile> CodeCounters() const {
    return std::nullopt;
  }
  // The measured part begins: a simulator moves its clock to the start of the next interval of its
  // time series, so that no interval holds things from before.
  virtual void BeginMeasurement() {}

  // Nothing more will be asked for. A simulator in another program is stopped, and tells what can
  // only be read now: bins and peripherals of its time series (the other fields are empty).
  [[nodiscard]] virtual Result<std::optional<sim::Profile>> Finish() { return std::nullopt; }
};

}  // namespace host

#endif  // HOST_DEVICE_DEVICE_H_
