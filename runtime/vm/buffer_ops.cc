// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/buffer_ops.h"

#include <cstring>

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

// Offset of element `index`, of 1, 2, 4 or 8 bytes.
uint32_t ElementOffset(uint64_t index, uint32_t size) {
  return ClampSize(ClampSize(index) * uint64_t{size});
}

ByteRange Element(const Operands& x, uint32_t size, Access access) {
  return VmBufferRange(x.Ref(1), ElementOffset(x.U64(2), size), size, access);
}

Status Load(const Operands& x) {
  const ElementShape shape = ShapeOf(x.op());
  const ByteRange element = TRY(Element(x, shape.size, Access::kRead));
  if (shape.size < sizeof(uint32_t)) x.U32(3) = 0;
  std::memcpy(ValueSlot(x, 3), element.data, shape.size);
  if (shape.is_signed) {
    const int shift = 32 - 8 * shape.size;
    x.I32(3) = static_cast<int32_t>(x.U32(3) << shift) >> shift;
  }
  return Status::kOk;
}

Status Store(const Operands& x) {
  const uint32_t size = ShapeOf(x.op()).size;
  std::memcpy(TRY(Element(x, size, Access::kWrite)).data, ValueSlot(x, 3), size);
  return Status::kOk;
}

Status Fill(const Operands& x, bool counts_bytes) {
  const uint32_t size = ShapeOf(x.op()).size;
  const uint32_t unit = counts_bytes ? 1 : size;
  const ByteRange target = TRY(VmBufferRange(x.Ref(1), ElementOffset(x.U64(2), unit),
                                             ElementOffset(x.U64(3), unit), Access::kWrite));
  for (uint32_t i = 0; i + size <= target.length; i += size) {
    std::memcpy(target.data + i, ValueSlot(x, 4), size);
  }
  return Status::kOk;
}

// Puts a new buffer of zeroes into a register; its bytes.
ByteRange Allocate(ObjectStore& store, Object*& result, uint32_t size) {
  auto* data = store.heap().AllocateArray<uint8_t>(size);
  if (data == nullptr) return Status::kOutOfMemory;
  auto* buffer = store.New<VmBuffer>(data, size, true);
  if (buffer == nullptr) {
    store.heap().Free(data, size);
    return Status::kOutOfMemory;
  }
  std::memset(data, 0, size);
  store.Move(result, buffer);
  return {data, size};
}

Status Clone(ObjectStore& store, const Operands& x) {
  const ByteRange bytes =
      TRY(VmBufferRange(x.Ref(1), ClampSize(x.U64(2)), ClampSize(x.U64(3)), Access::kRead));
  // The source may lie in the register that gets the clone.
  Object* clone = nullptr;
  const ByteRange target = TRY(Allocate(store, clone, bytes.length));
  std::memcpy(target.data, bytes.data, bytes.length);
  store.Move(x.Ref(4), clone);
  return Status::kOk;
}

Status CopyOrCompare(const Operands& x) {
  const uint32_t length = ClampSize(x.U64(5));
  const bool copies = x.op() == Op::kBufferCopy;
  const ByteRange left = TRY(VmBufferRange(x.Ref(1), ClampSize(x.U64(2)), length, Access::kRead));
  const ByteRange right = TRY(VmBufferRange(x.Ref(3), ClampSize(x.U64(4)), length,
                                            copies ? Access::kWrite : Access::kRead));
  if (copies) {
    std::memmove(right.data, left.data, length);
  } else {
    x.I32(6) = std::memcmp(left.data, right.data, length) == 0 ? 1 : 0;
  }
  return Status::kOk;
}

}  // namespace

ByteRange VmBufferRange(Object* object, uint32_t offset, uint32_t length, Access access) {
  if (object == nullptr) return Status::kVmNullReference;
  if (object->type != &VmBuffer::kType) return Status::kVmWrongType;
  auto* buffer = static_cast<VmBuffer*>(object);
  if (access == Access::kWrite && !buffer->owned) return Status::kVmReadOnly;
  if (length == kRest && offset <= buffer->length) length = buffer->length - offset;
  if (!Fits(buffer->length, offset, length)) return Status::kOutOfBounds;
  return {buffer->data + offset, length};
}

Status RunBufferOp(ObjectStore& store, const Operands& x, bool fill_counts_bytes) {
  switch (x.op()) {
    case Op::kBufferStoreI8:
    case Op::kBufferStoreI16:
    case Op::kBufferStoreI32:
    case Op::kBufferStoreI64:
      return Store(x);
    case Op::kBufferAlloc: {
      const ByteRange made = Allocate(store, x.Ref(2), ClampSize(x.U64(1)));
      return made ? Status::kOk : made.error();
    }
    case Op::kBufferClone:
      return Clone(store, x);
    case Op::kBufferLength:
      // Of the rest from the start, for its checks; rodata may be measured too.
      x.U64(2) = TRY(VmBufferRange(x.Ref(1), 0, kRest, Access::kRead)).length;
      return Status::kOk;
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

}  // namespace runtime
