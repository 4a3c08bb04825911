#include <cstring>

#include "base/try.h"
#include "runtime/hal/command_buffer.h"
#include "runtime/hal/handlers.h"
#include "runtime/vm/buffer_ops.h"

namespace runtime::hal {
namespace {

using base::Status;

// Items per entry of the variadic spans.
constexpr uint32_t kLayoutBindingItems = 3;    // binding, type, flags
constexpr uint32_t kPushedBindingItems = 5;    // binding, slot, buffer, offset, length
constexpr uint32_t kDispatchBindingItems = 5;  // reserved, slot, buffer, offset, length

std::unexpected<Status> TooMany(Call& call) {
  return std::unexpected(
      call.failure.Set(Status::kHalTooManyBindings, "more bindings or constants than supported"));
}

// Buffer, or nullptr where a slot of the binding table stands for it.
base::Result<BufferRef> BindingAt(Call& call, uint32_t slot_argument, uint32_t buffer_argument,
                                  uint64_t offset, uint64_t length) {
  Buffer* buffer = call.Get<Buffer>(buffer_argument);
  return MakeRef(buffer, call.U32(slot_argument), offset, length);
}
base::Result<BufferRef> DirectRef(Call& call, uint32_t buffer_argument, uint64_t offset,
                                  uint64_t length) {
  Buffer* buffer = call.Get<Buffer>(buffer_argument);
  return MakeRef(buffer, 0, offset, length);
}

// Begins a dispatch with its fixed part filled in; references and constants are still to be
// written.
base::Result<DispatchCommand*> BeginDispatch(Call& call, uint64_t kernel, uint32_t binding_count,
                                             uint32_t constant_count, bool indirect) {
  CommandBuffer* commands = call.Get<CommandBuffer>(0);
  Executable* executable = call.Get<Executable>(1);
  if (kernel >= executable->kernels.size()) {
    return std::unexpected(
        call.failure.Set(Status::kHalInvalidArgument, "dispatch of a kernel that does not exist"));
  }
  const uint32_t ref_count = binding_count + (indirect ? 1 : 0);
  if (ref_count > kMaxBindings || constant_count > kMaxConstants) return TooMany(call);
  const size_t size =
      sizeof(DispatchCommand) + ref_count * sizeof(BufferRef) + constant_count * sizeof(uint32_t);
  auto* command = static_cast<DispatchCommand*>(
      TRY(commands->Begin(call.store, CommandKind::kDispatch, size, ref_count)));
  command->executable = executable;
  command->kernel = static_cast<uint32_t>(kernel);
  command->constant_count = constant_count;
  command->indirect = indirect ? 1 : 0;
  for (uint32_t i = 0; i < 3; ++i) command->workgroups[i] = indirect ? 0 : call.U32(3 + i);
  return command;
}

Done CommitDispatch(Call& call) {
  CommandBuffer* commands = call.Get<CommandBuffer>(0);
  return commands->Commit(Hal::Of(call));
}

// A dispatch whose bindings and constants were pushed before (until 20240724).
Done RecordPushed(Call& call, bool indirect) {
  CommandBuffer* commands = call.Get<CommandBuffer>(0);
  Executable* executable = call.Get<Executable>(1);
  const uint32_t kernel = call.U32(2);
  if (kernel >= executable->layouts.size()) {
    return std::unexpected(
        call.failure.Set(Status::kHalInvalidArgument, "dispatch of a kernel without a layout"));
  }
  PipelineLayout* layout = executable->layouts[kernel];
  PushedState* pushed = commands->Pushed(call.store);
  if (pushed == nullptr) return std::unexpected(Status::kOutOfMemory);
  DispatchCommand* command =
      TRY(BeginDispatch(call, kernel, layout->entry_count, layout->constant_count, indirect));
  BufferRef* ref = RefsOf(command);
  if (indirect) *ref++ = TRY(DirectRef(call, 3, call.U64(4), sizeof(command->workgroups)));
  const PipelineLayout::Entry* entry = layout->entries();
  for (uint32_t i = layout->entry_count; i != 0; --i, ++entry) {
    if ((pushed->valid[entry->set] >> entry->binding & 1) == 0) {
      return std::unexpected(call.failure.Set(Status::kHalInvalidArgument,
                                              "a binding of the kernel was never pushed"));
    }
    *ref++ = pushed->bindings[entry->set][entry->binding];
  }
  std::memcpy(ref, pushed->constants, layout->constant_count * sizeof(uint32_t));
  return commands->Commit(Hal::Of(call));
}

// A dispatch that brings bindings and constants along (from 20240828).
Done RecordDispatch(Call& call, bool indirect) {
  const uint64_t kernel = call.row->shift != 0 ? call.U64(2) : call.U32(2);
  const uint32_t constant_count = call.SpanLength(0);
  const uint32_t binding_count = call.SpanLength(1);
  DispatchCommand* command =
      TRY(BeginDispatch(call, kernel, binding_count, constant_count, indirect));
  BufferRef* ref = RefsOf(command);
  if (indirect) *ref++ = TRY(BindingAt(call, 3, 4, call.U64(5), sizeof(command->workgroups)));
  const uint32_t first_constant = 7;
  uint32_t argument = first_constant + constant_count;
  for (uint32_t i = binding_count; i != 0; --i, argument += kDispatchBindingItems) {
    *ref++ = TRY(BindingAt(call, argument + 1, argument + 2, call.U64(argument + 3),
                           call.U64(argument + 4)));
  }
  uint32_t* constants = ConstantsOf(command);
  for (uint32_t i = 0; i < constant_count; ++i) constants[i] = call.U32(first_constant + i);
  return CommitDispatch(call);
}

}  // namespace

// (device, flags, (binding, type, flags)…)
Done DescriptorSetLayoutCreate(Call& call) {
  const uint32_t count = call.SpanLength(0);
  if (count > PushedState::kMaxBindingsPerSet) return TooMany(call);
  auto* layout = call.store.NewSized<SetLayout>(SetLayout::SizeFor(count), count);
  if (layout == nullptr) return std::unexpected(Status::kOutOfMemory);
  uint8_t* bindings = layout->bindings();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t binding = call.U32(2 + i * kLayoutBindingItems);
    if (binding >= PushedState::kMaxBindingsPerSet) {
      call.store.Release(layout);
      return TooMany(call);
    }
    // Kept sorted, since kernels number their bindings in ascending order.
    uint32_t at = i;
    for (; at > 0 && bindings[at - 1] > binding; --at) bindings[at] = bindings[at - 1];
    bindings[at] = static_cast<uint8_t>(binding);
  }
  call.SetRef(0, layout);
  return {};
}

// (device, constant count, set layouts…)
Done PipelineLayoutCreate(Call& call) {
  const uint32_t sets = call.SpanLength(0);
  const uint32_t constants = call.U32(1);
  if (sets > PushedState::kMaxSets || constants > PushedState::kMaxPushConstants) {
    return TooMany(call);
  }
  uint32_t count = 0;
  for (uint32_t set = 0; set < sets; ++set) {
    const SetLayout* layout = call.Get<SetLayout>(2 + set);
    count += layout->count;
  }
  auto* layout = call.store.NewSized<PipelineLayout>(PipelineLayout::SizeFor(count));
  if (layout == nullptr) return std::unexpected(Status::kOutOfMemory);
  layout->constant_count = constants;
  layout->entry_count = count;
  PipelineLayout::Entry* entry = layout->entries();
  for (uint32_t set = 0; set < sets; ++set) {
    auto* source = static_cast<SetLayout*>(call.AnyRef(2 + set));
    for (uint32_t i = 0; i < source->count; ++i) {
      *entry++ = {static_cast<uint8_t>(set), source->bindings()[i]};
    }
  }
  call.SetRef(0, layout);
  return {};
}

// (device, modes, categories, [affinity], binding capacity)
Done CommandBufferCreate(Call& call) {
  auto* commands = call.store.New<CommandBuffer>(call.U32(1));
  if (commands == nullptr) return std::unexpected(Status::kOutOfMemory);
  call.SetRef(0, commands);
  return {};
}

// (commands, layout, first index in words, values…)
Done PushConstants(Call& call) {
  CommandBuffer* commands = call.Get<CommandBuffer>(0);
  PushedState* pushed = commands->Pushed(call.store);
  if (pushed == nullptr) return std::unexpected(Status::kOutOfMemory);
  const uint32_t first = call.U32(2);
  const uint32_t count = call.SpanLength(0);
  if (!base::InBounds(PushedState::kMaxPushConstants, first, count)) return TooMany(call);
  for (uint32_t i = 0; i < count; ++i) pushed->constants[first + i] = call.U32(3 + i);
  return {};
}

// (commands, layout, set, (binding, slot, buffer, offset, length)…)
Done PushDescriptorSet(Call& call) {
  CommandBuffer* commands = call.Get<CommandBuffer>(0);
  PushedState* pushed = commands->Pushed(call.store);
  if (pushed == nullptr) return std::unexpected(Status::kOutOfMemory);
  const uint32_t set = call.U32(2);
  if (set >= PushedState::kMaxSets) return TooMany(call);
  uint32_t argument = 3;
  for (uint32_t i = call.SpanLength(0); i != 0; --i, argument += kPushedBindingItems) {
    const uint32_t binding = call.U32(argument);
    if (binding >= PushedState::kMaxBindingsPerSet) return TooMany(call);
    const BufferRef ref = TRY(BindingAt(call, argument + 1, argument + 2, call.U64(argument + 3),
                                        call.U64(argument + 4)));
    ObjectStore::Retain(ref.buffer);
    BufferRef& target = pushed->bindings[set][binding];
    if ((pushed->valid[set] >> binding & 1) != 0) call.store.Release(target.buffer);
    target = ref;
    pushed->valid[set] |= 1u << binding;
  }
  return {};
}

// (commands, executable, ordinal, x, y, z)
Done DispatchPushed(Call& call) { return RecordPushed(call, false); }
// (commands, executable, ordinal, counts buffer, offset)
Done DispatchIndirectPushed(Call& call) { return RecordPushed(call, true); }
// (commands, executable, ordinal, x, y, z, flags, constants…, bindings…); shift 1: ordinal is i64
Done Dispatch(Call& call) { return RecordDispatch(call, false); }
// (commands, executable, ordinal, counts slot, counts buffer, offset, flags, constants…, bindings…)
Done DispatchIndirect(Call& call) { return RecordDispatch(call, true); }

// shift 0 (commands, buffer, offset, length, pattern, pattern length)
// shift 1 (commands, buffer, offset, length, slot, pattern, pattern length)
// shift 2 (commands, buffer, offset, length, slot, pattern i64, pattern length, flags)
Done FillBuffer(Call& call) {
  CommandBuffer* commands = call.Get<CommandBuffer>(0);
  const bool has_slot = call.row->shift != 0;
  const BufferRef target = TRY(has_slot ? BindingAt(call, 4, 1, call.U64(2), call.U64(3))
                                        : DirectRef(call, 1, call.U64(2), call.U64(3)));
  const uint32_t pattern = has_slot ? 5 : 4;
  auto* command = static_cast<FillCommand*>(TRY(
      commands->Begin(call.store, CommandKind::kFill, sizeof(FillCommand) + sizeof(BufferRef), 1)));
  command->pattern = call.row->shift == 2 ? call.U64(pattern) : call.U32(pattern);
  command->pattern_length = call.U32(pattern + 1);
  *RefsOf(command) = target;
  return commands->Commit(Hal::Of(call));
}

// shift 0 (commands, source, offset, target, offset, length)
// shift 2 (commands, source slot, target slot, source, offset, target, offset, length, [flags])
Done CopyBuffer(Call& call) {
  CommandBuffer* commands = call.Get<CommandBuffer>(0);
  const uint32_t first = 1u + call.row->shift;
  const uint64_t length = call.U64(first + 4);
  const bool has_slots = call.row->shift != 0;
  const BufferRef source = TRY(has_slots ? BindingAt(call, 1, first, call.U64(first + 1), length)
                                         : DirectRef(call, first, call.U64(first + 1), length));
  const BufferRef target =
      TRY(has_slots ? BindingAt(call, 2, first + 2, call.U64(first + 3), length)
                    : DirectRef(call, first + 2, call.U64(first + 3), length));
  auto* command = static_cast<CopyCommand*>(TRY(commands->Begin(
      call.store, CommandKind::kCopy, sizeof(CopyCommand) + 2 * sizeof(BufferRef), 2)));
  RefsOf(command)[0] = source;
  RefsOf(command)[1] = target;
  return commands->Commit(Hal::Of(call));
}

// (commands, bytes, offset, target, offset, length, slot, [flags])
Done UpdateBuffer(Call& call) {
  CommandBuffer* commands = call.Get<CommandBuffer>(0);
  const uint64_t length = call.U64(5);
  const uint8_t* source = TRY(VmBufferRange(call.AnyRef(1), call.U64(2), length, Access::kRead));
  const BufferRef target = TRY(BindingAt(call, 6, 3, call.U64(4), length));
  const auto size = static_cast<size_t>(length);  // a range of memory fits size_t
  auto* command = static_cast<UpdateCommand*>(TRY(commands->Begin(
      call.store, CommandKind::kUpdate, sizeof(UpdateCommand) + sizeof(BufferRef) + size, 1)));
  command->length = static_cast<uint32_t>(size);
  *RefsOf(command) = target;
  std::memcpy(RefsOf(command) + 1, source, size);
  return commands->Commit(Hal::Of(call));
}

}  // namespace runtime::hal
