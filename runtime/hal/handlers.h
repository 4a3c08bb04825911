// SPDX-License-Identifier: Apache-2.0

// The handlers of the import table, in the order of shared spec iree-formats 3.2. Arguments and the
// meaning of Call::row->shift stand beside each row of the table (import_table.cc).
#ifndef RUNTIME_HAL_HANDLERS_H_
#define RUNTIME_HAL_HANDLERS_H_

#include "base/status.h"
#include "runtime/vm/buffer_ops.h"
#include "runtime/vm/import.h"

namespace runtime::hal {

// Bytes of the HAL buffer, or of the vm.buffer to read, that is argument `buffer`, from the offset
// behind it on; `length` may be kRest.
[[nodiscard]] ByteRange RangeAt(Call& call, uint32_t buffer, uint32_t length, Access access);
[[nodiscard]] ByteRange SourceAt(Call& call, uint32_t buffer, uint32_t length);

// Of a dispatch, in its row's shift: its workgroup counts lie in a buffer, its ordinal is an i64.
inline constexpr uint8_t kIndirect = 1;
inline constexpr uint8_t kWideOrdinal = 2;

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
base::Status BufferViewProperty(Call& call);

// command_imports.cc
base::Status DescriptorSetLayoutCreate(Call& call);
base::Status PipelineLayoutCreate(Call& call);
base::Status DirectCommandsCreate(Call& call);
base::Status CommandListCreate(Call& call);
base::Status PushConstants(Call& call);
base::Status PushDescriptorSet(Call& call);
base::Status DispatchPushed(Call& call);
base::Status DispatchRecorded(Call& call);
base::Status FillNow(Call& call);
base::Status CopyNow(Call& call);
base::Status UpdateNow(Call& call);
base::Status FillRecorded(Call& call);
base::Status CopyRecorded(Call& call);
base::Status UpdateRecorded(Call& call);

// device_imports.cc
base::Status ReturnSingleton(Call& call);
base::Status DevicesGet(Call& call);
base::Status DeviceQueryI64(Call& call);
base::Status ExecutableCreate(Call& call);
base::Status ExecutableLookupFunction(Call& call);
base::Status QueueDealloca(Call& call);
base::Status QueueExecuteList(Call& call);
base::Status QueueExecute(Call& call);
base::Status QueueWrite(Call& call);
base::Status ReturnI32(Call& call);

}  // namespace runtime::hal

#endif  // RUNTIME_HAL_HANDLERS_H_
