// SPDX-License-Identifier: Apache-2.0

#include "host/cli/pipeline_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "base/try.h"
#include "host/cli/compile_step.h"
#include "host/cli/dataset_choice.h"
#include "host/cli/device_choice.h"
#include "host/cli/exit_code.h"
#include "host/cli/profile_files.h"
#include "host/cli/recorded_command.h"
#include "host/cli/report_step.h"
#include "host/cli/scenario_source.h"
#include "host/cli/test_step.h"
#include "host/model/import_model.h"
#include "host/scenario/scenario.h"
#include "host/session/results_content.h"
#include "host/terminal/interrupt.h"
#include "host/terminal/progress.h"

namespace host::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFirmwareKey = "runtime_binary_path";

class Pipeline {
 public:
  Pipeline(const Sequence& sequence, std::span<const std::string> words, const Arguments& arguments,
           Scenario scenario, nlohmann::ordered_json configuration, std::stop_token stop, Log& log)
      : steps_(sequence.subcommands),
        command_(RecordedCommand(sequence.text, words)),
        arguments_(arguments),
        scenario_(std::move(scenario)),
        configuration_(std::move(configuration)),
        stop_(std::move(stop)),
        log_(log) {}

  Result<> Run() {
    for (const std::string& note : scenario_.notes) log_.Info(note);
    DeviceChoice device = TRY(ChooseDevice(arguments_, &scenario_, log_));
    const TestOptions options = TRY(TestOptionsOf(arguments_, device));
    if (options.devices > 1 && AsksForProfile(arguments_)) {
      return InputError(
          "--counters, --top, --callgrind and --folded tell of one device, not of "
          "several (--devices)");
    }
    std::vector<std::unique_ptr<Device>> devices;
    if (Has(Subcommand::kTest)) {
      // First, so that a device that is not there is not found out after a long compilation. Only a
      // simulated sensor wants the data before.
      const bool feeds = device.sensor.is_used() && device.place != Place::kAttached;
      if (feeds) TRY(LoadDataset());
      const SensorFeed feed = feeds ? TRY(FeedOf(device.sensor, dataset_)) : SensorFeed();
      devices = TRY(StartDevices(options, device, feed, log_, stop_));
      TRY(SettleWire(*devices.front(), &device, log_));
      if (!feeds) TRY(LoadDataset());
    }
    if (Has(Subcommand::kOptimize)) {
      TRY(Optimize());
    } else {
      ImportForNames();
    }
    if (!Has(Subcommand::kTest)) return {};
    if (arguments_.Has("--evaluate-unoptimized")) {
      log_.Warning("--evaluate-unoptimized: a bare-metal device runs compiled models only");
    }
    TRY(RunTestStep(options, device, devices, scenario_, dataset_, module_path(), Description(),
                    log_));
    return WriteProfileFiles(arguments_, *devices.front());
  }

 private:
  [[nodiscard]] bool Has(Subcommand step) const { return Contains(steps_, step); }
  [[nodiscard]] const Block& optimizer() const { return scenario_.optimizers.front(); }
  [[nodiscard]] fs::path module_path() const { return optimizer().Text("compiled_model_path"); }
  [[nodiscard]] fs::path model_path() const {
    return TextOf(scenario_.model_wrapper, "model_path");
  }

  Result<> LoadDataset() {
    dataset_ = TRY(LoadDatasetOf(scenario_, log_, stop_));
    for (const std::string& note : dataset_.notes) log_.Info(note);
    log_.Info(fmt::format("{} samples in {} classes, {} of them for the test",
                          dataset_.samples.size(), dataset_.class_names.size(),
                          dataset_.test_order.size()));
    return {};
  }

  Result<> Optimize() {
    log_.Info("Processing block: IREECompiler on client");
    if (arguments_.Has("--convert-to-onnx")) {
      return InputError("argument --convert-to-onnx: models are compiled without ONNX here");
    }
    CompileJob job = CompileJobOf(optimizer());
    if (arguments_.Has("--compiler-release")) job.release = arguments_.One("--compiler-release");
    job.limits = TRY(CompileLimitsOf(arguments_));
    const ImportedModel model = TRY(ImportForJob(model_path(), job, log_, stop_));
    for (const std::string& note : model.notes) log_.Info(note);
    framework_ = model.framework;
    framework_version_ = model.framework_version;
    const IoSpecification specification =
        TRY(SpecificationFor(model, model_path(), dataset_.class_names));

    Progress progress(log_, "Compiling the model", 0, Progress::Unit::kBytes);
    const CompiledModule compiled = TRY(CompileModel(model, specification, job, log_, stop_));
    compiler_version_ = compiled.release;
    progress.Advance(compiled.size_bytes);
    progress.Finish();
    log_.Info(fmt::format("Compiled model path: {}{}", module_path().string(),
                          compiled.from_cache ? " (from the cache)" : ""));
    std::error_code ignored;
    if (!fs::exists(SpecificationPath(model_path()), ignored)) {
      TRY(WriteIoSpecification(specification, SpecificationPath(model_path())));
    }
    return {};
  }

  // Without `optimize` the model's file is only asked for its framework; it need not be there.
  void ImportForNames() {
    if (auto model = ImportModel(model_path())) {
      framework_ = model->framework;
      framework_version_ = model->framework_version;
    } else {
      log_.Debug(model.error().Format());
    }
  }

  [[nodiscard]] RunDescription Description() const {
    RunDescription description{.grammar = scenario_.grammar,
                               .compiler_version = compiler_version_,
                               .command = command_,
                               .build_configuration = &configuration_,
                               .scenario_path = scenario_.path,
                               .model_framework = framework_,
                               .model_version = framework_version_,
                               .class_names = dataset_.class_names};
    description.synthetic_data = TextOf(scenario_.dataset, "dataset_root").contains("synthetic");
    if (scenario_.platform) {
      description.with_opcode_counters = !scenario_.platform->Flag("disable_opcode_counters");
      description.with_profiler = !scenario_.platform->Flag("disable_profiler");
    }
    return description;
  }

  Subcommands steps_;
  std::vector<std::string> command_;
  const Arguments& arguments_;
  Scenario scenario_;
  nlohmann::ordered_json configuration_;  // as results record it
  std::stop_token stop_;
  Log& log_;
  Dataset dataset_;
  std::string compiler_version_;
  std::string framework_;
  std::string framework_version_;
};

// Blocks and files that the steps of a sequence cannot do without.
ScenarioNeeds NeedsOf(const Sequence& sequence, const Arguments& arguments) {
  ScenarioNeeds needs;
  needs.blocks = {"model_wrapper", "optimizers"};
  if (Contains(sequence.subcommands, Subcommand::kOptimize)) {
    needs.files.push_back({BlockKind::kModelWrapper, "model_path"});
  } else {
    needs.files.push_back({BlockKind::kOptimizer, "compiled_model_path"});
  }
  if (Contains(sequence.subcommands, Subcommand::kTest)) {
    needs.blocks.push_back("dataset");
    needs.device = true;
    if (!arguments.Has("--firmware")) {
      needs.files.push_back({BlockKind::kPlatform, kFirmwareKey});
      needs.files.push_back({BlockKind::kRuntime, kFirmwareKey});
    }
  }
  return needs;
}

// What steps before the report need to know of its block.
void AddReportBlock(const Block& report, Arguments* arguments) {
  if (!report.IsNull("measurements")) {
    arguments->SetMissing("--measurements", report.TextList("measurements"));
  }
  if (!report.IsNull("report_path")) {
    arguments->SetMissing("--report-path", {report.Text("report_path")});
  }
}

}  // namespace

Result<int> PipelineCommand(const Sequence& sequence, std::span<const std::string> words,
                            Arguments arguments, const FlagScenario& flags, Log& log) {
  const auto has = [&](Subcommand step) { return Contains(sequence.subcommands, step); };
  const Interrupt interrupt;
  ResourceStore store = TRY(OpenStore(log, interrupt.token()));
  std::optional<Scenario> scenario;
  const ScenarioNeeds needs = NeedsOf(sequence, arguments);
  if (has(Subcommand::kOptimize) || has(Subcommand::kTest)) {
    scenario = TRY(ScenarioOf(arguments, flags, needs, store));
    if (scenario->report) AddReportBlock(*scenario->report, &arguments);
    TRY(CheckRequired(sequence.subcommands, arguments, /*scenario_was_read=*/true));
  }
  if (has(Subcommand::kTest) && arguments.Many("--measurements").size() > 1) {
    return InputError("argument --measurements: 'test' writes exactly one file");
  }
  std::optional<ReportOptions> report;
  if (has(Subcommand::kReport)) {
    report = TRY(MakeReportOptions(arguments, scenario ? &*scenario : nullptr,
                                   RecordedCommand(sequence.text, words), log));
  }
  if (scenario) {
    // What is recorded names things as the scenario does, not where they lie in the cache.
    auto configuration = BuildConfiguration(*scenario, fs::current_path());
    TRY(CompletePlatform(arguments, store, &*scenario));
    TRY(FetchFiles(needs, store, &*scenario));
    TRY(Pipeline(sequence, words, arguments, *std::move(scenario), std::move(configuration),
                 interrupt.token(), log)
            .Run());
  }
  if (report) TRY(RunReport(*report, log));
  return kExitGood;
}

}  // namespace host::cli
