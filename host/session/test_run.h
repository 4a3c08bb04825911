// SPDX-License-Identifier: Apache-2.0

// The measured part of `kenning test`: a data set through a model on a device (contract, sections
// 5.1.4, 5.1.5 and 6).
//
// Samples are run in blocks of a fixed number. A simulated device begins each block at the start of
// an interval of its time series, so that blocks run by different devices give together what one
// device gives: same answers, same counters, same times. A device that starts in the middle first
// runs the sample before its own, unmeasured, which brings it into the state that the one device
// would be in.
#ifndef HOST_SESSION_TEST_RUN_H_
#define HOST_SESSION_TEST_RUN_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/dataset/dataset.h"
#include "host/session/connection.h"
#include "host/session/evaluation.h"
#include "host/session/shard.h"
#include "sim/profile/profile.h"

namespace host {

struct TestPlan {
  const Dataset& dataset;
  wire::IoSpec spec;
  base::Bytes module;
  SampleRange range;  // positions in the data set's test order
  // The device takes its inputs from a sensor: no sample is sent, the range only counts.
  bool from_sensor = false;
  bool skip_module_upload = false;        // the device keeps the module it has
  std::filesystem::path save_outputs_to;  // empty: raw outputs are not kept
};

struct Tag {
  const char* name;
  double start_s;
  double end_s;
};

// Durations of one step, and the clock after each.
struct StepSeries {
  std::vector<double> duration_s;
  std::vector<double> timestamp_s;
};

struct TestRecord {
  explicit TestRecord(size_t class_count) : evaluation(class_count) {}

  SampleRange range;       // what was measured: `last` is where a failed run stopped
  std::vector<Tag> tags;   // host clock
  StepSeries preprocess;   // host clock
  StepSeries inference;    // the device's clock
  StepSeries postprocess;  // host clock
  Evaluation evaluation;
  // How often each class was predicted, where no truth is known (a sensor); else empty.
  std::vector<uint64_t> predictions;
  std::vector<AllocationStatistic> allocation;
  // When the measurement does not begin with the first sample: what the device had allocated then.
  std::vector<AllocationStatistic> allocation_before;
  bool virtual_clock = false;
  double start_s = 0;  // the device's clock when the first sample was about to be sent
  double end_s = 0;    // and after the last
  // The simulator's counters at the same moments.
  std::optional<sim::Profile> before;
  std::optional<sim::Profile> after;
  std::vector<MemoryPart> memory_parts;  // of the device, if it can be seen
  // One row a sample of what was kept in save_outputs_to.
  nlohmann::ordered_json saved = nlohmann::ordered_json::array();
};

// Called after each sample; false ends the run (somebody else has failed).
using SampleDone = std::function<bool()>;

// Uploads, then runs the samples in order. Any failure ends the run; a failure at a sample names
// its position and index. `record` then holds what was measured until there. Device and connection
// can be used again.
[[nodiscard]] Result<> RunTest(Connection& connection, const TestPlan& plan, Log& log,
                               const SampleDone& done, TestRecord* record);

}  // namespace host

#endif  // HOST_SESSION_TEST_RUN_H_
