// SPDX-License-Identifier: Apache-2.0

#include "runtime/hal/buffer.h"

#include <algorithm>
#include <cstring>

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

// Storage of its own for a root; false if there is no memory.
bool AllocateStorage(ObjectStore& store, Buffer& buffer) {
  // Above the small limit storage lies on 64 bytes; small tensors round up to it.
  const auto size = static_cast<uint32_t>(std::max<size_t>(buffer.length, Heap::kSmallLimit + 1));
  void* storage = store.heap().AllocateDevice(size);
  if (storage == nullptr) return false;
  buffer.storage = static_cast<uint8_t*>(storage);
  buffer.storage_size = size;
  buffer.owned = true;
  buffer.recorded = store.heap().holding();
  return true;
}

}  // namespace

const ObjectType Buffer::kType = {DestroyBuffer};
const ObjectType BufferView::kType = {DestroyBufferView};

ByteRange RangeOf(const Buffer& buffer, uint32_t offset, uint32_t length, Access access) {
  const Buffer& root = *buffer.root;
  if (access == Access::kWrite && root.constant) return Status::kVmReadOnly;
  if (length == kRest && offset <= buffer.length) length = buffer.length - offset;
  if (!Fits(buffer.length, offset, length)) return Status::kOutOfBounds;
  if (root.storage == nullptr) return Status::kHalBufferReleased;
  return {root.storage + buffer.offset + offset, length};
}

Buffer* AllocateBuffer(ObjectStore& store, uint32_t length) {
  Buffer* buffer = store.New<Buffer>();
  if (buffer == nullptr) return nullptr;
  buffer->length = length;
  if (AllocateStorage(store, *buffer)) return buffer;
  store.Release(buffer);
  return nullptr;
}

Buffer* AliasBuffer(ObjectStore& store, uint8_t* data, uint32_t length, Object* keeper) {
  Buffer* buffer = store.New<Buffer>();
  if (buffer == nullptr) return nullptr;
  buffer->storage = data;
  buffer->length = length;
  ObjectStore::Retain(keeper);
  buffer->keeper = keeper;
  buffer->constant = keeper != nullptr;
  return buffer;
}

Status SubspanBuffer(ObjectStore& store, Buffer& source, uint32_t offset, uint32_t length,
                     Buffer*& part) {
  const ByteRange range = TRY(RangeOf(source, offset, length));
  Buffer* buffer = &source;
  if (range.length == source.length) {
    ObjectStore::Retain(buffer);
  } else {
    buffer = store.New<Buffer>();
    if (buffer == nullptr) return Status::kOutOfMemory;
    ObjectStore::Retain(source.root);
    buffer->root = source.root;
    buffer->offset = source.offset + offset;
    buffer->length = range.length;
  }
  part = buffer;
  return Status::kOk;
}

BufferView* MakeView(ObjectStore& store, Buffer* buffer, ElementType type, uint32_t encoding,
                     uint32_t rank) {
  auto* view = store.NewSized<BufferView>(BufferView::SizeFor(rank));
  if (view == nullptr) {
    store.Release(buffer);
    return nullptr;
  }
  view->buffer = buffer;
  view->element_type = type;
  view->encoding = encoding;
  view->rank = rank;
  return view;
}

void DeallocateStorage(ObjectStore& store, Buffer& buffer) {
  if (!buffer.owned || buffer.storage == nullptr) return;
  if (!buffer.recorded) store.EndRecording();  // the next call will miss it
  store.heap().Free(buffer.storage, buffer.storage_size);
  buffer.storage = nullptr;
}

void EndLoan(ObjectStore& store, Buffer& buffer) {
  if (!buffer.borrowed) return;
  buffer.borrowed = false;
  const uint8_t* lent = buffer.storage;
  buffer.storage = nullptr;
  if (buffer.references == 1) return;
  if (AllocateStorage(store, buffer)) std::memcpy(buffer.storage, lent, buffer.length);
}

}  // namespace runtime
