// The handlers of the import table, in the order of shared spec iree-formats 3.2. Arguments and the
// meaning of Call::row->shift stand beside each row of the table (import_table.cc).
#ifndef RUNTIME_HAL_HANDLERS_H_
#define RUNTIME_HAL_HANDLERS_H_

#include "base/status.h"
#include "runtime/vm/import.h"

namespace runtime::hal {

using Done = base::Result<void>;

// buffer_imports.cc
Done AllocatorAllocate(Call& call);
Done AllocatorAllocateInitialized(Call& call);
Done AllocatorImport(Call& call);
Done AllocatorSelect(Call& call);
Done BufferAssert(Call& call);
Done BufferLoad(Call& call);
Done BufferStore(Call& call);
Done BufferSubspan(Call& call);
Done BufferLength(Call& call);
Done BufferViewCreate(Call& call);
Done BufferViewAssert(Call& call);
Done BufferViewBuffer(Call& call);
Done BufferViewDim(Call& call);
Done BufferViewRank(Call& call);
Done BufferViewElementType(Call& call);
Done BufferViewEncodingType(Call& call);
Done FileFromMemory(Call& call);

// command_imports.cc
Done DescriptorSetLayoutCreate(Call& call);
Done PipelineLayoutCreate(Call& call);
Done CommandBufferCreate(Call& call);
Done PushConstants(Call& call);
Done PushDescriptorSet(Call& call);
Done DispatchPushed(Call& call);
Done DispatchIndirectPushed(Call& call);
Done Dispatch(Call& call);
Done DispatchIndirect(Call& call);
Done FillBuffer(Call& call);
Done CopyBuffer(Call& call);
Done UpdateBuffer(Call& call);

// device_imports.cc
Done ReturnDevice(Call& call);
Done DevicesCount(Call& call);
Done DevicesGet(Call& call);
Done DeviceAllocator(Call& call);
Done DeviceQueryI64(Call& call);
Done ExecutableCreate(Call& call);
Done ExecutableLookupFunction(Call& call);
Done QueueAlloca(Call& call);
Done QueueDealloca(Call& call);
Done QueueExecuteList(Call& call);
Done QueueExecute(Call& call);
Done QueueExecuteIndirect(Call& call);
Done QueueFill(Call& call);
Done QueueCopy(Call& call);
Done QueueUpdate(Call& call);
Done QueueRead(Call& call);
Done QueueWrite(Call& call);
Done FenceCreate(Call& call);
Done Nothing(Call& call);     // no results
Done ReturnZero(Call& call);  // one i32
Done ReturnOne(Call& call);   // one i32

}  // namespace runtime::hal

#endif  // RUNTIME_HAL_HANDLERS_H_
