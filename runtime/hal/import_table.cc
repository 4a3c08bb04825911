#include "runtime/hal/import_table.h"

#include <array>
#include <cstdint>

#include "runtime/hal/buffer.h"
#include "runtime/hal/command_buffer.h"
#include "runtime/hal/executable.h"
#include "runtime/hal/handlers.h"

namespace runtime {
namespace {

using namespace hal;  // NOLINT(google-build-using-namespace): the table names 45 of its functions

// What the letters of a convention stand for besides i I f and r.
constexpr std::array<RefRule, 26> kRules = [] {
  std::array<RefRule, 26> rules = {};
  rules['b' - 'a'] = {&Buffer::kType, false};
  rules['o' - 'a'] = {&Buffer::kType, true};
  rules['w' - 'a'] = {&BufferView::kType, false};
  rules['c' - 'a'] = {&CommandBuffer::kType, false};
  rules['x' - 'a'] = {&Executable::kType, false};
  rules['s' - 'a'] = {&SetLayout::kType, false};
  rules['l' - 'a'] = {&PipelineLayout::kType, false};
  rules['m' - 'a'] = {&VmBuffer::kType, false};
  rules['n' - 'a'] = {&VmBuffer::kType, true};
  return rules;
}();

constexpr char PlainLetter(char letter) {
  const bool plain = letter == 'i' || letter == 'f' || letter == 'v' || letter < 'a';
  return plain ? letter : 'r';
}

// Rows of one name stand together; shift says where the arguments of a convention moved to, as the
// handlers explain.
constexpr ImportRow kRows[] = {
    {"hal.ex.shared_device", "0v_r", ReturnDevice, 0},
    {"hal.ex.file.from_memory", "0rIimIIi_r", FileFromMemory, 0},
    {"hal.devices.count", "0v_i", DevicesCount, 0},
    {"hal.devices.get", "0i_r", DevicesGet, 0},
    {"hal.device.allocator", "0r_r", DeviceAllocator, 0},
    {"hal.device.query.i64", "0rmm_iI", DeviceQueryI64, 0},

    {"hal.allocator.allocate", "0riiI_r", AllocatorAllocate, 0},
    {"hal.allocator.allocate", "0rIiiI_r", AllocatorAllocate, 1},
    {"hal.allocator.allocate.initialized", "0riimII_r", AllocatorAllocateInitialized, 0},
    {"hal.allocator.map.byte_buffer", "0riiimII_r", AllocatorImport, 0},
    {"hal.allocator.import", "0riiimII_r", AllocatorImport, 0},
    {"hal.allocator.import", "0riIiimII_r", AllocatorImport, 1},
    {"hal.allocator.select", "0iiICrID_rI", AllocatorSelect, 0},
    {"hal.buffer.assert", "0bnrIii_v", BufferAssert, 0},
    {"hal.buffer.load", "0bIi_i", BufferLoad, 0},
    {"hal.buffer.store", "0ibIi_v", BufferStore, 0},
    {"hal.buffer.subspan", "0bII_r", BufferSubspan, 0},
    {"hal.buffer.length", "0b_I", BufferLength, 0},
    {"hal.buffer.allocation.preserve", "0r_v", Nothing, 0},
    {"hal.buffer.allocation.discard", "0r_i", ReturnOne, 0},
    {"hal.buffer.allocation.is_terminal", "0r_i", ReturnOne, 0},
    {"hal.buffer_view.create", "0bIIiiCID_r", BufferViewCreate, 0},
    {"hal.buffer_view.assert", "0wniiCID_v", BufferViewAssert, 0},
    {"hal.buffer_view.buffer", "0w_r", BufferViewBuffer, 0},
    {"hal.buffer_view.dim", "0wi_I", BufferViewDim, 0},
    {"hal.buffer_view.rank", "0w_i", BufferViewRank, 0},
    {"hal.buffer_view.element_type", "0w_i", BufferViewElementType, 0},
    {"hal.buffer_view.encoding_type", "0w_i", BufferViewEncodingType, 0},
    {"hal.buffer_view.trace", "0rCrD_v", Nothing, 0},

    {"hal.descriptor_set_layout.create", "0riCiiiD_r", DescriptorSetLayoutCreate, 0},
    {"hal.pipeline_layout.create", "0riCsD_r", PipelineLayoutCreate, 0},
    {"hal.executable.create", "0rmmnClD_r", ExecutableCreate, 0},
    {"hal.executable.create", "0rmmn_r", ExecutableCreate, 0},
    {"hal.executable.create", "0rImmn_r", ExecutableCreate, 1},
    {"hal.executable.lookup.function", "0xm_I", ExecutableLookupFunction, 0},

    {"hal.command_buffer.create", "0riii_r", CommandBufferCreate, 0},
    {"hal.command_buffer.create", "0riiIi_r", CommandBufferCreate, 0},
    {"hal.command_buffer.finalize", "0r_v", Nothing, 0},
    {"hal.command_buffer.begin_debug_group", "0rr_v", Nothing, 0},
    {"hal.command_buffer.end_debug_group", "0r_v", Nothing, 0},
    {"hal.command_buffer.execution_barrier", "0riii_v", Nothing, 0},
    {"hal.command_buffer.execution_barrier", "0riiI_v", Nothing, 0},
    {"hal.command_buffer.advise_buffer", "0rrIIIi_v", Nothing, 0},
    {"hal.command_buffer.push_constants", "0criCiD_v", PushConstants, 0},
    {"hal.command_buffer.push_descriptor_set", "0criCiioIID_v", PushDescriptorSet, 0},
    {"hal.command_buffer.dispatch", "0cxiiii_v", DispatchPushed, 0},
    {"hal.command_buffer.dispatch", "0cxiiiiICiDCiioIID_v", Dispatch, 0},
    {"hal.command_buffer.dispatch", "0cxIiiiICiDCiioIID_v", Dispatch, 1},
    {"hal.command_buffer.dispatch.indirect", "0cxibI_v", DispatchIndirectPushed, 0},
    {"hal.command_buffer.dispatch.indirect", "0cxiioIICiDCiioIID_v", DispatchIndirect, 0},
    {"hal.command_buffer.dispatch.indirect", "0cxIioIICiDCiioIID_v", DispatchIndirect, 1},
    {"hal.command_buffer.fill_buffer", "0cbIIii_v", FillBuffer, 0},
    {"hal.command_buffer.fill_buffer", "0coIIiii_v", FillBuffer, 1},
    {"hal.command_buffer.fill_buffer", "0coIIiIiI_v", FillBuffer, 2},
    {"hal.command_buffer.copy_buffer", "0cbIbII_v", CopyBuffer, 0},
    {"hal.command_buffer.copy_buffer", "0ciioIoII_v", CopyBuffer, 2},
    {"hal.command_buffer.copy_buffer", "0ciioIoIII_v", CopyBuffer, 2},
    {"hal.command_buffer.update_buffer", "0cmIoIIi_v", UpdateBuffer, 0},
    {"hal.command_buffer.update_buffer", "0cmIoIIiI_v", UpdateBuffer, 0},

    {"hal.device.queue.alloca", "0rIrriiiI_r", QueueAlloca, 0},
    {"hal.device.queue.alloca", "0rIrrIiiII_r", QueueAlloca, 0},
    {"hal.device.queue.dealloca", "0rIrrb_v", QueueDealloca, 0},
    {"hal.device.queue.dealloca", "0rIrrbI_v", QueueDealloca, 0},
    {"hal.device.queue.execute", "0rIrrCcD_v", QueueExecuteList, 0},
    {"hal.device.queue.execute", "0rIrrcI_v", QueueExecute, 0},
    {"hal.device.queue.execute.indirect", "0rIrrcCoIID_v", QueueExecuteIndirect, 0},
    {"hal.device.queue.execute.indirect", "0rIrrcICoIID_v", QueueExecuteIndirect, 1},
    {"hal.device.queue.fill", "0rIrrbIIIiI_v", QueueFill, 0},
    {"hal.device.queue.copy", "0rIrrbIbIII_v", QueueCopy, 0},
    {"hal.device.queue.update", "0rIrrmIbIII_v", QueueUpdate, 0},
    {"hal.device.queue.read", "0rIrrbIbIIi_v", QueueRead, 0},
    {"hal.device.queue.read", "0rIrrbIbIII_v", QueueRead, 0},
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
  for (const char c : convention) hash = (hash ^ static_cast<uint8_t>(PlainLetter(c))) * 16777619u;
  return hash;
}

// Open addressing; 0 is empty, else row + 1.
constexpr size_t kBuckets = 256;
constexpr std::array<uint8_t, kBuckets> kBucketRows = [] {
  std::array<uint8_t, kBuckets> buckets = {};
  uint8_t row = 0;
  for (const ImportRow& entry : kRows) {
    size_t bucket = Hash(entry.name, entry.convention) % kBuckets;
    while (buckets[bucket] != 0) bucket = (bucket + 1) % kBuckets;
    buckets[bucket] = ++row;
  }
  return buckets;
}();
static_assert(std::size(kRows) < kBuckets / 2, "the table needs empty buckets");

bool SameConvention(std::string_view plain, const char* typed) {
  for (const char c : plain) {
    if (*typed == '\0' || PlainLetter(*typed) != c) return false;
    ++typed;
  }
  return *typed == '\0';
}

const ImportRow* FindImport(std::string_view name, std::string_view convention) {
  for (size_t bucket = Hash(name, convention) % kBuckets; kBucketRows[bucket] != 0;
       bucket = (bucket + 1) % kBuckets) {
    const ImportRow& row = kRows[kBucketRows[bucket] - 1];
    if (name == row.name && SameConvention(convention, row.convention)) return &row;
  }
  return nullptr;
}

}  // namespace

const ImportTable kHalImports = {FindImport, kRules.data()};

std::span<const ImportRow> ImportRows() { return kRows; }

}  // namespace runtime
