// SPDX-License-Identifier: Apache-2.0

#include "host/cli/flag_scenario.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

namespace host::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ClassRow {
  std::string_view option;
  std::string_view key;  // in the scenario
  BlockKind kind;
};
constexpr auto kClasses = std::to_array<ClassRow>({
    {"--platform-cls", "platform", BlockKind::kPlatform},
    {"--dataset-cls", "dataset", BlockKind::kDataset},
    {"--modelwrapper-cls", "model_wrapper", BlockKind::kModelWrapper},
    {"--compiler-cls", "optimizers", BlockKind::kOptimizer},
    {"--runtime-cls", "runtime", BlockKind::kRuntime},
    {"--protocol-cls", "protocol", BlockKind::kProtocol},
});

std::string OptionName(std::string_view key) {
  std::string name = "--";
  for (const char c : key) name += c == '_' ? '-' : c;
  return name;
}

Arity ArityOf(ValueType type) {
  switch (type) {
    case ValueType::kFlag:
      return Arity::kOptionalOne;
    case ValueType::kTextList:
    case ValueType::kPathList:
      return Arity::kMany;
    default:
      return Arity::kOne;
  }
}

// The words of an option as JSON of the parameter's type. Words that do not fit become text, which
// the scenario's own check then names.
Json ToJson(const std::vector<std::string>& words, ValueType type) {
  if (type == ValueType::kTextList || type == ValueType::kPathList) return words;
  if (type == ValueType::kFlag && words.empty()) return true;
  const std::string& word = words.front();
  if (type == ValueType::kText || type == ValueType::kPath) return word;
  Json value = Json::parse(word, nullptr, /*allow_exceptions=*/false);
  return value.is_primitive() && !value.is_discarded() ? value : Json(word);
}

// The value behind a class option, in either spelling.
std::optional<std::string> ClassIn(std::span<const std::string> words, std::string_view option) {
  std::optional<std::string> value;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == option && i + 1 < words.size()) value = words[i + 1];
    if (words[i].starts_with(std::string(option) + "=")) {
      value = words[i].substr(option.size() + 1);
    }
  }
  return value;
}

}  // namespace

FlagScenario::FlagScenario(std::span<const std::string> words) {
  for (const ClassRow& row : kClasses) {
    const auto type = ClassIn(words, row.option);
    if (!type) continue;
    used_ = true;
    const BlockSchema* schema = FindBlockSchema(row.kind, *type);
    if (schema == nullptr) continue;
    for (const Parameter& parameter : schema->parameters) {
      const std::string name = OptionName(parameter.key);
      const auto known = std::ranges::find(options_, name, &Option::name);
      if (known != options_.end()) continue;  // two classes share it: both get the value
      names_.push_back(std::make_unique<std::string>(name));
      options_.push_back({.name = *names_.back(),
                          .alias = "",
                          .arity = ArityOf(parameter.type),
                          .metavar = "VALUE",
                          .help = parameter.key});
    }
  }
}

Result<Scenario> FlagScenario::Compose(const Arguments& arguments,
                                       const ScenarioNeeds& needs) const {
  Json scenario = Json::object();
  for (const ClassRow& row : kClasses) {
    if (!arguments.Has(row.option)) continue;
    Json block = {{"type", arguments.One(row.option)}, {"parameters", Json::object()}};
    if (const BlockSchema* schema = FindBlockSchema(row.kind, arguments.One(row.option))) {
      for (const Parameter& parameter : schema->parameters) {
        const std::string name = OptionName(parameter.key);
        if (!arguments.Has(name)) continue;
        block["parameters"][std::string(parameter.key)] =
            ToJson(arguments.Many(name), parameter.type);
      }
    }
    const std::string key(row.key);
    if (row.kind == BlockKind::kOptimizer)
      scenario[key] = Json::array({std::move(block)});
    else
      scenario[key] = std::move(block);
  }
  return ParseScenario(scenario.dump(-1, ' ', false, Json::error_handler_t::replace),
                       "command line", needs);
}

}  // namespace host::cli
