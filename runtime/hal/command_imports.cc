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

Status TooMany(Call& call) { return call.failure.Set(Message::kTooManyBindings); }

// Makes `ref` what stands at `buffer` among the arguments, its offset behind it, and keeps it. A
// null buffer means that a slot of the binding table stands for it.
void Refer(Call& call, BufferRef& ref, uint32_t slot, uint32_t buffer, uint32_t length) {
  ref = {call.Get<Buffer>(buffer), call.U32(slot), call.Size(buffer + 1), call.Length(length)};
  ObjectStore::Retain(ref.buffer);
}

// A new transfer of the list; nullptr if there is no memory.
Command* AddTransfer(Call& call, uint32_t ref_count, size_t bytes_behind) {
  return call.Get<CommandList>(0)->commands.Add(call.store.heap(), CommandKind::kTransfer,
                                                ref_count, bytes_behind);
}

// (…, pattern, pattern length, …)
void ReadPattern(Call& call, Transfer& fill, uint32_t pattern) {
  fill.source = nullptr;
  fill.pattern_length = call.U32(pattern + 1);
  std::memcpy(fill.pattern, call.Slot(pattern), fill.pattern_length <= 4 ? 4 : 8);
}

}  // namespace

// (device, flags, (binding, type, flags)…)
Status DescriptorSetLayoutCreate(Call& call) {
  uint32_t bindings = 0;
  uint32_t argument = 2;
  for (uint32_t i = call.SpanLength(0); i != 0; --i, argument += kLayoutBindingItems) {
    const uint32_t binding = call.U32(argument);
    if (binding >= kMaxBindingsPerSet) return TooMany(call);
    bindings |= 1u << binding;
  }
  return call.Give(call.store.New<SetLayout>(bindings));
}

// (device, constant count, set layouts…)
Status PipelineLayoutCreate(Call& call) {
  const uint32_t sets = call.SpanLength(0);
  const uint32_t constants = call.U32(1);
  if (sets > kMaxSets || constants > DirectCommands::kMaxPushConstants) return TooMany(call);
  auto* layout = call.store.New<PipelineLayout>(constants);
  if (layout != nullptr) {
    for (uint32_t i = 0; i < sets; ++i) layout->bindings[i] = call.Get<SetLayout>(2 + i)->bindings;
  }
  return call.Give(layout);
}

// (device, modes, categories): for one submission, until 20240724.
Status DirectCommandsCreate(Call& call) { return call.Give(call.store.New<DirectCommands>()); }

// (device, modes, categories, affinity, binding capacity)
Status CommandListCreate(Call& call) { return call.Give(call.store.New<CommandList>()); }

// (commands, layout, first index in words, values…)
Status PushConstants(Call& call) {
  const uint32_t first = call.U32(2);
  const uint32_t count = call.SpanLength(0);
  if (!Fits(DirectCommands::kMaxPushConstants, first, count)) return TooMany(call);
  call.Words(3, count, call.Get<DirectCommands>(0)->constants + first);
  return Status::kOk;
}

// A dispatch that brings bindings and constants along (from 20240828).
// (commands, executable, ordinal, x, y, z, flags, constants…, bindings…)
// (commands, executable, ordinal, counts slot, counts buffer, offset, flags, constants…, bindings…)
Status DispatchRecorded(Call& call) {
  const bool indirect = (call.row->shift & kIndirect) != 0;
  Executable* const executable = call.Get<Executable>(1);
  Dispatch model = {};
  model.executable = executable;
  model.kernel = (call.row->shift & kWideOrdinal) != 0 ? call.Size(2) : call.U32(2);
  if (model.kernel >= executable->kernels.size()) return call.failure.Set(Message::kNoSuchKernel);
  const uint32_t constant_count = call.SpanLength(0);
  const uint32_t binding_count = call.SpanLength(1);
  if (binding_count > kMaxBindings || constant_count > kMaxConstants) return TooMany(call);
  model.state.constant_count = static_cast<uint16_t>(constant_count);
  model.state.binding_count = static_cast<uint8_t>(binding_count);
  if (!indirect) call.Words(3, 3, model.workgroup_counts);
  Command* const command = call.Get<CommandList>(0)->commands.AddDispatch(
      call.store.heap(), binding_count + (indirect ? 1 : 0), model);
  if (command == nullptr) return Status::kOutOfMemory;
  ObjectStore::Retain(executable);
  call.Words(7, constant_count, const_cast<uint32_t*>(command->dispatch.state.constants));
  uint32_t argument = 7 + constant_count;
  BufferRef* ref = command->refs();
  for (uint32_t i = binding_count; i != 0; --i, argument += kDispatchBindingItems) {
    Refer(call, *ref++, argument + 1, argument + 2, argument + 4);
  }
  if (indirect) {
    Refer(call, *ref, 3, 4, 5);
    ref->length = sizeof(model.workgroup_counts);
  }
  return Status::kOk;
}

// At once: (…, buffer, offset, length, pattern, pattern length); shift is the buffer's argument.
Status FillNow(Call& call) {
  const uint32_t first = call.row->shift;
  Transfer fill;
  ReadPattern(call, fill, first + 3);
  return RunTransfer(Hal::Of(call),
                     TRY(RangeAt(call, first, call.Length(first + 2), Access::kWrite)), fill);
}

// At once: (…, source, offset, target, offset, length); shift is the source's argument.
Status CopyNow(Call& call) {
  const uint32_t first = call.row->shift;
  const ByteRange source = TRY(RangeAt(call, first, call.Length(first + 4), Access::kRead));
  Transfer copy;
  copy.source = source.data;
  return RunTransfer(Hal::Of(call), TRY(RangeAt(call, first + 2, source.length, Access::kWrite)),
                     copy);
}

// At once: (device, affinity, wait, signal, bytes, offset, target, offset, length, flags)
Status UpdateNow(Call& call) {
  call.store.EndRecording();
  const ByteRange source = TRY(SourceAt(call, 4, call.Length(8)));
  Transfer update;
  update.source = source.data;
  return RunTransfer(Hal::Of(call), TRY(RangeAt(call, 6, source.length, Access::kWrite)), update);
}

// (commands, buffer, offset, length, slot, pattern, pattern length, [flags])
Status FillRecorded(Call& call) {
  Command* const command = AddTransfer(call, 1, 0);
  if (command == nullptr) return Status::kOutOfMemory;
  Refer(call, command->refs()[0], 4, 1, 3);
  ReadPattern(call, command->transfer, 5);
  return Status::kOk;
}

// (commands, source slot, target slot, source, offset, target, offset, length, [flags])
Status CopyRecorded(Call& call) {
  Command* const command = AddTransfer(call, 2, 0);
  if (command == nullptr) return Status::kOutOfMemory;
  Refer(call, command->refs()[0], 2, 5, 7);
  Refer(call, command->refs()[1], 1, 3, 7);
  return Status::kOk;
}

// (commands, bytes, offset, target, offset, length, slot, [flags])
Status UpdateRecorded(Call& call) {
  const ByteRange source = TRY(SourceAt(call, 1, call.Size(5)));
  Command* const command = AddTransfer(call, 1, source.length);
  if (command == nullptr) return Status::kOutOfMemory;
  Refer(call, command->refs()[0], 6, 3, 5);
  command->transfer.source = command->behind();
  std::memcpy(command->behind(), source.data, source.length);
  return Status::kOk;
}

}  // namespace runtime::hal
