// SPDX-License-Identifier: Apache-2.0

// Buffers and buffer views. A root buffer owns storage in the heap or aliases somebody's memory
// (rodata, the caller's tensors); a subspan refers to its root. Storage can go while references
// stay (queue.dealloca), so data is reached through RangeOf only, never by a kept pointer.
#ifndef RUNTIME_HAL_BUFFER_H_
#define RUNTIME_HAL_BUFFER_H_

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "runtime/value/types.h"
#include "runtime/vm/buffer_ops.h"
#include "runtime/vm/object.h"

namespace runtime {

struct Buffer : Object {
  static const ObjectType kType;
  Buffer() : Object(&kType), root(this) {}

  Buffer* root;                // itself, or the retained buffer this is a part of
  uint8_t* storage = nullptr;  // of a root; nullptr once given back
  uint32_t offset = 0;         // in the root's storage
  uint32_t length = 0;         // below kTooBig
  uint32_t storage_size = 0;   // of a root: what to free
  bool owned = false;          // of a root: storage is ours
  bool borrowed = false;       // of a root: storage is the caller's, only for this call
  bool constant = false;       // of a root: storage is part of the module's file
  bool recorded = false;       // of a root: storage was allocated by the call that is recorded
  Object* keeper = nullptr;    // of a root: what keeps aliased memory alive
};

struct BufferView : Object {
  static const ObjectType kType;
  BufferView() : Object(&kType) {}

  [[nodiscard]] uint32_t* dims() { return reinterpret_cast<uint32_t*>(this + 1); }
  static size_t SizeFor(size_t rank) { return sizeof(BufferView) + rank * sizeof(uint32_t); }

  // What modules ask for by number.
  enum Property : uint8_t { kElementType, kEncoding, kRank };
  [[nodiscard]] uint32_t property(uint8_t which) const {
    if (which == kRank) return rank;
    return which == kElementType ? element_type.code : encoding;
  }

  Buffer* buffer = nullptr;
  ElementType element_type;
  uint32_t encoding = 0;
  uint32_t rank = 0;
};

inline constexpr uint32_t kEncodingDense = 1;

// Bytes [offset, offset + length) of `buffer`; length may be kRest. Constants are refused as the
// target of a HAL command, since what the verifier proved about the file must stay true. (A kernel
// can write anywhere; that is the board's to isolate.)
[[nodiscard]] ByteRange RangeOf(const Buffer& buffer, uint32_t offset, uint32_t length,
                                Access access = Access::kRead);

// New buffers; nullptr if there is no memory. Contents of an allocated one are undefined. An alias
// with a keeper is constant.
[[nodiscard]] Buffer* AllocateBuffer(ObjectStore& store, uint32_t length);
[[nodiscard]] Buffer* AliasBuffer(ObjectStore& store, uint8_t* data, uint32_t length,
                                  Object* keeper);
// In `part` a reference to these bytes of `buffer`: to the buffer itself if they are all of it.
[[nodiscard]] base::Status SubspanBuffer(ObjectStore& store, Buffer& buffer, uint32_t offset,
                                         uint32_t length, Buffer*& part);
// A view that takes over the reference to `buffer`, also when there is no memory for the view. Dims
// are to be filled in.
[[nodiscard]] BufferView* MakeView(ObjectStore& store, Buffer* buffer, ElementType type,
                                   uint32_t encoding, uint32_t rank);

// Gives the storage of an owned buffer back at once; others are left as they are.
void DeallocateStorage(ObjectStore& store, Buffer& buffer);

// Ends a loan: if anybody still refers to the root `buffer` besides the caller, its bytes are
// copied into storage of its own (or it loses its storage if there is no memory).
void EndLoan(ObjectStore& store, Buffer& buffer);

}  // namespace runtime

#endif  // RUNTIME_HAL_BUFFER_H_
