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

std::string_view TextOf(const VmBuffer* buffer) {
  if (buffer == nullptr) return {};
  return {reinterpret_cast<const char*>(buffer->data), buffer->length};
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

// Bytes of the vm.buffer in argument `first`, with offset and length (-1: the rest) behind it.
ByteRange SourceAt(Call& call, uint32_t first) {
  return VmBufferRange(call.AnyRef(first), call.Size(first + 1), call.Length(first + 2),
                       Access::kRead);
}

// Hands a new buffer over as the result.
Status ReturnBuffer(Call& call, Object* buffer) {
  call.SetRef(0, buffer);
  return buffer != nullptr ? Status::kOk : Status::kOutOfMemory;
}

}  // namespace

Status AllocatorAllocate(Call& call) {
  return ReturnBuffer(call, AllocateBuffer(call.store, call.Size(call.row->shift)));
}

Status AllocatorAllocateInitialized(Call& call) {
  call.store.EndRecording();
  const ByteRange source = TRY(SourceAt(call, 3));
  Buffer* buffer = AllocateBuffer(call.store, source.length);
  if (buffer != nullptr) std::memcpy(buffer->storage, source.data, source.length);
  return ReturnBuffer(call, buffer);
}

// An alias of the bytes, which stay where they are. A file is read like a buffer.
Status AllocatorImport(Call& call) {
  const ByteRange source = TRY(SourceAt(call, call.row->shift));
  return ReturnBuffer(
      call, AliasBuffer(call.store, source.data, source.length, call.AnyRef(call.row->shift)));
}

Status AllocatorSelect(Call& call) {
  if (call.SpanLength(0) == 0) return Status::kHalInvalidArgument;
  Object* device = call.AnyRef(3);
  const int64_t affinity = call.I64(4);
  ObjectStore::Retain(device);
  call.SetRef(0, device);
  call.SetI64(1, affinity);
  return Status::kOk;
}

Status BufferAssert(Call& call) {
  const Buffer* buffer = call.Get<Buffer>(0);
  if (buffer->length >= call.Size(3)) return Status::kOk;
  return call.failure.Begin(Message::kBufferTooShort)
      .Text(TextOf(call.Get<VmBuffer>(1)))
      .Text(" has ")
      .Number(buffer->length)
      .Text(" bytes, needs ")
      .Number(call.Size(3))
      .status();
}

Status BufferLoad(Call& call) {
  call.store.EndRecording();
  const uint32_t size = call.U32(2);
  if (size == 0 || size > kMaxLoadBytes) return Status::kHalInvalidArgument;
  const ByteRange range = TRY(RangeOf(*call.Get<Buffer>(0), call.Size(1), size));
  int32_t value = 0;
  std::memcpy(&value, range.data, size);
  call.SetI32(0, value);
  return Status::kOk;
}

Status BufferStore(Call& call) {
  call.store.EndRecording();
  const int32_t value = call.I32(0);
  const uint32_t size = call.U32(3);
  if (size == 0 || size > kMaxLoadBytes) return Status::kHalInvalidArgument;
  const ByteRange range = TRY(WritableRangeOf(*call.Get<Buffer>(1), call.Size(2), size));
  std::memcpy(range.data, &value, size);
  return Status::kOk;
}

Status BufferSubspan(Call& call) {
  call.SetRef(0,
              TRY(SubspanBuffer(call.store, *call.Get<Buffer>(0), call.Size(1), call.Length(2))));
  return Status::kOk;
}

Status BufferLength(Call& call) {
  const Buffer* buffer = call.Get<Buffer>(0);
  call.SetI64(0, static_cast<int64_t>(buffer->length));
  return Status::kOk;
}

Status BufferViewCreate(Call& call) {
  Buffer* buffer = call.Get<Buffer>(0);
  const uint32_t offset = call.Size(1);
  const uint32_t length = call.Length(2);
  const uint32_t rank = call.SpanLength(0);
  if (offset == 0 && (length == buffer->length || length == kRest)) {
    ObjectStore::Retain(buffer);
  } else {
    buffer = TRY(SubspanBuffer(call.store, *buffer, offset, length));
  }
  BufferView* view = MakeView(call.store, buffer, ElementType{call.U32(3)}, call.U32(4), rank);
  if (view != nullptr) {
    for (uint32_t i = 0; i < rank; ++i) view->dims()[i] = call.Size(5 + i);
  }
  return ReturnBuffer(call, view);
}

Status BufferViewAssert(Call& call) {
  BufferView* view = call.Get<BufferView>(0);
  const ElementType expected{call.U32(2)};
  const uint32_t rank = call.SpanLength(0);
  const auto mismatch = [&](Message message, uint32_t actual, uint32_t wanted, uint32_t base) {
    return call.failure.Begin(message)
        .Text(TextOf(call.Get<VmBuffer>(1)))
        .Text(" has ")
        .Number(actual, base)
        .Text(", expected ")
        .Number(wanted, base)
        .status();
  };
  if (!Compatible(view->element_type, expected)) {
    return mismatch(Message::kElementTypeDiffers, view->element_type.code, expected.code, 16);
  }
  if (view->rank != rank) return mismatch(Message::kRankDiffers, view->rank, rank, 10);
  for (uint32_t i = 0; i < rank; ++i) {
    const uint32_t dim = call.Size(4 + i);
    if (view->dims()[i] != dim) {
      return mismatch(Message::kDimensionDiffers, view->dims()[i], dim, 10);
    }
  }
  return Status::kOk;
}

Status BufferViewBuffer(Call& call) {
  const BufferView* view = call.Get<BufferView>(0);
  call.SetRef(0, Retained(*view->buffer));
  return Status::kOk;
}

Status BufferViewDim(Call& call) {
  BufferView* view = call.Get<BufferView>(0);
  const uint32_t index = call.U32(1);
  call.SetI64(0, index < view->rank ? view->dims()[index] : 0);
  return Status::kOk;
}

Status BufferViewRank(Call& call) {
  const BufferView* view = call.Get<BufferView>(0);
  call.SetI32(0, static_cast<int32_t>(view->rank));
  return Status::kOk;
}

Status BufferViewElementType(Call& call) {
  const BufferView* view = call.Get<BufferView>(0);
  call.SetI32(0, static_cast<int32_t>(view->element_type.code));
  return Status::kOk;
}

Status BufferViewEncodingType(Call& call) {
  const BufferView* view = call.Get<BufferView>(0);
  call.SetI32(0, static_cast<int32_t>(view->encoding));
  return Status::kOk;
}

}  // namespace runtime::hal
