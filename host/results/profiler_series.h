// SPDX-License-Identifier: Apache-2.0

// The profiler's series in a results file, made uniform: counts per interval, whichever Kenning
// wrote them (kenning-contract.md section 6: LEGACY stores counts per second, later ones counts
// per interval, and Kenning since 2025 has a wrong first interval).
#ifndef HOST_RESULTS_PROFILER_SERIES_H_
#define HOST_RESULTS_PROFILER_SERIES_H_

#include <string>
#include <vector>

#include "host/results/fields.h"
#include "host/results/measurements.h"

namespace host {

// `root` is the whole measurements object. Faults go to `fields`, sentences a reader of the report
// must know to `remarks`.
[[nodiscard]] ProfilerSeries ReadProfilerSeries(const Node& root, FieldReader* fields,
                                                std::vector<std::string>* remarks);

}  // namespace host

#endif  // HOST_RESULTS_PROFILER_SERIES_H_
