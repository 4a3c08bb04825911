// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/list_ops.h"

#include <cstring>

namespace runtime {
namespace {

using base::Status;

Status Reserve(ObjectStore& store, List& list, uint32_t capacity) {
  if (capacity <= list.capacity) return Status::kOk;
  auto* elements = store.heap().AllocateArray<Variant>(capacity);
  if (elements == nullptr) return Status::kOutOfMemory;
  if (list.size != 0) std::memcpy(elements, list.elements, list.size * sizeof(Variant));
  store.heap().FreeArray(list.elements, list.capacity);
  list.elements = elements;
  list.capacity = capacity;
  return Status::kOk;
}

Status Allocate(ObjectStore& store, const Operands& x) {
  List* list = store.New<List>();
  if (list == nullptr) return Status::kOutOfMemory;
  const uint32_t capacity = x.U32(1);
  store.Move(x.Ref(2), list);
  return Reserve(store, *list, capacity);
}

Status Resize(ObjectStore& store, List& list, uint32_t size) {
  if (size > list.capacity) {
    // Half as much again keeps a list that grows one by one from being copied each time.
    const Status status = Reserve(store, list, size < UINT32_MAX / 4 ? size + size / 2 : size);
    if (status != Status::kOk) return status;
  }
  for (uint32_t i = list.size; i < size; ++i) list.elements[i] = {VariantKind::kEmpty, {}};
  const uint32_t old_size = list.size;
  list.size = size;
  for (uint32_t i = size; i < old_size; ++i) {
    if (list.elements[i].kind == VariantKind::kRef) store.Release(list.elements[i].ref);
  }
  return Status::kOk;
}

Status Get(ObjectStore& store, const Operands& x, const Variant& element) {
  if (x.op() == Op::kListGetRef) {
    store.Assign(x.Ref(3), element.kind == VariantKind::kRef ? element.ref : nullptr);
    return Status::kOk;
  }
  const auto wanted = x.op() == Op::kListGetF32 ? VariantKind::kF32 : VariantKind::kInteger;
  if (element.kind != VariantKind::kEmpty && element.kind != wanted) return Status::kVmWrongType;
  if (x.op() == Op::kListGetI64) {
    x.I64(3) = element.bits;
  } else {
    x.I32(3) = static_cast<int32_t>(element.bits);
  }
  return Status::kOk;
}

void Set(ObjectStore& store, const Operands& x, Variant& element) {
  const Variant old = element;
  switch (x.op()) {
    case Op::kListSetRef:
      element = {VariantKind::kRef, {.ref = x.Take(3)}};
      break;
    case Op::kListSetI64:
      element = {VariantKind::kInteger, {.bits = x.I64(3)}};
      break;
    default:
      element = {x.op() == Op::kListSetF32 ? VariantKind::kF32 : VariantKind::kInteger,
                 {.bits = x.I32(3)}};
      break;
  }
  if (old.kind == VariantKind::kRef) store.Release(old.ref);
}

}  // namespace

Status RunListOp(ObjectStore& store, const Operands& x) {
  if (x.op() == Op::kListAlloc) return Allocate(store, x);
  Object* object = x.Ref(1);
  if (object == nullptr) return Status::kVmNullReference;
  if (object->type != &List::kType) return Status::kVmWrongType;
  List& list = *static_cast<List*>(object);
  switch (x.op()) {
    case Op::kListReserve:
      return Reserve(store, list, x.U32(2));
    case Op::kListSize:
      x.U32(2) = list.size;
      return Status::kOk;
    case Op::kListResize:
      return Resize(store, list, x.U32(2));
    default:
      break;
  }
  const uint32_t index = x.U32(2);
  if (index >= list.size) return Status::kOutOfBounds;
  // What stores has odd opcodes, what loads even ones.
  if (static_cast<uint32_t>(x.op()) % 2 == 0) return Get(store, x, list.elements[index]);
  Set(store, x, list.elements[index]);
  return Status::kOk;
}

}  // namespace runtime
