// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "host/scenario/scenario.h"

namespace host {
namespace {

using Json = nlohmann::ordered_json;

// Parameters whose paths LEGACY records as absolute (contract, section 6).
constexpr auto kAbsoluteInLegacy =
    std::to_array<std::string_view>({"model_path", "save_model_path", "compiled_model_path"});

Json ToJson(const Value& value) {
  return std::visit(
      []<typename T>(const T& held) -> Json {
        if constexpr (std::is_same_v<T, std::monostate>)
          return nullptr;
        else
          return held;
      },
      value);
}

Json ToJson(const Block& block, Grammar grammar, const std::filesystem::path& directory) {
  Json parameters = Json::object();
  for (size_t i = 0; i < block.schema->parameters.size(); ++i) {
    const Parameter& parameter = block.schema->parameters[i];
    const bool recorded =
        (static_cast<unsigned>(parameter.recorded) & static_cast<unsigned>(grammar)) != 0;
    if (!recorded && !block.given[i]) continue;
    Json value = ToJson(block.values[i]);
    if (grammar == Grammar::kLegacy && value.is_string() &&
        std::ranges::find(kAbsoluteInLegacy, parameter.key) != kAbsoluteInLegacy.end()) {
      value = (directory / value.get<std::string>()).lexically_normal().string();
    }
    parameters[std::string(parameter.key)] = std::move(value);
  }
  return {{"type", std::string(block.schema->class_path)}, {"parameters", std::move(parameters)}};
}

enum class Part {
  kDataset,
  kModelWrapper,
  kProtocol,
  kRuntime,
  kConverter,
  kOptimizers,
  kPlatform,
  kInferenceLoop,
};

struct RecordedKey {
  std::string_view key;
  Part part;
};

// Key orders of Kenning's own files (contract, section 6).
constexpr auto kLegacyOrder = std::to_array<RecordedKey>({
    {"dataset", Part::kDataset},
    {"model_wrapper", Part::kModelWrapper},
    {"protocol", Part::kProtocol},
    {"runtime", Part::kRuntime},
    {"data_converter", Part::kConverter},
    {"optimizers", Part::kOptimizers},
});
constexpr auto kHeadOrder = std::to_array<RecordedKey>({
    {"dataset", Part::kDataset},
    {"dataconverter", Part::kConverter},
    {"optimizers", Part::kOptimizers},
    {"platform", Part::kPlatform},
    {"protocol", Part::kProtocol},
    {"model_wrapper", Part::kModelWrapper},
    {"runtime", Part::kRuntime},
    {"inference_loop", Part::kInferenceLoop},
});

const std::optional<Block>* BlockOf(const Scenario& scenario, Part part) {
  switch (part) {
    case Part::kDataset:
      return &scenario.dataset;
    case Part::kModelWrapper:
      return &scenario.model_wrapper;
    case Part::kProtocol:
      return &scenario.protocol;
    case Part::kRuntime:
      return &scenario.runtime;
    case Part::kPlatform:
      return &scenario.platform;
    case Part::kInferenceLoop:
      return &scenario.inference_loop;
    case Part::kConverter:
    case Part::kOptimizers:
      return nullptr;
  }
  return nullptr;
}

}  // namespace

Json BuildConfiguration(const Scenario& scenario, const std::filesystem::path& directory) {
  const std::span<const RecordedKey> order = scenario.grammar == Grammar::kLegacy
                                                 ? std::span<const RecordedKey>(kLegacyOrder)
                                                 : std::span<const RecordedKey>(kHeadOrder);
  Json configuration = Json::object();
  for (const RecordedKey& row : order) {
    const std::string key(row.key);
    if (row.part == Part::kConverter) {
      // The only converter there is; Kenning records it in every run.
      configuration[key] = {
          {"type", "kenning.dataconverters.modelwrapper_dataconverter.ModelWrapperDataConverter"},
          {"parameters", Json::object()}};
    } else if (row.part == Part::kOptimizers) {
      Json list = Json::array();
      for (const Block& optimizer : scenario.optimizers) {
        list.push_back(ToJson(optimizer, scenario.grammar, directory));
      }
      configuration[key] = std::move(list);
    } else if (const auto* block = BlockOf(scenario, row.part); block->has_value()) {
      configuration[key] = ToJson(**block, scenario.grammar, directory);
    }
  }
  return configuration;
}

}  // namespace host
