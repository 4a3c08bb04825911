// SPDX-License-Identifier: Apache-2.0

#include "host/cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "base/try.h"
#include "host/cli/exit_code.h"
#include "host/cli/options.h"
#include "host/scenario/nearest_name.h"

namespace host::cli {
namespace {

constexpr auto kFileMetavars = std::to_array<std::string_view>(
    {"PATH", "DIR", "ELF", "FILE", "NPY", "WHERE", "MODEL.vmfb", "SCENARIO", "PART.json", "VALUE"});

bool TakesFiles(std::string_view metavar) {
  return std::ranges::find(kFileMetavars, metavar) != kFileMetavars.end();
}

// The words that may stand where a subcommand's positional does.
std::vector<std::string_view> PositionalChoices(std::string_view metavar) {
  if (metavar != "SHELL") return {};
  return {CompletionShells().begin(), CompletionShells().end()};
}

std::vector<std::string_view> NamesOf(const Option& option) {
  std::vector<std::string_view> names{option.name};
  if (!option.alias.empty()) names.push_back(option.alias);
  return names;
}

std::vector<std::string_view> OptionNames(Subcommands subcommands) {
  std::vector<std::string_view> names;
  for (const Option& option : OptionsOf(subcommands)) {
    for (const std::string_view name : NamesOf(option)) names.push_back(name);
  }
  return names;
}

std::string_view PositionalOf(const Sequence& sequence) {
  for (const SubcommandRow& row : SubcommandRows()) {
    if (Contains(sequence.subcommands, row.subcommand) && !row.positional.empty()) {
      return row.positional;
    }
  }
  return "";
}

// The same in bash and in zsh with its emulation of bash's rules for words: which sequence has been
// typed, and what may follow.
std::string CaseOfSequences() {
  std::string text = "  case \"$sequence\" in\n";
  const auto row = [](std::string_view sequence, const std::vector<std::string_view>& next,
                      Subcommands subcommands, std::string_view positional) {
    return fmt::format("    '{}') next='{}' options='{}' files={} ;;\n", sequence,
                       fmt::join(next, " "), fmt::join(OptionNames(subcommands), " "),
                       TakesFiles(positional) ? "yes" : "no");
  };
  text += row("", NextNames({}), 0, "");
  for (const Sequence& sequence : AllSequences()) {
    const std::string_view positional = PositionalOf(sequence);
    std::vector<std::string_view> next = NextNames(sequence);
    for (const std::string_view choice : PositionalChoices(positional)) next.push_back(choice);
    text += row(fmt::format("{}", fmt::join(sequence.names, " ")), next, sequence.subcommands,
                positional);
  }
  return text + "  esac\n";
}

std::string CaseOfValues() {
  std::string choices;
  std::vector<std::string_view> files;
  std::vector<std::string_view> others;
  for (const GroupedOption& row : AllOptions()) {
    if (row.option.arity == Arity::kFlag) continue;
    const std::vector<std::string_view> names = NamesOf(row.option);
    if (!row.option.choices.empty()) {
      choices += fmt::format("    {}) values='{}' ;;\n", fmt::join(names, "|"),
                             fmt::join(row.option.choices, " "));
    } else {
      std::vector<std::string_view>& list = TakesFiles(row.option.metavar) ? files : others;
      list.insert(list.end(), names.begin(), names.end());
    }
  }
  return fmt::format(
      "  case \"$previous\" in\n{}    {}) values=FILES ;;\n    {}) values=NONE ;;\n  esac\n",
      choices, fmt::join(files, "|"), fmt::join(others, "|"));
}

std::string SubcommandPattern() {
  std::vector<std::string_view> names;
  for (const SubcommandRow& row : SubcommandRows()) names.push_back(row.name);
  return fmt::format("{}", fmt::join(names, "|"));
}

std::string Bash() {
  return fmt::format(R"(# bash completion for kenning; made by `kenning completion bash`
_kenning() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local sequence='' next='' options='' files=no values='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${{COMP_WORDS[i]}}" in
      {0}) sequence="${{sequence:+$sequence }}${{COMP_WORDS[i]}}" ;;
      *) break ;;
    esac
  done
{1}  # `--option=value` arrives as three words.
  if [[ "$current" == = ]]; then current=''; fi
  if [[ "$previous" == = ]]; then previous="${{COMP_WORDS[COMP_CWORD-2]}}"; fi
{2}  COMPREPLY=()
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ "$values" == FILES ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$current"))
  elif [[ -n "$values" && "$values" != NONE ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [[ -z "$values" ]]; then
    COMPREPLY=($(compgen -W "$next" -- "$current"))
    if [[ "$files" == yes ]]; then
      compopt -o filenames 2>/dev/null
      COMPREPLY+=($(compgen -f -- "$current"))
    fi
  fi
}}
complete -F _kenning kenning
)",
                     SubcommandPattern(), CaseOfSequences(), CaseOfValues());
}

std::string Zsh() {
  std::string help;
  for (const GroupedOption& row : AllOptions()) {
    std::string text(row.option.help.substr(0, row.option.help.find_first_of(";:(")));
    std::erase(text, '\'');
    help += fmt::format("    '{}' '{}'\n", row.option.name, text);
  }
  for (const SubcommandRow& row : SubcommandRows()) {
    std::string text(row.help);
    std::erase(text, '\'');
    help += fmt::format("    '{}' '{}'\n", row.name, text);
  }
  return fmt::format(R"(#compdef kenning
# zsh completion for kenning; made by `kenning completion zsh`
_kenning() {{
  local current="${{words[CURRENT]}}" previous="${{words[CURRENT-1]}}"
  local sequence='' next='' options='' files=no values='' i word
  local -A help=(
{0}  )
  for ((i = 2; i < CURRENT; i++)); do
    case "${{words[i]}}" in
      {1}) sequence="${{sequence:+$sequence }}${{words[i]}}" ;;
      *) break ;;
    esac
  done
{2}{3}  local -a described
  if [[ "$current" == -* ]]; then
    for word in ${{=options}}; do described+=("${{word//:/\\:}}:${{help[$word]}}"); done
    _describe -o option described
  elif [[ "$values" == FILES ]]; then
    _files
  elif [[ -n "$values" && "$values" != NONE ]]; then
    compadd -- ${{=values}}
  elif [[ -z "$values" ]]; then
    for word in ${{=next}}; do described+=("$word:${{help[$word]}}"); done
    (( ${{#described}} )) && _describe subcommand described
    [[ "$files" == yes ]] && _files
  fi
}}
if [ "$funcstack[1]" = _kenning ]; then _kenning "$@"; else compdef _kenning kenning; fi
)",
                     help, SubcommandPattern(), CaseOfSequences(), CaseOfValues());
}

std::string FishQuoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::vector<std::string_view> SubcommandsOf(Subcommands subcommands) {
  std::vector<std::string_view> names;
  for (const SubcommandRow& row : SubcommandRows()) {
    if (Contains(subcommands, row.subcommand)) names.push_back(row.name);
  }
  return names;
}

std::string Fish() {
  std::string text = R"(# fish completion for kenning; made by `kenning completion fish`
function __kenning_sequence
    set -l words (commandline -opc)
    set -l sequence
    for word in $words[2..-1]
        string match -q -- '-*' $word; and break
        set -a sequence $word
    end
    test "$sequence" = "$argv"
end
complete -c kenning -f
)";
  const auto offer = [&text](const std::string& sequence, std::string_view word,
                             std::string_view help) {
    text += fmt::format("complete -c kenning -n {} -a {} -d {}\n",
                        FishQuoted("__kenning_sequence " + sequence), word, FishQuoted(help));
  };
  std::vector<Sequence> sequences = AllSequences();
  sequences.insert(sequences.begin(), Sequence{});
  for (const Sequence& sequence : sequences) {
    const std::string names = fmt::format("{}", fmt::join(sequence.names, " "));
    for (const std::string_view next : NextNames(sequence)) {
      const auto row = std::ranges::find(SubcommandRows(), next, &SubcommandRow::name);
      offer(names, next, row->help);
    }
    for (const std::string_view choice : PositionalChoices(PositionalOf(sequence))) {
      offer(names, choice, "");
    }
    if (TakesFiles(PositionalOf(sequence))) {
      text += fmt::format("complete -c kenning -n '__fish_seen_subcommand_from {}' -F\n", names);
    }
  }
  for (const GroupedOption& row : AllOptions()) {
    const Option& option = row.option;
    std::string line = fmt::format("complete -c kenning -n '__fish_seen_subcommand_from {}'",
                                   fmt::join(SubcommandsOf(row.subcommands), " "));
    for (const std::string_view name : NamesOf(option)) {
      line += name.starts_with("--") ? fmt::format(" -l {}", name.substr(2))
                                     : fmt::format(" -s {}", name.substr(1));
    }
    if (option.arity != Arity::kFlag) {
      line += option.arity == Arity::kOptionalOne ? "" : " -r";
      if (!option.choices.empty()) {
        line += fmt::format(" -f -a '{}'", fmt::join(option.choices, " "));
      } else if (TakesFiles(option.metavar)) {
        line += " -F";
      }
    }
    text += fmt::format("{} -d {}\n", line, FishQuoted(option.help));
  }
  return text;
}

struct ShellRow {
  std::string_view name;
  std::string (*script)();
};
constexpr auto kShells = std::to_array<ShellRow>({{"bash", Bash}, {"zsh", Zsh}, {"fish", Fish}});
constexpr auto kShellNames = std::to_array<std::string_view>({"bash", "zsh", "fish"});

}  // namespace

std::span<const std::string_view> CompletionShells() { return kShellNames; }

Result<std::string> CompletionScript(std::string_view shell) {
  const auto* row = std::ranges::find(kShells, shell, &ShellRow::name);
  if (row == kShells.end()) {
    return InputError(fmt::format("'{}' is not a shell that can be completed in{}", shell,
                                  Suggestion(shell, kShellNames)));
  }
  return row->script();
}

Result<int> CompletionCommand(const Arguments& arguments) {
  const std::string script = TRY(CompletionScript(arguments.positionals().front()));
  std::fwrite(script.data(), 1, script.size(), stdout);
  return kExitGood;
}

}  // namespace host::cli
