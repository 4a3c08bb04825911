// SPDX-License-Identifier: Apache-2.0

// Makes bytes that were written as data callable as code: fence.i on RISC-V, page permissions on
// the host. False if the system refuses.
#ifndef RUNTIME_KERNEL_INSTRUCTION_MEMORY_H_
#define RUNTIME_KERNEL_INSTRUCTION_MEMORY_H_

#include "base/byte_reader.h"

namespace runtime {

inline constexpr size_t kImageAlignment = 4096;  // also a host page

// `memory` is aligned to kImageAlignment and as long as the caller owns whole pages.
[[nodiscard]] bool MakeCallable(base::MutableBytes memory);
// Back to plain data, before the memory is used for something else.
void MakeData(base::MutableBytes memory);

}  // namespace runtime

#endif  // RUNTIME_KERNEL_INSTRUCTION_MEMORY_H_
