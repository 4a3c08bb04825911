// SPDX-License-Identifier: Apache-2.0

// A profile as text for a terminal: totals, functions, kernels, opcodes, memory, hot blocks with
// their code. Columns are aligned, the hottest first.
#ifndef SIM_PROFILE_TOP_TABLE_H_
#define SIM_PROFILE_TOP_TABLE_H_

#include <cstddef>
#include <iosfwd>

#include "sim/profile/code_profile.h"
#include "sim/profile/profile.h"

namespace sim {

// `rows`: how many of each table.
void WriteTopTable(const Profile& profile, const CodeProfile& code, size_t rows, std::ostream& out);

}  // namespace sim

#endif  // SIM_PROFILE_TOP_TABLE_H_
