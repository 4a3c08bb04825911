// SPDX-License-Identifier: Apache-2.0

#include "host/results/sweep_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace host {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kTwoSignificant = -2;

constexpr auto kColumns = std::to_array<SweepColumn>({
    {"kernel instr.", "kernel_instructions", &SweepRow::kernel_instructions, SweepBest::kLeast, 1,
     0},
    {"all instr.", "instructions", &SweepRow::instructions, SweepBest::kLeast, 1, 0},
    {"V %", "vector_share", &SweepRow::vector_share, SweepBest::kMost, 100, 1},
    {"module B", "module_bytes", &SweepRow::module_bytes, SweepBest::kLeast, 1, 0},
    {"memory B", "memory_bytes", &SweepRow::memory_bytes, SweepBest::kLeast, 1, 0},
    {"accuracy", "accuracy", &SweepRow::accuracy, SweepBest::kMost, 1, 4},
    {"compile s", "compile_s", &SweepRow::compile_s, SweepBest::kLeast, 1, 2},
    {"largest diff.", "largest_difference", &SweepRow::largest_difference, SweepBest::kNone, 1,
     kTwoSignificant},
});

double NumberAt(const Json& json, std::string_view pointer, double otherwise = 0) {
  const Json::json_pointer at{std::string(pointer)};
  return json.contains(at) && json[at].is_number() ? json[at].get<double>() : otherwise;
}

std::optional<double> VectorShare(const Json& results) {
  if (!results.contains("opcode_counters")) return std::nullopt;
  double all = 0;
  double vector = 0;
  const auto count = [&](const Json& counters) {
    for (const auto& [name, number] : counters.items()) {
      if (!number.is_number()) continue;
      all += number.get<double>();
      if (name.starts_with('v')) vector += number.get<double>();
    }
  };
  count(results["opcode_counters"]);
  for (const auto& [cpu, counters] : results["opcode_counters"].items()) {
    if (counters.is_object()) count(counters);
  }
  if (all == 0) return std::nullopt;
  return vector / all;
}

std::optional<double> Accuracy(const Json& results) {
  double right = 0;
  double all = 0;
  const Json empty = Json::array();
  const Json& matrix =
      results.contains("eval_confusion_matrix") ? results["eval_confusion_matrix"] : empty;
  for (size_t i = 0; i < matrix.size(); ++i) {
    for (size_t j = 0; j < matrix[i].size(); ++j) {
      all += matrix[i][j].get<double>();
      if (i == j) right += matrix[i][j].get<double>();
    }
  }
  if (all == 0) return std::nullopt;
  return right / all;
}

}  // namespace

SweepRow RowOf(const Json& results) {
  SweepRow row;
  const double inferences = NumberAt(results, "/simulator_profile/inferences");
  if (inferences > 0) {
    const double kernels = NumberAt(results, "/simulator_profile/kernel_instructions");
    const double runtime = NumberAt(results, "/simulator_profile/runtime_instructions");
    row.kernel_instructions = kernels / inferences;
    row.instructions = (kernels + runtime) / inferences;
  }
  row.vector_share = VectorShare(results);
  row.module_bytes = NumberAt(results, "/compiled_model_size");
  row.memory_bytes = NumberAt(results, "/allocation_stats/host_bytes_peak") +
                     NumberAt(results, "/allocation_stats/device_bytes_peak");
  row.accuracy = Accuracy(results);
  return row;
}

std::span<const SweepColumn> SweepColumns() { return kColumns; }

std::optional<double> BestOf(std::span<const SweepRow> rows, const SweepColumn& column) {
  std::optional<double> best;
  if (column.best == SweepBest::kNone) return best;
  for (const SweepRow& row : rows) {
    const std::optional<double>& value = row.*column.value;
    if (!value) continue;
    const bool better =
        !best || (column.best == SweepBest::kLeast ? *value < *best : *value > *best);
    if (better) best = value;
  }
  return best;
}

std::string SweepText(const SweepRow& row, const SweepColumn& column) {
  const std::optional<double>& value = row.*column.value;
  if (!value) return "–";
  const double shown = *value * column.scale;
  return column.digits < 0 ? fmt::format("{:.{}g}", shown, -column.digits)
                           : fmt::format("{:.{}f}", shown, column.digits);
}

std::string SweepVerdict(const SweepRow& row) {
  if (!row.failure.empty()) {
    return fmt::format("failed: {}", row.failure.substr(0, row.failure.find('\n')));
  }
  if (!row.other_predictions) return "–";
  return *row.other_predictions == 0 ? "the same"
                                     : fmt::format("{} differ", *row.other_predictions);
}

std::string SweepTable(const std::vector<SweepRow>& rows) {
  std::string text = "| release | flags |";
  std::string rule = "| --- | --- |";
  for (const SweepColumn& column : kColumns) {
    text += fmt::format(" {} |", column.title);
    rule += " ---: |";
  }
  text += " predictions |\n" + rule + " --- |\n";
  for (const SweepRow& row : rows) {
    text += fmt::format("| {} | {} |", row.release,
                        row.flags.empty() ? "as in the scenario" : "`" + row.flags + "`");
    for (const SweepColumn& column : kColumns) {
      const std::optional<double>& value = row.*column.value;
      const bool is_best = value && value == BestOf(rows, column);
      text += is_best ? fmt::format(" **{}** |", SweepText(row, column))
                      : fmt::format(" {} |", SweepText(row, column));
    }
    std::string verdict = SweepVerdict(row);
    std::ranges::replace(verdict, '|', '/');
    text += fmt::format(" {} |\n", verdict);
  }
  return text;
}

Json SweepJson(const std::vector<SweepRow>& rows) {
  Json list = Json::array();
  for (const SweepRow& row : rows) {
    Json entry = {{"release", row.release}, {"flags", row.flags}};
    if (!row.failure.empty()) entry["failure"] = row.failure;
    for (const SweepColumn& column : kColumns) {
      const std::optional<double>& value = row.*column.value;
      if (value) entry[std::string(column.key)] = *value;
      const auto best = BestOf(rows, column);
      if (value && best && *best == *value) entry["best"].push_back(column.key);
    }
    if (row.other_predictions) entry["other_predictions"] = *row.other_predictions;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace host
