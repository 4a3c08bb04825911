// SPDX-License-Identifier: Apache-2.0

// Figures over time.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "host/report/figure_data.h"
#include "host/report/figures.h"

namespace host::report {
namespace {

constexpr size_t kHistogramBins = 20;
constexpr int kPlotWidth = 620;
constexpr int kPlotHeight = 250;
constexpr int kHistogramWidth = 120;

struct Range {
  double low = 0;
  double high = 0;
};

Range RangeOf(const std::vector<std::vector<Point>>& series) {
  Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const auto& points : series) {
    for (const Point& point : points) {
      range.low = std::min(range.low, point.value);
      range.high = std::max(range.high, point.value);
    }
  }
  if (range.low > range.high) return {0, 1};
  if (range.low == range.high) {
    // A constant still needs an axis: a little room around it.
    const double room = range.low == 0 ? 1 : std::abs(range.low) * 0.05;
    return {range.low - room, range.high + room};
  }
  return range;
}

// Times in an axis unit that gives short labels; counts as they are.
struct Axis {
  std::string title;
  double factor = 1;
  bool is_time = false;
};

Axis TimeAxis(const std::string& title, double largest_s) {
  const size_t unit = title.rfind("[s]");
  if (unit == std::string::npos) return {title, 1, false};
  const TimeUnit suitable = SuitableTimeUnit(largest_s);
  return {title.substr(0, unit) + "[" + suitable.name + "]", suitable.factor, true};
}

Json PointValues(const std::vector<Point>& points, const std::string& name, bool named) {
  Json values = Json::array();
  for (const Point& point : points) {
    Json value = {{"t", Shortened(point.time)}, {"v", Shortened(point.value)}};
    if (named) value["m"] = name;
    values.push_back(std::move(value));
  }
  return values;
}

Json HistogramValues(const std::vector<Point>& points, const Range& range, const std::string& name,
                     bool named, size_t* largest) {
  std::array<size_t, kHistogramBins> counts{};
  const double width = (range.high - range.low) / kHistogramBins;
  for (const Point& point : points) {
    const double bin = (point.value - range.low) / width;
    counts[std::min(kHistogramBins - 1, static_cast<size_t>(std::max(0.0, bin)))]++;
  }
  Json values = Json::array();
  for (size_t i = 0; i < kHistogramBins; ++i) {
    *largest = std::max(*largest, counts[i]);
    if (counts[i] == 0) continue;
    Json value = {{"lo", Shortened(range.low + width * static_cast<double>(i))},
                  {"hi", Shortened(range.low + width * static_cast<double>(i + 1))},
                  {"n", counts[i]}};
    if (named) value["m"] = name;
    values.push_back(std::move(value));
  }
  return values;
}

// 0, 1, 10, 100 … and the powers' threes while there is room: ticks of a logarithmic count axis.
Json CountTicks(size_t largest) {
  Json ticks = Json::array({0, 1});
  for (size_t power = 1; power <= largest; power *= 10) {
    if (largest < 100 && power * 3 <= largest) ticks.push_back(power * 3);
    if (power * 10 <= largest) ticks.push_back(power * 10);
  }
  return ticks;
}

void Append(Json* to, Json from) {
  for (Json& value : from) to->push_back(std::move(value));
}

// Dragging pans the time axis and Ctrl+wheel zooms it; a plain wheel or a finger scrolls the page.
Json PanAndZoom() {
  return {{"name", "view"},
          {"select",
           {{"type", "interval"},
            {"encodings", Json::array({"x"})},
            {"translate", "[mousedown, window:mouseup] > window:mousemove!"},
            {"zoom", "wheel![event.ctrlKey]"}}},
          {"bind", "scales"}};
}

std::vector<std::vector<Point>> PreparedPoints(const SeriesPlot& plot) {
  std::vector<std::vector<Point>> all;
  for (const Series& series : plot.series) all.push_back(PointsOf(series, plot.rebase_time));
  return all;
}

void Scale(std::vector<std::vector<Point>>* all, double time_factor, double value_factor) {
  for (auto& points : *all) {
    for (Point& point : points) {
      point.time *= time_factor;
      point.value *= value_factor;
    }
  }
}

double LargestTime(const std::vector<std::vector<Point>>& all) {
  double largest = 0;
  for (const auto& points : all) {
    for (const Point& point : points) largest = std::max(largest, point.time);
  }
  return largest;
}

}  // namespace

Json ScatterWithHistogram(const SeriesPlot& plot) {
  std::vector<std::vector<Point>> all = PreparedPoints(plot);
  const Axis x = TimeAxis(plot.time_title, LargestTime(all));
  const Axis y = TimeAxis(plot.value_title, RangeOf(all).high);
  Scale(&all, x.factor, y.factor);
  const Range range = RangeOf(all);
  const double margin = (range.high - range.low) * 0.06;
  const Json domain = Json::array({Shortened(range.low - margin), Shortened(range.high + margin)});
  const bool named = plot.series.size() > 1;

  Json points = Json::array();
  Json bins = Json::array();
  size_t largest = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string& name = plot.series[i].name;
    Append(&points, PointValues(GroupMeans(all[i]), name, named));
    Append(&bins, HistogramValues(all[i], range, name, named, &largest));
  }

  Json scatter = {
      {"width", kPlotWidth},
      {"height", kPlotHeight},
      {"data", {{"values", std::move(points)}}},
      {"params", Json::array({PanAndZoom()})},
      {"mark",
       {{"type", "point"}, {"filled", true}, {"size", 22}, {"opacity", 0.75}, {"clip", true}}},
      {"encoding",
       {{"x",
         {{"field", "t"},
          {"type", "quantitative"},
          {"title", x.title},
          {"scale", {{"zero", false}, {"nice", false}, {"padding", 6}}}}},
        {"y",
         {{"field", "v"},
          {"type", "quantitative"},
          {"title", y.title},
          {"scale", {{"domain", domain}, {"zero", false}, {"nice", false}}},
          {"axis",
           {{"format", y.is_time ? ",.6~g" : "~s"}, {"minExtent", 46}, {"maxExtent", 46}}}}},
        {"tooltip",
         Json::array(
             {{{"field", "t"}, {"type", "quantitative"}, {"title", x.title}, {"format", ",.6~g"}},
              {{"field", "v"},
               {"type", "quantitative"},
               {"title", y.title},
               {"format", ",.6~g"}}})}}}};
  Json histogram = {
      {"width", kHistogramWidth},
      {"height", kPlotHeight},
      {"data", {{"values", std::move(bins)}}},
      {"mark", {{"type", "bar"}, {"orient", "horizontal"}, {"opacity", named ? 0.6 : 0.85}}},
      {"encoding",
       {{"y",
         {{"field", "lo"},
          {"type", "quantitative"},
          {"bin", "binned"},
          {"scale", {{"domain", domain}, {"zero", false}, {"nice", false}}},
          {"axis", {{"labels", false}, {"ticks", false}, {"title", nullptr}}}}},
        {"y2", {{"field", "hi"}}},
        {"x",
         {{"field", "n"},
          {"type", "quantitative"},
          {"title", "Value histogram"},
          {"stack", nullptr},
          {"scale", {{"type", "symlog"}, {"nice", false}}},
          {"axis", {{"values", CountTicks(largest)}, {"format", "~s"}}}}},
        {"tooltip",
         Json::array(
             {{{"field", "lo"}, {"type", "quantitative"}, {"title", "from"}, {"format", ",.6~g"}},
              {{"field", "hi"}, {"type", "quantitative"}, {"title", "to"}, {"format", ",.6~g"}},
              {{"field", "n"}, {"type", "quantitative"}, {"title", "values"}}})}}}};
  if (named) {
    scatter["encoding"]["color"] = ModelColour(all.size());
    histogram["encoding"]["color"] = ModelColour(all.size());
  }
  return {{"spacing", 12}, {"hconcat", Json::array({std::move(scatter), std::move(histogram)})}};
}

Json CumulativeLines(const SeriesPlot& plot) {
  std::vector<std::vector<Point>> all = PreparedPoints(plot);
  const Axis x = TimeAxis(plot.time_title, LargestTime(all));
  Scale(&all, x.factor, 1);
  const bool named = plot.series.size() > 1;
  Json values = Json::array();
  for (size_t i = 0; i < all.size(); ++i) {
    double sum = 0;
    for (Point& point : all[i]) point.value = (sum += point.value);
    Append(&values, PointValues(GroupEnds(all[i]), plot.series[i].name, named));
  }
  Json spec = {
      {"width", kPlotWidth},
      {"height", kPlotHeight},
      {"data", {{"values", std::move(values)}}},
      {"params", Json::array({PanAndZoom()})},
      {"mark", {{"type", "line"}, {"strokeWidth", 2}, {"clip", true}}},
      {"encoding",
       {{"x",
         {{"field", "t"},
          {"type", "quantitative"},
          {"title", x.title},
          {"scale", {{"zero", false}, {"nice", false}}}}},
        {"y",
         {{"field", "v"},
          {"type", "quantitative"},
          {"title", plot.value_title},
          {"axis", {{"format", "~s"}}}}},
        {"tooltip",
         Json::array(
             {{{"field", "t"}, {"type", "quantitative"}, {"title", x.title}, {"format", ",.6~g"}},
              {{"field", "v"},
               {"type", "quantitative"},
               {"title", plot.value_title},
               {"format", ",.7~g"}}})}}}};
  if (named) spec["encoding"]["color"] = ModelColour(all.size());
  return spec;
}

}  // namespace host::report
