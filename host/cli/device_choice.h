// SPDX-License-Identifier: Apache-2.0

// Which device a run uses: what the scenario says, overridden by the command line.
#ifndef HOST_CLI_DEVICE_CHOICE_H_
#define HOST_CLI_DEVICE_CHOICE_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "host/cli/arguments.h"
#include "host/dataset/dataset.h"
#include "host/device/device.h"
#include "host/device/renode_device.h"
#include "host/error/error.h"
#include "host/scenario/scenario.h"
#include "host/session/connection.h"
#include "host/session/wire_probe.h"
#include "host/terminal/install_layout.h"
#include "host/terminal/log.h"
#include "runtime/kernel/elf.h"
#include "sim/hart/core_config.h"

namespace host::cli {

enum class Place { kBuiltin, kQemu, kQemuRv64, kRenode, kAttached };

// A device that feeds its model from a sensor.
struct SensorChoice {
  std::string name;                 // empty: no sensor
  uint64_t batches = 0;             // inferences to ask for
  std::filesystem::path feed_file;  // samples for a simulated sensor; empty: of the data set

  [[nodiscard]] bool is_used() const { return !name.empty(); }
};

struct DeviceChoice {
  Place place = Place::kBuiltin;
  std::filesystem::path firmware;  // for Springbok; empty: the installed one
  // For QEMU's machine: only the command line names one, a scenario's is for Springbok.
  std::filesystem::path qemu_firmware;
  std::string port;  // of an attached device
  int64_t baudrate = 115200;
  SensorChoice sensor;
  // What only a Renode needs; the script's default is ours.
  std::filesystem::path renode_script;
  std::vector<std::filesystem::path> renode_dependencies;
  std::vector<std::string> post_start_commands;
  bool opcode_counters = true;
  bool profiler = true;
  std::filesystem::path profiler_dump;
  double profiler_interval_ms = 10;
  bool call_graph = false;
  sim::CoreConfig core = {};
  std::string ready_text = "Runtime started";
  // What is waited for, at most, until a started device can be used; all of --start-timeout.
  double start_limit_s = 30;  // for the firmware
  double renode_connect_limit_s = RenodeOptions().connect_limit_s;
  double renode_command_limit_s = RenodeOptions().command_limit_s;
  ConnectionOptions connection;
  bool ask_for_wire = false;  // --wire auto
  double probe_limit_s = kProbeLimitSeconds;
};

// The value of an option that takes a number of seconds. kInput for anything else.
[[nodiscard]] Result<double> SecondsOf(const Arguments& arguments, std::string_view option);

// kInput for values that are none. `scenario` may be null (`kenning run`).
[[nodiscard]] Result<DeviceChoice> ChooseDevice(const Arguments& arguments,
                                                const Scenario* scenario, Log& log);

// Asks a device on a UART which wire it speaks, if that is wanted. The built-in simulator's
// firmware understands all of them.
[[nodiscard]] Result<> SettleWire(Device& device, DeviceChoice* choice, Log& log);

// What the device's firmware was built for; nobody knows what is attached.
[[nodiscard]] constexpr std::optional<runtime::Machine> MachineOf(const DeviceChoice& choice) {
  if (choice.place == Place::kAttached) return std::nullopt;
  return choice.place == Place::kQemuRv64 ? runtime::Machine::kRiscV64 : runtime::Machine::kRiscV32;
}

// What a simulated accelerometer gives: x, y, z.
using SensorFeed = std::vector<std::array<int16_t, 3>>;

// The samples of choice.feed_file, or, where no file is named, those of the test windows of the
// data set in the order of the test. kInput if the file is none, or if the data are not
// accelerations.
[[nodiscard]] Result<SensorFeed> FeedOf(const SensorChoice& choice, const Dataset& dataset);

// Makes the device and waits until it is ready. `feed` is empty without a simulated sensor.
[[nodiscard]] Result<std::unique_ptr<Device>> StartDevice(const DeviceChoice& choice,
                                                          const SensorFeed& feed,
                                                          const InstallLayout& layout, Log& log,
                                                          std::stop_token stop);

}  // namespace host::cli

#endif  // HOST_CLI_DEVICE_CHOICE_H_
