// SPDX-License-Identifier: Apache-2.0

// A code profile as folded stacks, one line a calling context: "main;Serve;Dispatch 1234", for
// flamegraph.pl, inferno and speedscope. Without a call graph a stack is one function.
#ifndef SIM_PROFILE_FOLDED_STACKS_H_
#define SIM_PROFILE_FOLDED_STACKS_H_

#include <iosfwd>

#include "sim/profile/code_profile.h"

namespace sim {

// Sorted by stack; semicolons in names become '?'.
void WriteFoldedStacks(const CodeProfile& profile, std::ostream& out);

}  // namespace sim

#endif  // SIM_PROFILE_FOLDED_STACKS_H_
