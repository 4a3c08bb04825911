// SPDX-License-Identifier: Apache-2.0

#include "host/session/test_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/try.h"
#include "host/input/npy.h"
#include "host/results/atomic_file.h"

namespace host {
namespace {

double HostSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class TestRun {
 public:
  TestRun(Connection& connection, const TestPlan& plan, TestRecord* record)
      : connection_(connection), device_(connection.device()), plan_(plan), record_(*record) {}

  Result<> Run(Log& log, const SampleDone& done) {
    record_.range = {plan_.range.first, plan_.range.first, plan_.range.total};
    record_.virtual_clock = device_.clock_is_virtual();
    TRY(connection_.SendIoSpec(plan_.spec));
    TRY(connection_.SendModel(plan_.skip_module_upload ? base::Bytes() : plan_.module));
    if (plan_.range.first > 0 && device_.clock_is_virtual()) TRY(WarmUp());
    if (plan_.from_sensor) record_.predictions.resize(plan_.dataset.class_names.size());

    device_.BeginMeasurement();
    record_.before = device_.Counters();
    record_.memory_parts = device_.MemoryParts();
    record_.start_s = device_.ClockSeconds();
    const Result<> ran = RunSamples(done);
    record_.after = device_.Counters();
    record_.end_s = device_.ClockSeconds();
    if (ran) ReadStatistics(log, &record_.allocation);
    return ran;
  }

 private:
  // The sample before the first, so that the device is in the state it would have come into.
  Result<> WarmUp() {
    const Sample& sample = plan_.dataset.samples[plan_.dataset.test_order[plan_.range.first - 1]];
    TRY(connection_.SendData(sample.bytes));
    TRY(connection_.Process());
    TRY(connection_.ReceiveOutput());
    record_.allocation_before = TRY(connection_.ReceiveStatistics());
    return {};
  }

  Result<> RunSamples(const SampleDone& done) {
    for (size_t position = plan_.range.first; position < plan_.range.last; ++position) {
      if (position != plan_.range.first && position % kBlockSamples == 0) {
        device_.BeginMeasurement();
      }
      if (auto ran = plan_.from_sensor ? RunSensorBatch(position) : RunSample(position); !ran) {
        Error error{ran.error().kind, WhichFailed(position), {}, {std::move(ran).error()}};
        return std::unexpected(std::move(error));
      }
      record_.range.last = position + 1;
      if (done && !done()) return RunError("stopped because another device failed");
    }
    return {};
  }

  [[nodiscard]] std::string WhichFailed(size_t position) const {
    if (plan_.from_sensor) {
      return fmt::format("inference {} of {} on the sensor's samples failed", position + 1,
                         plan_.range.total);
    }
    return fmt::format("test sample {} of {} (number {} of the data set) failed", position + 1,
                       plan_.range.total, plan_.dataset.test_order[position]);
  }

  Result<> RunSample(size_t position) {
    const size_t index = plan_.dataset.test_order[position];
    const Sample& sample = plan_.dataset.samples[index];

    const double preprocessing_start = HostSeconds();
    if (sample.bytes.size() != plan_.spec.input_bytes()) {
      return InputError(fmt::format("the sample has {} bytes but the model takes {}",
                                    sample.bytes.size(), plan_.spec.input_bytes()));
    }
    const double preprocess_end = HostSeconds();
    TRY(connection_.SendData(sample.bytes));
    const double sent_end = HostSeconds();
    const Inference inference = TRY(Infer());
    TRY(Save(position, {{"position", position}, {"index", index}, {"label", sample.label}},
             inference));

    // All at once, so that the series of a run that failed are equally long.
    AddStep(&record_.preprocess, preprocessing_start, preprocess_end);
    record_.evaluation.Add(sample.label, inference.predicted);
    record_.tags.push_back({"preprocess", preprocessing_start, preprocess_end});
    record_.tags.push_back({"preprocessing", preprocessing_start, sent_end});
    Keep(inference);
    return {};
  }

  // The device waits for its next sample by itself.
  Result<> RunSensorBatch(size_t position) {
    const Inference inference = TRY(Infer());
    TRY(Save(position, {{"position", position}}, inference));
    ++record_.predictions[inference.predicted];
    Keep(inference);
    return {};
  }

  struct Inference {
    double duration_s;
    double end_s;  // the device's clock
    base::Bytes output;
    uint32_t predicted;
    double postprocess_start;
    double postprocess_end;
  };

  Result<Inference> Infer() {
    Inference inference{};
    inference.duration_s = TRY(connection_.Process());
    inference.end_s = device_.ClockSeconds();
    inference.output = TRY(connection_.ReceiveOutput());
    inference.postprocess_start = HostSeconds();
    const wire::ElementType type = plan_.spec.outputs[0].type;
    inference.predicted =
        TRY(PredictedClass(inference.output, type, plan_.dataset.class_names.size()));
    inference.postprocess_end = HostSeconds();
    return inference;
  }

  void Keep(const Inference& inference) {
    record_.inference.duration_s.push_back(inference.duration_s);
    record_.inference.timestamp_s.push_back(inference.end_s);
    AddStep(&record_.postprocess, inference.postprocess_start, inference.postprocess_end);
    record_.tags.push_back({"postprocess", inference.postprocess_start, inference.postprocess_end});
    record_.tags.push_back({"postprocessing", inference.postprocess_start, HostSeconds()});
  }

  // Raw outputs as .npy files, and which sample they belong to.
  // `row` says which one it was.
  Result<> Save(size_t position, nlohmann::ordered_json row, const Inference& inference) {
    if (plan_.save_outputs_to.empty()) return {};
    base::Bytes output = inference.output;
    for (uint32_t k = 0; k < plan_.spec.output_count; ++k) {
      const wire::TensorSpec& tensor = plan_.spec.outputs[k];
      const base::Bytes bytes = output.first(std::min(output.size(), tensor.size_bytes()));
      output = output.subspan(bytes.size());
      const auto name = fmt::format("sample_{:05}_output_{}.npy", position, k);
      TRY(WriteFileAtomically(plan_.save_outputs_to / name,
                              FormatNpy({tensor.type,
                                         {tensor.dims.begin(), tensor.dims.begin() + tensor.rank},
                                         {bytes.begin(), bytes.end()}})));
    }
    row["predicted"] = inference.predicted;
    record_.saved.push_back(std::move(row));
    return {};
  }

  static void AddStep(StepSeries* series, double start, double end) {
    series->duration_s.push_back(end - start);
    series->timestamp_s.push_back(end);
  }

  // A device without statistics is no failed run (contract, section 1.6).
  void ReadStatistics(Log& log, std::vector<AllocationStatistic>* into) {
    auto statistics = connection_.ReceiveStatistics();
    if (statistics) {
      *into = *std::move(statistics);
    } else {
      log.Warning("no allocation statistics: " + statistics.error().Format());
    }
  }

  Connection& connection_;
  Device& device_;
  const TestPlan& plan_;
  TestRecord& record_;
};

}  // namespace

Result<> RunTest(Connection& connection, const TestPlan& plan, Log& log, const SampleDone& done,
                 TestRecord* record) {
  return TestRun(connection, plan, record).Run(log, done);
}

}  // namespace host
