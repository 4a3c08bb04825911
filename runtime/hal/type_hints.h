// SPDX-License-Identifier: Apache-2.0

// What a function says about the tensors it takes and gives, read from its own code: follows one
// path that does not fail and notes the constants given to buffer_view.assert and
// buffer_view.create. Works for every release; attributes with shapes exist only from 20231218 on.
#ifndef RUNTIME_HAL_TYPE_HINTS_H_
#define RUNTIME_HAL_TYPE_HINTS_H_

#include <cstdint>

#include "runtime/value/types.h"
#include "runtime/vm/heap.h"
#include "runtime/vm/verified_module.h"

namespace runtime {

// Fills element types and shapes into `info`, whose kinds and counts are there already: of the
// arguments, or of the results too. What is not found, also for lack of memory, stays unknown.
// Cost: bounded, about one visit per instruction.
void ReadArgumentHints(const VerifiedModule& module, const FunctionRecord& function, Heap& heap,
                       FunctionInfo& info);
void ReadTypeHints(const VerifiedModule& module, const FunctionRecord& function, Heap& heap,
                   FunctionInfo& info);

}  // namespace runtime

#endif  // RUNTIME_HAL_TYPE_HINTS_H_
