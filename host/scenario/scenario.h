// A scenario: what to test on what (contract, section 2). Read from JSON text that is treated as
// hostile: size and depth are limited, and everything wrong with it is reported at once.
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

inline constexpr size_t kMaxScenarioBytes = size_t{1} << 20;
inline constexpr size_t kMaxScenarioDepth = 32;

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
    bool may_be_uri = false;  // the caller has something else to use then
  };
  std::vector<std::string_view> blocks;  // top-level keys that must be there
  bool device = false;                   // `platform` or `runtime` must be there
  std::vector<File> files;               // path parameters whose file must exist (null is fine)
};

// `name` is the file name used in places.
[[nodiscard]] Result<Scenario> ParseScenario(std::string_view json, const std::string& name,
                                             const ScenarioNeeds& needs = {});
// A path or a file:// URI.
[[nodiscard]] Result<Scenario> LoadScenario(const std::string& path,
                                            const ScenarioNeeds& needs = {});

// What `results.json` records as `build_cfg`: every block with all parameters, defaults included,
// in the key order of the scenario's generation (contract, section 6). LEGACY files carry the paths
// of models and modules made absolute against `directory`.
[[nodiscard]] nlohmann::ordered_json BuildConfiguration(const Scenario& scenario,
                                                        const std::filesystem::path& directory);

}  // namespace host

#endif  // HOST_SCENARIO_SCENARIO_H_
