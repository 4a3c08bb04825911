// SPDX-License-Identifier: Apache-2.0

#include "host/session/parallel_run.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "base/try.h"
#include "host/terminal/progress.h"

namespace host {
namespace {

Result<> RunPart(Device& device, const ConnectionOptions& options, const TestPlan& plan, Log& log,
                 const SampleDone& done, TestRecord* record) {
  Connection connection(device, options, log);
  TRY(connection.Open());
  Result<> ran = RunTest(connection, plan, log, done, record);
  // Also after a failure: the device then waits for another client (contract, section 5.2.8).
  Result<> closed = connection.Close();
  if (!ran) return ran;
  return closed;
}

}  // namespace

std::vector<TestOutcome> RunTestOnDevices(std::span<const std::unique_ptr<Device>> devices,
                                          const ConnectionOptions& options, const TestPlan& plan,
                                          std::span<const SampleRange> parts, Log& log) {
  uint64_t samples = 0;
  for (const SampleRange& part : parts) samples += part.size();
  std::vector<TestOutcome> outcomes(
      parts.size(), TestOutcome{TestRecord(plan.dataset.class_names.size()), std::nullopt, false});

  std::atomic<bool> has_failed = false;
  std::mutex progress_guard;
  std::optional<Progress> progress;
  const SampleDone done = [&] {
    const std::lock_guard lock(progress_guard);
    // Not before the first sample: the upload has a bar of its own.
    if (!progress) progress.emplace(log, "Running the test samples", samples);
    progress->Advance(1);
    return !has_failed;
  };
  const auto run = [&](size_t i) {
    TestPlan own = plan;
    own.range = parts[i];
    Log quiet(std::max(log.threshold(), LogLevel::kWarning), log.stream());
    Log& own_log = i == 0 ? log : quiet;
    auto ran = RunPart(*devices[i], options, own, own_log, done, &outcomes[i].record);
    if (!ran) {
      outcomes[i].failed_first = !has_failed.exchange(true);
      outcomes[i].failure = std::move(ran).error();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (size_t i = 1; i < parts.size(); ++i) threads.emplace_back(run, i);
    run(0);
  }
  if (progress && !has_failed) progress->Finish();
  return outcomes;
}

}  // namespace host
