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
base::Result<BufferRange> SourceAt(Call& call, uint32_t first) {
  VmBuffer* buffer = call.Get<VmBuffer>(first);
  const uint64_t offset = call.U64(first + 1);
  uint64_t length = call.U64(first + 2);
  if (length == kWholeBuffer) length = offset <= buffer->length ? buffer->length - offset : 0;
  uint8_t* data = TRY(VmBufferRange(buffer, offset, length, Access::kRead));
  return BufferRange{data, static_cast<size_t>(length)};
}

// An alias of those bytes, which stay where they are.
Done AliasSource(Call& call, uint32_t first) {
  const BufferRange source = TRY(SourceAt(call, first));
  call.SetRef(0, TRY(AliasBuffer(call.store, source.data, source.length, call.AnyRef(first))));
  return {};
}

}  // namespace

Done AllocatorAllocate(Call& call) {
  call.SetRef(0, TRY(AllocateBuffer(call.store, call.U64(3u + call.row->shift))));
  return {};
}

Done AllocatorAllocateInitialized(Call& call) {
  const BufferRange source = TRY(SourceAt(call, 3));
  Buffer* buffer = TRY(AllocateBuffer(call.store, source.length));
  std::memcpy(buffer->storage, source.data, source.length);
  call.SetRef(0, buffer);
  return {};
}

Done AllocatorImport(Call& call) { return AliasSource(call, 4u + call.row->shift); }

Done AllocatorSelect(Call& call) {
  if (call.SpanLength(0) == 0) return std::unexpected(Status::kHalInvalidArgument);
  Object* device = call.AnyRef(3);
  const int64_t affinity = call.I64(4);
  ObjectStore::Retain(device);
  call.SetRef(0, device);
  call.SetI64(1, affinity);
  return {};
}

Done BufferAssert(Call& call) {
  const Buffer* buffer = call.Get<Buffer>(0);
  if (buffer->length >= call.U64(3)) return {};
  call.failure.Begin(Status::kHalShapeMismatch, TextOf(call.Get<VmBuffer>(1)))
      .Append(": buffer has ")
      .AppendNumber(static_cast<uint32_t>(buffer->length))
      .Append(" bytes, needs ")
      .AppendNumber(static_cast<uint32_t>(call.U64(3)));
  return std::unexpected(Status::kHalShapeMismatch);
}

Done BufferLoad(Call& call) {
  const Buffer* buffer = call.Get<Buffer>(0);
  const uint32_t size = call.U32(2);
  if (size == 0 || size > kMaxLoadBytes) return std::unexpected(Status::kHalInvalidArgument);
  const BufferRange range = TRY(RangeOf(*buffer, call.U64(1), size));
  int32_t value = 0;
  std::memcpy(&value, range.data, size);
  call.SetI32(0, value);
  return {};
}

Done BufferStore(Call& call) {
  const int32_t value = call.I32(0);
  const Buffer* buffer = call.Get<Buffer>(1);
  const uint32_t size = call.U32(3);
  if (size == 0 || size > kMaxLoadBytes) return std::unexpected(Status::kHalInvalidArgument);
  const BufferRange range = TRY(WritableRangeOf(*buffer, call.U64(2), size));
  std::memcpy(range.data, &value, size);
  return {};
}

Done BufferSubspan(Call& call) {
  Buffer* buffer = call.Get<Buffer>(0);
  call.SetRef(0, TRY(SubspanBuffer(call.store, *buffer, call.U64(1), call.U64(2))));
  return {};
}

Done BufferLength(Call& call) {
  const Buffer* buffer = call.Get<Buffer>(0);
  call.SetI64(0, static_cast<int64_t>(buffer->length));
  return {};
}

Done BufferViewCreate(Call& call) {
  Buffer* buffer = call.Get<Buffer>(0);
  const uint64_t offset = call.U64(1);
  const uint64_t length = call.U64(2);
  const uint32_t rank = call.SpanLength(0);
  if (offset == 0 && (length == buffer->length || length == kWholeBuffer)) {
    ObjectStore::Retain(buffer);
  } else {
    buffer = TRY(SubspanBuffer(call.store, *buffer, offset, length));
  }
  BufferView* view = TRY(MakeView(call.store, buffer, ElementType{call.U32(3)}, call.U32(4), rank));
  for (uint32_t i = 0; i < rank; ++i) {
    const uint64_t dim = call.U64(5 + i);
    view->dims()[i] = dim < UINT32_MAX ? static_cast<uint32_t>(dim) : UINT32_MAX;
  }
  call.SetRef(0, view);
  return {};
}

Done BufferViewAssert(Call& call) {
  BufferView* view = call.Get<BufferView>(0);
  const ElementType expected{call.U32(2)};
  const uint32_t rank = call.SpanLength(0);
  const std::string_view name = TextOf(call.Get<VmBuffer>(1));
  const auto mismatch = [&](std::string_view what, uint32_t actual, uint32_t wanted) {
    call.failure.Begin(Status::kHalShapeMismatch, name)
        .Append(what)
        .AppendHex(actual)
        .Append(", expected ")
        .AppendHex(wanted);
    return std::unexpected(Status::kHalShapeMismatch);
  };
  if (!Compatible(view->element_type, expected)) {
    return mismatch(": element type is ", view->element_type.code, expected.code);
  }
  if (view->rank != rank) return mismatch(": rank is ", view->rank, rank);
  for (uint32_t i = 0; i < rank; ++i) {
    const uint64_t dim = call.U64(4 + i);
    if (view->dims()[i] == dim) continue;
    return mismatch(": a dimension is ", view->dims()[i], static_cast<uint32_t>(dim));
  }
  return {};
}

Done BufferViewBuffer(Call& call) {
  const BufferView* view = call.Get<BufferView>(0);
  call.SetRef(0, Retained(*view->buffer));
  return {};
}

Done BufferViewDim(Call& call) {
  BufferView* view = call.Get<BufferView>(0);
  const uint32_t index = call.U32(1);
  call.SetI64(0, index < view->rank ? view->dims()[index] : 0);
  return {};
}

Done BufferViewRank(Call& call) {
  const BufferView* view = call.Get<BufferView>(0);
  call.SetI32(0, static_cast<int32_t>(view->rank));
  return {};
}

Done BufferViewElementType(Call& call) {
  const BufferView* view = call.Get<BufferView>(0);
  call.SetI32(0, static_cast<int32_t>(view->element_type.code));
  return {};
}

Done BufferViewEncodingType(Call& call) {
  const BufferView* view = call.Get<BufferView>(0);
  call.SetI32(0, static_cast<int32_t>(view->encoding));
  return {};
}

// A file is read like a buffer; (device, affinity, access, bytes, offset, length, flags).
Done FileFromMemory(Call& call) { return AliasSource(call, 3); }

}  // namespace runtime::hal
