// SPDX-License-Identifier: Apache-2.0

#include "host/cli/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "host/scenario/blocks.h"

namespace host::cli {
namespace {

constexpr Subcommands kOptimize = Bit(Subcommand::kOptimize);
constexpr Subcommands kTest = Bit(Subcommand::kTest);
constexpr Subcommands kReport = Bit(Subcommand::kReport);
constexpr Subcommands kRun = Bit(Subcommand::kRun);
constexpr Subcommands kInfo = Bit(Subcommand::kInfo);
constexpr Subcommands kSweep = Bit(Subcommand::kSweep);
constexpr Subcommands kMerge = Bit(Subcommand::kMerge);
constexpr Subcommands kCompletion = Bit(Subcommand::kCompletion);
constexpr Subcommands kPipeline = kOptimize | kTest | kReport;
constexpr Subcommands kScenario = kOptimize | kTest;
constexpr Subcommands kDevice = kTest | kRun;
constexpr Subcommands kLogging = kPipeline | kRun | kSweep | kMerge;

constexpr auto kSubcommands = std::to_array<SubcommandRow>({
    {"optimize", Subcommand::kOptimize, kTest, "",
     "Compile the scenario's model for the device, with the IREE compiler"},
    {"test", Subcommand::kTest, kReport, "",
     "Run the scenario's data set through the model on the device and measure"},
    {"report", Subcommand::kReport, 0, "", "Write a report of one or more measurements files"},
    {"run", Subcommand::kRun, 0, "MODEL.vmfb",
     "Call functions of a compiled model on the device with given inputs"},
    {"info", Subcommand::kInfo, 0, "MODEL.vmfb",
     "Tell what a compiled model contains and whether the device accepts it"},
    {"sweep", Subcommand::kSweep, 0, "SCENARIO",
     "Compile a scenario's model with several compiler releases and flags, and compare them"},
    {"merge", Subcommand::kMerge, 0, "PART.json",
     "Join the parts that 'test --shard i/n' wrote to one measurements file", true},
    {"completion", Subcommand::kCompletion, 0, "SHELL",
     "Print the completion script for bash, zsh or fish"},
});

constexpr auto kVerbosities =
    std::to_array<std::string_view>({"NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"});
constexpr auto kWires = std::to_array<std::string_view>({"auto", "legacy", "header8", "header12"});

constexpr auto kTruths = std::to_array<std::string_view>({"true", "false", "True", "False"});
constexpr auto kReports = std::to_array<std::string_view>(
    {"MarkdownReport", "kenning.report.markdown_report.MarkdownReport"});
constexpr auto kVlens = std::to_array<std::string_view>({"128", "256", "512", "1024"});
constexpr auto kVectorUnits = std::to_array<std::string_view>({"none", "zve32x", "zve32f"});

constexpr std::string_view kScenarioOption = "--json-cfg";

constexpr std::string_view kCommon = "common arguments";
constexpr std::string_view kConfiguration = "Inference configuration with JSON";
constexpr std::string_view kFlagGroup = "Inference configuration with flags";
constexpr std::string_view kDeviceGroup = "device arguments";
constexpr std::string_view kProfileGroup = "profile of the built-in simulator";
constexpr std::string_view kReportGroup = "'report' arguments";
constexpr std::string_view kRunGroup = "'run' arguments";
constexpr std::string_view kSweepGroup = "'sweep' arguments";

using enum Arity;

constexpr auto kOptions = std::to_array<GroupedOption>({
    {{"--help", "-h", kFlag, "", "Show this help and exit"},
     kLogging | kInfo | kCompletion,
     0,
     kCommon},
    {{"--verbosity", "", kOne, "LEVEL", "Least level that is logged (default INFO)", kVerbosities},
     kLogging,
     0,
     kCommon},
    {{kScenarioOption, "--cfg", kOne, "PATH",
      "The scenario: which model, data set, compiler flags and device"},
     kScenario,
     kScenario,
     kConfiguration},
    {{"--measurements", "", kMany, "PATH",
      "What 'test' and 'merge' write (exactly one) and 'report' reads (one or more)"},
     kTest | kReport | kMerge,
     kReport | kMerge,
     kCommon,
     true},
    {{"--evaluate-unoptimized", "", kFlag, "",
      "Not possible on a bare-metal device: it runs compiled models only; ignored with a warning"},
     kTest,
     0,
     kConfiguration},
    {{"--convert-to-onnx", "", kOne, "PATH",
      "Not supported: models are compiled without a detour through ONNX"},
     kOptimize,
     0,
     kConfiguration},
    {{"--max-target-side-optimizers", "", kOne, "N",
      "Accepted for compatibility; a bare-metal device optimizes nothing"},
     kOptimize,
     0,
     kConfiguration},

    {{"--automl-stats", "", kOne, "PATH",
      "Accepted for compatibility; models are not searched for"},
     kScenario,
     0,
     kConfiguration},
    {{"--simulated", "", kOptionalOne, "BOOL",
      "Overrides the platform's 'simulated': true is the built-in simulator, false the UART that "
      "the scenario names",
      kTruths},
     kScenario,
     0,
     kConfiguration},
    {{"--platforms-definitions", "", kMany, "PATH",
      "Overrides the platform's 'platforms_definitions': YAML files that say what a platform's "
      "name stands for"},
     kScenario,
     0,
     kConfiguration},

    {{"--compiler-release", "", kOne, "RELEASE",
      "Release of the IREE compiler, such as 3.5.0 or 20230209.425; installed on first use "
      "(default: the scenario's, else the installed one)"},
     kOptimize,
     0,
     kConfiguration},
    {{"--compile-timeout", "", kOne, "SECONDS",
      "Longest run of the compiler or the ONNX importer (default 600), and of reading a Keras file "
      "(default 60)"},
     kOptimize | kSweep,
     0,
     kConfiguration},
    {{"--install-timeout", "", kOne, "SECONDS",
      "Longest installation of a compiler release, or wait for another program's (default 1800)"},
     kOptimize | kSweep,
     0,
     kConfiguration},

    {{"--platform-cls", "", kOne, "CLASS", "Platform; the class's parameters become options, too"},
     kScenario,
     0,
     kFlagGroup},
    {{"--dataset-cls", "", kOne, "CLASS", "Data set"}, kScenario, 0, kFlagGroup},
    {{"--modelwrapper-cls", "", kOne, "CLASS", "Model"}, kScenario, 0, kFlagGroup},
    {{"--compiler-cls", "", kOne, "CLASS", "Compiler"}, kScenario, 0, kFlagGroup},
    {{"--runtime-cls", "", kOne, "CLASS", "Runtime"}, kTest, 0, kFlagGroup},
    {{"--protocol-cls", "", kOne, "CLASS", "Protocol; needs a runtime or a compiler"},
     kTest,
     0,
     kFlagGroup},

    {{"--simulator", "--uart", kOne, "WHERE",
      "'builtin': the simulator inside this program. 'qemu', 'qemu-rv64', 'renode': started and "
      "ended by this program, if installed. A path: the UART (pseudo-terminal or serial port) of a "
      "running springbok-sim, Renode, QEMU or board. Default: what the scenario says; 'builtin' "
      "for 'run'"},
     kDevice,
     0,
     kDeviceGroup},
    {{"--firmware", "", kOne, "ELF",
      "Firmware for the built-in simulator (default: the scenario's, else the one built with this "
      "program)"},
     kDevice | kSweep,
     0,
     kDeviceGroup},
    {{"--sensor-feed", "", kOne, "FILE",
      "Samples for the simulated accelerometer of a scenario with a sensor: three integers x y z a "
      "line (default: the test windows of the data set)"},
     kTest,
     0,
     kDeviceGroup},
    {{"--wire", "", kOne, "FORMAT",
      "Wire format: legacy (Kenning up to 0.8.0; the default), header8 (0.8.1, 0.8.2), header12 "
      "(since 2026-04-27); auto asks the device",
      kWires},
     kDevice,
     0,
     kDeviceGroup},
    {{"--timeout", "", kOne, "SECONDS",
      "Longest wait for one answer, on the device's clock, or for a port that takes no bytes "
      "(default 30), and for a device to say that it is there (default 6)"},
     kDevice | kSweep,
     0,
     kDeviceGroup},
    {{"--start-timeout", "", kOne, "SECONDS",
      "Longest wait for the firmware of a simulator to be ready (default: the scenario's, else "
      "30), for Renode's monitor (default 60) and for each of its commands (default 120)"},
     kDevice | kSweep,
     0,
     kDeviceGroup},
    {{"--devices", "", kOne, "N",
      "Spread the data set over N simulated devices; the result is that of one device (default 1)"},
     kTest,
     0,
     kDeviceGroup},
    {{"--shard", "", kOne, "I/N",
      "Run only part I of N of the data set; 'kenning merge' joins the parts"},
     kTest,
     0,
     kDeviceGroup},
    {{"--vlen", "", kOne, "BITS",
      "Vector register length of the built-in simulator's core (default: the scenario's, else 512)",
      kVlens},
     kDevice,
     0,
     kDeviceGroup},
    {{"--vector", "", kOne, "UNIT",
      "Its vector unit: none, integers only, or with floating point (default: the scenario's, else "
      "zve32f)",
      kVectorUnits},
     kDevice,
     0,
     kDeviceGroup},
    {{"--counters", "", kOne, "FILE",
      "Write all that the built-in simulator counted as JSON: opcodes, functions, kernels and "
      "their "
      "layers, memory, hot blocks, time intervals"},
     kDevice,
     0,
     kProfileGroup},
    {{"--top", "", kFlag, "", "Print the hottest functions, kernels, opcodes and blocks of code"},
     kDevice,
     0,
     kProfileGroup},
    {{"--callgrind", "", kOne, "FILE",
      "Write a Callgrind profile with calls, for KCachegrind or callgrind_annotate"},
     kDevice,
     0,
     kProfileGroup},
    {{"--folded", "", kOne, "FILE", "Write folded stacks, for flame graphs"},
     kDevice,
     0,
     kProfileGroup},
    {{"--save-outputs", "", kOne, "DIR",
      "Keep the device's raw outputs of each test sample as .npy files"},
     kTest,
     0,
     kDeviceGroup},

    {{"--releases", "", kMany, "RELEASE",
      "Compiler releases (default: the scenario's, else the installed one)"},
     kSweep,
     0,
     kSweepGroup},
    {{"--flags", "", kMany, "SET",
      "Sets of compiler flags, each one word such as 'a=1 b=2', put over the scenario's own; these "
      "alone are always tried, too"},
     kSweep,
     0,
     kSweepGroup},
    {{"--output", "", kOne, "DIR",
      "Where modules, measurements and the table go; what is there already is not run again "
      "(default: sweep-SCENARIO)"},
     kSweep,
     0,
     kSweepGroup},
    {{"--jobs", "", kOne, "N", "Combinations at a time (default: one a core)"},
     kSweep,
     0,
     kSweepGroup},

    {{"--report-cls", "", kOne, "CLASS", "Accepted for compatibility; there is one kind of report",
      kReports},
     kReport,
     0,
     kReportGroup},
    {{"--report-path", "", kOne, "PATH",
      "The Markdown file to write, or a directory (existing, or with a '/' at the end) for "
      "report.md"},
     kReport | kSweep,
     kReport,
     kReportGroup,
     true},
    {{"--to-html", "", kOptionalOne, "DIR",
      "Also write one self-contained report.html there (default: the report path without its "
      "suffix)"},
     kReport | kSweep,
     0,
     kReportGroup},
    {{"--report-name", "", kOne, "TEXT", "Title (default: made from types and models)"},
     kReport,
     0,
     kReportGroup},
    {{"--report-types", "", kMany, "TYPE",
      "Sections: performance, classification, renode_stats (default: what the files hold)"},
     kReport,
     0,
     kReportGroup},
    {{"--main-quality-metric", "", kOne, "METRIC",
      "Accepted for compatibility; comparisons show every metric", kQualityMetrics},
     kReport,
     0,
     kReportGroup},
    {{"--model-names", "", kMany, "NAME", "One name for each measurements file"},
     kReport,
     0,
     kReportGroup},
    {{"--root-dir", "", kOne, "DIR", "Image paths in the Markdown are relative to it"},
     kReport,
     0,
     kReportGroup},
    {{"--img-dir", "", kOne, "DIR", "Where plots go (default: img below the root)"},
     kReport,
     0,
     kReportGroup},
    {{"--only-png-images", "", kFlag, "", "No interactive plots"}, kReport, 0, kReportGroup},
    {{"--comparison-only", "", kFlag, "", "Only the comparison sections (with two or more files)"},
     kReport,
     0,
     kReportGroup},
    {{"--skip-unoptimized-model", "", kFlag, "", "Leave out the unoptimized model"},
     kReport,
     0,
     kReportGroup},
    {{"--smaller-header", "", kFlag, "", "Title as a second-level heading"},
     kReport,
     0,
     kReportGroup},
    {{"--save-summary", "", kFlag, "", "Also write the metrics as JSON"}, kReport, 0, kReportGroup},
    {{"--save-csv", "", kOptionalOne, "PATH",
      "Also write the metrics as CSV (default: the report path with .csv)"},
     kReport,
     0,
     kReportGroup},
    {{"--save-junit", "", kOptionalOne, "PATH",
      "Also write the metrics as JUnit XML for CI; a metric worse than its threshold is a failed "
      "case (default: the report path with .junit.xml)"},
     kReport,
     0,
     kReportGroup},
    {{"--baseline", "", kOne, "PATH",
      "Measurements of an earlier run: the report says what changed since"},
     kReport,
     0,
     kReportGroup},
    {{"--baseline-threshold", "", kMany, "[METRIC=]PERCENT",
      "How much worse than the baseline all metrics, or one, may be; beyond it the exit code is 1. "
      "Metrics are named as in --save-csv"},
     kReport,
     0,
     kReportGroup},
    {{"--skip-general-information", "", kFlag, "", "Leave out commands and scenario"},
     kReport,
     0,
     kReportGroup},

    {{"--function", "", kOne, "NAME", "Function to call (default: main, or the only one)"},
     kRun,
     0,
     kRunGroup},
    {{"--input", "", kGather, "VALUE",
      "Inputs in order: .npy files, or scalars such as 7, -1.5, 7:i64"},
     kRun,
     0,
     kRunGroup},
    {{"--expected-output", "", kGather, "NPY",
      "What the call must return, in order; a difference is printed and ends with exit code 1"},
     kRun,
     0,
     kRunGroup},
    {{"--tolerance", "", kOne, "T", "Largest absolute difference that counts as equal (default 0)"},
     kRun,
     0,
     kRunGroup},
    {{"--call", "", kFlag, "",
      "Begin the next call on the same loaded model; function, inputs and expected outputs that "
      "follow are its own"},
     kRun,
     0,
     kRunGroup},
    {{"--output", "", kOne, "DIR", "Write results there as call<N>_output<K>.npy"},
     kRun,
     0,
     kRunGroup},
    {{"--no-check", "", kFlag, "",
      "Send the model to the device even if this program sees that it will be refused"},
     kRun,
     0,
     kRunGroup},
    {{"--json", "", kFlag, "", "Print as JSON"}, kInfo, 0, kCommon},
});

constexpr auto kExamples = std::to_array<std::pair<Subcommands, std::string_view>>({
    {kOptimize | kTest | kReport,
     "  kenning optimize test report --json-cfg scenarios/magic-wand-synthetic.json \\\n"
     "      --measurements results.json --report-path report/ --to-html\n"
     "      Compile, run on the built-in simulator, write report/report/report.html\n"},
    {kTest,
     "  kenning test --json-cfg scenario.json --measurements results.json --simulator /tmp/uart\n"
     "      Use what `kenning optimize` compiled before, on a device that already runs\n"},
    {kSweep,
     "  kenning sweep scenario.json --releases 20230209.425 3.0.0 3.6.0 \\\n"
     "      --flags 'iree-llvmcpu-loop-unrolling=false' --report-path sweep/ --to-html\n"
     "      Six combinations, their table, and a report that compares them\n"},
    {kTest | kMerge,
     "  kenning test --json-cfg scenario.json --measurements part3.json --shard 3/8\n"
     "  kenning merge part*.json --measurements results.json\n"
     "      One evaluation on eight machines; the result is that of one\n"},
    {kReport,
     "  kenning report --measurements a.json b.json --model-names v1 v2 --report-path cmp/ "
     "--to-html\n"
     "      Compare two runs\n"
     "  kenning report --measurements new.json --baseline old.json --baseline-threshold 2 "
     "accuracy=0 \\\n"
     "      --report-path check/ --save-junit\n"
     "      In CI: exit code 1 if anything got 2 % worse, or accuracy at all\n"},
    {kRun,
     "  kenning run model.vmfb --function main --input x.npy --expected-output y.npy \\\n"
     "      --tolerance 1e-4 --call --function reset --call --function main --input x.npy\n"
     "      Three calls on one loaded model\n"},
    {kInfo, "  kenning info model.vmfb\n"},
    {kCompletion,
     "  kenning completion bash > ~/.local/share/bash-completion/completions/kenning\n"
     "  kenning completion zsh > \"${fpath[1]}/_kenning\"\n"
     "  kenning completion fish > ~/.config/fish/completions/kenning.fish\n"},
});

constexpr size_t kHelpColumn = 26;
constexpr size_t kHelpWidth = 98;

std::string Wrapped(std::string_view text, size_t indent) {
  std::string lines;
  size_t column = indent;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column != indent && column + 1 + word.size() > kHelpWidth) {
      lines += fmt::format("\n{:{}}", "", indent);
      column = indent;
    }
    if (column != indent) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += word.size();
  }
  return lines;
}

std::string ValueText(const Option& option) {
  switch (option.arity) {
    case kFlag:
      return "";
    case kOne:
      return fmt::format(" {}", option.metavar);
    case kOptionalOne:
      return fmt::format(" [{}]", option.metavar);
    case kMany:
    case kGather:
      return fmt::format(" {0} [{0} ...]", option.metavar);
  }
  return "";
}

bool IsRequired(const GroupedOption& row, Subcommands subcommands) {
  return (row.required_by & subcommands) != 0;
}

std::string OptionHelp(const GroupedOption& row, Subcommands subcommands) {
  const Option& option = row.option;
  std::string names = fmt::format("  {}{}", option.name, ValueText(option));
  if (!option.alias.empty()) names += fmt::format(", {}{}", option.alias, ValueText(option));
  std::string help(IsRequired(row, subcommands) ? "* " : "");
  help += option.help;
  if (!option.choices.empty()) {
    help += fmt::format(" [{}]", fmt::join(option.choices, ", "));
  }
  const std::string gap = names.size() + 1 < kHelpColumn
                              ? std::string(kHelpColumn - names.size(), ' ')
                              : fmt::format("\n{:{}}", "", kHelpColumn);
  return names + gap + Wrapped(help, kHelpColumn) + "\n";
}

// The subcommands that may come next, "[a|b]".
std::string NextText(const Sequence& sequence) {
  const std::vector<std::string_view> names = NextNames(sequence);
  return names.empty() ? "" : fmt::format(" [{}]", fmt::join(names, "|"));
}

const SubcommandRow* WithPositionals(Subcommands subcommands) {
  const auto* row = std::ranges::find_if(kSubcommands, [subcommands](const SubcommandRow& each) {
    return Contains(subcommands, each.subcommand) && !each.positional.empty();
  });
  return row == kSubcommands.end() ? nullptr : row;
}

std::vector<std::string> SequenceTexts() {
  std::vector<std::string> texts;
  for (const Sequence& sequence : AllSequences())
    texts.push_back(fmt::format("{}", fmt::join(sequence.names, " ")));
  return texts;
}

void AddSequences(const Sequence& start, std::vector<Sequence>* sequences) {
  for (const std::string_view name : NextNames(start)) {
    const auto* row = std::ranges::find(kSubcommands, name, &SubcommandRow::name);
    Sequence longer = start;
    longer.subcommands |= Bit(row->subcommand);
    longer.names.emplace_back(name);
    longer.text += fmt::format(" {}", name);
    sequences->push_back(longer);
    AddSequences(longer, sequences);
  }
}

}  // namespace

std::span<const SubcommandRow> SubcommandRows() { return kSubcommands; }
std::span<const GroupedOption> AllOptions() { return kOptions; }

Result<Sequence> ParseSequence(std::span<const std::string> words) {
  Sequence sequence;
  const SubcommandRow* last = nullptr;
  for (const std::string& word : words) {
    if (word.starts_with('-')) break;
    const auto* row = std::ranges::find(kSubcommands, word, &SubcommandRow::name);
    if (row == kSubcommands.end()) {
      if (last != nullptr) break;  // a positional, or an error of the option parser
      return InputError(fmt::format("'{}' doesn't match any subcommand", word));
    }
    if (last != nullptr && !Contains(last->next, row->subcommand)) {
      return InputError(fmt::format("'{}' cannot follow '{}'; possible sequences are {}", word,
                                    last->name, fmt::join(SequenceTexts(), ", ")));
    }
    sequence.subcommands |= Bit(row->subcommand);
    sequence.names.push_back(word);
    sequence.text += " " + word;
    last = row;
  }
  return sequence;
}

std::vector<std::string_view> NextNames(const Sequence& sequence) {
  Subcommands next = 0;
  for (const SubcommandRow& row : kSubcommands) {
    if (!sequence.names.empty() && row.name == sequence.names.back()) next = row.next;
  }
  std::vector<std::string_view> names;
  for (const SubcommandRow& row : kSubcommands) {
    if (sequence.names.empty() || Contains(next, row.subcommand)) names.push_back(row.name);
  }
  return names;
}

std::vector<Sequence> AllSequences() {
  std::vector<Sequence> sequences;
  AddSequences({}, &sequences);
  return sequences;
}

Result<> CheckPositionals(Subcommands subcommands, const Arguments& arguments) {
  const SubcommandRow* row = WithPositionals(subcommands);
  const std::vector<std::string>& words = arguments.positionals();
  const size_t most = row == nullptr ? 0 : row->takes_many ? SIZE_MAX : 1;
  if (words.size() > most) return InputError("unrecognized arguments: " + words[most]);
  if (row != nullptr && words.empty()) {
    return InputError(fmt::format("the following arguments are required: {}", row->positional));
  }
  return {};
}

std::vector<Option> OptionsOf(Subcommands subcommands) {
  std::vector<Option> options;
  for (const GroupedOption& row : kOptions) {
    if ((row.subcommands & subcommands) != 0) options.push_back(row.option);
  }
  return options;
}

Result<> CheckRequired(Subcommands subcommands, const Arguments& arguments,
                       bool scenario_was_read) {
  std::vector<std::string_view> missing;
  const bool has_flags = std::ranges::any_of(kOptions, [&arguments](const GroupedOption& row) {
    return row.group == kFlagGroup && arguments.Has(row.option.name);
  });
  if (has_flags && arguments.Has(kScenarioOption)) {
    return InputError(
        "JSON and flag configurations are mutually exclusive. Please use only one method of "
        "configuration.");
  }
  for (const GroupedOption& row : kOptions) {
    if (!IsRequired(row, subcommands) || arguments.Has(row.option.name)) continue;
    if (row.scenario_may_say && !scenario_was_read && arguments.Has(kScenarioOption)) continue;
    if (row.option.name != kScenarioOption)
      missing.push_back(row.option.name);
    else if (!has_flags)
      return InputError("JSON or flag config is required.");
  }
  if (missing.empty()) return {};
  return InputError(
      fmt::format("the following arguments are required: {}", fmt::join(missing, ", ")));
}

std::string UsageText(const Sequence& sequence) {
  std::string text = fmt::format("usage: {}{}", sequence.text, NextText(sequence));
  if (const SubcommandRow* row = WithPositionals(sequence.subcommands)) {
    text += fmt::format(" {}{}", row->positional,
                        row->takes_many ? fmt::format(" [{} ...]", row->positional) : "");
  }
  for (const GroupedOption& row : kOptions) {
    if (IsRequired(row, sequence.subcommands)) {
      text += fmt::format(" {}{}", row.option.name, ValueText(row.option));
    }
  }
  return text + " [options]\n";
}

std::string HelpText(const Sequence& sequence) {
  std::string text = UsageText(sequence);
  const bool is_general = sequence.subcommands == 0;
  if (is_general) {
    text +=
        "\nRuns neural networks on a simulated or real bare-metal RISC-V device and reports what "
        "they do there.\nSubcommands come first and can be combined: optimize, optimize test, "
        "optimize test report,\ntest, test report, report; the others stand alone.\n\n"
        "subcommands:\n";
    for (const SubcommandRow& row : kSubcommands) {
      text += fmt::format("  {:<10} {}\n", row.name, row.help);
    }
  } else {
    text += '\n';
    for (const SubcommandRow& row : kSubcommands) {
      if (Contains(sequence.subcommands, row.subcommand)) text += fmt::format("{}.\n", row.help);
    }
    for (const std::string_view group : {kCommon, kConfiguration, kFlagGroup, kDeviceGroup,
                                         kSweepGroup, kProfileGroup, kReportGroup, kRunGroup}) {
      std::string rows;
      for (const GroupedOption& row : kOptions) {
        if (row.group == group && (row.subcommands & sequence.subcommands) != 0) {
          rows += OptionHelp(row, sequence.subcommands);
        }
      }
      if (!rows.empty()) text += fmt::format("\n{}:\n{}", group, rows);
    }
  }
  text += "\nexamples:\n";
  for (const auto& [subcommands, example] : kExamples) {
    if (is_general || (subcommands & sequence.subcommands) != 0) text += example;
  }
  text += is_general
              ? "\n`kenning SUBCOMMAND --help` shows its options, `kenning --version` the release. "
                "Exit codes:\n0 good, 1 the run failed, 2 the input is wrong.\n"
              : "\nOptions marked * are needed. Exit codes: 0 good, 1 the run failed, 2 the "
                "input is wrong.\n";
  return text;
}

}  // namespace host::cli
