#include "runtime/vm/buffer_ops.h"

#include <cstring>

#include "base/byte_reader.h"
#include "base/try.h"

namespace runtime {
namespace {

using base::Status;

// Bytes of one element that a load, store or fill moves; loads may extend the sign.
struct ElementShape {
  uint8_t size;
  bool is_signed;
};
ElementShape ShapeOf(Op op) {
  switch (op) {
    case Op::kBufferLoadI8U:
    case Op::kBufferStoreI8:
    case Op::kBufferFillI8:
      return {1, false};
    case Op::kBufferLoadI8S:
      return {1, true};
    case Op::kBufferLoadI16U:
    case Op::kBufferStoreI16:
    case Op::kBufferFillI16:
      return {2, false};
    case Op::kBufferLoadI16S:
      return {2, true};
    case Op::kBufferLoadI64:
    case Op::kBufferStoreI64:
    case Op::kBufferFillI64:
      return {8, false};
    default:
      return {4, false};
  }
}

// A register of the width that goes with an element of `size` bytes.
uint8_t* ValueSlot(const Operands& operands, int n) { return operands.values + operands.cells[n]; }

base::Result<uint8_t*> Element(const Operands& x, uint32_t size, Access access) {
  const uint64_t index = x.U64(2);
  if (index > UINT32_MAX) return std::unexpected(Status::kOutOfBounds);
  return VmBufferRange(x.Ref(1), index * size, size, access);
}

base::Result<void> Load(const Operands& x) {
  const ElementShape shape = ShapeOf(x.op());
  const uint8_t* element = TRY(Element(x, shape.size, Access::kRead));
  if (shape.size < sizeof(uint32_t)) {
    x.U32(3) = 0;
    std::memcpy(ValueSlot(x, 3), element, shape.size);
    const int shift = 32 - 8 * shape.size;
    if (shape.is_signed) x.I32(3) = static_cast<int32_t>(x.U32(3) << shift) >> shift;
  } else {
    std::memcpy(ValueSlot(x, 3), element, shape.size);
  }
  return {};
}

base::Result<void> Store(const Operands& x) {
  const uint32_t size = ShapeOf(x.op()).size;
  std::memcpy(TRY(Element(x, size, Access::kWrite)), ValueSlot(x, 3), size);
  return {};
}

base::Result<void> Fill(const Operands& x, bool counts_bytes) {
  const uint32_t size = ShapeOf(x.op()).size;
  const uint32_t unit = counts_bytes ? 1 : size;
  if (x.U64(2) > UINT32_MAX || x.U64(3) > UINT32_MAX) {
    return std::unexpected(Status::kOutOfBounds);
  }
  const uint64_t length = x.U64(3) * unit;
  uint8_t* target = TRY(VmBufferRange(x.Ref(1), x.U64(2) * unit, length, Access::kWrite));
  for (size_t i = 0; i + size <= length; i += size) std::memcpy(target + i, ValueSlot(x, 4), size);
  return {};
}

base::Result<VmBuffer*> Allocate(ObjectStore& store, uint64_t length) {
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

base::Result<void> Clone(ObjectStore& store, const Operands& x) {
  const uint64_t length = x.U64(3);
  const uint8_t* bytes = TRY(VmBufferRange(x.Ref(1), x.U64(2), length, Access::kRead));
  VmBuffer* clone = TRY(Allocate(store, length));
  std::memcpy(clone->data, bytes, clone->length);
  store.Move(x.Ref(4), clone);
  return {};
}

base::Result<void> CopyOrCompare(const Operands& x) {
  const uint64_t length = x.U64(5);
  const bool copies = x.op() == Op::kBufferCopy;
  uint8_t* left = TRY(VmBufferRange(x.Ref(1), x.U64(2), length, Access::kRead));
  uint8_t* right =
      TRY(VmBufferRange(x.Ref(3), x.U64(4), length, copies ? Access::kWrite : Access::kRead));
  const auto size = static_cast<size_t>(length);
  if (copies) {
    std::memmove(right, left, size);
  } else {
    x.I32(6) = std::memcmp(left, right, size) == 0 ? 1 : 0;
  }
  return {};
}

base::Result<void> Run(ObjectStore& store, const Operands& x, bool fill_counts_bytes) {
  switch (x.op()) {
    case Op::kBufferStoreI8:
    case Op::kBufferStoreI16:
    case Op::kBufferStoreI32:
    case Op::kBufferStoreI64:
      return Store(x);
    case Op::kBufferAlloc:
      store.Move(x.Ref(2), TRY(Allocate(store, x.U64(1))));
      return {};
    case Op::kBufferClone:
      return Clone(store, x);
    case Op::kBufferLength:
      // Of the empty range, for its checks; rodata may be measured too.
      TRY(VmBufferRange(x.Ref(1), 0, 0, Access::kRead));
      x.U64(2) = static_cast<VmBuffer*>(x.Ref(1))->length;
      return {};
    case Op::kBufferCopy:
    case Op::kBufferCompare:
      return CopyOrCompare(x);
    case Op::kBufferFillI8:
    case Op::kBufferFillI16:
    case Op::kBufferFillI32:
    case Op::kBufferFillI64:
      return Fill(x, fill_counts_bytes);
    default:
      return Load(x);
  }
}

}  // namespace

base::Result<uint8_t*> VmBufferRange(Object* object, uint64_t offset, uint64_t length,
                                     Access access) {
  if (object == nullptr) return std::unexpected(Status::kVmNullReference);
  if (object->type != &VmBuffer::kType) return std::unexpected(Status::kVmWrongType);
  auto* buffer = static_cast<VmBuffer*>(object);
  if (access == Access::kWrite && !buffer->owned) return std::unexpected(Status::kVmReadOnly);
  if (!base::InBounds(buffer->length, offset, length)) {
    return std::unexpected(Status::kOutOfBounds);
  }
  return buffer->data + static_cast<size_t>(offset);
}

Status RunBufferOp(ObjectStore& store, const Operands& operands, bool fill_counts_bytes) {
  const auto done = Run(store, operands, fill_counts_bytes);
  return done ? Status::kOk : done.error();
}

}  // namespace runtime
