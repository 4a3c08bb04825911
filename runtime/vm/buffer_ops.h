// The buffer.* instructions. Offsets and lengths come from the module: both bounds are checked
// here, as are null references, types and writes to rodata.
#ifndef RUNTIME_VM_BUFFER_OPS_H_
#define RUNTIME_VM_BUFFER_OPS_H_

#include <cstdint>

#include "base/status.h"
#include "runtime/vm/object.h"

namespace runtime {

enum class Access : uint8_t { kRead, kWrite };

[[nodiscard]] base::Result<VmBuffer*> AsVmBuffer(Object* object);
// Bytes [offset, offset + length) of a buffer.
[[nodiscard]] base::Result<uint8_t*> VmBufferRange(Object* object, uint64_t offset, uint64_t length,
                                                   Access access);
// Element `index` of `size` bytes (1, 2, 4 or 8).
[[nodiscard]] base::Result<uint8_t*> BufferElement(Object* object, uint64_t index, uint32_t size,
                                                   Access access);

[[nodiscard]] base::Result<Object*> BufferAlloc(ObjectStore& store, uint64_t length);
[[nodiscard]] base::Result<Object*> BufferClone(ObjectStore& store, Object* source, uint64_t offset,
                                                uint64_t length);
[[nodiscard]] base::Status BufferCopy(Object* source, uint64_t source_offset, Object* target,
                                      uint64_t target_offset, uint64_t length);
// 1 if the bytes are equal.
[[nodiscard]] base::Result<int32_t> BufferCompare(Object* left, uint64_t left_offset, Object* right,
                                                  uint64_t right_offset, uint64_t length);
// `offset` and `length` in bytes, multiples of `size` are filled with the low bytes of `value`.
[[nodiscard]] base::Status BufferFill(Object* target, uint64_t offset, uint64_t length,
                                      uint32_t size, uint64_t value);

}  // namespace runtime

#endif  // RUNTIME_VM_BUFFER_OPS_H_
