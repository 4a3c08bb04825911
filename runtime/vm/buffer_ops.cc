// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/buffer_ops.h"

#include <cstring>

#include "base/try.h"

namespace runtime {
namespace {

using base::Status;

// Bytes of the elements that an instruction moves, by opcode from kBufferLoadI8U on; negative where
// a load extends the sign.
constexpr int8_t kElements[] = {1, -1, 2, -2, 4, 8, 1, 2, 4, 8, 1, 1, 1, 1, 1, 1, 2, 4, 8};

// Offset of element `index`, of 1, 2, 4 or 8 bytes.
uint32_t ElementOffset(uint64_t index, uint32_t size) {
  return ClampSize(ClampSize(index) * uint64_t{size});
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

Status Clone(ObjectStore& store, ByteRange bytes, Object*& result) {
  // The source may lie in the register that gets the clone.
  Object* clone = nullptr;
  const ByteRange target = TRY(Allocate(store, clone, bytes.length));
  std::memcpy(target.data, bytes.data, bytes.length);
  store.Move(result, clone);
  return Status::kOk;
}

Status CopyOrCompare(const Operands& x, ByteRange left) {
  const bool copies = x.op() == Op::kBufferCopy;
  const ByteRange right = TRY(VmBufferRange(x.Ref(3), ElementOffset(x.U64(4), 1), left.length,
                                            copies ? Access::kWrite : Access::kRead));
  if (copies) {
    std::memmove(right.data, left.data, left.length);
  } else {
    x.I32(6) = std::memcmp(left.data, right.data, left.length) == 0 ? 1 : 0;
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
  const Op op = x.op();
  if (op == Op::kBufferAlloc) {
    const ByteRange made = Allocate(store, x.Ref(2), ElementOffset(x.U64(1), 1));
    return made ? Status::kOk : made.error();
  }
  const bool fills = op >= Op::kBufferFillI8;
  const bool writes = fills || (op >= Op::kBufferStoreI8 && op <= Op::kBufferStoreI64);
  const int element =
      kElements[static_cast<uint8_t>(op) - static_cast<uint8_t>(Op::kBufferLoadI8U)];
  const uint32_t size = element < 0 ? -element : element;
  const uint32_t unit = fills && fill_counts_bytes ? 1 : size;
  // The length of a buffer is that of the rest from its start, for the checks of it.
  uint32_t offset = 0;
  uint32_t length = kRest;
  if (op != Op::kBufferLength) {
    offset = ElementOffset(x.U64(2), unit);
    const bool pair = op == Op::kBufferCopy || op == Op::kBufferCompare;
    length = op < Op::kBufferAlloc ? size : ElementOffset(x.U64(pair ? 5 : 3), unit);
  }
  const ByteRange bytes =
      TRY(VmBufferRange(x.Ref(1), offset, length, writes ? Access::kWrite : Access::kRead));
  switch (op) {
    case Op::kBufferLength:
      x.U64(2) = bytes.length;
      return Status::kOk;
    case Op::kBufferClone:
      return Clone(store, bytes, x.Ref(4));
    case Op::kBufferCopy:
    case Op::kBufferCompare:
      return CopyOrCompare(x, bytes);
    default:
      break;
  }
  uint8_t* const slot = x.values + x.cells[fills ? 4 : 3];
  if (writes) {
    for (uint32_t i = 0; i + size <= bytes.length; i += size) {
      std::memcpy(bytes.data + i, slot, size);
    }
    return Status::kOk;
  }
  if (size < sizeof(uint32_t)) x.U32(3) = 0;
  std::memcpy(slot, bytes.data, size);
  if (element < 0) {
    const int shift = 32 + 8 * element;
    x.I32(3) = static_cast<int32_t>(x.U32(3) << shift) >> shift;
  }
  return Status::kOk;
}

}  // namespace runtime
