// SPDX-License-Identifier: Apache-2.0

// What cannot be compared in QEMU 7.2's user mode (custom-3 does not exist there either), and how
// the tests are set from outside.
#ifndef TESTS_ISA_QEMU_COMPARE_QEMU_LIMITS_H_
#define TESTS_ISA_QEMU_COMPARE_QEMU_LIMITS_H_

#include <cstdint>
#include <cstdlib>

#include "sim/isa/insn.h"

namespace qemu_compare {

struct Excluded {
  sim::Op op;
  const char* reason;
};
inline constexpr Excluded kExcluded[] = {
    {sim::Op::kEcall, "a system call there"},
    {sim::Op::kEbreak, "a debugger's trap there"},
    {sim::Op::kMret, "machine mode"},
    {sim::Op::kWfi, "machine mode"},
    {sim::Op::kVfcvtRtzXFV, "QEMU 7.2 aborts in its translator"},
    {sim::Op::kVfcvtRtzXuFV, "QEMU 7.2 aborts in its translator"},
    {sim::Op::kVfncvtRtzXFW, "QEMU 7.2 aborts in its translator"},
    {sim::Op::kVfncvtRtzXuFW, "QEMU 7.2 aborts in its translator"},
};

[[nodiscard]] constexpr bool IsComparable(sim::Op op) {
  for (const Excluded& row : kExcluded) {
    if (row.op == op) return false;
  }
  return sim::Info(op).extension != sim::Extension::kCustom;
}

[[nodiscard]] inline uint32_t FromEnvironment(const char* name, uint32_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<uint32_t>(std::strtoul(text, nullptr, 0));
}

}  // namespace qemu_compare

#endif  // TESTS_ISA_QEMU_COMPARE_QEMU_LIMITS_H_
