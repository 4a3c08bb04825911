// SPDX-License-Identifier: Apache-2.0

#include "runtime/kernel/instruction_memory.h"

#if defined(__riscv)

namespace runtime {

bool MakeCallable(base::MutableBytes /*memory*/) {
  asm volatile("fence.i" ::: "memory");
  return true;
}

void MakeData(base::MutableBytes /*memory*/) {}

}  // namespace runtime

#else

#include <sys/mman.h>

namespace runtime {

bool MakeCallable(base::MutableBytes memory) {
  return mprotect(memory.data(), memory.size(), PROT_READ | PROT_WRITE | PROT_EXEC) == 0;
}

void MakeData(base::MutableBytes memory) {
  // Failure leaves the pages executable, which only a debugger would notice.
  (void)mprotect(memory.data(), memory.size(), PROT_READ | PROT_WRITE);
}

}  // namespace runtime

#endif
