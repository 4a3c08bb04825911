// SPDX-License-Identifier: Apache-2.0

// A random program as a list of steps that can be taken out one by one: the shape in which it is
// generated and shrunk. Steps become machine code only when the program is laid out.
#ifndef TESTS_ISA_QEMU_COMPARE_PROGRAM_H_
#define TESTS_ISA_QEMU_COMPARE_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/isa/qemu_compare/case_record.h"

namespace qemu_compare {

// x29 counts a loop's rounds; nothing else writes it.
inline constexpr uint32_t kLoopCounter = 29;

struct Step {
  enum class Kind : uint8_t {
    kPlain,   // `words`
    kBranch,  // words[0], a branch whose target is behind the next `span` steps
    kLoop,    // runs the next `span` steps `rounds` times
  };
  Kind kind = Kind::kPlain;
  std::vector<uint32_t> words;
  size_t span = 0;
  uint32_t rounds = 0;
};

// Loops do not nest, and no branch spans a loop or leads into one from outside.
struct Program {
  CaseRecord state;  // before it; `stub` is its address
  std::vector<Step> steps;

  // Without steps [first, first + count); spans over them shrink.
  [[nodiscard]] Program Without(size_t first, size_t count) const;
  // With the return to the harness.
  [[nodiscard]] std::vector<uint32_t> Code() const;
  // Assembly with the state that it starts from, zero registers left out.
  [[nodiscard]] std::string Text() const;
};

}  // namespace qemu_compare

#endif  // TESTS_ISA_QEMU_COMPARE_PROGRAM_H_
