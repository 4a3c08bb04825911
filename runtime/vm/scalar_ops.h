// SPDX-License-Identifier: Apache-2.0

// The instructions that only read and write value registers: integers of both widths, and floats.
// kVmDivisionByZero is the only failure.
#ifndef RUNTIME_VM_SCALAR_OPS_H_
#define RUNTIME_VM_SCALAR_OPS_H_

#include "base/status.h"
#include "runtime/vm/operands.h"

namespace runtime {

[[nodiscard]] base::Status RunScalarOp(const Operands& operands);

}  // namespace runtime

#endif  // RUNTIME_VM_SCALAR_OPS_H_
