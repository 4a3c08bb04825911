// SPDX-License-Identifier: Apache-2.0
// Runs a guest image to its end and hands back what it wrote: on our hart, interpreted or with
// every block translated at once, and under qemu-riscv32.
#ifndef TESTS_ISA_QEMU_COMPARE_RUNNERS_H_
#define TESTS_ISA_QEMU_COMPARE_RUNNERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/isa/qemu_compare/case_record.h"
#include "tests/isa/qemu_compare/guest_image.h"

namespace qemu_compare {

struct RunOutcome {
  std::vector<uint8_t> output;
  std::string error;  // empty when the guest ended with exit status 0
};

enum class Engine : uint8_t { kInterpreter, kTranslator };

// kTranslator interprets where the host cannot translate.
[[nodiscard]] RunOutcome RunOnHart(const GuestImage& image, Engine engine);

// The path of qemu-riscv32, empty if there is none.
[[nodiscard]] std::string FindQemu();
[[nodiscard]] RunOutcome RunOnQemu(const std::string& qemu, const GuestImage& image);

}  // namespace qemu_compare

#endif  // TESTS_ISA_QEMU_COMPARE_RUNNERS_H_
