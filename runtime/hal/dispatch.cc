// SPDX-License-Identifier: Apache-2.0

// Everything that runs for each dispatch of each inference, in one place for the compiler.
#include <algorithm>
#include <cstring>

#include "base/try.h"
#include "runtime/hal/commands.h"
#include "runtime/hal/handlers.h"

namespace runtime {
namespace {

using base::Status;

// Workgroups of one dispatch: far above any real grid, low enough to end.
constexpr uint32_t kMaxWorkgroups = 1u << 24;
// Items per entry of the variadic spans.
constexpr uint32_t kPushedBindingItems = 5;  // binding, slot, buffer, offset, length
constexpr uint32_t kTableItems = 3;          // buffer, offset, length

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

// Rows of no workgroups are gone through, too.
bool IsPossible(const uint32_t* counts) {
  const uint64_t plane = uint64_t{std::max(counts[0], 1u)} * counts[1];
  const auto size = static_cast<uint32_t>(plane);
  return plane <= kMaxWorkgroups && counts[2] <= UINT16_MAX &&
         (size == 0 || counts[2] <= kMaxWorkgroups / size);
}

// Kept out of the way of those dispatches that run.
__attribute__((noinline, cold)) Status Refuse(Hal& hal, Message message, Status status,
                                              const PlacedKernel& kernel) {
  return hal.failure.Begin(message, status).Text(kernel.name).status();
}

// False if there is no pattern of that length.
bool Fill(ByteRange target, const uint8_t* pattern, uint32_t pattern_length) {
  constexpr uint32_t kLengths = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8;
  if (pattern_length > sizeof(uint64_t) || (kLengths >> pattern_length & 1) == 0) return false;
  const uint32_t last = pattern_length - 1;
  const uint32_t whole = target.length & ~last;
  // Mostly one byte all along, as zero is: memset has the vector unit.
  if (std::memcmp(pattern, pattern + 1, last) == 0) {
    std::memset(target.data, pattern[0], whole);
  } else {
    for (uint32_t i = 0; i < whole; ++i) target.data[i] = pattern[i & last];
  }
  return true;
}

}  // namespace

Status LaunchKernel(Hal& hal, const Dispatch& dispatch) {
  if (hal.skips_kernels()) return Status::kOk;
  const Executable& executable = *dispatch.executable;
  const Kernel& kernel = executable.kernels[dispatch.kernel];
  const PlacedKernel& placed = executable.placed[dispatch.kernel];
  KernelCall call = {kernel.function, &executable.environment, &dispatch.state, {}, 0};
  WorkgroupState& workgroup = call.workgroup;
  workgroup.local_memory_size = kernel.attributes.local_memory_pages * kLocalMemoryPage;
  Heap& heap = hal.store.heap();
  Status status = Status::kOutOfMemory;
  if (workgroup.local_memory_size != 0) {
    workgroup.local_memory = heap.Allocate(workgroup.local_memory_size);
  }
  if (workgroup.local_memory_size == 0 || workgroup.local_memory != nullptr) {
    status = RunGuarded(hal, placed, RunWorkgroups, &call);
  }
  heap.FreeArray(static_cast<uint8_t*>(workgroup.local_memory), workgroup.local_memory_size);
  if (status == Status::kOk && call.result == 0) [[likely]]
    return status;
  return Refuse(hal, Message::kKernelFailed, status == Status::kOk ? Status::kKernelFailed : status,
                placed);
}

Status RunTransfer(Hal& hal, ByteRange target, Transfer& transfer) {
  transfer.target = target.data;
  transfer.length = target.length;
  if (transfer.source != nullptr) {
    std::memmove(target.data, transfer.source, target.length);
  } else if (!Fill(target, reinterpret_cast<uint8_t*>(transfer.pattern), transfer.pattern_length)) {
    return Status::kHalInvalidArgument;
  }
  hal.replay.Note(transfer);
  return Status::kOk;
}

namespace {

// What is the same for all dispatches is filled in here. Fewer constants or bindings than the
// kernel declares are refused.
__attribute__((noinline)) Status RunKernel(Hal& hal, Dispatch& dispatch) {
  const KernelAttributes& kernel = dispatch.executable->kernels[dispatch.kernel].attributes;
  const PlacedKernel& placed = dispatch.executable->placed[dispatch.kernel];
  DispatchState& state = dispatch.state;
  if (state.binding_count < kernel.binding_count || state.constant_count < kernel.constant_count) {
    return Refuse(hal, Message::kKernelArguments, Status::kHalInvalidArgument, placed);
  }
  const uint32_t* counts = dispatch.workgroup_counts;
  if (!IsPossible(counts)) {
    return Refuse(hal, Message::kWorkgroupCount, Status::kHalInvalidArgument, placed);
  }
  state.workgroup_count_x = counts[0];
  state.workgroup_count_y = counts[1];
  state.workgroup_count_z = static_cast<uint16_t>(counts[2]);
  state.workgroup_size_x = state.workgroup_size_y = 1;
  state.workgroup_size_z = 1;
  state.max_concurrency = 1;
  hal.replay.Note(dispatch);
  return LaunchKernel(hal, dispatch);
}

// A list that runs. Its binding table stays where it is, among the call's arguments.
class Submission {
 public:
  Submission(Call& call, uint32_t first_binding, uint32_t binding_count)
      : call_(call), first_binding_(first_binding), binding_count_(binding_count) {}

  [[nodiscard]] Status Run(Command& command) {
    return command.kind == CommandKind::kDispatch ? RunDispatch(command) : RunCopyOrFill(command);
  }

 private:
  [[nodiscard]] ByteRange Resolve(const BufferRef& ref, uint32_t length, Access access);
  [[nodiscard]] Status RunDispatch(Command& command);
  [[nodiscard]] Status RunCopyOrFill(Command& command);

  Call& call_;
  uint32_t first_binding_;
  uint32_t binding_count_;
};

ByteRange Submission::Resolve(const BufferRef& ref, uint32_t length, Access access) {
  const Buffer* buffer = ref.buffer;
  uint32_t offset = ref.offset;
  if (buffer == nullptr) {
    if (ref.slot >= binding_count_) return Status::kVmNullReference;
    const uint32_t slot = first_binding_ + ref.slot * kTableItems;
    buffer = call_.Get<Buffer>(slot);
    if (buffer == nullptr) return Status::kVmNullReference;
    // Inside the slot's own range first, then inside the buffer below.
    const uint32_t slot_offset = call_.Size(slot + 1);
    const uint32_t slot_length = call_.Length(slot + 2);
    if (slot_length != kRest) {
      if (length == kRest && offset <= slot_length) length = slot_length - offset;
      if (!Fits(slot_length, offset, length)) return Status::kOutOfBounds;
    }
    // Buffers are shorter than 2 GB, so that the sum does not wrap.
    if (slot_offset > buffer->length || offset > buffer->length) return Status::kOutOfBounds;
    offset += slot_offset;
  }
  return RangeOf(*buffer, offset, length, access);
}

Status Submission::RunDispatch(Command& command) {
  Dispatch& dispatch = command.dispatch;
  auto* const pointers = const_cast<void**>(dispatch.state.binding_pointers);
  auto* const lengths = const_cast<size_t*>(dispatch.state.binding_lengths);
  for (uint32_t i = 0; i < command.ref_count; ++i) {
    const BufferRef& ref = command.refs()[i];
    const ByteRange range = TRY(Resolve(ref, ref.length, Access::kRead));
    pointers[i] = range.data;
    lengths[i] = range.length;
  }
  const uint32_t bindings = dispatch.state.binding_count;
  if (command.ref_count > bindings) [[unlikely]] {
    call_.store.EndRecording();
    std::memcpy(dispatch.workgroup_counts, pointers[bindings], sizeof(dispatch.workgroup_counts));
  }
  return RunKernel(Hal::Of(call_), dispatch);
}

// The target is the first reference, the source of a copy the second; that of an update lies in the
// list.
Status Submission::RunCopyOrFill(Command& command) {
  Transfer& transfer = command.transfer;
  const BufferRef* refs = command.refs();
  uint32_t length = refs[0].length;
  if (command.ref_count == 2) {
    const ByteRange source = TRY(Resolve(refs[1], length, Access::kRead));
    transfer.source = source.data;
    length = source.length;
  } else if (transfer.source != nullptr) {
    call_.store.EndRecording();  // the list may be gone then
  }
  return RunTransfer(Hal::Of(call_), TRY(Resolve(refs[0], length, Access::kWrite)), transfer);
}

}  // namespace

Status RunList(Call& call, CommandList& list, uint32_t first_binding, uint32_t binding_count) {
  Submission submission(call, first_binding, binding_count);
  for (Command* command = list.commands.first(); command != nullptr; command = command->next) {
    const Status status = submission.Run(*command);
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

namespace hal {

// A dispatch whose bindings and constants were pushed before (until 20240724).
// (commands, executable, ordinal, x, y, z)
// (commands, executable, ordinal, counts buffer, offset)
Status DispatchPushed(Call& call) {
  Dispatch dispatch;
  if (call.row->shift == kIndirect) {
    call.store.EndRecording();
    const ByteRange counts =
        TRY(RangeAt(call, 3, sizeof(dispatch.workgroup_counts), Access::kRead));
    std::memcpy(dispatch.workgroup_counts, counts.data, sizeof(dispatch.workgroup_counts));
  } else {
    call.Words(3, 3, dispatch.workgroup_counts);
  }
  DirectCommands& commands = *call.Get<DirectCommands>(0);
  const Executable& executable = *call.Get<Executable>(1);
  const uint32_t kernel = call.U32(2);
  if (kernel >= executable.layouts.size() || kernel >= executable.kernels.size()) {
    return call.failure.Set(Message::kNoSuchKernel);
  }
  const PipelineLayout& layout = *executable.layouts[kernel];
  void* pointers[kMaxBindings];
  size_t lengths[kMaxBindings];
  void** pointer = pointers;
  size_t* length = lengths;
  for (uint32_t set = 0; set < kMaxSets; ++set) {
    const DirectCommands::Binding* binding = commands.bindings[set];
    for (uint32_t expected = layout.bindings[set]; expected != 0; expected >>= 1, ++binding) {
      if ((expected & 1) == 0) continue;
      if (binding->buffer == nullptr) return call.failure.Set(Message::kNotPushed);
      *pointer++ = binding->data;
      *length++ = binding->length;
    }
  }
  dispatch.executable = &executable;
  dispatch.kernel = kernel;
  dispatch.state.constant_count = static_cast<uint16_t>(layout.constant_count);
  dispatch.state.constants = commands.constants;
  dispatch.state.binding_count = static_cast<uint8_t>(pointer - pointers);
  dispatch.state.binding_pointers = pointers;
  dispatch.state.binding_lengths = lengths;
  return RunKernel(Hal::Of(call), dispatch);
}

// (commands, layout, set, (binding, slot, buffer, offset, length)…)
Status PushDescriptorSet(Call& call) {
  DirectCommands& commands = *call.Get<DirectCommands>(0);
  const uint32_t set = call.U32(2);
  if (set >= kMaxSets) return call.failure.Set(Message::kTooManyBindings);
  uint32_t argument = 3;
  for (uint32_t i = call.SpanLength(0); i != 0; --i, argument += kPushedBindingItems) {
    const uint32_t number = call.U32(argument);
    if (number >= kMaxBindingsPerSet) return call.failure.Set(Message::kTooManyBindings);
    const ByteRange range =
        TRY(RangeAt(call, argument + 2, call.Length(argument + 4), Access::kRead));
    DirectCommands::Binding& binding = commands.bindings[set][number];
    binding.data = range.data;
    binding.length = range.length;
    call.store.Assign(binding.buffer, call.AnyRef(argument + 2));
  }
  return Status::kOk;
}

}  // namespace hal
}  // namespace runtime
