// SPDX-License-Identifier: Apache-2.0

// A test spread over several devices of one process, a thread each.
#ifndef HOST_SESSION_PARALLEL_RUN_H_
#define HOST_SESSION_PARALLEL_RUN_H_

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "host/device/device.h"
#include "host/session/connection.h"
#include "host/session/test_run.h"

namespace host {

struct TestOutcome {
  TestRecord record;
  std::optional<Error> failure;  // the record holds what was measured before it
  bool failed_first = false;     // the others may have stopped because of it
};

// Runs parts[i] on devices[i] and shows one progress bar for all. When one fails the others stop
// after their sample. Outcomes are in the order of the parts. Messages of devices but the first are
// left out below level WARNING.
[[nodiscard]] std::vector<TestOutcome> RunTestOnDevices(
    std::span<const std::unique_ptr<Device>> devices, const ConnectionOptions& options,
    const TestPlan& plan, std::span<const SampleRange> parts, Log& log);

}  // namespace host

#endif  // HOST_SESSION_PARALLEL_RUN_H_
