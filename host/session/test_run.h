// The measured part of `kenning test`: a data set through a model on a device (contract, sections
// 5.1.4, 5.1.5 and 6).
#ifndef HOST_SESSION_TEST_RUN_H_
#define HOST_SESSION_TEST_RUN_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/dataset/dataset.h"
#include "host/session/connection.h"
#include "host/session/evaluation.h"
#include "sim/profile/profile.h"

namespace host {

struct TestPlan {
  const Dataset& dataset;
  wire::IoSpec spec;
  base::Bytes module;
  bool skip_module_upload = false;        // the device keeps the module it has
  std::optional<uint64_t> sample_limit;   // only the first test samples
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

  std::vector<Tag> tags;   // host clock
  StepSeries preprocess;   // host clock
  StepSeries inference;    // the device's clock
  StepSeries postprocess;  // host clock
  Evaluation evaluation;
  std::vector<AllocationStatistic> allocation;
  // The simulator's counters when the first sample was about to be sent and after the last.
  std::optional<sim::Profile> before;
  std::optional<sim::Profile> after;
};

// Uploads, then runs the test samples in order. Any failure ends the run; a failure at a sample
// names its position and index. Device and connection can be used again.
[[nodiscard]] Result<TestRecord> RunTest(Connection& connection, const TestPlan& plan, Log& log);

}  // namespace host

#endif  // HOST_SESSION_TEST_RUN_H_
