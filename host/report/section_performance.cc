// SPDX-License-Identifier: Apache-2.0

// Inference times, and utilisation of host and target where it was sampled.
#include "host/report/sections.h"
#include "host/report/text.h"
#include "host/results/metrics.h"

namespace host::report {
namespace {

constexpr int kDecimals = 6;

struct StatisticRow {
  const char* name;
  double TimeStatistics::* value;
};
constexpr StatisticRow kStatistics[] = {
    {"Mean", &TimeStatistics::mean_s},
    {"Median", &TimeStatistics::median_s},
    {"Standard deviation", &TimeStatistics::deviation_s},
    {"Minimum", &TimeStatistics::minimum_s},
    {"Maximum", &TimeStatistics::maximum_s},
};

// Samples without a clock reading are put at equal distances.
Series InferenceSeries(const Subject& subject) {
  const StepTimes& times = subject.measurements->inference();
  Series series{subject.name, times.timestamp_s, times.duration_s};
  for (size_t i = series.time_s.size(); i < series.values.size(); ++i) {
    series.time_s.push_back(static_cast<double>(i));
  }
  return series;
}

const char* MeasuredWhere(const Measurements& m) {
  return m.target_inference.duration_s.empty()
             ? "from the request to the device's answer, on the clock of the protocol"
             : "on the target";
}

std::string DescribeTimes(const std::string& name, const TimeStatistics& times) {
  const Quantity mean = Duration(times.mean_s);
  const Quantity least = Duration(times.minimum_s);
  const Quantity most = Duration(times.maximum_s);
  return "Inference time of each of " + Grouped(times.samples) + " inferences of " + name +
         ": mean " + mean.value + " " + mean.unit + ", from " + least.value + " " + least.unit +
         " to " + most.value + " " + most.unit + ".";
}

void AddUtilization(const Subject& subject, Builder* to) {
  struct Row {
    const char* key;
    const char* heading;
    const char* figure;
    const char* axis;
  };
  constexpr Row kRows[] = {
      {"cpus_percent", "Average CPU usage", "cpu_usage", "Mean CPU usage [%]"},
      {"mem_percent", "Memory usage", "memory_usage", "Memory usage [%]"},
      {"gpu_utilization", "GPU usage", "gpu_usage", "GPU utilization [%]"},
      {"gpu_mem_utilization", "GPU memory usage", "gpu_memory_usage", "GPU memory [%]"},
  };
  for (const Row& row : kRows) {
    for (const UtilizationSeries& series : subject.measurements->utilization) {
      if (series.key != row.key) continue;
      Series plotted{subject.name, series.timestamp_s, series.values};
      for (size_t i = plotted.time_s.size(); i < plotted.values.size(); ++i) {
        plotted.time_s.push_back(static_cast<double>(i));
      }
      const std::string caption = row.heading + ThinningNote(plotted.values.size());
      Section& section = to->Add(3, row.heading);
      section.blocks.emplace_back(Figures{{to->MakeFigure(
          subject, row.figure, caption, row.axis,
          ScatterWithHistogram({"Time [s]", row.axis, true, {std::move(plotted)}}))}});
    }
  }
}

}  // namespace

void AddPerformance(const Subject& subject, Builder* to) {
  to->Add(2, "Inference performance metrics for " + subject.name,
          subject.file_prefix.empty() ? "Performance" : "Performance · " + subject.name);
  Section& section = to->Add(3, "Inference time");
  const Measurements& m = *subject.measurements;
  if (!m.has_inference_times()) {
    section.blocks.emplace_back(Callout{{{"The measurements hold no inference times."}}, false});
    AddUtilization(subject, to);
    return;
  }
  const TimeStatistics times = ComputeTimeStatistics(m.inference().duration_s);
  section.blocks.emplace_back(Figures{
      {to->MakeFigure(subject, "inference_time", "Inference time" + ThinningNote(times.samples),
                      DescribeTimes(subject.name, times),
                      ScatterWithHistogram(
                          {"Time [s]", "Inference time [s]", true, {InferenceSeries(subject)}}))}});

  Table table;
  table.caption = "Inference time metrics";
  table.label = to->TableLabel(subject, "inference_time");
  table.columns = {{"Statistic", false}, {"Time [s]", true}};
  table.rows.push_back(
      {Cell("First inference duration"), Cell(Fixed(times.first_s, kDecimals), true)});
  for (const StatisticRow& row : kStatistics) {
    table.rows.push_back({Cell(row.name), Cell(Fixed(times.*row.value, kDecimals), true)});
  }
  section.blocks.emplace_back(std::move(table));
  section.blocks.emplace_back(Paragraph{{{std::string("Times are taken ") + MeasuredWhere(m) +
                                          "; the first inference usually includes allocation."}}});
  AddUtilization(subject, to);
}

void AddPerformanceComparison(Subjects subjects, Builder* to) {
  std::vector<Series> series;
  std::vector<std::string> without;
  size_t longest = 0;
  for (const Subject& subject : subjects) {
    if (!subject.measurements->has_inference_times()) {
      without.push_back(subject.name);
      continue;
    }
    series.push_back(InferenceSeries(subject));
    longest = std::max(longest, series.back().values.size());
  }
  to->Add(2, "Inference comparison", "Comparison · performance");
  Section& section = to->Add(3, "Performance metrics");
  for (const std::string& name : without) {
    section.blocks.emplace_back(Callout{{{name + " has no inference times."}}, false});
  }
  if (series.empty()) return;

  Subject all = subjects.front();
  all.file_prefix.clear();
  all.name = "comparison";
  section.blocks.emplace_back(Figures{{to->MakeFigure(
      all, "inference_step_comparison", "Inference time of all models" + ThinningNote(longest),
      "Inference times of all models over time, each from its own start.",
      ScatterWithHistogram({"Time [s]", "Inference time [s]", true, series}))}});

  Table table;
  table.caption = "Inference time metrics of all models [s]";
  table.label = to->TableLabel(all, "inference_times");
  table.columns.push_back({"Model name", false});
  for (const StatisticRow& row : kStatistics) table.columns.push_back({row.name, true});
  std::vector<TimeStatistics> statistics;
  for (const Series& one : series) statistics.push_back(ComputeTimeStatistics(one.values));
  for (size_t i = 0; i < series.size(); ++i) {
    std::vector<Cell> cells = {Cell(series[i].name)};
    for (const StatisticRow& row : kStatistics) {
      bool best = true;
      for (const TimeStatistics& other : statistics) {
        best &= statistics[i].*row.value <= other.*row.value;
      }
      cells.emplace_back(Fixed(statistics[i].*row.value, kDecimals), best);
    }
    table.rows.push_back(std::move(cells));
  }
  section.blocks.emplace_back(std::move(table));

  Section& means = to->Add(3, "Mean comparison plots");
  means.blocks.emplace_back(Figures{{to->MakeFigure(
      all, "mean_performance_comparison",
      "Spread of inference times: range, quartiles, median (line) and mean (diamond)",
      "Minimum, quartiles, median, mean and maximum of each model's inference time.",
      Quartiles(series, "Inference time"))}});
}

}  // namespace host::report
