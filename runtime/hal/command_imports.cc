// SPDX-License-Identifier: Apache-2.0

#include <cstring>

#include "base/try.h"
#include "runtime/hal/commands.h"
#include "runtime/hal/handlers.h"
#include "runtime/vm/buffer_ops.h"

namespace runtime::hal {
namespace {

using base::Status;

// Items per entry of the variadic spans.
constexpr uint32_t kLayoutBindingItems = 3;    // binding, type, flags
constexpr uint32_t kDispatchBindingItems = 5;  // reserved, slot, buffer, offset, length

constexpr uint32_t kMaxBinding = DirectCommands::kMaxBindingsPerSet;

Status TooMany(Call& call) { return call.failure.Set(Message::kTooManyBindings); }

// Where a buffer and its slot, offset and length stand among the arguments. A null buffer means
// that a slot of the binding table stands for it.
BufferRef RefAt(Call& call, uint32_t slot, uint32_t buffer, uint32_t offset, uint32_t length) {
  return {call.Get<Buffer>(buffer), call.U32(slot), call.Size(offset), call.Length(length)};
}

Status Commit(Call& call) {
  call.Get<CommandList>(0)->Commit();
  return Status::kOk;
}

// A command that runs at once.
struct Immediate {
  alignas(BufferRef) Command command;
  alignas(BufferRef) uint8_t behind[2 * sizeof(BufferRef)];
  static_assert(sizeof(Fill) <= sizeof(BufferRef));

  [[nodiscard]] Status Run(Call& call) { return RunTransfer(Hal::Of(call), command, {}); }
};

// (…, buffer, offset, length, …, pattern, pattern length); `slot` of the binding table.
void DescribeFill(Call& call, Command& command, uint32_t first, uint32_t slot, uint32_t pattern) {
  command.refs()[0] = RefAt(call, slot, first, first + 1, first + 2);
  auto& fill = *command.payload<Fill>();
  fill = {.pattern = {}, .pattern_length = call.U32(pattern + 1)};
  std::memcpy(fill.pattern, call.Slot(pattern), fill.pattern_length <= 4 ? 4 : 8);
}

// (…, source, offset, target, offset, length)
void DescribeCopy(Call& call, Command& command, uint32_t first, uint32_t source_slot,
                  uint32_t target_slot) {
  command.refs()[0] = RefAt(call, target_slot, first + 2, first + 3, first + 4);
  command.refs()[1] = RefAt(call, source_slot, first, first + 1, first + 4);
}

// A dispatch that brings bindings and constants along (from 20240828).
Status RecordDispatch(Call& call, bool indirect) {
  CommandList& commands = *call.Get<CommandList>(0);
  Executable* const executable = call.Get<Executable>(1);
  const uint32_t kernel = call.row->shift != 0 ? call.Size(2) : call.U32(2);
  if (kernel >= executable->kernels.size()) return call.failure.Set(Message::kNoSuchKernel);
  const uint32_t constant_count = call.SpanLength(0);
  const uint32_t binding_count = call.SpanLength(1);
  if (binding_count > kMaxBindings || constant_count > kMaxConstants) return TooMany(call);
  Command* const command =
      commands.Begin(call.store, CommandKind::kDispatch, binding_count + (indirect ? 1 : 0),
                     sizeof(Dispatch) + binding_count * (sizeof(void*) + sizeof(size_t)) +
                         constant_count * sizeof(uint32_t));
  if (command == nullptr) return Status::kOutOfMemory;
  auto& dispatch = *command->payload<Dispatch>();
  auto* const pointers = reinterpret_cast<void**>(&dispatch + 1);
  auto* const lengths = reinterpret_cast<size_t*>(pointers + binding_count);
  auto* const constants = reinterpret_cast<uint32_t*>(lengths + binding_count);
  dispatch.executable = executable;
  dispatch.kernel = kernel;
  dispatch.indirect = indirect ? 1 : 0;
  DispatchState& state = dispatch.state;
  state = {};
  state.constant_count = static_cast<uint16_t>(constant_count);
  state.binding_count = static_cast<uint8_t>(binding_count);
  state.constants = constants;
  state.binding_pointers = pointers;
  state.binding_lengths = lengths;
  uint32_t argument = 7;
  for (uint32_t i = 0; i < constant_count; ++i) constants[i] = call.U32(argument++);
  BufferRef* ref = command->refs();
  for (uint32_t i = binding_count; i != 0; --i, argument += kDispatchBindingItems) {
    *ref++ = RefAt(call, argument + 1, argument + 2, argument + 3, argument + 4);
  }
  if (indirect) {
    *ref = {call.Get<Buffer>(4), call.U32(3), call.Size(5), 3 * sizeof(uint32_t)};
  } else {
    state.workgroup_count_x = call.U32(3);
    state.workgroup_count_y = call.U32(4);
    if (call.U32(5) > UINT16_MAX) return call.failure.Set(Message::kWorkgroupCount);
    state.workgroup_count_z = static_cast<uint16_t>(call.U32(5));
  }
  return Commit(call);
}

}  // namespace

// (device, flags, (binding, type, flags)…)
Status DescriptorSetLayoutCreate(Call& call) {
  const uint32_t count = call.SpanLength(0);
  if (count > kMaxBinding) return TooMany(call);
  auto* layout = call.store.NewSized<SetLayout>(SetLayout::SizeFor(count), count);
  if (layout == nullptr) return Status::kOutOfMemory;
  uint8_t* bindings = layout->bindings();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t binding = call.U32(2 + i * kLayoutBindingItems);
    if (binding >= kMaxBinding) {
      call.store.Release(layout);
      return TooMany(call);
    }
    // Kept sorted, since kernels number their bindings in ascending order.
    uint32_t at = i;
    for (; at > 0 && bindings[at - 1] > binding; --at) bindings[at] = bindings[at - 1];
    bindings[at] = static_cast<uint8_t>(binding);
  }
  call.SetRef(0, layout);
  return Status::kOk;
}

// (device, constant count, set layouts…)
Status PipelineLayoutCreate(Call& call) {
  const uint32_t sets = call.SpanLength(0);
  const uint32_t constants = call.U32(1);
  if (sets > DirectCommands::kMaxSets || constants > DirectCommands::kMaxPushConstants) {
    return TooMany(call);
  }
  uint32_t count = 0;
  for (uint32_t set = 0; set < sets; ++set) count += call.Get<SetLayout>(2 + set)->count;
  auto* layout = call.store.NewSized<PipelineLayout>(PipelineLayout::SizeFor(count));
  if (layout == nullptr) return Status::kOutOfMemory;
  layout->constant_count = constants;
  layout->entry_count = count;
  PipelineLayout::Entry* entry = layout->entries();
  uint32_t index = 0;
  for (uint32_t set = 0; set < sets; ++set) {
    auto* source = call.Get<SetLayout>(2 + set);
    for (uint32_t i = 0; i < source->count; ++i, ++index) {
      const uint8_t binding = source->bindings()[i];
      *entry++ = {static_cast<uint8_t>(set), binding};
      layout->dense = layout->dense && set == 0 && binding == index;
    }
  }
  call.SetRef(0, layout);
  return Status::kOk;
}

// (device, modes, categories): for one submission, until 20240724.
Status DirectCommandsCreate(Call& call) {
  auto* commands = call.store.New<DirectCommands>();
  call.SetRef(0, commands);
  return commands != nullptr ? Status::kOk : Status::kOutOfMemory;
}

// (device, modes, categories, affinity, binding capacity)
Status CommandListCreate(Call& call) {
  auto* commands = call.store.New<CommandList>();
  call.SetRef(0, commands);
  return commands != nullptr ? Status::kOk : Status::kOutOfMemory;
}

// (commands, layout, first index in words, values…)
Status PushConstants(Call& call) {
  uint32_t* const constants = call.Get<DirectCommands>(0)->constants;
  const uint32_t first = call.U32(2);
  const uint32_t count = call.SpanLength(0);
  if (!Fits(DirectCommands::kMaxPushConstants, first, count)) return TooMany(call);
  for (uint32_t i = 0; i < count; ++i) constants[first + i] = call.U32(3 + i);
  return Status::kOk;
}

// (commands, executable, ordinal, x, y, z, flags, constants…, bindings…); shift 1: ordinal is i64
Status DispatchRecorded(Call& call) { return RecordDispatch(call, false); }
// (commands, executable, ordinal, counts slot, counts buffer, offset, flags, constants…, bindings…)
Status DispatchIndirectRecorded(Call& call) { return RecordDispatch(call, true); }

// At once: (…, buffer, offset, length, pattern, pattern length); shift is the buffer's argument.
// The offset stands for a slot that nobody looks at.
Status FillNow(Call& call) {
  const uint32_t first = call.row->shift;
  Immediate fill;
  fill.command = {CommandKind::kFill, 1, sizeof(Immediate)};
  DescribeFill(call, fill.command, first, first + 1, first + 3);
  return fill.Run(call);
}

// At once: (…, source, offset, target, offset, length); shift is the source's argument.
Status CopyNow(Call& call) {
  const uint32_t first = call.row->shift;
  Immediate copy;
  copy.command = {CommandKind::kCopy, 2, sizeof(Immediate)};
  DescribeCopy(call, copy.command, first, first + 1, first + 1);
  return copy.Run(call);
}

// At once: (device, affinity, wait, signal, bytes, offset, target, offset, length, flags)
Status UpdateNow(Call& call) {
  call.store.EndRecording();
  const ByteRange source =
      TRY(VmBufferRange(call.AnyRef(4), call.Size(5), call.Length(8), Access::kRead));
  return CopyBytes(TRY(WritableRangeOf(*call.Get<Buffer>(6), call.Size(7), source.length)), source);
}

// (commands, buffer, offset, length, slot, pattern, pattern length, [flags])
Status FillRecorded(Call& call) {
  Command* const command =
      call.Get<CommandList>(0)->Begin(call.store, CommandKind::kFill, 1, sizeof(Fill));
  if (command == nullptr) return Status::kOutOfMemory;
  DescribeFill(call, *command, 1, 4, 5);
  return Commit(call);
}

// (commands, source slot, target slot, source, offset, target, offset, length, [flags])
Status CopyRecorded(Call& call) {
  Command* const command = call.Get<CommandList>(0)->Begin(call.store, CommandKind::kCopy, 2, 0);
  if (command == nullptr) return Status::kOutOfMemory;
  DescribeCopy(call, *command, 3, 1, 2);
  return Commit(call);
}

// (commands, bytes, offset, target, offset, length, slot, [flags])
Status UpdateRecorded(Call& call) {
  const ByteRange source =
      TRY(VmBufferRange(call.AnyRef(1), call.Size(2), call.Size(5), Access::kRead));
  Command* const command =
      call.Get<CommandList>(0)->Begin(call.store, CommandKind::kUpdate, 1, source.length);
  if (command == nullptr) return Status::kOutOfMemory;
  command->refs()[0] = RefAt(call, 6, 3, 4, 5);
  std::memcpy(command->payload<uint8_t>(), source.data, source.length);
  return Commit(call);
}

}  // namespace runtime::hal
