// SPDX-License-Identifier: Apache-2.0

// Where the module lies inside a file: a raw module, or a "polyglot" ZIP whose first member it is.
// Nothing is guaranteed about the bytes. Failure: kVmfbNotAModule or kVmfbMalformed. Cost:
// constant. Facts: shared spec iree-formats, section 1.
#ifndef RUNTIME_VMFB_CONTAINER_H_
#define RUNTIME_VMFB_CONTAINER_H_

#include <cstddef>

#include "base/byte_reader.h"
#include "base/status.h"

namespace runtime {

struct Container {
  bool zip;
  size_t flatbuffer_offset;  // of the flatbuffer proper, behind its size prefix
  size_t flatbuffer_size;
  size_t rodata_base;  // external rodata offsets count from here
};

[[nodiscard]] base::Result<Container> LocateModule(base::Bytes file);

}  // namespace runtime

#endif  // RUNTIME_VMFB_CONTAINER_H_
