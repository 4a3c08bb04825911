// SPDX-License-Identifier: Apache-2.0

// `kenning report` and the report at the end of a sequence: options from the command line and from
// the scenario's `report` block, then host/report.
#ifndef HOST_CLI_REPORT_STEP_H_
#define HOST_CLI_REPORT_STEP_H_

#include <string>
#include <vector>

#include "host/cli/arguments.h"
#include "host/error/error.h"
#include "host/report/report.h"
#include "host/scenario/scenario.h"
#include "host/terminal/log.h"

namespace host::cli {

// The command line wins over the scenario (which may be null). kInput for unknown report types.
[[nodiscard]] Result<ReportOptions> MakeReportOptions(const Arguments& arguments,
                                                      const Scenario* scenario,
                                                      std::vector<std::string> command, Log& log);

// Writes the report and logs where it lies.
[[nodiscard]] Result<> RunReport(const ReportOptions& options, Log& log);

}  // namespace host::cli

#endif  // HOST_CLI_REPORT_STEP_H_
