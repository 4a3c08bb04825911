// SPDX-License-Identifier: Apache-2.0

// A profile in the binary form of Renode's profiler, for Kenning's parsers (shared spec
// platform.md, section 4.5, and kenning-contract.md, section 6.1). Renode writes one entry an
// access; so does this, all stamped with the middle of their bin, so that a reader whose interval
// is the bin's width (or a multiple) gets our counts back whatever its floating point does.
// Cost: 18 bytes an access to memory, 26 an access to a peripheral.
#ifndef SIM_PROFILE_RENODE_DUMP_H_
#define SIM_PROFILE_RENODE_DUMP_H_

#include <iosfwd>

#include "sim/profile/profile.h"

namespace sim {

// Width of the CPU slot in instruction entries: one byte before 2024-08-05, four since.
enum class DumpLayout : uint8_t { kSlot8, kSlot32 };

// Writes to `out`; the caller looks at its state afterwards.
void WriteRenodeDump(const Profile& profile, DumpLayout layout, std::ostream& out);

}  // namespace sim

#endif  // SIM_PROFILE_RENODE_DUMP_H_
