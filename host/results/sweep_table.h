// SPDX-License-Identifier: Apache-2.0

// The table of a sweep: what each combination of release and flags came to, the best of each column
// marked.
#ifndef HOST_RESULTS_SWEEP_TABLE_H_
#define HOST_RESULTS_SWEEP_TABLE_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace host {

struct SweepRow {
  std::string release = {};
  std::string flags = {};                          // beyond the scenario's own; empty: none
  std::string failure = {};                        // not empty: the rest is not known
  std::optional<double> kernel_instructions = {};  // per inference
  std::optional<double> instructions = {};         // per inference, kernels and runtime
  std::optional<double> vector_share = {};         // of all instructions, 0 to 1
  std::optional<double> module_bytes = {};
  std::optional<double> memory_bytes = {};  // peak of what runtime and tensors take
  std::optional<double> accuracy = {};
  std::optional<double> compile_s = {};  // when it was compiled, whenever that was
  // Against the first row's outputs.
  std::optional<double> largest_difference = {};
  std::optional<uint64_t> other_predictions = {};
};

enum class SweepBest { kLeast, kMost, kNone };

struct SweepColumn {
  std::string_view title;
  std::string_view key;  // in sweep.json
  std::optional<double> SweepRow::* value;
  SweepBest best;
  double scale;
  int digits;  // after the point; negative: so many that count
};
[[nodiscard]] std::span<const SweepColumn> SweepColumns();
// The best value of a column, if one can be best.
[[nodiscard]] std::optional<double> BestOf(std::span<const SweepRow> rows,
                                           const SweepColumn& column);
// The value as shown; "–" if there is none.
[[nodiscard]] std::string SweepText(const SweepRow& row, const SweepColumn& column);
// Whether the predictions are those of the first row; or why there is nothing.
[[nodiscard]] std::string SweepVerdict(const SweepRow& row);

// The numbers of a results file.
[[nodiscard]] SweepRow RowOf(const nlohmann::ordered_json& results);

// Markdown; also readable on a terminal.
[[nodiscard]] std::string SweepTable(const std::vector<SweepRow>& rows);
[[nodiscard]] nlohmann::ordered_json SweepJson(const std::vector<SweepRow>& rows);

}  // namespace host

#endif  // HOST_RESULTS_SWEEP_TABLE_H_
