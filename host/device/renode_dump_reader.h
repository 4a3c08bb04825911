// SPDX-License-Identifier: Apache-2.0

// Reads the dump of Renode's profiler into a time series. The file is foreign and may be large
// (an entry an access): it is read as a stream, and kept are only the bins.
// Facts: shared spec platform.md, sections 4.5 and 4.6.
#ifndef HOST_DEVICE_RENODE_DUMP_READER_H_
#define HOST_DEVICE_RENODE_DUMP_READER_H_

#include <cstdint>
#include <istream>

#include "host/error/error.h"
#include "sim/profile/profile.h"

namespace host {

// `bins`, `bin_width_ns`, `peripherals` (those that were accessed or not, without counts of their
// own), `instructions` and `virtual_time_ns` of the profile; everything else stays empty. Times
// that run backwards, unknown entries and a cut end are errors with the byte offset; of a dump cut
// in its last entry the part before counts. Both widths of the CPU slot are recognised.
[[nodiscard]] Result<sim::Profile> ReadRenodeDump(std::istream& dump, uint64_t bin_width_ns);

}  // namespace host

#endif  // HOST_DEVICE_RENODE_DUMP_READER_H_
