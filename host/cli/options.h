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
  Subcommands next;  // which may follow
  std::string_view help;
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
};
[[nodiscard]] std::span<const GroupedOption> AllOptions();

// The merged option set of a sequence.
[[nodiscard]] std::vector<Option> OptionsOf(Subcommands subcommands);

// A required option is missing: "the following arguments are required: …".
[[nodiscard]] Result<> CheckRequired(Subcommands subcommands, const Arguments& arguments);

// Help as `--help` prints it, and the short usage above errors.
[[nodiscard]] std::string HelpText(const Sequence& sequence);
[[nodiscard]] std::string UsageText(const Sequence& sequence);

}  // namespace host::cli

#endif  // HOST_CLI_OPTIONS_H_
