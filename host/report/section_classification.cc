// SPDX-License-Identifier: Apache-2.0

// Quality of classification.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/report/sections.h"
#include "host/report/text.h"
#include "host/results/metrics.h"

namespace host::report {
namespace {

constexpr int kDecimals = 6;
// A matrix of counts is read by eye only while it fits; beyond, the classes are listed.
constexpr size_t kTabulatedClasses = 24;

struct MetricRow {
  const char* name;
  double QualityMetrics::* value;
};
constexpr MetricRow kMetrics[] = {
    {"Accuracy", &QualityMetrics::accuracy},
    {"Mean precision", &QualityMetrics::mean_precision},
    {"Mean sensitivity", &QualityMetrics::mean_sensitivity},
    {"G-mean", &QualityMetrics::g_mean},
};

std::string ClassName(const Measurements& m, size_t index) {
  return index < m.class_names.size() ? m.class_names[index] : std::to_string(index);
}

std::string Count(double count) { return Fixed(count, count == std::floor(count) ? 0 : 2); }

Table MatrixTable(const Subject& subject, const QualityMetrics& quality, Builder* to) {
  const Measurements& m = *subject.measurements;
  const size_t classes = m.confusion_matrix.size();
  Table table;
  table.caption = "Confusion matrix in samples: rows are actual, columns predicted classes";
  table.label = to->TableLabel(subject, "confusion_matrix");
  table.columns.push_back({"Actual \\ predicted", false});
  for (size_t i = 0; i < classes; ++i) table.columns.push_back({ClassName(m, i), true});
  table.columns.push_back({"Sensitivity", true});
  for (size_t a = 0; a < classes; ++a) {
    const auto& counts = m.confusion_matrix[a];
    const double samples = std::accumulate(counts.begin(), counts.end(), 0.0);
    std::vector<Cell> row = {Cell(ClassName(m, a))};
    for (size_t p = 0; p < classes; ++p) {
      Cell cell(Count(counts[p]), a == p);
      if (counts[p] > 0) {
        cell.tone = a == p ? Tone::kGood : Tone::kBad;
        cell.shade = counts[p] / samples;
      }
      row.push_back(std::move(cell));
    }
    row.emplace_back(Percent(quality.sensitivity[a]));
    table.rows.push_back(std::move(row));
  }
  std::vector<Cell> last = {Cell("Precision")};
  for (size_t i = 0; i < classes; ++i) last.emplace_back(Percent(quality.precision[i]));
  last.emplace_back(Percent(quality.accuracy), true);
  table.rows.push_back(std::move(last));
  return table;
}

Table ClassTable(const Subject& subject, const QualityMetrics& quality, Builder* to) {
  const Measurements& m = *subject.measurements;
  Table table;
  table.caption = "Precision and sensitivity of each class";
  table.label = to->TableLabel(subject, "classes");
  table.columns = {{"Class", false}, {"Samples", true}, {"Precision", true}, {"Sensitivity", true}};
  table.collapsed = true;
  for (size_t i = 0; i < m.confusion_matrix.size(); ++i) {
    const auto& counts = m.confusion_matrix[i];
    table.rows.push_back(
        {Cell(ClassName(m, i)), Cell(Count(std::accumulate(counts.begin(), counts.end(), 0.0))),
         Cell(Percent(quality.precision[i])), Cell(Percent(quality.sensitivity[i]))});
  }
  return table;
}

}  // namespace

void AddClassification(const Subject& subject, Builder* to) {
  const Measurements& m = *subject.measurements;
  Section& section = to->Add(2, "Inference quality metrics for " + subject.name,
                             subject.file_prefix.empty() ? "Quality" : "Quality · " + subject.name);
  if (m.confusion_matrix.empty() && m.predictions.empty()) {
    section.blocks.emplace_back(
        Callout{{{"The measurements hold no evaluated predictions."}}, false});
    return;
  }
  if (m.confusion_matrix.empty()) {
    section.blocks.emplace_back(Figures{{to->MakeFigure(
        subject, "predictions", "Predictions per class (no truth was known)",
        "How often each class was predicted.", PredictionBars(m.predictions, m.class_names))}});
    return;
  }
  const QualityMetrics quality = ComputeQuality(m);
  const size_t classes = m.confusion_matrix.size();
  section.blocks.emplace_back(Figures{
      {to->MakeFigure(subject, "confusion_matrix",
                      "Confusion matrix: each row shows what became of one predicted class",
                      "Confusion matrix of " + std::to_string(classes) + " classes; accuracy " +
                          Percent(quality.accuracy) + ". The table holds the counts.",
                      ConfusionMatrix(m.confusion_matrix, m.class_names, quality))}});
  section.blocks.emplace_back(classes <= kTabulatedClasses ? MatrixTable(subject, quality, to)
                                                           : ClassTable(subject, quality, to));
  Table table;
  table.caption = "Inference quality metrics";
  table.label = to->TableLabel(subject, "quality");
  table.columns = {{"Statistic", false}, {"Value", true}};
  for (const MetricRow& row : kMetrics) {
    table.rows.push_back({Cell(row.name), Cell(Fixed(quality.*row.value, kDecimals), true)});
    if (row.value == &QualityMetrics::accuracy && quality.top_5_accuracy) {
      table.rows.push_back(
          {Cell("Top-5 accuracy"), Cell(Fixed(*quality.top_5_accuracy, kDecimals), true)});
    }
  }
  section.blocks.emplace_back(std::move(table));
}

void AddClassificationComparison(Subjects subjects, Builder* to) {
  Section& section = to->Add(2, "Classification comparison", "Comparison · quality");
  Subject all = subjects.front();
  all.file_prefix.clear();
  all.name = "comparison";
  std::vector<ModelPoint> points;
  std::vector<MetricValue> values;
  std::vector<QualityMetrics> qualities;
  bool has_times = true;
  bool has_matrices = true;
  for (const Subject& subject : subjects) {
    const Measurements& m = *subject.measurements;
    qualities.push_back(ComputeQuality(m));
    const QualityMetrics& quality = qualities.back();
    points.push_back({subject.name, ComputeTimeStatistics(m.inference().duration_s).mean_s,
                      quality.accuracy,
                      static_cast<double>(m.compiled_model_size_bytes.value_or(0))});
    for (const MetricRow& row : kMetrics)
      values.push_back({subject.name, row.name, quality.*row.value});
    has_times &= m.has_inference_times();
    has_matrices &= !m.confusion_matrix.empty();
  }
  if (!has_matrices) {
    section.blocks.emplace_back(
        Callout{{{"Not every model was evaluated, so there is nothing to compare."}}, false});
    return;
  }
  if (has_times) {
    section.blocks.emplace_back(Figures{{to->MakeFigure(
        all, "accuracy_vs_inference_time",
        "Accuracy against mean inference time; a disc's area is the size of the compiled model",
        "Each model's accuracy, mean inference time and size; the table holds the numbers.",
        AccuracyOverTime(points))}});
  }
  section.blocks.emplace_back(Figures{
      {to->MakeFigure(all, "classification_metric_comparison", "Quality metrics of all models",
                      "Accuracy, mean precision, mean sensitivity and G-mean of each model.",
                      MetricBars(values))}});

  Table table;
  table.caption = "Quality metrics of all models";
  table.label = to->TableLabel(all, "quality");
  table.columns.push_back({"Model name", false});
  for (const MetricRow& row : kMetrics) table.columns.push_back({row.name, true});
  for (size_t i = 0; i < subjects.size(); ++i) {
    std::vector<Cell> cells = {Cell(subjects[i].name)};
    for (const MetricRow& row : kMetrics) {
      bool best = true;
      for (const QualityMetrics& other : qualities) {
        best &= qualities[i].*row.value >= other.*row.value;
      }
      cells.emplace_back(Fixed(qualities[i].*row.value, kDecimals), best);
    }
    table.rows.push_back(std::move(cells));
  }
  section.blocks.emplace_back(std::move(table));

  Table trade;
  trade.caption = "Time, size and accuracy of all models";
  trade.label = to->TableLabel(all, "trade");
  trade.columns = {{"Model name", false},
                   {"Mean inference time [s]", true},
                   {"Size [MB]", true},
                   {"Accuracy", true}};
  for (const ModelPoint& point : points) {
    trade.rows.push_back({Cell(point.name), Cell(Fixed(point.mean_inference_s, kDecimals)),
                          Cell(Fixed(point.size_bytes / 1e6, 3)),
                          Cell(Fixed(point.accuracy, kDecimals))});
  }
  section.blocks.emplace_back(std::move(trade));
}

}  // namespace host::report
