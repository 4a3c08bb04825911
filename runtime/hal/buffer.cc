#include "runtime/hal/buffer.h"

#include <cstring>

#include "base/byte_reader.h"
#include "base/try.h"

namespace runtime {
namespace {

using base::Status;

void DestroyBuffer(ObjectStore& store, Object* object) {
  auto* buffer = static_cast<Buffer*>(object);
  if (buffer->root != buffer) {
    store.Release(buffer->root);
  } else {
    DeallocateStorage(store, *buffer);
    store.Release(buffer->keeper);
  }
  store.heap().Free(buffer, sizeof(Buffer));
}

void DestroyBufferView(ObjectStore& store, Object* object) {
  auto* view = static_cast<BufferView*>(object);
  store.Release(view->buffer);
  store.heap().Free(view, BufferView::SizeFor(view->rank));
}

}  // namespace

const ObjectType Buffer::kType = {DestroyBuffer};
const ObjectType BufferView::kType = {DestroyBufferView};

base::Result<BufferRange> RangeOf(const Buffer& buffer, uint64_t offset, uint64_t length) {
  if (length == kWholeBuffer) length = offset <= buffer.length ? buffer.length - offset : 0;
  if (!base::InBounds(buffer.length, offset, length)) {
    return std::unexpected(Status::kOutOfBounds);
  }
  uint8_t* storage = buffer.root->storage;
  if (storage == nullptr) return std::unexpected(Status::kHalBufferReleased);
  return BufferRange{storage + buffer.offset + static_cast<size_t>(offset),
                     static_cast<size_t>(length)};
}

base::Result<BufferRange> WritableRangeOf(const Buffer& buffer, uint64_t offset, uint64_t length) {
  if (buffer.root->constant) return std::unexpected(Status::kVmReadOnly);
  return RangeOf(buffer, offset, length);
}

base::Result<Buffer*> AllocateBuffer(ObjectStore& store, uint64_t length) {
  if (length > UINT32_MAX) return std::unexpected(Status::kOutOfMemory);
  const auto size = static_cast<size_t>(length);
  // Above the small limit storage lies on 64 bytes; small tensors round up to it.
  const size_t storage_size = size > Heap::kSmallLimit ? size : Heap::kSmallLimit + 1;
  void* storage = store.heap().Allocate(storage_size, HeapUse::kDevice);
  if (storage == nullptr) return std::unexpected(Status::kOutOfMemory);
  Buffer* buffer = store.New<Buffer>();
  if (buffer == nullptr) {
    store.heap().Free(storage, storage_size, HeapUse::kDevice);
    return std::unexpected(Status::kOutOfMemory);
  }
  buffer->storage = static_cast<uint8_t*>(storage);
  buffer->length = size;
  buffer->storage_size = storage_size;
  buffer->owned = true;
  return buffer;
}

base::Result<Buffer*> AliasBuffer(ObjectStore& store, uint8_t* data, size_t length,
                                  Object* keeper) {
  Buffer* buffer = store.New<Buffer>();
  if (buffer == nullptr) return std::unexpected(Status::kOutOfMemory);
  buffer->storage = data;
  buffer->length = length;
  ObjectStore::Retain(keeper);
  buffer->keeper = keeper;
  buffer->constant = keeper != nullptr;
  return buffer;
}

base::Result<Buffer*> SubspanBuffer(ObjectStore& store, Buffer& source, uint64_t offset,
                                    uint64_t length) {
  const BufferRange range = TRY(RangeOf(source, offset, length));
  Buffer* buffer = store.New<Buffer>();
  if (buffer == nullptr) return std::unexpected(Status::kOutOfMemory);
  ObjectStore::Retain(source.root);
  buffer->root = source.root;
  buffer->offset = source.offset + static_cast<size_t>(offset);
  buffer->length = range.length;
  return buffer;
}

base::Result<BufferView*> MakeView(ObjectStore& store, Buffer* buffer, ElementType type,
                                   uint32_t encoding, uint32_t rank) {
  auto* view = store.NewSized<BufferView>(BufferView::SizeFor(rank));
  if (view == nullptr) {
    store.Release(buffer);
    return std::unexpected(Status::kOutOfMemory);
  }
  view->buffer = buffer;
  view->element_type = type;
  view->encoding = encoding;
  view->rank = rank;
  return view;
}

void DeallocateStorage(ObjectStore& store, Buffer& buffer) {
  if (!buffer.owned || buffer.storage == nullptr) return;
  store.heap().Free(buffer.storage, buffer.storage_size, HeapUse::kDevice);
  buffer.storage = nullptr;
}

void EndLoan(ObjectStore& store, Buffer& buffer) {
  if (!buffer.borrowed) return;
  buffer.borrowed = false;
  const uint8_t* lent = buffer.storage;
  buffer.storage = nullptr;
  if (buffer.references == 1) return;
  const size_t size = buffer.length > Heap::kSmallLimit ? buffer.length : Heap::kSmallLimit + 1;
  void* storage = store.heap().Allocate(size, HeapUse::kDevice);
  if (storage == nullptr) return;
  std::memcpy(storage, lent, buffer.length);
  buffer.storage = static_cast<uint8_t*>(storage);
  buffer.storage_size = size;
  buffer.owned = true;
}

}  // namespace runtime
