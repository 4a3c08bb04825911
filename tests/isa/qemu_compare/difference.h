// SPDX-License-Identifier: Apache-2.0

// What differs between the state that our hart and QEMU left.
#ifndef TESTS_ISA_QEMU_COMPARE_DIFFERENCE_H_
#define TESTS_ISA_QEMU_COMPARE_DIFFERENCE_H_

#include <string>

#include "tests/isa/qemu_compare/case_record.h"

namespace qemu_compare {

// A line for each register that differs; empty if none does.
[[nodiscard]] std::string Differences(const ResultRecord& our_result,
                                      const ResultRecord& qemu_result);

}  // namespace qemu_compare

#endif  // TESTS_ISA_QEMU_COMPARE_DIFFERENCE_H_
