// SPDX-License-Identifier: Apache-2.0

#include "host/cli/recorded_command.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace host::cli {
namespace {

constexpr std::string_view kOptionIndent = "    ";
constexpr std::string_view kValueIndent = "        ";

// Quoted only if a shell would take the word apart.
std::string Quoted(const std::string& word) {
  constexpr std::string_view kHarmless = "-_./:=,+@%";
  const bool plain = !word.empty() && std::ranges::all_of(word, [kHarmless](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kHarmless.contains(c);
  });
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::vector<std::string> RecordedCommand(const std::string& subcommands,
                                         std::span<const std::string> words) {
  std::vector<std::string> lines{subcommands};
  for (const std::string& word : words) {
    lines.back() += " \\";
    lines.push_back(std::string(word.starts_with("--") ? kOptionIndent : kValueIndent) +
                    Quoted(word));
  }
  return lines;
}

}  // namespace host::cli
