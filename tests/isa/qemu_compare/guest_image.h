// SPDX-License-Identifier: Apache-2.0

// The guest program of the comparison as machine code, made without an assembler: it loads each
// case's state, runs the case's one instruction, saves the state after it, and writes all results
// to standard output. An illegal instruction arrives by signal (QEMU's user mode) or by mtvec (our
// hart, whose harness takes the handler from the same system call).
#ifndef TESTS_ISA_QEMU_COMPARE_GUEST_IMAGE_H_
#define TESTS_ISA_QEMU_COMPARE_GUEST_IMAGE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "tests/isa/qemu_compare/case_record.h"

namespace qemu_compare {

// Linux system calls of the program.
inline constexpr uint32_t kCallWrite = 64;
inline constexpr uint32_t kCallExit = 93;
inline constexpr uint32_t kCallSigaction = 134;

struct GuestImage {
  std::vector<uint8_t> code;  // at kCodeBase, which is the entry
  std::vector<uint8_t> data;  // at kDataBase
  uint32_t data_bytes = 0;    // with the zeroed room for results

  // An ELF32 executable with two segments.
  [[nodiscard]] std::vector<uint8_t> ToElf() const;
};

// Addresses of the parts of the data segment, for `cases` cases and `files` vector files.
struct DataLayout {
  uint32_t window_copy, files, cases, results, end;
};
[[nodiscard]] DataLayout LayOut(size_t case_count, size_t file_count);

// The stub of one instruction: it and a return; a taken branch (+8) adds one to x28 first.
[[nodiscard]] std::vector<uint32_t> StubOf(uint32_t word);
// What ends a longer stub.
[[nodiscard]] uint32_t ReturnWord();

// stubs[i] is the code that records[i], whose addresses are already set, names; stubs lie in
// ascending order and end with the return word.
[[nodiscard]] GuestImage BuildImage(std::span<const CaseRecord> records,
                                    std::span<const std::vector<uint32_t>> stubs,
                                    std::span<const uint8_t> vector_files,
                                    std::span<const uint8_t> window);

}  // namespace qemu_compare

#endif  // TESTS_ISA_QEMU_COMPARE_GUEST_IMAGE_H_
