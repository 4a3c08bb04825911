// SPDX-License-Identifier: Apache-2.0

// A scenario: what to test on what (contract, section 2). Read from JSON or YAML text that is
// treated as hostile: size and depth are limited, and everything wrong with it is reported at once.
//
// Faults are the causes of one ErrorKind::kInput error; each place is "file:line#/json/pointer" and
// each sentence names the nearest valid key or value. Nothing depends on the environment or on the
// current directory, except that relative paths are resolved against the latter when files are
// opened (contract, section 2.1).
#ifndef HOST_SCENARIO_SCENARIO_H_
#define HOST_SCENARIO_SCENARIO_H_

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"
#include "host/scenario/blocks.h"

namespace host {

struct Scenario {
  std::string path;  // as given
  Grammar grammar = Grammar::kHead;
  std::optional<Block> dataset;
  std::optional<Block> model_wrapper;
  std::vector<Block> optimizers;
  std::optional<Block> platform;
  std::optional<Block> runtime;
  std::optional<Block> protocol;
  std::optional<Block> inference_loop;
  std::optional<Block> report;
  // What was accepted but has no effect here, one sentence each, for the log.
  std::vector<std::string> notes;
};

// What a run needs beyond a scenario that is right in itself, so that everything is reported at
// once.
struct ScenarioNeeds {
  struct File {
    BlockKind kind;
    std::string_view key;
  };
  std::vector<std::string_view> blocks;  // top-level keys that must be there
  bool device = false;                   // `platform` or `runtime` must be there
  std::vector<File> files;  // path parameters whose file must exist (null and URIs are fine)
};

// `name` is the file name used in places; its ending tells YAML from JSON (else the text does).
[[nodiscard]] Result<Scenario> ParseScenario(std::string_view text, const std::string& name,
                                             const ScenarioNeeds& needs = {});
// A path or a file:// URI.
[[nodiscard]] Result<Scenario> LoadScenario(const std::string& path,
                                            const ScenarioNeeds& needs = {});

// Fills the platform's parameters that are null with what a platforms file says of its `name`
// (contract, section 2.3). True if the file knows the name. kInput for a file that is none; `file`
// is the place.
[[nodiscard]] Result<bool> FillFromPlatforms(std::string_view text, const std::string& file,
                                             Block* platform);
// A name that needs no file.
[[nodiscard]] bool IsBuiltInPlatform(std::string_view name);

// The firmware that the predecessor's scenarios name: where its own build leaves it, and its
// prebuilt one. This project's firmware stands in for both.
[[nodiscard]] bool IsPredecessorFirmware(std::string_view path_or_uri);

// What `results.json` records as `build_cfg`: every block with all parameters, defaults included,
// in the key order of the scenario's generation (contract, section 6). LEGACY files carry the paths
// of models and modules made absolute against `directory`.
[[nodiscard]] nlohmann::ordered_json BuildConfiguration(const Scenario& scenario,
                                                        const std::filesystem::path& directory);

}  // namespace host

#endif  // HOST_SCENARIO_SCENARIO_H_
