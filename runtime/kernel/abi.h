// SPDX-License-Identifier: Apache-2.0

// The structures and the entry points of kernels, the same in every release. Plain C layout, so the
// 64-bit host gets the layout its kernels were compiled for; the 32-bit offsets are asserted.
// Facts: shared spec iree-formats, 6.2 and 6.4.
#ifndef RUNTIME_KERNEL_ABI_H_
#define RUNTIME_KERNEL_ABI_H_

#include <cstddef>
#include <cstdint>

namespace runtime {

struct KernelEnvironment {
  const uint32_t* constants;
  void* import_thunk;
  const void* const* import_functions;
  const void* const* import_contexts;
  uint64_t processor_data[8];
};

struct DispatchState {
  uint32_t workgroup_size_x;
  uint32_t workgroup_size_y;
  uint16_t workgroup_size_z;
  uint16_t constant_count;
  uint32_t workgroup_count_x;
  uint32_t workgroup_count_y;
  uint16_t workgroup_count_z;
  uint8_t max_concurrency;
  uint8_t binding_count;
  const uint32_t* constants;
  void* const* binding_pointers;
  const size_t* binding_lengths;
};

struct WorkgroupState {
  uint32_t id_x;
  uint32_t id_y;
  uint16_t id_z;
  uint16_t reserved;
  uint32_t processor_id;
  void* local_memory;
  size_t local_memory_size;
};

using KernelFunction = int (*)(const KernelEnvironment*, const DispatchState*,
                               const WorkgroupState*);
using LibraryQueryFunction = const void* (*)(uint32_t max_version, const KernelEnvironment*);

static_assert(sizeof(void*) != 4 ||
              (sizeof(KernelEnvironment) == 80 &&
               offsetof(KernelEnvironment, processor_data) == 16 && sizeof(DispatchState) == 36 &&
               offsetof(DispatchState, constants) == 24 && sizeof(WorkgroupState) == 24 &&
               offsetof(WorkgroupState, local_memory) == 16));

inline constexpr size_t kLocalMemoryPage = 4096;  // unit of a kernel's local memory

}  // namespace runtime

#endif  // RUNTIME_KERNEL_ABI_H_
