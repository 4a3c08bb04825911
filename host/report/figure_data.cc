// SPDX-License-Identifier: Apache-2.0

#include "host/report/figure_data.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace host::report {

size_t Thinned(size_t points) {
  return std::max<size_t>(1, (points + kShownPoints - 1) / kShownPoints);
}

double Shortened(double value) {
  if (!std::isfinite(value) || value == 0) return 0;
  const double scale = std::pow(10, 6 - std::floor(std::log10(std::abs(value))));
  return std::isfinite(scale) && scale > 0 ? std::round(value * scale) / scale : value;
}

std::vector<Point> PointsOf(const Series& series, bool rebase_time) {
  std::vector<Point> points;
  const size_t count = std::min(series.time_s.size(), series.values.size());
  double origin = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < count; ++i) origin = std::min(origin, series.time_s[i]);
  if (!rebase_time) origin = 0;
  points.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const Point point{series.time_s[i] - origin, series.values[i]};
    if (std::isfinite(point.time) && std::isfinite(point.value)) points.push_back(point);
  }
  return points;
}

std::vector<Point> GroupMeans(const std::vector<Point>& points) {
  const size_t group = Thinned(points.size());
  if (group == 1) return points;
  std::vector<Point> means;
  for (size_t start = 0; start < points.size(); start += group) {
    const size_t end = std::min(points.size(), start + group);
    double sum = 0;
    for (size_t i = start; i < end; ++i) sum += points[i].value;
    means.push_back({points[start].time, sum / static_cast<double>(end - start)});
  }
  return means;
}

std::vector<Point> GroupEnds(const std::vector<Point>& points) {
  const size_t group = Thinned(points.size());
  if (group == 1) return points;
  std::vector<Point> ends;
  for (size_t start = 0; start < points.size(); start += group) {
    ends.push_back(points[std::min(points.size(), start + group) - 1]);
  }
  return ends;
}

TimeUnit SuitableTimeUnit(double largest_s) {
  if (largest_s >= 1 || largest_s <= 0) return {"s", 1};
  if (largest_s >= 1e-3) return {"ms", 1e3};
  return {"µs", 1e6};
}

Json ModelColour(size_t models) {
  if (models < 2) return nullptr;
  return {{"field", "m"},
          {"type", "nominal"},
          {"sort", nullptr},
          {"title", nullptr},
          {"legend", {{"orient", "top"}, {"symbolType", "circle"}, {"labelLimit", 400}}}};
}

}  // namespace host::report
