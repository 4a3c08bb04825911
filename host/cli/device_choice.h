// Which device a run uses: what the scenario says, overridden by the command line.
#ifndef HOST_CLI_DEVICE_CHOICE_H_
#define HOST_CLI_DEVICE_CHOICE_H_

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "host/cli/arguments.h"
#include "host/device/device.h"
#include "host/error/error.h"
#include "host/scenario/scenario.h"
#include "host/session/connection.h"
#include "host/terminal/install_layout.h"
#include "host/terminal/log.h"

namespace host::cli {

struct DeviceChoice {
  bool builtin_simulator = true;
  std::filesystem::path firmware;  // of the built-in simulator; empty: the installed one
  std::string port;                // of any other device
  int64_t baudrate = 115200;
  double profiler_interval_ms = 10;
  std::string ready_text = "Runtime started";
  double start_limit_s = 30;
  ConnectionOptions connection;
};

// kInput for values that are none. `scenario` may be null (`kenning run`).
[[nodiscard]] Result<DeviceChoice> ChooseDevice(const Arguments& arguments,
                                                const Scenario* scenario, Log& log);

// Makes the device and waits until it is ready.
[[nodiscard]] Result<std::unique_ptr<Device>> StartDevice(const DeviceChoice& choice,
                                                          const InstallLayout& layout, Log& log,
                                                          std::stop_token stop);

}  // namespace host::cli

#endif  // HOST_CLI_DEVICE_CHOICE_H_
