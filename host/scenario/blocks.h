// SPDX-License-Identifier: Apache-2.0

// The blocks a scenario can contain, as tables: class path, and per parameter its key, type,
// default, range or choices (contract, sections 2.2 and 2.3). The parser, the defaults, the
// recorded configuration and the errors all come from these rows.
#ifndef HOST_SCENARIO_BLOCKS_H_
#define HOST_SCENARIO_BLOCKS_H_

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace host {

// Two grammars: LEGACY has `runtime` and `protocol`, HEAD has `platform`.
enum class Grammar : uint8_t { kLegacy = 1, kHead = 2 };

enum class BlockKind {
  kDataset,
  kModelWrapper,
  kOptimizer,
  kRuntime,
  kProtocol,
  kPlatform,
  kDataConverter,
  kInferenceLoop,
  kReport,
};

enum class ValueType { kFlag, kInteger, kNumber, kText, kPath, kTextList, kPathList, kFlagOrPath };

// std::monostate is JSON null.
using Value =
    std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<std::string>>;

// In which grammar's recorded configuration a parameter appears when the scenario does not name it.
// Either grammar accepts the parameters of both.
enum class Recorded : uint8_t { kNone = 0, kLegacy = 1, kHead = 2, kBoth = 3 };

struct Parameter {
  std::string_view key;
  ValueType type;
  std::string_view default_json;  // JSON text; empty: the parameter is required
  bool nullable = false;
  std::span<const std::string_view> choices{};
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  Recorded recorded = Recorded::kBoth;
  // Not empty: only the default is possible here, for this reason.
  std::string_view fixed_because{};
};

struct BlockSchema {
  BlockKind kind;
  std::string_view class_path;  // "kenning.datasets.magic_wand_dataset.MagicWandDataset"
  std::span<const Parameter> parameters;

  [[nodiscard]] std::string_view class_name() const {
    return class_path.substr(class_path.rfind('.') + 1);
  }
};

// Of a report's `main_quality_metric` (contract, section 1.3).
inline constexpr auto kQualityMetrics = std::to_array<std::string_view>(
    {"acc", "f1", "f1_weighted", "far", "fdr", "g_mean", "hausdorff", "map", "max_map",
     "max_map_id", "msd", "nab", "mean_prec", "mean_sens", "p_auc", "roc_auc", "top_5", "z_score",
     "roc_auc_weighted"});

[[nodiscard]] std::span<const BlockSchema> BlockSchemas();
// By dotted path or bare class name; null if this kind has no such class.
[[nodiscard]] const BlockSchema* FindBlockSchema(BlockKind kind, std::string_view type);

// A block of a scenario after the check: one value a parameter, in the table's order.
struct Block {
  const BlockSchema* schema = nullptr;
  std::vector<Value> values;
  std::vector<bool> given;  // named in the scenario, as against defaulted
  std::string pointer;      // JSON pointer of its parameters, for later errors

  // Whether the schema has this key at all.
  [[nodiscard]] bool Knows(std::string_view key) const;
  // The caller names a key of the schema and its type; anything else is a programming error and
  // ends the program.
  [[nodiscard]] bool IsNull(std::string_view key) const;
  [[nodiscard]] bool Flag(std::string_view key) const;
  [[nodiscard]] int64_t Integer(std::string_view key) const;
  [[nodiscard]] double Number(std::string_view key) const;
  [[nodiscard]] const std::string& Text(std::string_view key) const;
  [[nodiscard]] const std::vector<std::string>& TextList(std::string_view key) const;
  // Of a flag that may be a path: nothing for null and false, empty for true.
  [[nodiscard]] std::optional<std::string> FlagOrPath(std::string_view key) const;
  // For tools that override a parameter after the check (command line over file).
  void Set(std::string_view key, Value value);

 private:
  [[nodiscard]] size_t IndexOf(std::string_view key) const;
};

}  // namespace host

#endif  // HOST_SCENARIO_BLOCKS_H_
