// SPDX-License-Identifier: Apache-2.0

#include "host/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/try.h"
#include "host/resource/uri.h"
#include "host/scenario/document.h"
#include "host/scenario/json_lines.h"
#include "host/scenario/nearest_name.h"

namespace host {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

// Top-level keys. `block` is null for keys that a bare-metal run has no use for.
struct TopLevelKey {
  std::string_view key;
  BlockKind kind;
  std::optional<Block> Scenario::* block;
};

constexpr auto kTopLevelKeys = std::to_array<TopLevelKey>({
    {"platform", BlockKind::kPlatform, &Scenario::platform},
    {"dataset", BlockKind::kDataset, &Scenario::dataset},
    {"model_wrapper", BlockKind::kModelWrapper, &Scenario::model_wrapper},
    {"dataconverter", BlockKind::kDataConverter, nullptr},
    {"runtime", BlockKind::kRuntime, &Scenario::runtime},
    {"protocol", BlockKind::kProtocol, &Scenario::protocol},
    {"inference_loop", BlockKind::kInferenceLoop, &Scenario::inference_loop},
    {"report", BlockKind::kReport, &Scenario::report},
});
// Known, and without a meaning on a bare-metal device.
struct ForeignKey {
  std::string_view key;
  std::string_view because;
};
constexpr auto kForeignKeys = std::to_array<ForeignKey>({
    {"runtime_builder", "the firmware is built with this project, not by a scenario"},
    {"automl", "models are not searched for here"},
});
constexpr std::string_view kOptimizersKey = "optimizers";
constexpr std::string_view kNestedDataConverterKey = "data_converter";  // in LEGACY's runtime

std::string_view JsonTypeName(const Json& value) {
  if (value.is_number_float()) return "a number with a fraction";
  if (value.is_number()) return "a whole number";
  if (value.is_string()) return "a text";
  if (value.is_boolean()) return "true or false";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  return "null";
}

std::string_view ExpectedName(ValueType type) {
  switch (type) {
    case ValueType::kFlag:
      return "true or false";
    case ValueType::kInteger:
      return "a whole number";
    case ValueType::kNumber:
      return "a number";
    case ValueType::kText:
      return "a text";
    case ValueType::kPath:
      return "a path";
    case ValueType::kTextList:
      return "a list of texts";
    case ValueType::kPathList:
      return "a list of paths";
    case ValueType::kFlagOrPath:
      return "true, false or a path";
  }
  return "";
}

// The value as the table's type; empty if it is of another type.
std::optional<Value> Convert(const Json& value, ValueType type) {
  switch (type) {
    case ValueType::kFlag:
      if (value.is_boolean()) return value.get<bool>();
      return std::nullopt;
    case ValueType::kFlagOrPath:
      if (value.is_boolean()) return value.get<bool>();
      [[fallthrough]];
    case ValueType::kText:
    case ValueType::kPath:
      if (value.is_string()) return value.get<std::string>();
      return std::nullopt;
    case ValueType::kInteger: {
      if (!value.is_number()) return std::nullopt;
      // 1.0 counts as an integer (contract, section 2.1).
      const double number = value.get<double>();
      constexpr double kExact = 9007199254740992.0;
      if (number != std::floor(number) || std::abs(number) > kExact) return std::nullopt;
      return static_cast<int64_t>(number);
    }
    case ValueType::kNumber:
      if (value.is_number()) return value.get<double>();
      return std::nullopt;
    case ValueType::kTextList:
    case ValueType::kPathList: {
      if (!value.is_array()) return std::nullopt;
      std::vector<std::string> list;
      for (const Json& element : value) {
        if (!element.is_string()) return std::nullopt;
        list.push_back(element.get<std::string>());
      }
      return list;
    }
  }
  return std::nullopt;
}

Value DefaultOf(const Parameter& parameter) {
  if (parameter.default_json.empty()) return std::monostate{};
  const Json value = Json::parse(parameter.default_json);
  if (value.is_null()) return std::monostate{};
  return Convert(value, parameter.type).value_or(std::monostate{});
}

double AsNumber(const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return static_cast<double>(*integer);
  return std::get<double>(value);
}

// Texts of a scenario that end up in paths and commands hold no control characters.
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20; }

bool HasControlCharacter(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return std::ranges::any_of(*text, IsControl);
  }
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    return std::ranges::any_of(
        *list, [](const std::string& text) { return std::ranges::any_of(text, IsControl); });
  }
  return false;
}

// Turns the document into a Scenario and gathers every fault on the way.
class Checker {
 public:
  Checker(const Document& document, const std::string& name, const ScenarioNeeds& needs)
      : document_(document), name_(name), needs_(needs) {}

  Result<Scenario> Check() {
    const Json& document = document_.value();
    scenario_.path = name_;
    if (!document.is_object()) {
      Fault("", fmt::format("a scenario is an object, not {}", JsonTypeName(document)));
    } else {
      CheckTopLevel(document);
    }
    if (faults_.empty()) return std::move(scenario_);
    return std::unexpected(Error{
        ErrorKind::kInput,
        fmt::format("the scenario has {} fault{}", faults_.size(), faults_.size() == 1 ? "" : "s"),
        name_, std::move(faults_)});
  }

 private:
  void Fault(const std::string& pointer, std::string sentence) {
    faults_.push_back({ErrorKind::kInput,
                       std::move(sentence),
                       fmt::format("{}:{}#{}", name_, document_.LineOf(pointer), pointer),
                       {}});
  }

  void CheckTopLevel(const Json& document) {
    scenario_.grammar = document.contains("platform") ? Grammar::kHead : Grammar::kLegacy;
    std::vector<std::string_view> valid{kOptimizersKey};
    for (const TopLevelKey& row : kTopLevelKeys) valid.push_back(row.key);

    for (const auto& [key, value] : document.items()) {
      const std::string pointer = "/" + PointerToken(key);
      const auto row = std::ranges::find(kTopLevelKeys, key, &TopLevelKey::key);
      if (row != kTopLevelKeys.end()) {
        std::optional<Block> block = CheckBlock(value, row->kind, pointer);
        if (block && row->block != nullptr) scenario_.*(row->block) = std::move(block);
      } else if (key == kOptimizersKey) {
        CheckOptimizers(value, pointer);
      } else if (const auto* foreign = std::ranges::find(kForeignKeys, key, &ForeignKey::key);
                 foreign != kForeignKeys.end()) {
        Fault(pointer, fmt::format("'{}' is not possible: {}", key, foreign->because));
      } else {
        Fault(pointer, fmt::format("unknown key '{}'{}", key, Suggestion(key, valid)));
      }
    }
    CheckWhole(document);
  }

  void CheckOptimizers(const Json& value, const std::string& pointer) {
    if (!value.is_array() || value.empty()) {
      Fault(pointer, fmt::format("needs a list of one block, not {}",
                                 value.is_array() ? "an empty list" : JsonTypeName(value)));
      return;
    }
    for (size_t i = 0; i < value.size(); ++i) {
      auto block = CheckBlock(value[i], BlockKind::kOptimizer, fmt::format("{}/{}", pointer, i));
      if (block) scenario_.optimizers.push_back(*std::move(block));
    }
    if (value.size() > 1) {
      Fault(pointer + "/1", "only one optimizer, the IREE compiler, is possible");
    }
  }

  std::optional<Block> CheckBlock(const Json& value, BlockKind kind, const std::string& pointer) {
    if (!value.is_object()) {
      Fault(pointer, fmt::format("needs an object with 'type' and 'parameters', not {}",
                                 JsonTypeName(value)));
      return std::nullopt;
    }
    static constexpr auto kBlockKeys = std::to_array<std::string_view>({"type", "parameters"});
    for (const auto& [key, member] : value.items()) {
      if (kind == BlockKind::kRuntime && key == kNestedDataConverterKey) {
        CheckBlock(member, BlockKind::kDataConverter, pointer + "/" + key);
      } else if (std::ranges::find(kBlockKeys, key) == kBlockKeys.end()) {
        Fault(pointer + "/" + PointerToken(key),
              fmt::format("unknown key '{}'{}", key, Suggestion(key, kBlockKeys)));
      }
    }
    const auto type = value.find("type");
    if (type == value.end() || !type->is_string()) {
      Fault(pointer + (type == value.end() ? "" : "/type"), "'type' must be a class name");
      return std::nullopt;
    }
    const auto type_name = type->get<std::string>();
    const BlockSchema* schema = FindBlockSchema(kind, type_name);
    if (schema == nullptr) {
      std::vector<std::string_view> names;
      for (const BlockSchema& row : BlockSchemas()) {
        if (row.kind != kind) continue;
        names.push_back(type_name.contains('.') ? row.class_path : row.class_name());
      }
      Fault(pointer + "/type",
            fmt::format("unknown class '{}'{}", type_name, Suggestion(type_name, names)));
      return std::nullopt;
    }
    const auto parameters = value.find("parameters");
    const Json none = Json::object();
    const Json& object = parameters == value.end() ? none : *parameters;
    if (!object.is_object()) {
      Fault(pointer + "/parameters", fmt::format("needs an object, not {}", JsonTypeName(object)));
      return std::nullopt;
    }
    return CheckParameters(object, *schema, pointer);
  }

  std::optional<Block> CheckParameters(const Json& object, const BlockSchema& schema,
                                       const std::string& block_pointer) {
    const std::string pointer = block_pointer + "/parameters";
    const size_t faults_before = faults_.size();
    std::vector<std::string_view> keys;
    for (const Parameter& parameter : schema.parameters) keys.push_back(parameter.key);
    for (const auto& [key, value] : object.items()) {
      if (std::ranges::find(keys, key) == keys.end()) {
        Fault(pointer + "/" + PointerToken(key),
              fmt::format("unknown key '{}'{}", key, Suggestion(key, keys)));
      }
    }
    Block block{&schema, {}, {}, pointer};
    for (const Parameter& parameter : schema.parameters) {
      const auto member = object.find(parameter.key);
      block.given.push_back(member != object.end());
      if (member != object.end()) {
        block.values.push_back(CheckValue(*member, parameter, pointer));
        CheckFile(block.values.back(), schema.kind, parameter, pointer);
      } else {
        if (parameter.default_json.empty()) {
          Fault(pointer, fmt::format("'{}' is required and missing", parameter.key));
        }
        block.values.push_back(DefaultOf(parameter));
      }
    }
    if (faults_.size() != faults_before) return std::nullopt;
    return block;
  }

  Value CheckValue(const Json& json, const Parameter& parameter, const std::string& parent) {
    const std::string pointer = fmt::format("{}/{}", parent, parameter.key);
    if (json.is_null() && parameter.nullable) return std::monostate{};
    std::optional<Value> value = Convert(json, parameter.type);
    if (!value && json.is_array() &&
        (parameter.type == ValueType::kTextList || parameter.type == ValueType::kPathList)) {
      for (size_t i = 0; i < json.size(); ++i) {
        if (json[i].is_string()) continue;
        Fault(fmt::format("{}/{}", pointer, i),
              fmt::format("needs a text, not {}", JsonTypeName(json[i])));
      }
      return std::monostate{};
    }
    if (!value) {
      Fault(pointer, fmt::format("needs {}{}, not {}", ExpectedName(parameter.type),
                                 parameter.nullable ? " or null" : "", JsonTypeName(json)));
      return std::monostate{};
    }
    if (HasControlCharacter(*value)) {
      Fault(pointer, "contains a control character");
    } else if (parameter.type == ValueType::kInteger || parameter.type == ValueType::kNumber) {
      const double number = AsNumber(*value);
      if (number < parameter.minimum) {
        Fault(pointer, fmt::format("must be at least {}", parameter.minimum));
      } else if (number > parameter.maximum) {
        Fault(pointer, fmt::format("must be at most {}", parameter.maximum));
      }
    } else if (parameter.type == ValueType::kPath && std::get<std::string>(*value).empty()) {
      Fault(pointer, "an empty path");
    } else if (!parameter.choices.empty() &&
               std::ranges::find(parameter.choices, std::get<std::string>(*value)) ==
                   parameter.choices.end()) {
      const auto& text = std::get<std::string>(*value);
      Fault(pointer,
            fmt::format("unknown value '{}'{}", text, Suggestion(text, parameter.choices)));
    }
    if (!parameter.fixed_because.empty() && *value != DefaultOf(parameter)) {
      Fault(pointer,
            fmt::format("must be {}: {}", parameter.default_json, parameter.fixed_because));
    }
    return *std::move(value);
  }

  void CheckFile(const Value& value, BlockKind kind, const Parameter& parameter,
                 const std::string& parent) {
    const auto* path = std::get_if<std::string>(&value);
    const auto need = std::ranges::find_if(needs_.files, [&](const ScenarioNeeds::File& file) {
      return file.kind == kind && file.key == parameter.key;
    });
    if (need == needs_.files.end() || path == nullptr || path->empty()) return;
    const std::string pointer = fmt::format("{}/{}", parent, parameter.key);
    std::error_code ignored;
    const auto location = Locate(*path);
    if (!location) {
      Fault(pointer, location.error().sentence);
    } else if (location->url.empty() && !fs::is_regular_file(location->local, ignored) &&
               !IsPredecessorFirmware(*path)) {
      Fault(pointer, fmt::format("there is no file {}", *path));
    }
  }

  // What no single block can tell.
  void CheckWhole(const Json& document) {
    for (const std::string_view key : needs_.blocks) {
      if (!document.contains(key)) Fault("", fmt::format("'{}' is required and missing", key));
    }
    const bool has_device = document.contains("platform") || document.contains("runtime");
    if (!has_device && needs_.device) Fault("", "'platform' or 'runtime' is required and missing");
    if (!has_device && !needs_.device && !document.contains(kOptimizersKey)) {
      Fault("", "has neither 'platform' nor 'runtime' nor 'optimizers': nothing to do");
    }
    if (scenario_.runtime && scenario_.runtime->schema->class_name() == "IREERuntime" &&
        scenario_.grammar == Grammar::kLegacy && !document.contains("protocol")) {
      Fault("/runtime", "IREERuntime needs a 'protocol' block that names the port of the device");
    }
    if (scenario_.platform && !scenario_.platform->Flag("simulated") && !scenario_.protocol &&
        scenario_.platform->IsNull("uart_port")) {
      Fault("/platform/parameters", "'uart_port' is required when 'simulated' is false");
    }
    if (scenario_.dataset && scenario_.model_wrapper &&
        scenario_.dataset->schema->class_name() == "MagicWandDataset" &&
        scenario_.model_wrapper->schema->class_name() == "MagicWandModelWrapper" &&
        scenario_.dataset->Integer("window_size") !=
            scenario_.model_wrapper->Integer("window_size")) {
      Fault("/model_wrapper/parameters/window_size",
            fmt::format("is {} but the data set's windows have {} rows",
                        scenario_.model_wrapper->Integer("window_size"),
                        scenario_.dataset->Integer("window_size")));
    }
    for (const Block& optimizer : scenario_.optimizers) {
      const std::string& backend = optimizer.Text("backend");
      if (backend != "llvm-cpu" && backend != "dylib") {
        Fault(optimizer.pointer + "/backend",
              fmt::format("the device executes code of 'llvm-cpu' only, not of '{}'", backend));
      }
    }
    NoteUnused();
  }

  void NoteUnused() {
    const Block* simulated = scenario_.platform ? &*scenario_.platform : nullptr;
    if (scenario_.runtime && scenario_.runtime->schema->class_name() == "RenodeRuntime") {
      simulated = &*scenario_.runtime;
    }
    if (simulated == nullptr) return;
    for (const std::string_view key : {"platform_resc_path", "profiler_dump_path"}) {
      if (!simulated->IsNull(key)) {
        scenario_.notes.push_back(
            fmt::format("{} is for Renode; the built-in simulator does not use it", key));
      }
    }
  }

  const Document& document_;
  const std::string& name_;
  const ScenarioNeeds& needs_;
  Scenario scenario_;
  std::vector<Error> faults_;
};

}  // namespace

Result<bool> FillFromPlatforms(std::string_view text, const std::string& file, Block* platform) {
  const Document document = TRY(Document::Parse(text, file));
  if (!document.value().is_object()) return InputError("a platforms file is an object", file);
  const auto definition = document.value().find(platform->Text("name"));
  if (definition == document.value().end()) return false;
  const std::string pointer = "/" + PointerToken(platform->Text("name"));
  if (!definition->is_object()) {
    return InputError("needs an object",
                      fmt::format("{}:{}#{}", file, document.LineOf(pointer), pointer));
  }
  for (const Parameter& parameter : platform->schema->parameters) {
    const auto member = definition->find(parameter.key);
    if (member == definition->end() || member->is_null() || !platform->IsNull(parameter.key)) {
      continue;
    }
    std::optional<Value> value = Convert(*member, parameter.type);
    if (!value) {
      const std::string place = fmt::format("{}/{}", pointer, parameter.key);
      return InputError(
          fmt::format("needs {}, not {}", ExpectedName(parameter.type), JsonTypeName(*member)),
          fmt::format("{}:{}#{}", file, document.LineOf(place), place));
    }
    platform->Set(parameter.key, *std::move(value));
  }
  return true;
}

bool IsBuiltInPlatform(std::string_view name) { return name == "rv32-springbok"; }

bool IsPredecessorFirmware(std::string_view path_or_uri) {
  constexpr auto kPaths = std::to_array<std::string_view>(
      {"build/build-riscv/iree-runtime/iree_runtime", "kenning:///renode/springbok/iree_runtime"});
  if (path_or_uri.starts_with("./")) path_or_uri.remove_prefix(2);
  return std::ranges::find(kPaths, path_or_uri) != kPaths.end();
}

Result<Scenario> ParseScenario(std::string_view text, const std::string& name,
                               const ScenarioNeeds& needs) {
  const Document document = TRY(Document::Parse(text, name));
  return Checker(document, name, needs).Check();
}

Result<Scenario> LoadScenario(const std::string& path, const ScenarioNeeds& needs) {
  const Location location = TRY(Locate(path));
  if (location.local.empty()) return InputError("a scenario is read from a file", path);
  const std::string file_name = location.local.string();
  std::error_code error;
  if (fs::is_directory(file_name, error)) return InputError("is a folder, not a file", path);
  std::ifstream file(file_name, std::ios::binary);
  if (!file) return InputError("cannot be opened; is the path right?", path);
  // One byte more than allowed tells "too large" without reading an endless file.
  std::string text(kMaxScenarioBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  return ParseScenario(text, file_name, needs);
}

}  // namespace host
