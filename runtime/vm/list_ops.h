// The list.* instructions. Elements are variants: integers convert between their widths, anything
// else of the wrong kind reads as kVmWrongType, a reference of the wrong kind as null.
#ifndef RUNTIME_VM_LIST_OPS_H_
#define RUNTIME_VM_LIST_OPS_H_

#include <cstdint>

#include "base/status.h"
#include "runtime/vm/object.h"

namespace runtime {

[[nodiscard]] base::Result<List*> AsList(Object* object);
[[nodiscard]] base::Result<Object*> ListAlloc(ObjectStore& store, int32_t capacity);
[[nodiscard]] base::Status ListReserve(ObjectStore& store, Object* list, int32_t capacity);
[[nodiscard]] base::Status ListResize(ObjectStore& store, Object* list, int32_t size);
[[nodiscard]] base::Result<Variant*> ListElement(Object* list, int32_t index);
[[nodiscard]] base::Result<int64_t> ListGetInteger(Object* list, int32_t index);
[[nodiscard]] base::Result<float> ListGetFloat(Object* list, int32_t index);
[[nodiscard]] base::Result<Object*> ListGetRef(Object* list, int32_t index);  // borrowed
// Takes over the reference inside `value`, also when it fails.
[[nodiscard]] base::Status ListSet(ObjectStore& store, Object* list, int32_t index, Variant value);

}  // namespace runtime

#endif  // RUNTIME_VM_LIST_OPS_H_
