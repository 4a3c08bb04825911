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
#include "host/cli/dataset_choice.h"
#include "host/cli/device_choice.h"
#include "host/cli/exit_code.h"
#include "host/cli/module_check.h"
#include "host/cli/recorded_command.h"
#include "host/cli/report_step.h"
#include "host/compile/compiler.h"
#include "host/model/import_model.h"
#include "host/results/measurements.h"
#include "host/scenario/scenario.h"
#include "host/session/device_spec.h"
#include "host/session/results_content.h"
#include "host/session/test_run.h"
#include "host/terminal/interrupt.h"
#include "host/terminal/progress.h"

namespace host::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFirmwareKey = "runtime_binary_path";

// "<path>.json", where the contract puts a model's I/O specification (section 4.3).
fs::path SpecificationPath(fs::path model) { return model += ".json"; }

class Pipeline {
 public:
  Pipeline(const Sequence& sequence, std::span<const std::string> words, const Arguments& arguments,
           Scenario scenario, Log& log)
      : steps_(sequence.subcommands),
        command_(RecordedCommand(sequence.text, words)),
        arguments_(arguments),
        scenario_(std::move(scenario)),
        log_(log) {}

  Result<> Run() {
    for (const std::string& note : scenario_.notes) log_.Info(note);
    const DeviceChoice device = TRY(ChooseDevice(arguments_, &scenario_, log_));
    if (Has(Subcommand::kTest)) {
      // First, so that a device that is not there is not found out after a long compilation.
      device_ = TRY(StartDevice(device, InstallLayout::OfThisProgram(), log_, interrupt_.token()));
      TRY(LoadDataset());
    }
    if (Has(Subcommand::kOptimize)) {
      TRY(Optimize());
    } else {
      ImportForNames();
    }
    if (Has(Subcommand::kTest)) TRY(Test(device));
    return {};
  }

 private:
  [[nodiscard]] bool Has(Subcommand step) const { return Contains(steps_, step); }
  [[nodiscard]] const Block& optimizer() const { return scenario_.optimizers.front(); }
  [[nodiscard]] fs::path module_path() const { return optimizer().Text("compiled_model_path"); }
  [[nodiscard]] fs::path model_path() const { return scenario_.model_wrapper->Text("model_path"); }

  Result<> LoadDataset() {
    std::optional<Progress> progress;
    std::string progress_step;
    uint64_t reported = 0;
    const auto show = [&](std::string_view step, uint64_t done, uint64_t total) {
      if (!progress || step != progress_step) {
        if (progress) progress->Finish();
        progress_step = step;
        reported = 0;
        progress.emplace(log_, step, total, Progress::Unit::kBytes);
      }
      progress->Advance(done - std::min(done, reported));
      reported = done;
    };
    dataset_ = TRY(LoadDatasetOf(scenario_, show));
    if (progress) progress->Finish();
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
    const ImportedModel model = TRY(ImportModel(model_path()));
    for (const std::string& note : model.notes) log_.Info(note);
    framework_ = model.framework;
    framework_version_ = model.framework_version;
    const IoSpecification specification =
        TRY(SpecificationFor(model, model_path(), dataset_.class_names));

    const InstallLayout layout = InstallLayout::OfThisProgram();
    const fs::path program = TRY(layout.PythonProgram("iree-compile"));
    const Compiler compiler = TRY(FindCompiler(program));
    compiler_version_ = compiler.release;
    CompileRequest request{.mlir = model.mlir,
                           .output = module_path(),
                           .backend = optimizer().Text("backend"),
                           .compiler_args = {},
                           .cache_dir = layout.prefix() / "cache"};
    if (!optimizer().IsNull("compiler_args")) {
      request.compiler_args = optimizer().TextList("compiler_args");
    }
    Progress progress(log_, "Compiling the model", 0, Progress::Unit::kBytes);
    const CompileOutcome outcome = TRY(Compile(
        compiler, request, [this](std::string_view line) { log_.Info(line); }, interrupt_.token()));
    progress.Advance(outcome.size_bytes);
    progress.Finish();
    log_.Info(fmt::format("Compiled model path: {}{}", module_path().string(),
                          outcome.from_cache ? " (from the cache)" : ""));
    std::error_code ignored;
    if (!fs::exists(SpecificationPath(model_path()), ignored)) {
      TRY(WriteIoSpecification(specification, SpecificationPath(model_path())));
    }
    return WriteIoSpecification(specification, SpecificationPath(module_path()));
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

  Result<> Test(const DeviceChoice& choice) {
    const CheckedModule module = TRY(ReadModule(module_path()));
    TRY(CheckAccepted(module, module_path()));
    if (compiler_version_.empty()) compiler_version_ = module.report.compiler_generation;
    const IoSpecification specification =
        TRY(ReadIoSpecification(SpecificationPath(module_path())));
    if (arguments_.Has("--evaluate-unoptimized")) {
      log_.Warning("--evaluate-unoptimized: a bare-metal device runs compiled models only");
    }
    TestPlan plan{.dataset = dataset_,
                  .spec = TRY(DeviceSpecification(specification)),
                  .module = module.bytes,
                  .sample_limit = std::nullopt,
                  .save_outputs_to = arguments_.One("--save-outputs")};
    if (scenario_.inference_loop) {
      plan.skip_module_upload = scenario_.inference_loop->Flag("skip_model_sending");
      if (!scenario_.inference_loop->IsNull("inference_limit")) {
        plan.sample_limit =
            static_cast<uint64_t>(scenario_.inference_loop->Integer("inference_limit"));
      }
    }
    log_.Info(fmt::format("Running on {}", device_->name()));
    Connection connection(*device_, choice.connection, log_);
    TRY(connection.Open());
    const TestRecord record = TRY(RunTest(connection, plan, log_));
    TRY(connection.Close());
    return WriteResults(record, module.bytes.size());
  }

  Result<> WriteResults(const TestRecord& record, uint64_t module_bytes) {
    const nlohmann::ordered_json configuration = BuildConfiguration(scenario_, fs::current_path());
    RunDescription description{.grammar = scenario_.grammar,
                               .compiler_version = compiler_version_,
                               .command = command_,
                               .build_configuration = &configuration,
                               .scenario_path = scenario_.path,
                               .model_framework = framework_,
                               .model_version = framework_version_,
                               .class_names = dataset_.class_names,
                               .compiled_model_bytes = module_bytes};
    description.synthetic_data = scenario_.dataset->Text("dataset_root").contains("synthetic");
    if (scenario_.platform) {
      description.with_opcode_counters = !scenario_.platform->Flag("disable_opcode_counters");
      description.with_profiler = !scenario_.platform->Flag("disable_profiler");
    }
    const fs::path path = arguments_.One("--measurements");
    TRY(WriteMeasurements(path, ComposeResults(description, record)));
    log_.Info(fmt::format("Measurements path: {}", path.string()));
    return {};
  }

  Subcommands steps_;
  std::vector<std::string> command_;
  const Arguments& arguments_;
  Scenario scenario_;
  Log& log_;
  Interrupt interrupt_;
  std::unique_ptr<Device> device_;
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
      needs.files.push_back({BlockKind::kPlatform, kFirmwareKey, true});
      needs.files.push_back({BlockKind::kRuntime, kFirmwareKey, true});
    }
  }
  return needs;
}

}  // namespace

Result<int> PipelineCommand(const Sequence& sequence, std::span<const std::string> words,
                            const Arguments& arguments, const FlagScenario& flags, Log& log) {
  const auto has = [&](Subcommand step) { return Contains(sequence.subcommands, step); };
  std::optional<Scenario> scenario;
  if (has(Subcommand::kOptimize) || has(Subcommand::kTest)) {
    const ScenarioNeeds needs = NeedsOf(sequence, arguments);
    scenario = TRY(flags.used() ? flags.Compose(arguments, needs)
                                : LoadScenario(arguments.One("--json-cfg"), needs));
  }
  if (has(Subcommand::kTest) && arguments.Many("--measurements").size() != 1) {
    return InputError("argument --measurements: 'test' writes exactly one file");
  }
  std::optional<ReportOptions> report;
  if (has(Subcommand::kReport)) {
    report = TRY(MakeReportOptions(arguments, scenario ? &*scenario : nullptr,
                                   RecordedCommand(sequence.text, words), log));
  }
  if (scenario) TRY(Pipeline(sequence, words, arguments, *std::move(scenario), log).Run());
  if (report) TRY(RunReport(*report, log));
  return kExitGood;
}

}  // namespace host::cli
