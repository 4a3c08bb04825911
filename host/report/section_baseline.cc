// SPDX-License-Identifier: Apache-2.0

// What changed since an earlier run.
#include <cmath>

#include "host/report/sections.h"
#include "host/report/text.h"

namespace host::report {
namespace {

constexpr size_t kShownKernelChanges = 30;

struct VerdictRow {
  const char* text;
  Tone tone;
};

// By Verdict.
constexpr VerdictRow kVerdicts[] = {
    {"same", Tone::kNeutral},           {"better", Tone::kGood},     {"worse", Tone::kBad},
    {"worse than allowed", Tone::kBad}, {"changed", Tone::kNeutral},
};

std::string ChangeText(double before, double now) {
  const double change = RelativeChange(before, now);
  if (change == 0) return "0 %";
  if (std::isinf(change)) return "new";
  return (change > 0 ? "+" : "−") + Percent(std::abs(change), std::abs(change) < 0.1 ? 2 : 1);
}

Cell VerdictCell(const MetricChange& change) {
  const VerdictRow& row = kVerdicts[static_cast<size_t>(change.verdict)];
  Cell cell(change.now ? row.text : "not measured", change.verdict == Verdict::kTooMuch);
  cell.tone = change.now ? row.tone : Tone::kBad;
  cell.shade = change.verdict == Verdict::kTooMuch ? 0.6 : cell.tone == Tone::kNeutral ? 0 : 0.25;
  return cell;
}

Table MetricTable(const Subject& subject, const std::vector<MetricChange>& changes, Builder* to) {
  Table table;
  table.caption = "Headline numbers of " + subject.name + " against the baseline";
  table.label = to->TableLabel(subject, "baseline");
  table.columns = {{"Metric", false}, {"Baseline", true}, {"Now", true},
                   {"Change", true},  {"Allowed", true},  {"Verdict", false}};
  for (const MetricChange& change : changes) {
    const Unit unit = change.metric->unit;
    table.rows.push_back(
        {Cell(std::string(change.metric->title)), Cell(MetricText(unit, change.before)),
         Cell(change.now ? MetricText(unit, *change.now) : "–", true),
         Cell(change.now ? ChangeText(change.before, *change.now) : "–"),
         Cell(change.threshold ? Percent(*change.threshold) : "–"), VerdictCell(change)});
  }
  return table;
}

Table KernelTable(const Subject& subject, const std::vector<KernelChange>& changes, Builder* to) {
  Table table;
  table.caption = "Kernels of " + subject.name + " that changed, instructions per inference";
  table.label = to->TableLabel(subject, "baseline_kernels");
  table.columns = {{"Kernel", false}, {"Baseline", true}, {"Now", true}, {"Change", true}};
  const auto count = [](double number) {
    return number > 0 ? MetricText(Unit::kCount, number) : std::string("–");
  };
  for (const KernelChange& change : changes) {
    if (table.rows.size() == kShownKernelChanges) break;
    Cell difference(change.now > 0 ? ChangeText(change.before, change.now) : "gone");
    difference.tone = change.now > change.before ? Tone::kBad : Tone::kGood;
    difference.shade = 0.25;
    table.rows.push_back(
        {Cell(change.name), Cell(count(change.before)), Cell(count(change.now)), difference});
  }
  return table;
}

}  // namespace

void AddBaseline(Subjects subjects, const Measurements& baseline, const Thresholds& thresholds,
                 Builder* to) {
  for (const Subject& subject : subjects) {
    Section& section =
        to->Add(2, "What changed in " + subject.name + " since the baseline",
                subjects.size() > 1 ? "Changes · " + subject.name : "Since the baseline");
    const std::vector<MetricChange> changes =
        CompareMetrics(baseline, *subject.measurements, thresholds);
    size_t too_much = 0;
    for (const MetricChange& change : changes) too_much += change.verdict == Verdict::kTooMuch;
    section.blocks.emplace_back(
        Paragraph{{{"The baseline is "}, {baseline.source, Style::kCode}, {"."}}});
    if (too_much > 0) {
      section.blocks.emplace_back(
          Callout{{{std::to_string(too_much) + (too_much == 1 ? " number is" : " numbers are") +
                        " worse than allowed. ",
                    Style::kStrong},
                   {"The command ends with exit code 1."}},
                  true});
    }
    section.blocks.emplace_back(MetricTable(subject, changes, to));
    const std::vector<KernelChange> kernels = CompareKernels(baseline, *subject.measurements);
    if (!kernels.empty()) {
      section.blocks.emplace_back(KernelTable(subject, kernels, to));
      if (kernels.size() > kShownKernelChanges) {
        section.blocks.emplace_back(Paragraph{{{Grouped(kernels.size() - kShownKernelChanges) +
                                                " kernels with smaller changes are not listed."}}});
      }
    }
  }
}

}  // namespace host::report
