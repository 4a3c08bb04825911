// SPDX-License-Identifier: Apache-2.0

// What the figure builders share: rounding and thinning of data on its way into a specification.
#ifndef HOST_REPORT_FIGURE_DATA_H_
#define HOST_REPORT_FIGURE_DATA_H_

#include <string>
#include <vector>

#include "host/report/figures.h"

namespace host::report {

struct Point {
  double time = 0;
  double value = 0;
};

// Seven significant digits: enough for a drawing, and a third of the bytes.
[[nodiscard]] double Shortened(double value);

// Pairs without NaN, re-based if asked.
[[nodiscard]] std::vector<Point> PointsOf(const Series& series, bool rebase_time);

// Mean of each group of neighbours, at the time of the group's first point.
[[nodiscard]] std::vector<Point> GroupMeans(const std::vector<Point>& points);
// The last of each group of neighbours.
[[nodiscard]] std::vector<Point> GroupEnds(const std::vector<Point>& points);

// "s", "ms" or "µs" for values up to `largest_s`, and what to multiply seconds by.
struct TimeUnit {
  std::string name;
  double factor = 1;
};
[[nodiscard]] TimeUnit SuitableTimeUnit(double largest_s);

// The colour encoding that tells models apart, with a legend above; null for one model.
[[nodiscard]] Json ModelColour(size_t models);

}  // namespace host::report

#endif  // HOST_REPORT_FIGURE_DATA_H_
