#include "runtime/hal/import_table.h"

#include <array>
#include <cstdint>

#include "runtime/hal/handlers.h"

namespace runtime {
namespace {

using namespace hal;  // NOLINT(google-build-using-namespace): the table names 45 of its functions

// Rows of one name stand together; shift says where the arguments of a convention moved to, as the
// handlers explain.
constexpr ImportRow kRows[] = {
    {"hal.ex.shared_device", "0v_r", ReturnDevice, 0},
    {"hal.ex.file.from_memory", "0rIirIIi_r", FileFromMemory, 0},
    {"hal.devices.count", "0v_i", DevicesCount, 0},
    {"hal.devices.get", "0i_r", DevicesGet, 0},
    {"hal.device.allocator", "0r_r", DeviceAllocator, 0},
    {"hal.device.query.i64", "0rrr_iI", DeviceQueryI64, 0},

    {"hal.allocator.allocate", "0riiI_r", AllocatorAllocate, 0},
    {"hal.allocator.allocate", "0rIiiI_r", AllocatorAllocate, 1},
    {"hal.allocator.allocate.initialized", "0riirII_r", AllocatorAllocateInitialized, 0},
    {"hal.allocator.map.byte_buffer", "0riiirII_r", AllocatorImport, 0},
    {"hal.allocator.import", "0riiirII_r", AllocatorImport, 0},
    {"hal.allocator.import", "0riIiirII_r", AllocatorImport, 1},
    {"hal.allocator.select", "0iiICrID_rI", AllocatorSelect, 0},
    {"hal.buffer.assert", "0rrrIii_v", BufferAssert, 0},
    {"hal.buffer.load", "0rIi_i", BufferLoad, 0},
    {"hal.buffer.store", "0irIi_v", BufferStore, 0},
    {"hal.buffer.subspan", "0rII_r", BufferSubspan, 0},
    {"hal.buffer.length", "0r_I", BufferLength, 0},
    {"hal.buffer.allocation.preserve", "0r_v", Nothing, 0},
    {"hal.buffer.allocation.discard", "0r_i", ReturnOne, 0},
    {"hal.buffer.allocation.is_terminal", "0r_i", ReturnOne, 0},
    {"hal.buffer_view.create", "0rIIiiCID_r", BufferViewCreate, 0},
    {"hal.buffer_view.assert", "0rriiCID_v", BufferViewAssert, 0},
    {"hal.buffer_view.buffer", "0r_r", BufferViewBuffer, 0},
    {"hal.buffer_view.dim", "0ri_I", BufferViewDim, 0},
    {"hal.buffer_view.rank", "0r_i", BufferViewRank, 0},
    {"hal.buffer_view.element_type", "0r_i", BufferViewElementType, 0},
    {"hal.buffer_view.encoding_type", "0r_i", BufferViewEncodingType, 0},
    {"hal.buffer_view.trace", "0rCrD_v", Nothing, 0},

    {"hal.descriptor_set_layout.create", "0riCiiiD_r", DescriptorSetLayoutCreate, 0},
    {"hal.pipeline_layout.create", "0riCrD_r", PipelineLayoutCreate, 0},
    {"hal.executable.create", "0rrrrCrD_r", ExecutableCreate, 0},
    {"hal.executable.create", "0rrrr_r", ExecutableCreate, 0},
    {"hal.executable.create", "0rIrrr_r", ExecutableCreate, 1},
    {"hal.executable.lookup.function", "0rr_I", ExecutableLookupFunction, 0},

    {"hal.command_buffer.create", "0riii_r", CommandBufferCreate, 0},
    {"hal.command_buffer.create", "0riiIi_r", CommandBufferCreate, 0},
    {"hal.command_buffer.finalize", "0r_v", Nothing, 0},
    {"hal.command_buffer.begin_debug_group", "0rr_v", Nothing, 0},
    {"hal.command_buffer.end_debug_group", "0r_v", Nothing, 0},
    {"hal.command_buffer.execution_barrier", "0riii_v", Nothing, 0},
    {"hal.command_buffer.execution_barrier", "0riiI_v", Nothing, 0},
    {"hal.command_buffer.advise_buffer", "0rrIIIi_v", Nothing, 0},
    {"hal.command_buffer.push_constants", "0rriCiD_v", PushConstants, 0},
    {"hal.command_buffer.push_descriptor_set", "0rriCiirIID_v", PushDescriptorSet, 0},
    {"hal.command_buffer.dispatch", "0rriiii_v", DispatchPushed, 0},
    {"hal.command_buffer.dispatch", "0rriiiiICiDCiirIID_v", Dispatch, 0},
    {"hal.command_buffer.dispatch", "0rrIiiiICiDCiirIID_v", Dispatch, 1},
    {"hal.command_buffer.dispatch.indirect", "0rrirI_v", DispatchIndirectPushed, 0},
    {"hal.command_buffer.dispatch.indirect", "0rriirIICiDCiirIID_v", DispatchIndirect, 0},
    {"hal.command_buffer.dispatch.indirect", "0rrIirIICiDCiirIID_v", DispatchIndirect, 1},
    {"hal.command_buffer.fill_buffer", "0rrIIii_v", FillBuffer, 0},
    {"hal.command_buffer.fill_buffer", "0rrIIiii_v", FillBuffer, 1},
    {"hal.command_buffer.fill_buffer", "0rrIIiIiI_v", FillBuffer, 2},
    {"hal.command_buffer.copy_buffer", "0rrIrII_v", CopyBuffer, 0},
    {"hal.command_buffer.copy_buffer", "0riirIrII_v", CopyBuffer, 2},
    {"hal.command_buffer.copy_buffer", "0riirIrIII_v", CopyBuffer, 2},
    {"hal.command_buffer.update_buffer", "0rrIrIIi_v", UpdateBuffer, 0},
    {"hal.command_buffer.update_buffer", "0rrIrIIiI_v", UpdateBuffer, 0},

    {"hal.device.queue.alloca", "0rIrriiiI_r", QueueAlloca, 0},
    {"hal.device.queue.alloca", "0rIrrIiiII_r", QueueAlloca, 0},
    {"hal.device.queue.dealloca", "0rIrrr_v", QueueDealloca, 0},
    {"hal.device.queue.dealloca", "0rIrrrI_v", QueueDealloca, 0},
    {"hal.device.queue.execute", "0rIrrCrD_v", QueueExecuteList, 0},
    {"hal.device.queue.execute", "0rIrrrI_v", QueueExecute, 0},
    {"hal.device.queue.execute.indirect", "0rIrrrCrIID_v", QueueExecuteIndirect, 0},
    {"hal.device.queue.execute.indirect", "0rIrrrICrIID_v", QueueExecuteIndirect, 1},
    {"hal.device.queue.fill", "0rIrrrIIIiI_v", QueueFill, 0},
    {"hal.device.queue.copy", "0rIrrrIrIII_v", QueueCopy, 0},
    {"hal.device.queue.update", "0rIrrrIrIII_v", QueueUpdate, 0},
    {"hal.device.queue.read", "0rIrrrIrIIi_v", QueueRead, 0},
    {"hal.device.queue.read", "0rIrrrIrIII_v", QueueRead, 0},
    {"hal.device.queue.write", "0rIrrrIrIIi_v", QueueWrite, 0},
    {"hal.device.queue.write", "0rIrrrIrIII_v", QueueWrite, 0},
    {"hal.device.queue.barrier", "0rIrrI_v", Nothing, 0},
    {"hal.device.queue.flush", "0rI_v", Nothing, 0},

    {"hal.fence.create", "0ri_r", FenceCreate, 0},
    {"hal.fence.create", "0rI_r", FenceCreate, 0},
    {"hal.fence.join", "0CrD_r", FenceCreate, 0},
    {"hal.fence.join", "0ICrD_r", FenceCreate, 0},
    {"hal.fence.await", "0iCrD_i", ReturnZero, 0},
    {"hal.fence.await", "0iICrD_i", ReturnZero, 0},
    {"hal.fence.query", "0r_i", ReturnZero, 0},
    {"hal.fence.signal", "0r_v", Nothing, 0},
    {"hal.fence.fail", "0ri_v", Nothing, 0},
};

constexpr uint32_t Hash(std::string_view name, std::string_view convention) {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  for (const char c : convention) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  return hash;
}

// Open addressing; 0 is empty, else row + 1.
constexpr size_t kBuckets = 256;
constexpr std::array<uint8_t, kBuckets> kBucketRows = [] {
  std::array<uint8_t, kBuckets> buckets = {};
  uint8_t row = 0;
  for (const ImportRow& entry : kRows) {
    size_t bucket = Hash(entry.name, entry.calling_convention) % kBuckets;
    while (buckets[bucket] != 0) bucket = (bucket + 1) % kBuckets;
    buckets[bucket] = ++row;
  }
  return buckets;
}();
static_assert(std::size(kRows) < kBuckets / 2, "the table needs empty buckets");

}  // namespace

const ImportRow* FindImport(std::string_view name, std::string_view convention) {
  for (size_t bucket = Hash(name, convention) % kBuckets; kBucketRows[bucket] != 0;
       bucket = (bucket + 1) % kBuckets) {
    const ImportRow& row = kRows[kBucketRows[bucket] - 1];
    if (name == row.name && convention == row.calling_convention) return &row;
  }
  return nullptr;
}

std::span<const ImportRow> ImportRows() { return kRows; }

}  // namespace runtime
