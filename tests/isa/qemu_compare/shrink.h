// SPDX-License-Identifier: Apache-2.0

// Makes a failing program small: takes out steps, then rounds of loops, then initial register
// values, as long as it still fails.
#ifndef TESTS_ISA_QEMU_COMPARE_SHRINK_H_
#define TESTS_ISA_QEMU_COMPARE_SHRINK_H_

#include <functional>
#include <span>
#include <vector>

#include "tests/isa/qemu_compare/program.h"

namespace qemu_compare {

// Says for each candidate whether it fails. Called with many at a time: a run has a fixed price.
using StillFails = std::function<std::vector<bool>(std::span<const Program>)>;

// `program` fails. The result fails, and no single step can be taken out of it.
[[nodiscard]] Program Shrink(Program program, const StillFails& still_fails);

}  // namespace qemu_compare

#endif  // TESTS_ISA_QEMU_COMPARE_SHRINK_H_
