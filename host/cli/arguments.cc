// SPDX-License-Identifier: Apache-2.0

#include "host/cli/arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/try.h"
#include "host/scenario/nearest_name.h"

namespace host::cli {
namespace {

bool IsOptionWord(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  const char second = word[1];
  return !(second >= '0' && second <= '9') && second != '.';
}

std::string DisplayName(const Option& option) {
  return option.alias.empty() ? std::string(option.name)
                              : fmt::format("{}/{}", option.name, option.alias);
}

Result<const Option*> FindOption(std::string_view word, std::span<const Option> options) {
  std::vector<const Option*> candidates;
  std::vector<std::string_view> names;
  for (const Option& option : options) {
    if (word == option.name || word == option.alias) return &option;
    if (word.starts_with("--") &&
        (option.name.starts_with(word) || option.alias.starts_with(word))) {
      candidates.push_back(&option);
    }
    names.push_back(option.name);
  }
  if (candidates.size() == 1) return candidates.front();
  if (candidates.size() > 1) {
    std::vector<std::string_view> matches;
    for (const Option* candidate : candidates) matches.push_back(candidate->name);
    return InputError(
        fmt::format("ambiguous option: {} could match {}", word, fmt::join(matches, ", ")));
  }
  const std::string_view nearest = NearestName(word, names);
  return InputError(fmt::format("unrecognized arguments: {}{}", word,
                                nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
}

struct Bounds {
  size_t minimum;
  size_t maximum;
  std::string_view expected;
};

Bounds BoundsOf(Arity arity) {
  switch (arity) {
    case Arity::kFlag:
      return {0, 0, ""};
    case Arity::kOne:
      return {1, 1, "expected one argument"};
    case Arity::kOptionalOne:
      return {0, 1, ""};
    case Arity::kMany:
    case Arity::kGather:
      return {1, SIZE_MAX, "expected at least one argument"};
  }
  return {};
}

Result<> CheckValues(const Option& option, const std::vector<std::string>& values) {
  const Bounds bounds = BoundsOf(option.arity);
  if (values.size() < bounds.minimum) {
    return InputError(fmt::format("argument {}: {}", DisplayName(option), bounds.expected));
  }
  for (const std::string& value : values) {
    if (option.choices.empty() ||
        std::ranges::find(option.choices, value) != option.choices.end()) {
      continue;
    }
    return InputError(fmt::format("argument {}: invalid choice: '{}' (choose from '{}')",
                                  DisplayName(option), value, fmt::join(option.choices, "', '")));
  }
  return {};
}

}  // namespace

std::string Arguments::One(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? std::string() : found->second.front();
}

std::vector<std::string> Arguments::Many(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

Result<Arguments> ParseArguments(std::span<const std::string> words,
                                 std::span<const Option> options) {
  Arguments arguments;
  for (size_t i = 0; i < words.size();) {
    const std::string_view word = words[i++];
    if (!IsOptionWord(word)) {
      arguments.positionals_.emplace_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const Option& option = *TRY(FindOption(word.substr(0, equals), options));
    const Bounds bounds = BoundsOf(option.arity);
    std::vector<std::string> values;
    if (equals != std::string_view::npos) {
      if (bounds.maximum == 0) {
        return InputError(fmt::format("argument {}: ignored explicit argument '{}'",
                                      DisplayName(option), word.substr(equals + 1)));
      }
      values.emplace_back(word.substr(equals + 1));
    } else {
      while (i < words.size() && values.size() < bounds.maximum && !IsOptionWord(words[i])) {
        values.push_back(words[i++]);
      }
    }
    TRY(CheckValues(option, values));
    std::vector<std::string>& held = arguments.values_[option.name];
    if (option.arity != Arity::kGather) held.clear();
    held.insert(held.end(), values.begin(), values.end());
  }
  return arguments;
}

}  // namespace host::cli
