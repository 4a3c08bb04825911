// SPDX-License-Identifier: Apache-2.0

// Draws all figures of a report as PNG in one helper process (vl-convert-python).
#ifndef HOST_REPORT_PNG_DRAWER_H_
#define HOST_REPORT_PNG_DRAWER_H_

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "host/error/error.h"
#include "host/report/document.h"

namespace host::report {

struct DrawnFigures {
  std::set<std::string> stems;          // drawn, as <folder>/<stem>.png
  std::vector<std::string> complaints;  // one for each figure that could not be drawn
};

// `folder` exists. kRun if there is no such interpreter, it lacks vl-convert-python, it fails, or
// it takes longer than a minute and two seconds per figure; figures drawn until then remain.
[[nodiscard]] Result<DrawnFigures> DrawPngs(std::span<const Figure* const> figures,
                                            const std::filesystem::path& folder,
                                            const std::filesystem::path& python);

}  // namespace host::report

#endif  // HOST_REPORT_PNG_DRAWER_H_
