// SPDX-License-Identifier: Apache-2.0

// The program `kenning`.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "base/try.h"
#include "host/cli/completion.h"
#include "host/cli/exit_code.h"
#include "host/cli/flag_scenario.h"
#include "host/cli/info_command.h"
#include "host/cli/merge_command.h"
#include "host/cli/options.h"
#include "host/cli/pipeline_command.h"
#include "host/cli/run_command.h"
#include "host/cli/sweep_command.h"
#include "host/terminal/log.h"

namespace host::cli {
namespace {

// An error's lines without anything that could control a terminal: names in it are foreign.
std::string SafeLines(const Error& error) {
  std::string text = error.Format();
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    text.replace(start, end - start, PrintableText(text.substr(start, end - start)));
    start = end + 1;
  }
  return text;
}

// The words themselves are wrong: short usage first (contract, section 1.6).
int UsageError(const Sequence& sequence, const Error& error) {
  fmt::print(stderr, "{}{}: error: {}\n", UsageText(sequence), sequence.text, SafeLines(error));
  return kExitInputWrong;
}

Result<Arguments> CheckedArguments(const Sequence& sequence, std::span<const std::string> words,
                                   const FlagScenario& flags) {
  std::vector<Option> options = OptionsOf(sequence.subcommands);
  options.insert(options.end(), flags.options().begin(), flags.options().end());
  Arguments arguments = TRY(ParseArguments(words, options));
  TRY(CheckPositionals(sequence.subcommands, arguments));
  TRY(CheckRequired(sequence.subcommands, arguments));
  return arguments;
}

Result<int> Dispatch(const Sequence& sequence, std::span<const std::string> words,
                     const Arguments& arguments, const FlagScenario& flags) {
  Log log;
  if (const auto level = LogLevelFromName(arguments.One("--verbosity"))) {
    log.set_threshold(*level);
  }
  const auto has = [&](Subcommand subcommand) {
    return Contains(sequence.subcommands, subcommand);
  };
  if (has(Subcommand::kInfo)) return InfoCommand(arguments);
  if (has(Subcommand::kSweep)) return SweepCommand(words, arguments, log);
  if (has(Subcommand::kMerge)) return MergeCommand(arguments, log);
  if (has(Subcommand::kCompletion)) return CompletionCommand(arguments);
  if (has(Subcommand::kRun)) return RunCommand(words, arguments, log);
  return PipelineCommand(sequence, words, arguments, flags, log);
}

int Main(std::span<const std::string> words) {
  if (words.size() == 1 && words[0] == "--version") {
    fmt::print("kenning {}\n", KN_VERSION);
    return kExitGood;
  }
  const Sequence none;
  const auto sequence = ParseSequence(words);
  if (!sequence) {
    fmt::print("{}", HelpText(none));
    std::fflush(stdout);
    return UsageError(none, sequence.error());
  }
  const bool wants_help = std::ranges::any_of(
      words, [](const std::string& word) { return word == "-h" || word == "--help"; });
  if (words.empty() || wants_help) {
    fmt::print("{}", HelpText(*sequence));
    return kExitGood;
  }
  const auto own_words = words.subspan(sequence->names.size());
  const FlagScenario flags(own_words);
  const auto arguments = CheckedArguments(*sequence, own_words, flags);
  if (!arguments) return UsageError(*sequence, arguments.error());

  const auto exit_code = Dispatch(*sequence, own_words, *arguments, flags);
  if (exit_code) return *exit_code;
  std::fflush(stdout);
  fmt::print(stderr, "{}: error: {}\n", sequence->text, SafeLines(exit_code.error()));
  return exit_code.error().exit_code();
}

}  // namespace
}  // namespace host::cli

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    return host::cli::Main(words);
  } catch (const std::exception& fault) {
    // Nothing of ours throws; memory can still run out.
    std::fprintf(stderr, "kenning: error: %s\n", fault.what());
    return host::cli::kExitRunFailed;
  }
}
