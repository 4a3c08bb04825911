// SPDX-License-Identifier: Apache-2.0

#include "runtime/hal/import_table.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "runtime/hal/buffer.h"
#include "runtime/hal/commands.h"
#include "runtime/hal/executable.h"
#include "runtime/hal/handlers.h"

namespace runtime {
namespace {

using namespace hal;  // NOLINT(google-build-using-namespace): the table names 45 of its functions

// What the letters of a convention stand for besides i I f and r, the last of them.
constexpr std::array<RefRule, 'r' - 'a' + 1> kRules = [] {
  std::array<RefRule, 'r' - 'a' + 1> rules = {};
  rules['a' - 'a'] = {&BufferView::kType, false};  // an array
  rules['b' - 'a'] = {&Buffer::kType, false};
  rules['o' - 'a'] = {&Buffer::kType, true};
  rules['c' - 'a'] = {&CommandList::kType, false};
  rules['d' - 'a'] = {&DirectCommands::kType, false};
  rules['e' - 'a'] = {&Executable::kType, false};
  rules['l' - 'a'] = {&SetLayout::kType, false};
  rules['p' - 'a'] = {&PipelineLayout::kType, false};
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
constexpr ImportDeclaration kDeclarations[] = {
    {"hal.ex.shared_device", "0v_r", ReturnSingleton, Singleton::kDevice},
    {"hal.ex.file.from_memory", "0rIimIIi_r", AllocatorImport, 3},
    {"hal.devices.count", "0v_i", ReturnI32, 1},
    {"hal.devices.get", "0i_r", DevicesGet, 0},
    {"hal.device.allocator", "0r_r", ReturnSingleton, Singleton::kAllocator},
    {"hal.device.query.i64", "0rmm_iI", DeviceQueryI64, 0},

    {"hal.allocator.allocate", "0riiI_r", AllocatorAllocate, 3},
    {"hal.allocator.allocate", "0rIiiI_r", AllocatorAllocate, 4},
    {"hal.allocator.allocate.initialized", "0riimII_r", AllocatorAllocateInitialized, 0},
    {"hal.allocator.map.byte_buffer", "0riiimII_r", AllocatorImport, 4},
    {"hal.allocator.import", "0riiimII_r", AllocatorImport, 4},
    {"hal.allocator.import", "0riIiimII_r", AllocatorImport, 5},
    {"hal.allocator.select", "0iiICrID_rI", AllocatorSelect, 0},
    {"hal.buffer.assert", "0bnrIii_v", BufferAssert, 0},
    {"hal.buffer.load", "0bIi_i", BufferLoad, 0},
    {"hal.buffer.store", "0ibIi_v", BufferStore, 0},
    {"hal.buffer.subspan", "0bII_r", BufferSubspan, 0},
    {"hal.buffer.length", "0b_I", BufferLength, 0},
    {"hal.buffer.allocation.preserve", "0r_v", nullptr, 0},
    {"hal.buffer.allocation.discard", "0r_i", ReturnI32, 1},
    {"hal.buffer.allocation.is_terminal", "0r_i", ReturnI32, 1},
    {"hal.buffer_view.create", "0bIIiiCID_r", BufferViewCreate, 0},
    {"hal.buffer_view.assert", "0aniiCID_v", BufferViewAssert, 0},
    {"hal.buffer_view.buffer", "0a_r", BufferViewBuffer, 0},
    {"hal.buffer_view.dim", "0ai_I", BufferViewDim, 0},
    {"hal.buffer_view.rank", "0a_i", BufferViewProperty, BufferView::kRank},
    {"hal.buffer_view.element_type", "0a_i", BufferViewProperty, BufferView::kElementType},
    {"hal.buffer_view.encoding_type", "0a_i", BufferViewProperty, BufferView::kEncoding},
    {"hal.buffer_view.trace", "0rCrD_v", nullptr, 0},

    {"hal.descriptor_set_layout.create", "0riCiiiD_r", DescriptorSetLayoutCreate, 0},
    {"hal.pipeline_layout.create", "0riClD_r", PipelineLayoutCreate, 0},
    {"hal.executable.create", "0rmmnCpD_r", ExecutableCreate, 0},
    {"hal.executable.create", "0rmmn_r", ExecutableCreate, 0},
    {"hal.executable.create", "0rImmn_r", ExecutableCreate, 1},
    {"hal.executable.lookup.function", "0em_I", ExecutableLookupFunction, 0},

    {"hal.command_buffer.create", "0riii_r", DirectCommandsCreate, 0},
    {"hal.command_buffer.create", "0riiIi_r", CommandListCreate, 0},
    {"hal.command_buffer.finalize", "0r_v", nullptr, 0},
    {"hal.command_buffer.begin_debug_group", "0rr_v", nullptr, 0},
    {"hal.command_buffer.end_debug_group", "0r_v", nullptr, 0},
    {"hal.command_buffer.execution_barrier", "0riii_v", nullptr, 0},
    {"hal.command_buffer.execution_barrier", "0riiI_v", nullptr, 0},
    {"hal.command_buffer.advise_buffer", "0rrIIIi_v", nullptr, 0},
    {"hal.command_buffer.push_constants", "0driCiD_v", PushConstants, 0},
    {"hal.command_buffer.push_descriptor_set", "0driCiibIID_v", PushDescriptorSet, 0},
    {"hal.command_buffer.dispatch", "0deiiii_v", DispatchPushed, 0},
    {"hal.command_buffer.dispatch", "0ceiiiiICiDCiioIID_v", DispatchRecorded, 0},
    {"hal.command_buffer.dispatch", "0ceIiiiICiDCiioIID_v", DispatchRecorded, kWideOrdinal},
    {"hal.command_buffer.dispatch.indirect", "0deibI_v", DispatchPushed, kIndirect},
    {"hal.command_buffer.dispatch.indirect", "0ceiioIICiDCiioIID_v", DispatchRecorded, kIndirect},
    {"hal.command_buffer.dispatch.indirect", "0ceIioIICiDCiioIID_v", DispatchRecorded,
     kIndirect | kWideOrdinal},
    {"hal.command_buffer.fill_buffer", "0dbIIii_v", FillNow, 1},
    {"hal.command_buffer.fill_buffer", "0coIIiii_v", FillRecorded, 0},
    {"hal.command_buffer.fill_buffer", "0coIIiIiI_v", FillRecorded, 0},
    {"hal.command_buffer.copy_buffer", "0dbIbII_v", CopyNow, 1},
    {"hal.command_buffer.copy_buffer", "0ciioIoII_v", CopyRecorded, 0},
    {"hal.command_buffer.copy_buffer", "0ciioIoIII_v", CopyRecorded, 0},
    {"hal.command_buffer.update_buffer", "0cmIoIIi_v", UpdateRecorded, 0},
    {"hal.command_buffer.update_buffer", "0cmIoIIiI_v", UpdateRecorded, 0},

    {"hal.device.queue.alloca", "0rIrriiiI_r", AllocatorAllocate, 7},
    {"hal.device.queue.alloca", "0rIrrIiiII_r", AllocatorAllocate, 7},
    {"hal.device.queue.dealloca", "0rIrrb_v", QueueDealloca, 0},
    {"hal.device.queue.dealloca", "0rIrrbI_v", QueueDealloca, 0},
    {"hal.device.queue.execute", "0rIrrCrD_v", QueueExecuteList, 0},
    {"hal.device.queue.execute", "0rIrrcI_v", QueueExecute, 0},
    {"hal.device.queue.execute.indirect", "0rIrrcCoIID_v", QueueExecute, 0},
    {"hal.device.queue.execute.indirect", "0rIrrcICoIID_v", QueueExecute, 1},
    {"hal.device.queue.fill", "0rIrrbIIIiI_v", FillNow, 4},
    {"hal.device.queue.copy", "0rIrrbIbIII_v", CopyNow, 4},
    {"hal.device.queue.update", "0rIrrmIbIII_v", UpdateNow, 0},
    {"hal.device.queue.read", "0rIrrbIbIIi_v", CopyNow, 4},
    {"hal.device.queue.read", "0rIrrbIbIII_v", CopyNow, 4},
    {"hal.device.queue.write", "0rIrrrIrIIi_v", QueueWrite, 0},
    {"hal.device.queue.write", "0rIrrrIrIII_v", QueueWrite, 0},
    {"hal.device.queue.barrier", "0rIrrI_v", nullptr, 0},
    {"hal.device.queue.flush", "0rI_v", nullptr, 0},

    {"hal.fence.create", "0ri_r", ReturnSingleton, Singleton::kFence},
    {"hal.fence.create", "0rI_r", ReturnSingleton, Singleton::kFence},
    {"hal.fence.join", "0CrD_r", ReturnSingleton, Singleton::kFence},
    {"hal.fence.join", "0ICrD_r", ReturnSingleton, Singleton::kFence},
    {"hal.fence.await", "0iCrD_i", ReturnI32, 0},
    {"hal.fence.await", "0iICrD_i", ReturnI32, 0},
    {"hal.fence.query", "0r_i", ReturnI32, 0},
    {"hal.fence.signal", "0r_v", nullptr, 0},
    {"hal.fence.fail", "0ri_v", nullptr, 0},
};

// Bernstein's, without a multiplication; of a name and a module's convention one behind the other.
constexpr uint32_t Hash(std::string_view text, uint32_t hash = 5381) {
  for (const char c : text) hash = ((hash << 5) + hash) ^ static_cast<uint8_t>(c);
  return hash;
}

constexpr size_t kMaxConvention = 32;

// What rows have in common: functions and conventions, each once.
struct Pools {
  std::array<ImportFunction, 64> functions = {};
  uint8_t function_count = ImportRow::kNoFunction + 1;
  std::array<char, 1024> conventions = {};
  size_t convention_bytes = 0;

  // Pools that are too small are errors of constant evaluation.
  consteval Pools() {
    for (const ImportDeclaration& row : kDeclarations) {
      if (FindFunction(row.function) == function_count) functions[function_count++] = row.function;
    }
    // Long ones first, since others are their ends.
    for (size_t length = kMaxConvention; length != 0; --length) {
      for (const ImportDeclaration& row : kDeclarations) {
        const std::string_view letters = Letters(row.convention);
        if (letters.size() != length || FindConvention(row.convention) != std::string_view::npos) {
          continue;
        }
        std::ranges::copy(letters, conventions.begin() + convention_bytes);
        convention_bytes += length;
      }
    }
  }
  [[nodiscard]] constexpr uint8_t FindFunction(ImportFunction function) const {
    uint8_t at = 0;
    while (at != function_count && functions[at] != function) ++at;
    return at;
  }
  [[nodiscard]] constexpr size_t FindConvention(const char* convention) const {
    return std::string_view(conventions.data(), convention_bytes).find(Letters(convention));
  }

 private:
  // Behind the version that all begin with, with the NUL.
  static constexpr std::string_view Letters(const char* convention) {
    return {convention + 1, std::string_view(convention).size()};
  }
};
constexpr Pools kPools;
constexpr auto kFunctions = [] {
  std::array<ImportFunction, kPools.function_count> functions;
  std::copy_n(kPools.functions.begin(), functions.size(), functions.begin());
  return functions;
}();
constexpr auto kConventions = [] {
  std::array<char, kPools.convention_bytes> conventions;
  std::copy_n(kPools.conventions.begin(), conventions.size(), conventions.begin());
  return conventions;
}();

constexpr ImportRow RowOf(const ImportDeclaration& from) {
  const std::string_view typed = from.convention;
  std::array<char, kMaxConvention> plain = {};
  std::ranges::transform(typed, plain.begin(), PlainLetter);
  return {Hash({plain.data(), typed.size()}, Hash(from.name)),
          static_cast<uint16_t>(kPools.FindConvention(from.convention)),
          kPools.FindFunction(from.function), from.shift};
}

// By hash, so that no name need be kept. A foreign name with the hash of a row would get that row:
// it is the row's convention that its calls are checked against, so nothing worse can happen.
constexpr auto kRows = [] {
  std::array<ImportRow, std::size(kDeclarations)> rows = {};
  std::ranges::transform(kDeclarations, rows.begin(), RowOf);
  std::ranges::sort(rows, {}, &ImportRow::hash);
  return rows;
}();
static_assert(std::ranges::adjacent_find(kRows, {}, &ImportRow::hash) == kRows.end());

const ImportRow* FindImport(std::string_view name, std::string_view convention) {
  const uint32_t hash = Hash(convention, Hash(name));
  const auto* const row = std::ranges::lower_bound(kRows, hash, {}, &ImportRow::hash);
  return row != kRows.end() && row->hash == hash ? row : nullptr;
}

}  // namespace

constexpr ImportTable kHalImports = {FindImport, kRows.data(), kConventions.data(),
                                     kFunctions.data(), kRules.data()};

std::span<const ImportDeclaration> ImportDeclarations() { return kDeclarations; }

}  // namespace runtime
