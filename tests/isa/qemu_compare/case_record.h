// SPDX-License-Identifier: Apache-2.0

// How the guest program of the comparison finds its cases and leaves its results: plain memory
// layout, shared by the program's generator and by both runners.
#ifndef TESTS_ISA_QEMU_COMPARE_CASE_RECORD_H_
#define TESTS_ISA_QEMU_COMPARE_CASE_RECORD_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace qemu_compare {

inline constexpr uint32_t kVlenBytes = 64;
inline constexpr uint32_t kVectorFileBytes = 32 * kVlenBytes;

inline constexpr uint32_t kCodeBase = 0x0001'0000;
inline constexpr uint32_t kStubBase = kCodeBase + 0x1000;  // one stub a case, after the program
inline constexpr uint32_t kStubBytes = 16;
inline constexpr uint32_t kDataBase = 0x0200'0000;

// What loads read and stores write; base registers point near its middle.
inline constexpr uint32_t kWindowBytes = 0x4000;
inline constexpr uint32_t kWindowBase = kDataBase + 0x1000;
inline constexpr uint32_t kWindowMiddle = kWindowBase + 0x1C00;

// Bits of CaseRecord::window: hash it after the case; before it, put back what it held at first.
inline constexpr uint32_t kHashWindow = 1, kRestoreWindow = 2;

// State before the instruction. x2, x30 and x31 belong to the program.
struct CaseRecord {
  uint32_t vector_file;  // address of kVectorFileBytes
  uint32_t avl, vtype, vstart, fcsr, vcsr;
  uint32_t stub;    // address of the instruction
  uint32_t window;  // kHashWindow, kRestoreWindow
  std::array<uint32_t, 32> x, f;
};
static_assert(sizeof(CaseRecord) == 288);

// State after it. After a trap only `trapped`, CSRs, f and v are filled.
struct ResultRecord {
  uint32_t trapped;
  uint32_t vl, vtype, vstart, fcsr, vcsr;
  uint32_t window_hash;
  uint32_t reserved;
  std::array<uint32_t, 32> x, f;
  std::array<uint8_t, kVectorFileBytes> v;
};
static_assert(sizeof(ResultRecord) == 288 + kVectorFileBytes);
static_assert(offsetof(CaseRecord, x) == 32 && offsetof(ResultRecord, x) == 32);

}  // namespace qemu_compare

#endif  // TESTS_ISA_QEMU_COMPARE_CASE_RECORD_H_
