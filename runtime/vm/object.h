// SPDX-License-Identifier: Apache-2.0

// Reference counted things that registers, globals and lists hold. A type is identified by the
// address of its ObjectType; destroying is iterative, so that a list of lists of lists … cannot
// exhaust the stack. Objects live in the Heap.
#ifndef RUNTIME_VM_OBJECT_H_
#define RUNTIME_VM_OBJECT_H_

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "runtime/vm/heap.h"

namespace runtime {

class ObjectStore;
struct Object;

struct ObjectType {
  // Releases what the object holds and frees its memory.
  void (*destroy)(ObjectStore& store, Object* object);
};

struct Object {
  explicit Object(const ObjectType* object_type) : references(1), type(object_type) {}

  uintptr_t references;  // link of the list of objects to destroy, once it was zero
  const ObjectType* type;
};

// The heap plus the rule how objects end.
class ObjectStore {
 public:
  explicit ObjectStore(Heap& heap) : heap_(heap) {}

  [[nodiscard]] Heap& heap() { return heap_; }

  // The program loads from tensors, or keeps something for the next call: what it does now cannot
  // be done again without it (hal/replay.h).
  void EndRecording() {
    if (heap_.holding()) heap_.BreakHold();
  }

  static void Retain(Object* object) {
    if (object != nullptr) ++object->references;
  }
  void Release(Object* object) {
    if (object != nullptr && --object->references == 0) Destroy(object);
  }
  // Releases what `slot` holds and makes it hold `object`, whose reference the caller gives up.
  void Move(Object*& slot, Object* object) {
    Object* old = slot;
    slot = object;
    Release(old);
  }
  void Assign(Object*& slot, Object* object) {
    Retain(object);
    Move(slot, object);
  }

  // New object of a type derived from Object with a constructor; nullptr if there is no memory.
  template <typename T, typename... Arguments>
  [[nodiscard]] T* New(Arguments... arguments) {
    return NewSized<T>(sizeof(T), arguments...);
  }
  template <typename T, typename... Arguments>
  [[nodiscard]] T* NewSized(size_t size, Arguments... arguments) {
    void* memory = heap_.Allocate(size);
    return memory == nullptr ? nullptr : new (memory) T(arguments...);
  }

 private:
  void Destroy(Object* object);

  Heap& heap_;
  Object* doomed_ = nullptr;
  bool destroying_ = false;
};

// Bytes inside a buffer, or the reason why there are none: then `data` is null.
struct ByteRange {
  ByteRange(uint8_t* bytes, uint32_t byte_length) : data(bytes), length(byte_length) {}
  ByteRange(base::Status status)  // NOLINT(google-explicit-constructor)
      : data(nullptr), length(static_cast<uint32_t>(status)) {}

  explicit operator bool() const { return data != nullptr; }
  const ByteRange& operator*() const { return *this; }
  [[nodiscard]] base::Status error() const { return static_cast<base::Status>(length); }

  uint8_t* data;
  uint32_t length;
};

// The rest of a buffer, as a length; and what a 64-bit offset or length that no buffer has becomes.
inline constexpr uint32_t kRest = UINT32_MAX;
inline constexpr uint32_t kTooBig = UINT32_MAX - 1;

// Offsets and lengths of modules have 64 bits, buffers are shorter than kTooBig.
inline uint32_t ClampSize(uint64_t size) {
  const auto low = static_cast<uint32_t>(size);
  const auto high = static_cast<uint32_t>(size >> 32);
  return high == 0 && low < kTooBig ? low : kTooBig;
}
inline uint32_t ClampLength(uint64_t length) {
  const auto low = static_cast<uint32_t>(length);
  return (low & static_cast<uint32_t>(length >> 32)) == UINT32_MAX ? kRest : ClampSize(length);
}

// True if [offset, offset + length) lies inside `size` bytes. Cannot wrap.
inline bool Fits(uint32_t size, uint32_t offset, uint32_t length) {
  return offset <= size && length <= size - offset;
}

// A !vm.buffer: bytes of a rodata segment, or own memory.
struct VmBuffer : Object {
  static const ObjectType kType;
  VmBuffer(uint8_t* bytes, uint32_t byte_length, bool is_mutable)
      : Object(&kType), data(bytes), length(byte_length), owned(is_mutable) {}

  uint8_t* data;
  uint32_t length;
  bool owned;  // in the heap and writable
};

enum class VariantKind : uint8_t { kEmpty, kInteger, kF32, kRef };

// An element of a list. Integers of 32 bits are extended, so that they may be read as 64; what is
// empty has bits of 0.
struct Variant {
  VariantKind kind;
  union {
    int64_t bits;
    Object* ref;
  };
};

// A !vm.list: elements of any kind.
struct List : Object {
  static const ObjectType kType;
  List() : Object(&kType) {}

  Variant* elements = nullptr;
  uint32_t size = 0;
  uint32_t capacity = 0;
};

}  // namespace runtime

#endif  // RUNTIME_VM_OBJECT_H_
