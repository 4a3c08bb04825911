// SPDX-License-Identifier: Apache-2.0

// The list.* instructions. Elements are variants: integers convert between their widths, anything
// else of the wrong kind reads as kVmWrongType, a reference of the wrong kind as null.
#ifndef RUNTIME_VM_LIST_OPS_H_
#define RUNTIME_VM_LIST_OPS_H_

#include "base/status.h"
#include "runtime/vm/object.h"
#include "runtime/vm/operands.h"

namespace runtime {

[[nodiscard]] base::Status RunListOp(ObjectStore& store, const Operands& operands);

}  // namespace runtime

#endif  // RUNTIME_VM_LIST_OPS_H_
