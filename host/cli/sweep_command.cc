// SPDX-License-Identifier: Apache-2.0

#include "host/cli/sweep_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "base/try.h"
#include "host/cli/compile_step.h"
#include "host/cli/dataset_choice.h"
#include "host/cli/device_choice.h"
#include "host/cli/exit_code.h"
#include "host/cli/recorded_command.h"
#include "host/cli/report_step.h"
#include "host/cli/scenario_source.h"
#include "host/cli/test_step.h"
#include "host/compile/onnx_import.h"
#include "host/input/npy.h"
#include "host/resource/digest.h"
#include "host/results/atomic_file.h"
#include "host/results/sweep_table.h"
#include "host/terminal/install_layout.h"
#include "host/terminal/interrupt.h"

namespace host::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kMaxCombinations = 1000;
constexpr std::string_view kKeyFile = "made-from.txt";

struct Combination {
  std::string release;
  std::string flags;  // beyond the scenario's own
  fs::path folder;
  [[nodiscard]] fs::path results() const { return folder / "results.json"; }
  [[nodiscard]] fs::path module() const { return folder / "model.vmfb"; }
  [[nodiscard]] fs::path outputs() const { return folder / "outputs"; }
  [[nodiscard]] std::string name() const {
    return flags.empty() ? release : fmt::format("{} {}", release, flags);
  }
};

std::string_view FlagName(std::string_view flag) {
  while (flag.starts_with('-')) flag.remove_prefix(1);
  return flag.substr(0, flag.find('='));
}

// The scenario's flags with those of a set put over them.
std::vector<std::string> WithFlags(std::vector<std::string> own, std::string_view set) {
  while (!set.empty()) {
    const size_t end = std::min(set.find(' '), set.size());
    const std::string_view flag = set.substr(0, end);
    set.remove_prefix(std::min(end + 1, set.size()));
    if (flag.empty()) continue;
    std::erase_if(own, [&](const std::string& each) { return FlagName(each) == FlagName(flag); });
    own.emplace_back(flag);
  }
  return own;
}

// A folder's name: the number keeps equal beginnings apart.
std::string FolderName(size_t number, const std::string& release, const std::string& flags) {
  std::string name = fmt::format("{:02}-{}", number + 1, release.empty() ? "installed" : release);
  for (const char c : flags.substr(0, 60)) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' ? c : '-';
  }
  return name;
}

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What went wrong as one line: the sentence, and how the first cause begins.
std::string Reason(const Error& error) {
  if (error.causes.empty()) return error.sentence;
  const std::string& cause = error.causes.front().sentence;
  return fmt::format("{}: {}", error.sentence, cause.substr(0, cause.find('\n')));
}

class Sweep {
 public:
  Sweep(Scenario scenario, Json configuration, std::vector<std::string> command,
        DeviceChoice device, CompileLimits limits, std::stop_token stop, Log& log)
      : scenario_(std::move(scenario)),
        configuration_(std::move(configuration)),
        command_(std::move(command)),
        device_(std::move(device)),
        limits_(limits),
        stop_(std::move(stop)),
        log_(log) {}

  Result<> Prepare() {
    dataset_ = TRY(LoadDatasetOf(scenario_, log_, stop_));
    const fs::path model_path = TextOf(scenario_.model_wrapper, "model_path");
    CompileJob job = CompileJobOf(scenario_.optimizers.front());
    job.limits = limits_;
    model_ = TRY(ImportForJob(model_path, job, log_, stop_));
    specification_ = TRY(SpecificationFor(model_, model_path, dataset_.class_names));
    if (device_.firmware.empty()) {
      device_.firmware = TRY(InstallLayout::OfThisProgram().Firmware("springbok", "firmware"));
    }
    firmware_md5_ = TRY(FileDigest(device_.firmware, DigestKind::kMd5));
    return {};
  }

  // In the order of the combinations, whatever finished first.
  std::vector<SweepRow> Run(const std::vector<Combination>& combinations, size_t jobs) {
    std::vector<SweepRow> rows(combinations.size());
    std::atomic<size_t> next = 0;
    const auto work = [&] {
      for (size_t i = next++; i < combinations.size(); i = next++) {
        rows[i] = RunOne(combinations[i], i + 1, combinations.size());
      }
    };
    {
      std::vector<std::jthread> threads;
      for (size_t i = 1; i < jobs; ++i) threads.emplace_back(work);
      work();
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].failure.empty() && rows.front().failure.empty()) {
        Compare(combinations.front(), combinations[i], &rows[i]);
      }
    }
    return rows;
  }

 private:
  SweepRow RunOne(const Combination& combination, size_t number, size_t count) {
    auto row = Measure(combination, number, count);
    if (row) return *std::move(row);
    SweepRow failed;
    failed.release = combination.release;
    failed.flags = combination.flags;
    const std::string whole = row.error().Format();
    failed.failure = fmt::format("{}\n{}", Reason(row.error()), whole);
    log_.Error(fmt::format("{} of {}, {}: {}", number, count, combination.name(), whole));
    return failed;
  }

  Result<SweepRow> Measure(const Combination& combination, size_t number, size_t count) {
    CompileJob job = CompileJobOf(scenario_.optimizers.front());
    job.release = combination.release;
    job.compiler_args = WithFlags(job.compiler_args, combination.flags);
    job.output = combination.module();
    job.limits = limits_;
    // A model that the compiler's own importer reads has another text for each release.
    const fs::path model_path = TextOf(scenario_.model_wrapper, "model_path");
    const bool is_per_release = IsOnnxPath(model_path);
    ImportedModel of_release;
    if (is_per_release) of_release = TRY(ImportForJob(model_path, job, log_, stop_));
    const ImportedModel& model = is_per_release ? of_release : model_;
    // What the folder was made from; the text itself is compared, not a hash of it.
    const std::string key = fmt::format("release {}\nbackend {}\nflags {}\nfirmware {}\n{}\n{}",
                                        job.release, job.backend, fmt::join(job.compiler_args, " "),
                                        firmware_md5_, configuration_.dump(), model.mlir);
    const bool is_done = ReadText(combination.folder / kKeyFile) == key;
    std::error_code ignored;
    fs::remove(combination.folder / kKeyFile, ignored);
    Json results;
    if (is_done) {
      results = Json::parse(ReadText(combination.results()), nullptr, /*allow_exceptions=*/false);
    }
    if (is_done && !results.is_discarded()) {
      log_.Info(fmt::format("{} of {}, {}: as measured before", number, count, combination.name()));
    } else {
      Log quiet(std::max(log_.threshold(), LogLevel::kWarning), log_.stream());
      const auto start = std::chrono::steady_clock::now();
      const CompiledModule compiled = TRY(CompileModel(model, specification_, job, quiet, stop_));
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      TRY(RunDevice(combination, job, compiled, quiet));
      results = Json::parse(ReadText(combination.results()), nullptr, /*allow_exceptions=*/false);
      if (results.is_discarded()) return RunError("no results", combination.results().string());
      results["sweep"] = {{"release", compiled.release}, {"flags", combination.flags}};
      if (!compiled.from_cache) results["sweep"]["compile_s"] = compiled.compile_s;
      TRY(WriteMeasurements(combination.results(), results));
      log_.Info(fmt::format("{} of {}, {}: done in {:.1f} s", number, count, combination.name(),
                            took.count()));
    }
    TRY(WriteFileAtomically(combination.folder / kKeyFile, key));
    SweepRow row = RowOf(results);
    const Json& own = results["sweep"];
    row.release = own.value("release", combination.release);
    row.flags = combination.flags;
    if (own.contains("compile_s")) row.compile_s = own["compile_s"].get<double>();
    return row;
  }

  Result<> RunDevice(const Combination& combination, const CompileJob& job,
                     const CompiledModule& compiled, Log& quiet) {
    const TestOptions options{.devices = 1,
                              .measurements = combination.results(),
                              .save_outputs_to = combination.outputs()};
    const auto devices = TRY(StartDevices(options, device_, {}, quiet, stop_));
    Json configuration = configuration_;
    configuration["optimizers"][0]["parameters"]["compiler_args"] = job.compiler_args;
    RunDescription description{.grammar = scenario_.grammar,
                               .compiler_version = compiled.release,
                               .command = command_,
                               .build_configuration = &configuration,
                               .scenario_path = scenario_.path,
                               .model_framework = model_.framework,
                               .model_version = model_.framework_version,
                               .class_names = dataset_.class_names};
    description.synthetic_data = TextOf(scenario_.dataset, "dataset_root").contains("synthetic");
    return RunTestStep(options, device_, devices, scenario_, dataset_, combination.module(),
                       std::move(description), quiet);
  }

  static void Compare(const Combination& first, const Combination& other, SweepRow* row) {
    const auto samples_of = [](const Combination& combination) {
      return Json::parse(ReadText(combination.outputs() / "samples.json"), nullptr, false);
    };
    const Json expected = samples_of(first);
    const Json found = samples_of(other);
    if (!expected.is_array() || !found.is_array() || expected.size() != found.size()) return;
    double largest = 0;
    uint64_t differ = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      differ += expected[i]["predicted"] != found[i]["predicted"] ? 1 : 0;
      const auto name =
          fmt::format("sample_{:05}_output_0.npy", expected[i]["position"].get<int>());
      const auto a = ReadNpy(first.outputs() / name);
      const auto b = ReadNpy(other.outputs() / name);
      if (!a || !b || a->element_count() != b->element_count()) return;
      for (size_t k = 0; k < a->element_count(); ++k) {
        largest = std::max(
            largest, std::abs(ElementAt(a->type, a->bytes, k) - ElementAt(b->type, b->bytes, k)));
      }
    }
    row->largest_difference = largest;
    row->other_predictions = differ;
  }

  Scenario scenario_;
  Json configuration_;
  std::vector<std::string> command_;
  DeviceChoice device_;
  CompileLimits limits_;
  std::string firmware_md5_;
  std::stop_token stop_;
  Log& log_;
  Dataset dataset_;
  ImportedModel model_;
  IoSpecification specification_;
};

Result<std::vector<Combination>> CombinationsOf(const Arguments& arguments,
                                                const fs::path& output) {
  std::vector<std::string> releases = arguments.Many("--releases");
  if (releases.empty()) releases.emplace_back();
  std::vector<std::string> sets{""};
  for (const std::string& set : arguments.Many("--flags")) sets.push_back(set);
  if (releases.size() * sets.size() > kMaxCombinations) {
    return InputError(fmt::format("more than {} combinations", kMaxCombinations));
  }
  std::vector<Combination> combinations;
  for (const std::string& release : releases) {
    for (const std::string& set : sets) {
      combinations.push_back(
          {release, set, output / FolderName(combinations.size(), release, set)});
    }
  }
  return combinations;
}

Result<size_t> JobsOf(const Arguments& arguments, size_t combinations) {
  size_t jobs = std::max(1u, std::thread::hardware_concurrency());
  if (arguments.Has("--jobs")) {
    const std::string text = arguments.One("--jobs");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), jobs);
    if (error != std::errc() || end != text.data() + text.size() || jobs < 1 || jobs > 256) {
      return InputError(fmt::format("argument --jobs: '{}' is not a number from 1 to 256", text));
    }
  }
  return std::min(jobs, combinations);
}

// The comparison of all that ran, in the form of `kenning report`.
Result<> Report(const Arguments& arguments, const std::string& scenario,
                const std::vector<Combination>& combinations, const std::vector<SweepRow>& rows,
                std::vector<std::string> command, Log& log) {
  if (std::ranges::none_of(rows, [](const SweepRow& row) { return row.failure.empty(); })) {
    log.Warning("no combination could be measured, so there is no report");
    return {};
  }
  ReportOptions options = TRY(MakeReportOptions(arguments, nullptr, std::move(command), log));
  options.sweep = rows;
  options.report_name = fmt::format("Sweep of {}", scenario);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].failure.empty()) continue;
    options.measurements.push_back(combinations[i].results());
    options.model_names.push_back(
        rows[i].flags.empty() ? rows[i].release : fmt::format("{}_set{}", rows[i].release, i + 1));
  }
  // `kenning report` shows any of them by itself.
  options.comparison_only = options.measurements.size() > 1;
  return RunReport(options, log);
}

}  // namespace

Result<int> SweepCommand(std::span<const std::string> words, const Arguments& arguments, Log& log) {
  const Interrupt interrupt;
  ResourceStore store = TRY(OpenStore(log, interrupt.token()));
  const std::string& given = arguments.positionals().front();
  const ScenarioNeeds needs{.blocks = {"dataset", "model_wrapper", "optimizers"},
                            .device = true,
                            .files = {{BlockKind::kModelWrapper, "model_path"}}};
  const fs::path scenario_file = TRY(store.Fetch(given));
  Scenario scenario = TRY(LoadScenario(scenario_file.string(), needs));
  scenario.path = given;
  auto configuration = BuildConfiguration(scenario, fs::current_path());
  TRY(FetchFiles(needs, store, &scenario));
  const DeviceChoice device = TRY(ChooseDevice(arguments, &scenario, log));
  if (device.place != Place::kBuiltin || device.sensor.is_used()) {
    return InputError(
        "a sweep runs on simulators of its own; the scenario names a UART or a sensor", given);
  }
  fs::path output = arguments.One("--output");
  if (output.empty()) output = "sweep-" + scenario_file.stem().string();
  const std::vector<Combination> combinations = TRY(CombinationsOf(arguments, output));
  const size_t jobs = TRY(JobsOf(arguments, combinations.size()));

  const std::vector<std::string> command = RecordedCommand("kenning sweep", words);
  Sweep sweep(std::move(scenario), std::move(configuration), command, device,
              TRY(CompileLimitsOf(arguments)), interrupt.token(), log);
  TRY(sweep.Prepare());
  const std::vector<SweepRow> rows = sweep.Run(combinations, jobs);
  if (interrupt.token().stop_requested()) return InterruptedError("sweeping");

  const std::string table = SweepTable(rows);
  const std::string page = fmt::format(
      "# Sweep of {}\n\n{}\nInstructions are per inference; the best of each column is bold. "
      "Differences and predictions are against the first row.\n",
      given, table);
  TRY(WriteFileAtomically(output / "sweep.md", page));
  TRY(WriteFileAtomically(output / "sweep.json", SweepJson(rows).dump(2) + "\n"));
  fmt::print("{}", table);
  log.Info(fmt::format("Sweep path: {}", (output / "sweep.md").string()));
  if (arguments.Has("--report-path"))
    TRY(Report(arguments, given, combinations, rows, command, log));
  const bool good =
      std::ranges::all_of(rows, [](const SweepRow& row) { return row.failure.empty(); });
  return good ? kExitGood : kExitRunFailed;
}

}  // namespace host::cli
