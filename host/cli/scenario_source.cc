// SPDX-License-Identifier: Apache-2.0

#include "host/cli/scenario_source.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/try.h"
#include "host/input/read_file.h"
#include "host/scenario/document.h"
#include "host/terminal/progress.h"

namespace host::cli {
namespace {

Result<> FetchFile(Block* block, std::string_view key, ResourceStore& store,
                   const std::string& scenario_path) {
  if (block->IsNull(key) || IsPredecessorFirmware(block->Text(key))) return {};
  const std::string text = block->Text(key);
  auto file = store.Fetch(text);
  if (!file) {
    Error error{file.error().kind,
                fmt::format("'{}' cannot be had", key),
                fmt::format("{}#{}/{}", scenario_path, block->pointer, key),
                {std::move(file).error()}};
    return std::unexpected(std::move(error));
  }
  block->Set(key, file->string());
  return {};
}

}  // namespace

std::string TextOf(const std::optional<Block>& block, std::string_view key) {
  return block ? block->Text(key) : std::string();
}

Result<ResourceStore> OpenStore(Log& log, std::stop_token stop) {
  const auto progress = std::make_shared<ProgressOfSteps>(log);
  return ResourceStore(
      TRY(StoreOptionsFromEnvironment()),
      [&log, progress](std::string_view sentence) {
        progress->Finish();
        log.Info(sentence);
      },
      [progress](std::string_view what, uint64_t done, uint64_t total) {
        progress->Show(what, done, total);
      },
      std::move(stop));
}

Result<Scenario> ScenarioOf(const Arguments& arguments, const FlagScenario& flags,
                            const ScenarioNeeds& needs, ResourceStore& store) {
  if (flags.used()) return flags.Compose(arguments, needs);
  const std::string given = arguments.One("--json-cfg");
  if (!IsUri(given)) return LoadScenario(given, needs);
  const std::filesystem::path file = TRY(store.Fetch(given));
  Scenario scenario = TRY(LoadScenario(file.string(), needs));
  scenario.path = given;
  return scenario;
}

Result<> CompletePlatform(const Arguments& arguments, ResourceStore& store, Scenario* scenario) {
  const bool overrides = arguments.Has("--simulated") || arguments.Has("--platforms-definitions");
  if (!scenario->platform) {
    if (!overrides) return {};
    return InputError("--simulated and --platforms-definitions need a scenario with a platform",
                      scenario->path);
  }
  Block& platform = *scenario->platform;
  if (arguments.Has("--simulated")) {
    const std::string word = arguments.One("--simulated");
    platform.Set("simulated", word.empty() || word == "true" || word == "True");
  }
  if (arguments.Has("--platforms-definitions")) {
    platform.Set("platforms_definitions", arguments.Many("--platforms-definitions"));
  }
  if (platform.IsNull("name")) return {};
  const std::string name = platform.Text("name");
  bool known = IsBuiltInPlatform(name);
  if (!platform.IsNull("platforms_definitions")) {
    const std::vector<std::string> files = platform.TextList("platforms_definitions");
    // Later files win, and what is filled first stays.
    for (auto file = files.rbegin(); file != files.rend(); ++file) {
      const std::filesystem::path path = TRY(store.Fetch(*file));
      const std::vector<uint8_t> bytes =
          TRY(ReadFile(path, kMaxScenarioBytes, "the platforms file"));
      const bool found = TRY(FillFromPlatforms(
          {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, *file, &platform));
      known = known || found;
    }
  }
  if (known) return {};
  return InputError(fmt::format("nothing is known of the platform '{}'; there is rv32-springbok, "
                                "and 'platforms_definitions' names files with others",
                                name),
                    fmt::format("{}#{}/name", scenario->path, platform.pointer));
}

Result<> FetchFiles(const ScenarioNeeds& needs, ResourceStore& store, Scenario* scenario) {
  for (const ScenarioNeeds::File& file : needs.files) {
    for (const auto member : {&Scenario::model_wrapper, &Scenario::platform, &Scenario::runtime}) {
      std::optional<Block>& block = scenario->*member;
      if (block && block->schema->kind == file.kind && block->Knows(file.key)) {
        TRY(FetchFile(&*block, file.key, store, scenario->path));
      }
    }
    for (Block& optimizer : scenario->optimizers) {
      if (optimizer.schema->kind == file.kind) {
        TRY(FetchFile(&optimizer, file.key, store, scenario->path));
      }
    }
  }
  return {};
}

}  // namespace host::cli
