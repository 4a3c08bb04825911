// SPDX-License-Identifier: Apache-2.0

// `kenning test`: the data set through the compiled model on one or several devices, and what is
// written about it.
#ifndef HOST_CLI_TEST_STEP_H_
#define HOST_CLI_TEST_STEP_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <vector>

#include "host/cli/arguments.h"
#include "host/cli/device_choice.h"
#include "host/dataset/dataset.h"
#include "host/device/device.h"
#include "host/error/error.h"
#include "host/results/measurements.h"
#include "host/scenario/scenario.h"
#include "host/session/results_content.h"
#include "host/session/shard.h"
#include "host/terminal/log.h"

namespace host::cli {

struct TestOptions {
  size_t devices = 1;
  std::optional<Shard> shard = std::nullopt;
  std::filesystem::path measurements;     // empty: nothing is saved
  std::filesystem::path save_outputs_to;  // empty: not kept
};

// kInput for values that are none, and for several devices where there is only one.
[[nodiscard]] Result<TestOptions> TestOptionsOf(const Arguments& arguments,
                                                const DeviceChoice& device);

// Started devices, ready for RunTestStep: as many as options ask for.
[[nodiscard]] Result<std::vector<std::unique_ptr<Device>>> StartDevices(const TestOptions& options,
                                                                        const DeviceChoice& choice,
                                                                        const SensorFeed& feed,
                                                                        Log& log,
                                                                        std::stop_token stop);

// Runs the compiled module at `module_path` and writes the measurements. When a sample fails, what
// was measured before it is written to `<measurements without .json>.partial.json`, marked by the
// key `partial`; an earlier results file stays as it is. A good run removes that file.
[[nodiscard]] Result<> RunTestStep(const TestOptions& options, const DeviceChoice& choice,
                                   const std::vector<std::unique_ptr<Device>>& devices,
                                   const Scenario& scenario, const Dataset& dataset,
                                   const std::filesystem::path& module_path,
                                   RunDescription description, Log& log);

}  // namespace host::cli

#endif  // HOST_CLI_TEST_STEP_H_
