#include "host/cli/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace host::cli {
namespace {

constexpr Subcommands kOptimize = Bit(Subcommand::kOptimize);
constexpr Subcommands kTest = Bit(Subcommand::kTest);
constexpr Subcommands kReport = Bit(Subcommand::kReport);
constexpr Subcommands kRun = Bit(Subcommand::kRun);
constexpr Subcommands kInfo = Bit(Subcommand::kInfo);
constexpr Subcommands kPipeline = kOptimize | kTest | kReport;
constexpr Subcommands kScenario = kOptimize | kTest;
constexpr Subcommands kDevice = kTest | kRun;

constexpr auto kSubcommands = std::to_array<SubcommandRow>({
    {"optimize", Subcommand::kOptimize, kTest,
     "Compile the scenario's model for the device, with the IREE compiler"},
    {"test", Subcommand::kTest, kReport,
     "Run the scenario's data set through the model on the device and measure"},
    {"report", Subcommand::kReport, 0, "Write a report of one or more measurements files"},
    {"run", Subcommand::kRun, 0,
     "Call functions of a compiled model on the device with given inputs"},
    {"info", Subcommand::kInfo, 0,
     "Tell what a compiled model contains and whether the device accepts it"},
});

constexpr auto kVerbosities =
    std::to_array<std::string_view>({"NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"});
constexpr auto kWires = std::to_array<std::string_view>({"auto", "legacy", "header8", "header12"});

constexpr std::string_view kScenarioOption = "--json-cfg";

constexpr std::string_view kCommon = "common arguments";
constexpr std::string_view kConfiguration = "Inference configuration with JSON";
constexpr std::string_view kFlagGroup = "Inference configuration with flags";
constexpr std::string_view kDeviceGroup = "device arguments";
constexpr std::string_view kReportGroup = "'report' arguments";
constexpr std::string_view kRunGroup = "'run' arguments";

using enum Arity;

constexpr auto kOptions = std::to_array<GroupedOption>({
    {{"--help", "-h", kFlag, "", "Show this help and exit"}, kPipeline | kRun | kInfo, 0, kCommon},
    {{"--verbosity", "", kOne, "LEVEL", "Least level that is logged (default INFO)", kVerbosities},
     kPipeline | kRun,
     0,
     kCommon},
    {{kScenarioOption, "--cfg", kOne, "PATH",
      "The scenario: which model, data set, compiler flags and device"},
     kScenario,
     kScenario,
     kConfiguration},
    {{"--measurements", "", kMany, "PATH",
      "What 'test' writes (exactly one) and 'report' reads (one or more)"},
     kTest | kReport,
     kTest | kReport,
     kCommon},
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
      "'builtin': the simulator inside this program. A path: the UART (pseudo-terminal or serial "
      "port) of a running springbok-sim, Renode, QEMU or board. Default: what the scenario says; "
      "'builtin' for 'run'"},
     kDevice,
     0,
     kDeviceGroup},
    {{"--firmware", "", kOne, "ELF",
      "Firmware for the built-in simulator (default: the scenario's, else the one built with this "
      "program)"},
     kDevice,
     0,
     kDeviceGroup},
    {{"--wire", "", kOne, "FORMAT",
      "Wire format: legacy (Kenning up to 0.8.0; the default), header8 (0.8.1, 0.8.2), header12 "
      "(since 2026-04-27)",
      kWires},
     kDevice,
     0,
     kDeviceGroup},
    {{"--timeout", "", kOne, "SECONDS",
      "Longest wait for one answer, on the device's clock (default 30)"},
     kDevice,
     0,
     kDeviceGroup},
    {{"--save-outputs", "", kOne, "DIR",
      "Keep the device's raw outputs of each test sample as .npy files"},
     kTest,
     0,
     kDeviceGroup},

    {{"--report-path", "", kOne, "PATH",
      "The Markdown file to write, or a directory (existing, or with a '/' at the end) for "
      "report.md"},
     kReport,
     kReport,
     kReportGroup},
    {{"--to-html", "", kOptionalOne, "DIR",
      "Also write one self-contained report.html there (default: the report path without its "
      "suffix)"},
     kReport,
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
    {{"--counters", "", kOne, "FILE",
      "Write what the built-in simulator counted as JSON, as springbok-sim --counters does"},
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
    {kReport,
     "  kenning report --measurements a.json b.json --model-names v1 v2 --report-path cmp/ "
     "--to-html\n"
     "      Compare two runs\n"},
    {kRun,
     "  kenning run model.vmfb --function main --input x.npy --expected-output y.npy \\\n"
     "      --tolerance 1e-4 --call --function reset --call --function main --input x.npy\n"
     "      Three calls on one loaded model\n"},
    {kInfo, "  kenning info model.vmfb\n"},
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
  std::vector<std::string_view> names;
  Subcommands next = 0;
  for (const SubcommandRow& row : kSubcommands) {
    if (!sequence.names.empty() && row.name == sequence.names.back()) next = row.next;
  }
  for (const SubcommandRow& row : kSubcommands) {
    if (sequence.names.empty() || Contains(next, row.subcommand)) names.push_back(row.name);
  }
  return names.empty() ? "" : fmt::format(" [{}]", fmt::join(names, "|"));
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
      return InputError(
          fmt::format("'{}' cannot follow '{}'; possible sequences are optimize, "
                      "optimize test, optimize test report, test, test report, "
                      "report, run, info",
                      word, last->name));
    }
    sequence.subcommands |= Bit(row->subcommand);
    sequence.names.push_back(word);
    sequence.text += " " + word;
    last = row;
  }
  return sequence;
}

std::vector<Option> OptionsOf(Subcommands subcommands) {
  std::vector<Option> options;
  for (const GroupedOption& row : kOptions) {
    if ((row.subcommands & subcommands) != 0) options.push_back(row.option);
  }
  return options;
}

Result<> CheckRequired(Subcommands subcommands, const Arguments& arguments) {
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
  if (Contains(sequence.subcommands, Subcommand::kRun) ||
      Contains(sequence.subcommands, Subcommand::kInfo)) {
    text += " MODEL.vmfb";
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
        "optimize test report,\ntest, test report, report; run and info stand alone.\n\n"
        "subcommands:\n";
    for (const SubcommandRow& row : kSubcommands) {
      text += fmt::format("  {:<10} {}\n", row.name, row.help);
    }
  } else {
    text += '\n';
    for (const SubcommandRow& row : kSubcommands) {
      if (Contains(sequence.subcommands, row.subcommand)) text += fmt::format("{}.\n", row.help);
    }
    for (const std::string_view group :
         {kCommon, kConfiguration, kFlagGroup, kDeviceGroup, kReportGroup, kRunGroup}) {
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
              ? "\n`kenning SUBCOMMAND --help` shows its options. Exit codes: 0 good, 1 the run "
                "failed, 2 the\ninput is wrong.\n"
              : "\nOptions marked * are needed. Exit codes: 0 good, 1 the run failed, 2 the "
                "input is wrong.\n";
  return text;
}

}  // namespace host::cli
