// SPDX-License-Identifier: Apache-2.0

// Everything that runs for each dispatch of each inference, in one place for the compiler.
#include <cstring>

#include "base/try.h"
#include "runtime/hal/commands.h"
#include "runtime/hal/handlers.h"

namespace runtime {
namespace {

using base::Status;

// Workgroups of one dispatch: far above any real grid, low enough to end.
constexpr uint32_t kMaxWorkgroups = 1u << 24;
constexpr uint32_t kMaxBinding = DirectCommands::kMaxBindingsPerSet;
constexpr uint32_t kPushedBindingItems = 5;  // binding, slot, buffer, offset, length

struct KernelCall {
  KernelFunction function;
  const KernelEnvironment* environment;
  const DispatchState* dispatch;
  WorkgroupState workgroup;
  int result;
};

__attribute__((no_sanitize("function"), noinline)) void RunWorkgroups(void* argument) {
  auto* const call = static_cast<KernelCall*>(argument);
  const KernelFunction function = call->function;
  const KernelEnvironment* const environment = call->environment;
  const DispatchState* const dispatch = call->dispatch;
  WorkgroupState* const workgroup = &call->workgroup;
  const uint32_t count_x = dispatch->workgroup_count_x;
  uint32_t z = 0;
  for (uint32_t planes = dispatch->workgroup_count_z; planes != 0; --planes, ++z) {
    workgroup->id_z = static_cast<uint16_t>(z);
    uint32_t y = 0;
    for (uint32_t rows = dispatch->workgroup_count_y; rows != 0; --rows, ++y) {
      workgroup->id_y = y;
      for (uint32_t x = 0; x != count_x; ++x) {
        workgroup->id_x = x;
        const int result = function(environment, dispatch, workgroup);
        if (result != 0) [[unlikely]] {
          call->result = result;
          return;
        }
      }
    }
  }
}

bool IsPossible(const DispatchState& state) {
  const uint64_t plane = uint64_t{state.workgroup_count_x} * state.workgroup_count_y;
  return plane <= kMaxWorkgroups &&
         static_cast<uint32_t>(plane) * uint64_t{state.workgroup_count_z} <= kMaxWorkgroups;
}

// Kept out of the way of those dispatches that run.
__attribute__((noinline, cold)) Status Refuse(Hal& hal, Message message, Status status,
                                              const PlacedKernel& kernel) {
  return hal.failure.Begin(message, status).Text(kernel.name).status();
}

__attribute__((noinline, cold)) Status RunWithLocalMemory(Hal& hal, const PlacedKernel& kernel,
                                                          KernelCall& call, size_t size) {
  Heap& heap = hal.store.heap();
  call.workgroup.local_memory = heap.Allocate(size);
  call.workgroup.local_memory_size = size;
  if (call.workgroup.local_memory == nullptr) return Status::kOutOfMemory;
  const Status status = RunGuarded(hal, kernel, RunWorkgroups, &call);
  heap.Free(call.workgroup.local_memory, size);
  return status;
}

}  // namespace

Status LaunchKernel(Hal& hal, const Executable& executable, uint32_t index,
                    const DispatchState& state) {
  if (hal.skips_kernels()) return Status::kOk;
  const Kernel& kernel = executable.kernels[index];
  const PlacedKernel& placed = executable.placed[index];
  KernelCall call = {kernel.function, &executable.environment, &state, {}, 0};
  const size_t local_size = kernel.attributes.local_memory_pages * kLocalMemoryPage;
  const Status status = local_size != 0 ? RunWithLocalMemory(hal, placed, call, local_size)
                                        : RunGuarded(hal, placed, RunWorkgroups, &call);
  if (status == Status::kOk && call.result == 0) [[likely]]
    return status;
  return Refuse(hal, Message::kKernelFailed, status == Status::kOk ? Status::kKernelFailed : status,
                placed);
}

namespace {

// Counts, constants and bindings are in `state`; what is the same for all dispatches is filled in
// here. Fewer constants or bindings than the kernel declares are refused.
__attribute__((noinline)) Status RunKernel(Hal& hal, const Executable& executable, uint32_t index,
                                           DispatchState& state) {
  const Kernel& kernel = executable.kernels[index];
  const PlacedKernel& placed = executable.placed[index];
  if (state.binding_count < kernel.attributes.binding_count ||
      state.constant_count < kernel.attributes.constant_count) {
    return Refuse(hal, Message::kKernelArguments, Status::kHalInvalidArgument, placed);
  }
  if ((state.workgroup_count_x | state.workgroup_count_y | state.workgroup_count_z) >= 256 &&
      !IsPossible(state)) {
    return Refuse(hal, Message::kWorkgroupCount, Status::kHalInvalidArgument, placed);
  }
  state.workgroup_size_x = state.workgroup_size_y = 1;
  state.workgroup_size_z = 1;
  state.max_concurrency = 1;
  hal.replay.NoteDispatch(executable, index, state);
  return LaunchKernel(hal, executable, index, state);
}

// A dispatch whose bindings and constants were pushed before; `counts` are its workgroups.
inline Status RunPushed(Call& call, const uint32_t* counts) {
  DirectCommands& commands = *call.Get<DirectCommands>(0);
  const Executable& executable = *call.Get<Executable>(1);
  const uint32_t kernel = call.U32(2);
  if (kernel >= executable.layouts.size() || kernel >= executable.kernels.size()) {
    return call.failure.Set(Message::kNoSuchKernel);
  }
  PipelineLayout& layout = *executable.layouts[kernel];
  const uint32_t count = layout.entry_count;
  if (counts[2] > UINT16_MAX) return call.failure.Set(Message::kWorkgroupCount);
  DispatchState state;
  state.workgroup_count_x = counts[0];
  state.workgroup_count_y = counts[1];
  state.workgroup_count_z = static_cast<uint16_t>(counts[2]);
  state.constant_count = static_cast<uint16_t>(layout.constant_count);
  state.constants = commands.constants;
  state.binding_count = static_cast<uint8_t>(count);
  void* pointers[kMaxBindings];
  size_t lengths[kMaxBindings];
  if (layout.dense) [[likely]] {
    // Pushed bindings of one set lie as the kernel wants them.
    const uint32_t needed = count == kMaxBinding ? ~0u : (1u << count) - 1;
    if ((needed & ~commands.valid[0]) != 0) return call.failure.Set(Message::kNotPushed);
    state.binding_pointers = commands.pointers[0];
    state.binding_lengths = commands.lengths[0];
  } else {
    const PipelineLayout::Entry* entry = layout.entries();
    for (uint32_t i = 0; i < count; ++i, ++entry) {
      if ((commands.valid[entry->set] >> entry->binding & 1) == 0) {
        return call.failure.Set(Message::kNotPushed);
      }
      pointers[i] = commands.pointers[entry->set][entry->binding];
      lengths[i] = commands.lengths[entry->set][entry->binding];
    }
    state.binding_pointers = pointers;
    state.binding_lengths = lengths;
  }
  return RunKernel(Hal::Of(call), executable, kernel, state);
}

inline ByteRange Resolve(const BufferRef& ref, std::span<const BindingSlot> table) {
  if (ref.buffer != nullptr) return RangeOf(*ref.buffer, ref.offset, ref.length);
  if (ref.slot >= table.size()) return Status::kVmNullReference;
  const BindingSlot& slot = table[ref.slot];
  if (slot.buffer == nullptr) return Status::kVmNullReference;
  // Inside the slot's own range first, then inside the buffer below.
  uint32_t length = ref.length;
  if (slot.length != kRest) {
    if (length == kRest && ref.offset <= slot.length) length = slot.length - ref.offset;
    if (!Fits(slot.length, ref.offset, length)) return Status::kOutOfBounds;
  }
  // Buffers are shorter than 2 GB, so that the sum does not wrap.
  if (slot.offset > slot.buffer->length || ref.offset > slot.buffer->length) {
    return Status::kOutOfBounds;
  }
  return RangeOf(*slot.buffer, slot.offset + ref.offset, length);
}

ByteRange ResolveTarget(const BufferRef& ref, std::span<const BindingSlot> table) {
  const Buffer* buffer = ref.buffer;
  if (buffer == nullptr && ref.slot < table.size()) buffer = table[ref.slot].buffer;
  if (buffer != nullptr && buffer->root->constant) return Status::kVmReadOnly;
  return Resolve(ref, table);
}

Status RunDispatch(Hal& hal, Command& command, std::span<const BindingSlot> table) {
  Dispatch& dispatch = *command.payload<Dispatch>();
  DispatchState& state = dispatch.state;
  const BufferRef* ref = command.refs();
  auto* pointer = const_cast<void**>(state.binding_pointers);
  auto* length = const_cast<size_t*>(state.binding_lengths);
  for (uint32_t i = state.binding_count; i != 0; --i) {
    const ByteRange range = TRY(Resolve(*ref++, table));
    *pointer++ = range.data;
    *length++ = range.length;
  }
  if (dispatch.indirect != 0) [[unlikely]] {
    hal.store.EndRecording();
    uint32_t counts[3];
    std::memcpy(counts, TRY(Resolve(*ref, table)).data, sizeof(counts));
    state.workgroup_count_x = counts[0];
    state.workgroup_count_y = counts[1];
    if (counts[2] > UINT16_MAX) return hal.failure.Set(Message::kWorkgroupCount);
    state.workgroup_count_z = static_cast<uint16_t>(counts[2]);
  }
  return RunKernel(hal, *dispatch.executable, dispatch.kernel, state);
}

}  // namespace

Status RunTransfer(Hal& hal, Command& command, std::span<const BindingSlot> table) {
  // The target is the first reference.
  BufferRef target_ref = command.refs()[0];
  ByteRange source = {nullptr, 0};
  if (command.kind == CommandKind::kCopy) {
    source = TRY(Resolve(command.refs()[1], table));
    target_ref.length = source.length;
  }
  const ByteRange target = TRY(ResolveTarget(target_ref, table));
  switch (command.kind) {
    case CommandKind::kFill: {
      const Fill& fill = *command.payload<Fill>();
      const Status status = FillBytes(target, fill.pattern, fill.pattern_length);
      if (status == Status::kOk) hal.replay.NoteFill(target, fill.pattern, fill.pattern_length);
      return status;
    }
    case CommandKind::kCopy:
      hal.replay.NoteCopy(target, source);
      return CopyBytes(target, source);
    default:
      hal.store.EndRecording();  // the list may be gone then
      std::memcpy(target.data, command.payload<uint8_t>(), target.length);
      return Status::kOk;
  }
}

Status CommandList::Execute(Hal& hal, std::span<const BindingSlot> table) {
  for (Chunk* chunk = first_; chunk != nullptr; chunk = chunk->next) {
    for (uint32_t offset = 0; offset < chunk->used;) {
      Command* command = CommandAt(chunk, offset);
      const Status status = command->kind == CommandKind::kDispatch
                                ? RunDispatch(hal, *command, table)
                                : RunTransfer(hal, *command, table);
      if (status != Status::kOk) return status;
      offset += command->size;
    }
  }
  return Status::kOk;
}

namespace hal {

// (commands, executable, ordinal, x, y, z)
Status DispatchPushed(Call& call) {
  const uint32_t counts[3] = {call.U32(3), call.U32(4), call.U32(5)};
  return RunPushed(call, counts);
}

// (commands, executable, ordinal, counts buffer, offset)
Status DispatchIndirectPushed(Call& call) {
  call.store.EndRecording();
  uint32_t counts[3];
  const ByteRange range = TRY(RangeOf(*call.Get<Buffer>(3), call.Size(4), sizeof(counts)));
  std::memcpy(counts, range.data, sizeof(counts));
  return RunPushed(call, counts);
}

// (commands, layout, set, (binding, slot, buffer, offset, length)…)
Status PushDescriptorSet(Call& call) {
  DirectCommands& commands = *call.Get<DirectCommands>(0);
  const uint32_t set = call.U32(2);
  if (set >= DirectCommands::kMaxSets) return call.failure.Set(Message::kTooManyBindings);
  void** const pointers = commands.pointers[set];
  size_t* const lengths = commands.lengths[set];
  Buffer** const held = commands.held[set];
  uint32_t valid = commands.valid[set];
  uint32_t argument = 3;
  for (uint32_t i = call.SpanLength(0); i != 0; --i, argument += kPushedBindingItems) {
    const uint32_t binding = call.U32(argument);
    if (binding >= kMaxBinding) return call.failure.Set(Message::kTooManyBindings);
    Buffer* const buffer = call.Get<Buffer>(argument + 2);
    const ByteRange range =
        TRY(RangeOf(*buffer, call.Size(argument + 3), call.Length(argument + 4)));
    pointers[binding] = range.data;
    lengths[binding] = range.length;
    ObjectStore::Retain(buffer);
    if ((valid >> binding & 1) != 0) call.store.Release(held[binding]);
    held[binding] = buffer;
    valid |= 1u << binding;
    commands.valid[set] = valid;
  }
  return Status::kOk;
}

}  // namespace hal
}  // namespace runtime
