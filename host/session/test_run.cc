#include "host/session/test_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/try.h"
#include "host/input/npy.h"
#include "host/results/atomic_file.h"
#include "host/terminal/progress.h"

namespace host {
namespace {

double HostSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Raw outputs of each sample as .npy files, and which sample each belongs to.
class OutputFolder {
 public:
  OutputFolder(std::filesystem::path folder, const wire::IoSpec& spec)
      : folder_(std::move(folder)), spec_(spec) {}

  Result<> Save(size_t position, size_t index, const Sample& sample, uint32_t predicted,
                base::Bytes output) {
    if (folder_.empty()) return {};
    for (uint32_t k = 0; k < spec_.output_count; ++k) {
      const wire::TensorSpec& tensor = spec_.outputs[k];
      const base::Bytes bytes = output.first(std::min(output.size(), tensor.size_bytes()));
      output = output.subspan(bytes.size());
      const auto name = fmt::format("sample_{:05}_output_{}.npy", position, k);
      TRY(WriteFileAtomically(folder_ / name,
                              FormatNpy({tensor.type,
                                         {tensor.dims.begin(), tensor.dims.begin() + tensor.rank},
                                         {bytes.begin(), bytes.end()}})));
    }
    samples_.push_back({{"position", position},
                        {"index", index},
                        {"label", sample.label},
                        {"predicted", predicted}});
    return {};
  }

  Result<> Finish() {
    if (folder_.empty()) return {};
    return WriteFileAtomically(folder_ / "samples.json", samples_.dump(2) + "\n");
  }

 private:
  std::filesystem::path folder_;
  const wire::IoSpec& spec_;
  nlohmann::ordered_json samples_ = nlohmann::ordered_json::array();
};

class TestRun {
 public:
  TestRun(Connection& connection, const TestPlan& plan)
      : connection_(connection),
        plan_(plan),
        record_(plan.dataset.class_names.size()),
        outputs_(plan.save_outputs_to, plan.spec) {}

  Result<TestRecord> Run(Log& log) {
    TRY(connection_.SendIoSpec(plan_.spec));
    TRY(connection_.SendModel(plan_.skip_module_upload ? base::Bytes() : plan_.module));
    const size_t count = std::min<uint64_t>(plan_.dataset.test_order.size(),
                                            plan_.sample_limit.value_or(UINT64_MAX));
    if (count == 0) return InputError("the data set has no test samples");

    Device& device = connection_.device();
    device.BeginMeasurement();
    record_.before = device.Counters();
    Progress progress(log, "Running the test samples", count);
    for (size_t position = 0; position < count; ++position) {
      if (auto done = RunSample(position); !done) {
        Error error{done.error().kind,
                    fmt::format("test sample {} of {} (number {} of the data set) failed",
                                position + 1, count, plan_.dataset.test_order[position]),
                    {},
                    {std::move(done).error()}};
        return std::unexpected(std::move(error));
      }
      progress.Advance(1);
    }
    record_.after = device.Counters();
    progress.Finish();
    TRY(outputs_.Finish());
    ReadStatistics(log);
    return std::move(record_);
  }

 private:
  Result<> RunSample(size_t position) {
    const size_t index = plan_.dataset.test_order[position];
    const Sample& sample = plan_.dataset.samples[index];

    const double preprocessing_start = HostSeconds();
    if (sample.bytes.size() != plan_.spec.input_bytes()) {
      return InputError(fmt::format("the sample has {} bytes but the model takes {}",
                                    sample.bytes.size(), plan_.spec.input_bytes()));
    }
    const double preprocess_end = HostSeconds();
    AddStep(&record_.preprocess, preprocessing_start, preprocess_end);
    TRY(connection_.SendData(sample.bytes));
    record_.tags.push_back({"preprocess", preprocessing_start, preprocess_end});
    record_.tags.push_back({"preprocessing", preprocessing_start, HostSeconds()});

    record_.inference.duration_s.push_back(TRY(connection_.Process()));
    record_.inference.timestamp_s.push_back(connection_.device().ClockSeconds());

    const base::Bytes output = TRY(connection_.ReceiveOutput());
    const double postprocess_start = HostSeconds();
    const wire::ElementType type = plan_.spec.outputs[0].type;
    const uint32_t predicted = TRY(PredictedClass(output, type, plan_.dataset.class_names.size()));
    const double postprocess_end = HostSeconds();
    record_.evaluation.Add(sample.label, predicted);
    AddStep(&record_.postprocess, postprocess_start, postprocess_end);
    TRY(outputs_.Save(position, index, sample, predicted, output));
    record_.tags.push_back({"postprocess", postprocess_start, postprocess_end});
    record_.tags.push_back({"postprocessing", postprocess_start, HostSeconds()});
    return {};
  }

  static void AddStep(StepSeries* series, double start, double end) {
    series->duration_s.push_back(end - start);
    series->timestamp_s.push_back(end);
  }

  // A device without statistics is no failed run (contract, section 1.6).
  void ReadStatistics(Log& log) {
    auto statistics = connection_.ReceiveStatistics();
    if (statistics) {
      record_.allocation = *std::move(statistics);
    } else {
      log.Warning("no allocation statistics: " + statistics.error().Format());
    }
  }

  Connection& connection_;
  const TestPlan& plan_;
  TestRecord record_;
  OutputFolder outputs_;
};

}  // namespace

Result<TestRecord> RunTest(Connection& connection, const TestPlan& plan, Log& log) {
  return TestRun(connection, plan).Run(log);
}

}  // namespace host
