// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/object.h"

namespace runtime {
namespace {

void DestroyVmBuffer(ObjectStore& store, Object* object) {
  auto* buffer = static_cast<VmBuffer*>(object);
  if (buffer->owned) store.heap().Free(buffer->data, buffer->length);
  store.heap().Free(buffer, sizeof(VmBuffer));
}

void DestroyList(ObjectStore& store, Object* object) {
  auto* list = static_cast<List*>(object);
  for (uint32_t i = 0; i < list->size; ++i) {
    if (list->elements[i].kind == VariantKind::kRef) store.Release(list->elements[i].ref);
  }
  store.heap().FreeArray(list->elements, list->capacity);
  store.heap().Free(list, sizeof(List));
}

}  // namespace

const ObjectType VmBuffer::kType = {DestroyVmBuffer};
const ObjectType List::kType = {DestroyList};

void ObjectStore::Destroy(Object* object) {
  object->references = reinterpret_cast<uintptr_t>(doomed_);
  doomed_ = object;
  if (destroying_) return;
  destroying_ = true;
  while (doomed_ != nullptr) {
    Object* next = doomed_;
    doomed_ = reinterpret_cast<Object*>(next->references);
    next->type->destroy(*this, next);
  }
  destroying_ = false;
}

}  // namespace runtime
