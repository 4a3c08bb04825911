#include "runtime/vm/list_ops.h"

#include <cstring>

#include "base/try.h"

namespace runtime {

using base::Status;

base::Result<List*> AsList(Object* object) {
  if (object == nullptr) return std::unexpected(Status::kVmNullReference);
  if (object->type != &List::kType) return std::unexpected(Status::kVmWrongType);
  return static_cast<List*>(object);
}

base::Result<Object*> ListAlloc(ObjectStore& store, int32_t capacity) {
  List* list = store.New<List>();
  if (list == nullptr) return std::unexpected(Status::kOutOfMemory);
  const Status status = ListReserve(store, list, capacity);
  if (status != Status::kOk) {
    store.Release(list);
    return std::unexpected(status);
  }
  return list;
}

Status ListReserve(ObjectStore& store, Object* object, int32_t capacity) {
  const auto list = AsList(object);
  if (!list) return list.error();
  List& target = **list;
  const auto wanted = static_cast<uint32_t>(capacity);
  if (wanted <= target.capacity) return Status::kOk;
  auto* elements = store.heap().AllocateArray<Variant>(wanted);
  if (elements == nullptr) return Status::kOutOfMemory;
  if (target.size != 0) std::memcpy(elements, target.elements, target.size * sizeof(Variant));
  store.heap().FreeArray(target.elements, target.capacity);
  target.elements = elements;
  target.capacity = wanted;
  return Status::kOk;
}

Status ListResize(ObjectStore& store, Object* object, int32_t size) {
  const auto list = AsList(object);
  if (!list) return list.error();
  List& target = **list;
  const auto wanted = static_cast<uint32_t>(size);
  if (wanted > target.capacity) {
    // Doubling keeps a list that grows one by one from being copied each time.
    const uint32_t doubled = wanted < UINT32_MAX / 4 ? wanted + wanted / 2 : wanted;
    const Status status = ListReserve(store, object, static_cast<int32_t>(doubled));
    if (status != Status::kOk) return status;
  }
  for (uint32_t i = target.size; i < wanted; ++i) target.elements[i] = {VariantKind::kEmpty, {}};
  const uint32_t old_size = target.size;
  target.size = wanted;
  for (uint32_t i = wanted; i < old_size; ++i) {
    if (target.elements[i].kind == VariantKind::kRef) store.Release(target.elements[i].ref);
  }
  return Status::kOk;
}

base::Result<Variant*> ListElement(Object* object, int32_t index) {
  List* list = TRY(AsList(object));
  if (static_cast<uint32_t>(index) >= list->size) return std::unexpected(Status::kOutOfBounds);
  return &list->elements[index];
}

base::Result<int64_t> ListGetInteger(Object* object, int32_t index) {
  const Variant* element = TRY(ListElement(object, index));
  switch (element->kind) {
    case VariantKind::kEmpty:
      return 0;
    case VariantKind::kI32:
      return element->i32;
    case VariantKind::kI64:
      return element->i64;
    case VariantKind::kF32:
    case VariantKind::kRef:
      break;
  }
  return std::unexpected(Status::kVmWrongType);
}

base::Result<float> ListGetFloat(Object* object, int32_t index) {
  const Variant* element = TRY(ListElement(object, index));
  if (element->kind == VariantKind::kEmpty) return 0.0f;
  if (element->kind != VariantKind::kF32) return std::unexpected(Status::kVmWrongType);
  return element->f32;
}

base::Result<Object*> ListGetRef(Object* object, int32_t index) {
  const Variant* element = TRY(ListElement(object, index));
  return element->kind == VariantKind::kRef ? element->ref : nullptr;
}

Status ListSet(ObjectStore& store, Object* object, int32_t index, Variant value) {
  const auto element = ListElement(object, index);
  if (!element) {
    if (value.kind == VariantKind::kRef) store.Release(value.ref);
    return element.error();
  }
  const Variant old = **element;
  **element = value;
  if (old.kind == VariantKind::kRef) store.Release(old.ref);
  return Status::kOk;
}

}  // namespace runtime
