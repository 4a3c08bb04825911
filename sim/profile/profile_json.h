// A profile as JSON text: object keys are profile.h's member names; times in nanoseconds.
#ifndef SIM_PROFILE_PROFILE_JSON_H_
#define SIM_PROFILE_PROFILE_JSON_H_

#include <string>

#include "sim/profile/profile.h"

namespace sim {

// Indented by 2, with a final newline. Kernel names of the guest that are not UTF-8 are repaired.
[[nodiscard]] std::string ProfileJson(const Profile& profile);

}  // namespace sim

#endif  // SIM_PROFILE_PROFILE_JSON_H_
