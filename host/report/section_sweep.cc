// SPDX-License-Identifier: Apache-2.0

// What `kenning sweep` measured, one row a combination of release and flags.
#include <cmath>
#include <limits>

#include "host/report/sections.h"
#include "host/report/text.h"

namespace host::report {
namespace {

std::string NameOf(const SweepRow& row) {
  return row.flags.empty() ? row.release : row.release + " with " + row.flags;
}

// The combination with the fewest instructions in kernels; no row if none was counted.
struct Fastest {
  const SweepRow* row = nullptr;
  double instructions = std::numeric_limits<double>::infinity();
};

Fastest FastestOf(std::span<const SweepRow> rows) {
  Fastest fastest;
  for (const SweepRow& row : rows) {
    const double instructions = row.kernel_instructions.value_or(fastest.instructions);
    if (instructions < fastest.instructions) fastest = {&row, instructions};
  }
  return fastest;
}

// Numbers that look alike are marked alike.
bool LooksBest(std::span<const SweepRow> rows, const SweepRow& row, const SweepColumn& column) {
  const std::optional<double> best = BestOf(rows, column);
  if (!best || !(row.*column.value)) return false;
  SweepRow of_best;
  of_best.*column.value = best;
  return SweepText(row, column) == SweepText(of_best, column);
}

std::vector<Cell> RowOfTable(std::span<const SweepRow> rows, const SweepRow& row) {
  std::vector<Cell> cells = {Cell(row.release),
                             Cell(row.flags.empty() ? "as in the scenario" : row.flags)};
  for (const SweepColumn& column : SweepColumns()) {
    const std::optional<double>& value = row.*column.value;
    const bool is_best = LooksBest(rows, row, column);
    Cell cell(value && column.digits == 0 ? Grouped(static_cast<uint64_t>(std::llround(*value)))
                                          : SweepText(row, column),
              is_best);
    cell.tone = is_best ? Tone::kGood : Tone::kNeutral;
    cell.shade = is_best ? 0.25 : 0;
    cells.push_back(std::move(cell));
  }
  Cell verdict(row.failure.empty() ? SweepVerdict(row) : "failed");
  if (!row.failure.empty() || row.other_predictions.value_or(0) > 0) {
    verdict.tone = Tone::kBad;
    verdict.shade = 0.25;
  }
  cells.push_back(std::move(verdict));
  return cells;
}

}  // namespace

void AddSweep(Subjects subjects, std::span<const SweepRow> rows, Builder* to) {
  Section& section = to->Add(2, "All combinations of the sweep", "Sweep");
  if (const Fastest fastest = FastestOf(rows); fastest.row != nullptr) {
    const auto instructions = static_cast<uint64_t>(fastest.instructions);
    section.blocks.emplace_back(Paragraph{{{"Fewest instructions in kernels: "},
                                           {NameOf(*fastest.row), Style::kStrong},
                                           {", " + Grouped(instructions) + " per inference."}}});
  }
  Table table;
  table.caption = "Releases and flags; the best of each column is marked";
  table.label = to->TableLabel(subjects.front(), "sweep");
  table.columns = {{"Release", false}, {"Flags", false}};
  for (const SweepColumn& column : SweepColumns()) {
    table.columns.push_back({std::string(column.title), true});
  }
  table.columns.push_back({"Predictions", false});
  for (const SweepRow& row : rows) table.rows.push_back(RowOfTable(rows, row));
  section.blocks.emplace_back(std::move(table));
  Bullets failures;
  for (const SweepRow& row : rows) {
    if (row.failure.empty()) continue;
    failures.items.push_back({{{NameOf(row), Style::kStrong}, {" " + SweepVerdict(row)}}, {}});
  }
  if (!failures.items.empty()) section.blocks.emplace_back(std::move(failures));
  section.blocks.emplace_back(Paragraph{
      {{"Instructions are per inference. Differences of outputs and predictions are against "
        "the first combination."}}});
}

}  // namespace host::report
