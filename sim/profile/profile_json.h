// SPDX-License-Identifier: Apache-2.0

// A profile as JSON text: object keys are profile.h's member names; times in nanoseconds. With a
// code profile also "functions" (hottest first), "hot_blocks" with their code, and, if it has
// calls, "call_edges".
#ifndef SIM_PROFILE_PROFILE_JSON_H_
#define SIM_PROFILE_PROFILE_JSON_H_

#include <string>

#include "sim/profile/code_profile.h"
#include "sim/profile/profile.h"

namespace sim {

// Indented by 2, with a final newline. Kernel names of the guest that are not UTF-8 are repaired.
[[nodiscard]] std::string ProfileJson(const Profile& profile, const CodeProfile* code = nullptr);

}  // namespace sim

#endif  // SIM_PROFILE_PROFILE_JSON_H_
