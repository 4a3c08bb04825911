// SPDX-License-Identifier: Apache-2.0

#include <cstring>

#include "base/try.h"
#include "runtime/hal/buffer.h"
#include "runtime/hal/hal.h"
#include "runtime/hal/handlers.h"
#include "runtime/vm/buffer_ops.h"

namespace runtime::hal {
namespace {

using base::Status;

constexpr uint32_t kMaxLoadBytes = 4;

constexpr char kExpected[] = ", expected ";

// "message: name has 3, expected 4"; the name is argument 1, or null.
Status Mismatch(Call& call, Message message, uint32_t actual, const char* between, uint32_t wanted,
                uint32_t base) {
  Failure& failure = call.failure.Begin(message);
  if (const auto* name = call.Get<VmBuffer>(1)) failure.Text(TextOf(*name));
  return failure.Text(" has ").Number(actual, base).Text(between).Number(wanted, base).status();
}

bool IsInteger(ElementType type) {
  return type.kind() == NumericalKind::kInteger || type.kind() == NumericalKind::kSigned ||
         type.kind() == NumericalKind::kUnsigned;
}

// The rule of buffer_view.assert (section 3.1).
bool Compatible(ElementType actual, ElementType expected) {
  if (actual == expected || actual.kind() == NumericalKind::kOpaque ||
      expected.kind() == NumericalKind::kOpaque) {
    return true;
  }
  return IsInteger(actual) && IsInteger(expected) && actual.bits() == expected.bits();
}

// (buffer, offset, length, …)
Status SubspanAt(Call& call, Buffer*& part) {
  return SubspanBuffer(call.store, *call.Get<Buffer>(0), call.Size(1), call.Length(2), part);
}

}  // namespace

ByteRange RangeAt(Call& call, uint32_t buffer, uint32_t length, Access access) {
  return RangeOf(*call.Get<Buffer>(buffer), call.Size(buffer + 1), length, access);
}

ByteRange SourceAt(Call& call, uint32_t buffer, uint32_t length) {
  return VmBufferRange(call.AnyRef(buffer), call.Size(buffer + 1), length, Access::kRead);
}

Status AllocatorAllocate(Call& call) {
  return call.Give(AllocateBuffer(call.store, call.Size(call.row->shift)));
}

Status AllocatorAllocateInitialized(Call& call) {
  call.store.EndRecording();
  const ByteRange source = TRY(SourceAt(call, 3, call.Length(5)));
  Buffer* buffer = AllocateBuffer(call.store, source.length);
  if (buffer != nullptr) std::memcpy(buffer->storage, source.data, source.length);
  return call.Give(buffer);
}

// An alias of the bytes, which stay where they are. A file is read like a buffer.
Status AllocatorImport(Call& call) {
  const uint32_t first = call.row->shift;
  const ByteRange source = TRY(SourceAt(call, first, call.Length(first + 2)));
  return call.Give(AliasBuffer(call.store, source.data, source.length, call.AnyRef(first)));
}

Status AllocatorSelect(Call& call) {
  if (call.SpanLength(0) == 0) return Status::kHalInvalidArgument;
  Object* device = call.AnyRef(3);
  const int64_t affinity = call.I64(4);
  ObjectStore::Retain(device);
  call.SetRef(device);
  call.SetI64(1, affinity);
  return Status::kOk;
}

// (buffer, name, length, …)
Status BufferAssert(Call& call) {
  const uint32_t length = call.Get<Buffer>(0)->length;
  const uint32_t needed = call.Size(3);
  if (length >= needed) return Status::kOk;
  return Mismatch(call, Message::kBufferTooShort, length, " bytes, needs ", needed, 10);
}

// (buffer, offset, size)
Status BufferLoad(Call& call) {
  call.store.EndRecording();
  const uint32_t size = call.U32(2);
  if (size == 0 || size > kMaxLoadBytes) return Status::kHalInvalidArgument;
  const ByteRange range = TRY(RangeAt(call, 0, size, Access::kRead));
  call.SetI32(0, 0);
  std::memcpy(call.ResultSlot(0), range.data, size);
  return Status::kOk;
}

// (value, buffer, offset, size)
Status BufferStore(Call& call) {
  call.store.EndRecording();
  const uint32_t size = call.U32(3);
  if (size == 0 || size > kMaxLoadBytes) return Status::kHalInvalidArgument;
  const ByteRange range = TRY(RangeAt(call, 1, size, Access::kWrite));
  std::memcpy(range.data, call.Slot(0), size);
  return Status::kOk;
}

Status BufferSubspan(Call& call) {
  Buffer* part;
  const Status status = SubspanAt(call, part);
  if (status == Status::kOk) call.SetRef(part);
  return status;
}

Status BufferLength(Call& call) {
  const Buffer* buffer = call.Get<Buffer>(0);
  call.SetI64(0, static_cast<int64_t>(buffer->length));
  return Status::kOk;
}

Status BufferViewCreate(Call& call) {
  Buffer* buffer;
  const Status status = SubspanAt(call, buffer);
  if (status != Status::kOk) return status;
  const uint32_t rank = call.SpanLength(0);
  BufferView* view = MakeView(call.store, buffer, ElementType{call.U32(3)}, call.U32(4), rank);
  if (view != nullptr) {
    for (uint32_t i = 0; i < rank; ++i) view->dims()[i] = call.Size(5 + i);
  }
  return call.Give(view);
}

Status BufferViewAssert(Call& call) {
  BufferView* view = call.Get<BufferView>(0);
  const ElementType expected{call.U32(2)};
  const uint32_t rank = call.SpanLength(0);
  if (!Compatible(view->element_type, expected)) {
    return Mismatch(call, Message::kElementTypeDiffers, view->element_type.code, kExpected,
                    expected.code, 16);
  }
  if (view->rank != rank) {
    return Mismatch(call, Message::kRankDiffers, view->rank, kExpected, rank, 10);
  }
  for (uint32_t i = 0; i < rank; ++i) {
    const uint32_t dim = call.Size(4 + i);
    if (view->dims()[i] != dim) {
      return Mismatch(call, Message::kDimensionDiffers, view->dims()[i], kExpected, dim, 10);
    }
  }
  return Status::kOk;
}

Status BufferViewBuffer(Call& call) {
  Buffer* buffer = call.Get<BufferView>(0)->buffer;
  ObjectStore::Retain(buffer);
  return call.Give(buffer);
}

Status BufferViewDim(Call& call) {
  BufferView* view = call.Get<BufferView>(0);
  const uint32_t index = call.U32(1);
  call.SetI64(0, index < view->rank ? view->dims()[index] : 0);
  return Status::kOk;
}

// Shift says which.
Status BufferViewProperty(Call& call) {
  call.SetI32(0, static_cast<int32_t>(call.Get<BufferView>(0)->property(call.row->shift)));
  return Status::kOk;
}

}  // namespace runtime::hal
