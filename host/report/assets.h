// SPDX-License-Identifier: Apache-2.0

// The files of assets/, put into the program at build time, so that the tool needs no install
// folder for them.
#ifndef HOST_REPORT_ASSETS_H_
#define HOST_REPORT_ASSETS_H_

#include <string_view>

namespace host::report {

extern const std::string_view kPageCss;
extern const std::string_view kPageJs;
extern const std::string_view kDrawFiguresPy;

}  // namespace host::report

#endif  // HOST_REPORT_ASSETS_H_
