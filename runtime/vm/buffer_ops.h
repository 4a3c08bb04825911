// SPDX-License-Identifier: Apache-2.0

// The buffer.* instructions. Offsets and lengths come from the module: both bounds are checked
// here, as are null references, types and writes to rodata.
#ifndef RUNTIME_VM_BUFFER_OPS_H_
#define RUNTIME_VM_BUFFER_OPS_H_

#include <cstdint>

#include "base/status.h"
#include "runtime/vm/object.h"
#include "runtime/vm/operands.h"

namespace runtime {

enum class Access : uint8_t { kRead, kWrite };

// Bytes [offset, offset + length) of a buffer; the length may be kRest.
[[nodiscard]] ByteRange VmBufferRange(Object* object, uint32_t offset, uint32_t length,
                                      Access access);

// Runs the instruction. `fill_counts_bytes`: offset and length of fills are bytes, not elements.
[[nodiscard]] base::Status RunBufferOp(ObjectStore& store, const Operands& operands,
                                       bool fill_counts_bytes);

}  // namespace runtime

#endif  // RUNTIME_VM_BUFFER_OPS_H_
