// SPDX-License-Identifier: Apache-2.0

// Vega-Lite specifications of the report's figures. A specification carries data and form but no
// colours of text, grid or page: the PNG drawer and the page add those, so one serves both.
// Series of any length are accepted; long ones are thinned to kShownPoints (see Thinned).
#ifndef HOST_REPORT_FIGURES_H_
#define HOST_REPORT_FIGURES_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "host/report/document.h"
#include "host/results/metrics.h"

namespace host::report {

constexpr size_t kShownPoints = 1500;    // per series and figure
constexpr size_t kShownCells = 4096;     // of a confusion matrix: up to 64 classes in full
constexpr size_t kLabelledClasses = 50;  // above, cells have no text

// A quantity over time. NaN values are left out.
struct Series {
  std::string name;  // of the model, in comparisons
  std::vector<double> time_s;
  std::vector<double> values;
};

struct SeriesPlot {
  std::string time_title;
  std::string value_title;
  bool rebase_time = false;  // the first point of each series is time 0
  std::vector<Series> series;
};

// How many neighbouring points become one when `points` are shown; 1 for short series.
[[nodiscard]] size_t Thinned(size_t points);

// Points over time with a histogram of all values (20 bins) at their right.
[[nodiscard]] Json ScatterWithHistogram(const SeriesPlot& plot);
// Running sums of the values over time.
[[nodiscard]] Json CumulativeLines(const SeriesPlot& plot);

struct NamedCounts {
  std::string name;
  std::vector<NamedCount> counts;  // descending
};
// Bars per opcode; groups of bars for several models. Parameter "most" limits how many are drawn.
[[nodiscard]] Json OpcodeBars(std::span<const NamedCounts> models);
constexpr size_t kPngOpcodes = 32;

struct LayerBar {
  std::string label;   // "3 conv_2d_nhwc_hwcf"
  std::string kernel;  // the whole name
  std::string family;  // decides the colour
  double instructions = 0;
};
constexpr size_t kShownBars = 120;
// Horizontal bars in the order given; what is beyond kShownBars is left out.
[[nodiscard]] Json LayerBars(std::span<const LayerBar> layers);

[[nodiscard]] Json ConfusionMatrix(const std::vector<std::vector<double>>& matrix,
                                   std::span<const std::string> class_names,
                                   const QualityMetrics& quality);
[[nodiscard]] Json PredictionBars(std::span<const double> predictions,
                                  std::span<const std::string> class_names);

// Minimum, quartiles, median, mean and maximum of each series' values.
[[nodiscard]] Json Quartiles(std::span<const Series> series, const std::string& value_title);

struct ModelPoint {
  std::string name;
  double mean_inference_s = 0;
  double accuracy = 0;
  double size_bytes = 0;
};
[[nodiscard]] Json AccuracyOverTime(std::span<const ModelPoint> models);

struct MetricValue {
  std::string model;
  std::string metric;
  double value = 0;
};
[[nodiscard]] Json MetricBars(std::span<const MetricValue> values);

}  // namespace host::report

#endif  // HOST_REPORT_FIGURES_H_
