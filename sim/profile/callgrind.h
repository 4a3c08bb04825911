// SPDX-License-Identifier: Apache-2.0

// A code profile in Callgrind's format (Valgrind manual, "Callgrind Format Specification"), for
// KCachegrind, QCachegrind and callgrind_annotate: instructions executed ("Ir") by address, and
// calls with their inclusive cost where the profile has them. Units of code are objects: the
// firmware and each announced executable.
#ifndef SIM_PROFILE_CALLGRIND_H_
#define SIM_PROFILE_CALLGRIND_H_

#include <iosfwd>
#include <string_view>

#include "sim/profile/code_profile.h"

namespace sim {

// `command` is shown as what was run; one line.
void WriteCallgrind(const CodeProfile& profile, std::string_view command, std::ostream& out);

}  // namespace sim

#endif  // SIM_PROFILE_CALLGRIND_H_
