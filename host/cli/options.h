// SPDX-License-Identifier: Apache-2.0

// The options of each subcommand as tables (contract, sections 1.1 to 1.3); parser, help, usage
// errors and shell completion read them.
#ifndef HOST_CLI_OPTIONS_H_
#define HOST_CLI_OPTIONS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/cli/arguments.h"
#include "host/error/error.h"

namespace host::cli {

// A bit each, so that a sequence of subcommands is a set.
enum class Subcommand : uint8_t {
  kOptimize = 1,
  kTest = 2,
  kReport = 4,
  kRun = 8,
  kInfo = 16,
  kSweep = 32,
  kMerge = 64,
  kCompletion = 128,
};
using Subcommands = uint8_t;
[[nodiscard]] constexpr Subcommands Bit(Subcommand subcommand) {
  return static_cast<Subcommands>(subcommand);
}
[[nodiscard]] constexpr bool Contains(Subcommands set, Subcommand subcommand) {
  return (set & Bit(subcommand)) != 0;
}

struct SubcommandRow {
  std::string_view name;
  Subcommand subcommand;
  Subcommands next;             // which may follow
  std::string_view positional;  // metavar of the words that are no options; empty: there are none
  std::string_view help;
  bool takes_many = false;  // one or more of them instead of exactly one
};
[[nodiscard]] std::span<const SubcommandRow> SubcommandRows();

// The leading words of a command line that are subcommands.
struct Sequence {
  Subcommands subcommands = 0;
  std::vector<std::string> names;
  std::string text = "kenning";  // "kenning optimize test"
};
// kInput for a first word that is none, or a second that may not follow. Without words: empty.
[[nodiscard]] Result<Sequence> ParseSequence(std::span<const std::string> words);

struct GroupedOption {
  Option option;
  Subcommands subcommands;  // that have it
  Subcommands required_by;  // of these
  std::string_view group;
  bool scenario_may_say = false;  // its "report" block, if nothing is given here
};
[[nodiscard]] std::span<const GroupedOption> AllOptions();

// The merged option set of a sequence.
[[nodiscard]] std::vector<Option> OptionsOf(Subcommands subcommands);

// A word that is no option too many or too few.
[[nodiscard]] Result<> CheckPositionals(Subcommands subcommands, const Arguments& arguments);

// All sequences that may be given, in the order of the table.
[[nodiscard]] std::vector<Sequence> AllSequences();

// What follows a sequence.
[[nodiscard]] std::vector<std::string_view> NextNames(const Sequence& sequence);

// A required option is missing: "the following arguments are required: …". What a scenario that was
// not read yet may say is not missing.
[[nodiscard]] Result<> CheckRequired(Subcommands subcommands, const Arguments& arguments,
                                     bool scenario_was_read = false);

// Help as `--help` prints it, and the short usage above errors.
[[nodiscard]] std::string HelpText(const Sequence& sequence);
[[nodiscard]] std::string UsageText(const Sequence& sequence);

}  // namespace host::cli

#endif  // HOST_CLI_OPTIONS_H_
