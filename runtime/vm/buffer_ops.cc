#include "runtime/vm/buffer_ops.h"

#include <cstring>

#include "base/byte_reader.h"
#include "base/try.h"

namespace runtime {

using base::Status;

base::Result<VmBuffer*> AsVmBuffer(Object* object) {
  if (object == nullptr) return std::unexpected(Status::kVmNullReference);
  if (object->type != &VmBuffer::kType) return std::unexpected(Status::kVmWrongType);
  return static_cast<VmBuffer*>(object);
}

base::Result<uint8_t*> VmBufferRange(Object* object, uint64_t offset, uint64_t length,
                                     Access access) {
  VmBuffer* buffer = TRY(AsVmBuffer(object));
  if (access == Access::kWrite && !buffer->owned) return std::unexpected(Status::kVmReadOnly);
  if (!base::InBounds(buffer->length, offset, length)) {
    return std::unexpected(Status::kOutOfBounds);
  }
  return buffer->data + static_cast<size_t>(offset);
}

base::Result<uint8_t*> BufferElement(Object* object, uint64_t index, uint32_t size, Access access) {
  if (index > UINT32_MAX) return std::unexpected(Status::kOutOfBounds);
  return VmBufferRange(object, index * size, size, access);
}

base::Result<Object*> BufferAlloc(ObjectStore& store, uint64_t length) {
  if (length > UINT32_MAX) return std::unexpected(Status::kOutOfMemory);
  const auto size = static_cast<size_t>(length);
  auto* data = store.heap().AllocateArray<uint8_t>(size);
  if (data == nullptr) return std::unexpected(Status::kOutOfMemory);
  auto* buffer = store.New<VmBuffer>(data, size, true);
  if (buffer == nullptr) {
    store.heap().Free(data, size);
    return std::unexpected(Status::kOutOfMemory);
  }
  std::memset(data, 0, size);
  return buffer;
}

base::Result<Object*> BufferClone(ObjectStore& store, Object* source, uint64_t offset,
                                  uint64_t length) {
  const uint8_t* bytes = TRY(VmBufferRange(source, offset, length, Access::kRead));
  Object* clone = TRY(BufferAlloc(store, length));
  std::memcpy(static_cast<VmBuffer*>(clone)->data, bytes, static_cast<size_t>(length));
  return clone;
}

Status BufferCopy(Object* source, uint64_t source_offset, Object* target, uint64_t target_offset,
                  uint64_t length) {
  const auto from = VmBufferRange(source, source_offset, length, Access::kRead);
  if (!from) return from.error();
  const auto to = VmBufferRange(target, target_offset, length, Access::kWrite);
  if (!to) return to.error();
  std::memmove(*to, *from, static_cast<size_t>(length));
  return Status::kOk;
}

base::Result<int32_t> BufferCompare(Object* left, uint64_t left_offset, Object* right,
                                    uint64_t right_offset, uint64_t length) {
  const uint8_t* a = TRY(VmBufferRange(left, left_offset, length, Access::kRead));
  const uint8_t* b = TRY(VmBufferRange(right, right_offset, length, Access::kRead));
  return std::memcmp(a, b, static_cast<size_t>(length)) == 0 ? 1 : 0;
}

Status BufferFill(Object* target, uint64_t offset, uint64_t length, uint32_t size, uint64_t value) {
  const auto to = VmBufferRange(target, offset, length, Access::kWrite);
  if (!to) return to.error();
  for (size_t i = 0; i + size <= length; i += size) std::memcpy(*to + i, &value, size);
  return Status::kOk;
}

}  // namespace runtime
