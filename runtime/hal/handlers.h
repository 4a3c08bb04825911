// SPDX-License-Identifier: Apache-2.0

// The handlers of the import table, in the order of shared spec iree-formats 3.2. Arguments and the
// meaning of Call::row->shift stand beside each row of the table (import_table.cc).
#ifndef RUNTIME_HAL_HANDLERS_H_
#define RUNTIME_HAL_HANDLERS_H_

#include "base/status.h"
#include "runtime/vm/import.h"

namespace runtime::hal {

// buffer_imports.cc
base::Status AllocatorAllocate(Call& call);
base::Status AllocatorAllocateInitialized(Call& call);
base::Status AllocatorImport(Call& call);
base::Status AllocatorSelect(Call& call);
base::Status BufferAssert(Call& call);
base::Status BufferLoad(Call& call);
base::Status BufferStore(Call& call);
base::Status BufferSubspan(Call& call);
base::Status BufferLength(Call& call);
base::Status BufferViewCreate(Call& call);
base::Status BufferViewAssert(Call& call);
base::Status BufferViewBuffer(Call& call);
base::Status BufferViewDim(Call& call);
base::Status BufferViewRank(Call& call);
base::Status BufferViewElementType(Call& call);
base::Status BufferViewEncodingType(Call& call);

// command_imports.cc
base::Status DescriptorSetLayoutCreate(Call& call);
base::Status PipelineLayoutCreate(Call& call);
base::Status DirectCommandsCreate(Call& call);
base::Status CommandListCreate(Call& call);
base::Status PushConstants(Call& call);
base::Status PushDescriptorSet(Call& call);
base::Status DispatchPushed(Call& call);
base::Status DispatchIndirectPushed(Call& call);
base::Status DispatchRecorded(Call& call);
base::Status DispatchIndirectRecorded(Call& call);
base::Status FillNow(Call& call);
base::Status CopyNow(Call& call);
base::Status UpdateNow(Call& call);
base::Status FillRecorded(Call& call);
base::Status CopyRecorded(Call& call);
base::Status UpdateRecorded(Call& call);

// device_imports.cc
base::Status ReturnDevice(Call& call);
base::Status DevicesCount(Call& call);
base::Status DevicesGet(Call& call);
base::Status DeviceAllocator(Call& call);
base::Status DeviceQueryI64(Call& call);
base::Status ExecutableCreate(Call& call);
base::Status ExecutableLookupFunction(Call& call);
base::Status QueueDealloca(Call& call);
base::Status QueueExecuteList(Call& call);
base::Status QueueExecute(Call& call);
base::Status QueueExecuteIndirect(Call& call);
base::Status QueueWrite(Call& call);
base::Status FenceCreate(Call& call);
base::Status Nothing(Call& call);     // no results
base::Status ReturnZero(Call& call);  // one i32
base::Status ReturnOne(Call& call);   // one i32

}  // namespace runtime::hal

#endif  // RUNTIME_HAL_HANDLERS_H_
