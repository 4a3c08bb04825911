// SPDX-License-Identifier: Apache-2.0

// The sections of a report, one function per kind, each reading measurements and appending to the
// document. No I/O. Order and structure: kenning-contract.md section 7.3, differences in
// docs/report.md.
#ifndef HOST_REPORT_SECTIONS_H_
#define HOST_REPORT_SECTIONS_H_

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/report/baseline.h"
#include "host/report/document.h"
#include "host/report/figures.h"
#include "host/results/measurements.h"
#include "host/results/sweep_table.h"

namespace host::report {

// One model of the report.
struct Subject {
  const Measurements* measurements = nullptr;
  std::string name;          // as shown
  std::string label_prefix;  // of its figures' labels
  std::string file_prefix;   // of its figures' files; empty if it is the only model
};

// Gives out names that appear once in the report, whatever the models are called.
class Names {
 public:
  // Made fit for their place, numbered when taken already.
  [[nodiscard]] std::string Label(std::string_view wanted);
  [[nodiscard]] std::string FileStem(std::string_view wanted);
  [[nodiscard]] std::string Anchor(std::string_view title);

 private:
  [[nodiscard]] static std::string Unique(std::string wanted, std::set<std::string>* taken);
  std::set<std::string> labels_;
  std::set<std::string> stems_;
  std::set<std::string> anchors_;
};

class Builder {
 public:
  Builder(Document* document, Names* names) : document_(document), names_(names) {}

  // Appends a section; the reference is good until the next call.
  Section& Add(int level, std::string title, std::string short_title = {});
  // "PREFIXmodel_key" of section 7.2.
  [[nodiscard]] Figure MakeFigure(const Subject& subject, const std::string& key,
                                  std::string caption, std::string description, Json spec);
  [[nodiscard]] std::string TableLabel(const Subject& subject, const std::string& key);

 private:
  Document* document_;
  Names* names_;
};

using Subjects = std::span<const Subject>;

void AddProvenance(Subjects subjects, std::span<const std::string> current_command, Builder* to);
void AddGlance(Subjects subjects, Builder* to);
// All combinations of a sweep, those that failed too, the best of each column marked.
void AddSweep(Subjects subjects, std::span<const SweepRow> rows, Builder* to);
// What changed since `baseline`, and a verdict for each number that has a threshold.
void AddBaseline(Subjects subjects, const Measurements& baseline, const Thresholds& thresholds,
                 Builder* to);
// Where the instructions of an inference go; nothing without a profile of the simulator.
void AddInstructions(const Subject& subject, bool several, Builder* to);

// What the device's memory holds; nothing where it cannot be seen.
void AddMemoryMap(const Subject& subject, bool several, Builder* to);

void AddPerformance(const Subject& subject, Builder* to);
void AddClassification(const Subject& subject, Builder* to);
void AddRenodeStats(const Subject& subject, Builder* to);

void AddPerformanceComparison(Subjects subjects, Builder* to);
void AddClassificationComparison(Subjects subjects, Builder* to);
void AddRenodeStatsComparison(Subjects subjects, Builder* to);

// "; each point stands for 4 consecutive values" where a series of this length is thinned.
[[nodiscard]] std::string ThinningNote(size_t points);

// A series of the profiler as a plot: what it is called, and how to get it from measurements. The
// single report and the comparison walk the same list.
struct ProfilerPlot {
  std::string key;         // "executed_instructions_cpu_plot"
  std::string caption;     // "Executed instructions of cpu per second"
  std::string rate_title;  // "Executed instructions [1/s]"
  std::string sum_title;   // "Total executed instructions"
  std::string heading;     // "Executed instructions counters"
  std::string sum_caption;
  std::vector<Series> rate;    // per second, one for each model that has it
  std::vector<Series> counts;  // per interval
};
[[nodiscard]] std::vector<ProfilerPlot> ProfilerPlots(Subjects subjects);

// What instructions one inference takes, from the most exact source the file has.
struct InferenceCost {
  double per_inference = 0;
  // The kernels' part of it; only where it was counted from begin to end of inferences.
  std::optional<double> kernel_share;
};
[[nodiscard]] InferenceCost CostOf(const Measurements& measurements);

}  // namespace host::report

#endif  // HOST_REPORT_SECTIONS_H_
