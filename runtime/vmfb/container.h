// SPDX-License-Identifier: Apache-2.0

// Where the module lies inside a file: a raw module, or a "polyglot" ZIP whose first member it is.
// Nothing is guaranteed about the bytes. Failure: kVmfbNotAModule or kVmfbMalformed. Cost:
// constant. Facts: shared spec iree-formats, section 1.
#ifndef RUNTIME_VMFB_CONTAINER_H_
#define RUNTIME_VMFB_CONTAINER_H_

#include <cstdint>

#include "base/byte_reader.h"
#include "base/status.h"

namespace runtime {

struct Container {
  bool zip = false;
  uint32_t flatbuffer_offset = 0;  // of the flatbuffer proper, behind its size prefix
  uint32_t flatbuffer_size = 0;
  uint32_t rodata_base = 0;  // external rodata offsets count from here
};

[[nodiscard]] base::Status LocateModule(base::Bytes file, Container& container);

}  // namespace runtime

#endif  // RUNTIME_VMFB_CONTAINER_H_
