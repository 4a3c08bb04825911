// Reference counted things that registers, globals and lists hold. A type is identified by the
// address of its ObjectType; destroying is iterative, so that a list of lists of lists … cannot
// exhaust the stack. Objects live in the Heap.
#ifndef RUNTIME_VM_OBJECT_H_
#define RUNTIME_VM_OBJECT_H_

#include <cstddef>
#include <cstdint>

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

// A !vm.buffer: bytes of a rodata segment, or own memory.
struct VmBuffer : Object {
  static const ObjectType kType;
  VmBuffer(uint8_t* bytes, size_t byte_length, bool is_mutable)
      : Object(&kType), data(bytes), length(byte_length), owned(is_mutable) {}

  uint8_t* data;
  size_t length;
  bool owned;  // in the heap and writable
};

enum class VariantKind : uint8_t { kEmpty, kI32, kI64, kF32, kRef };

struct Variant {
  VariantKind kind;
  union {
    int32_t i32;
    int64_t i64;
    float f32;
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
