// SPDX-License-Identifier: Apache-2.0

#include "runtime/hal/command_queue.h"

#include <algorithm>
#include <new>

namespace runtime {

Command* CommandQueue::Add(Heap& heap, CommandKind kind, uint32_t ref_count, size_t bytes_behind) {
  const size_t size = sizeof(Command) + ref_count * sizeof(BufferRef) + bytes_behind;
  void* const memory = heap.Allocate(size);
  if (memory == nullptr) return nullptr;
  auto* const command = new (memory) Command;
  command->next = nullptr;
  command->size = static_cast<uint32_t>(size);
  command->kind = kind;
  command->ref_count = static_cast<uint16_t>(ref_count);
  *end_ = command;
  end_ = &command->next;
  return command;
}

Command* CommandQueue::AddDispatch(Heap& heap, uint32_t ref_count, const Dispatch& model) {
  const uint32_t pointer_count = std::max<uint32_t>(ref_count, model.state.binding_count);
  Command* const command = Add(heap, CommandKind::kDispatch, ref_count,
                               pointer_count * (sizeof(void*) + sizeof(size_t)) +
                                   model.state.constant_count * sizeof(uint32_t));
  if (command == nullptr) return nullptr;
  auto* const pointers = static_cast<void**>(command->behind());
  auto* const lengths = reinterpret_cast<size_t*>(pointers + pointer_count);
  command->dispatch = model;
  DispatchState& state = command->dispatch.state;
  state.binding_pointers = pointers;
  state.binding_lengths = lengths;
  state.constants = reinterpret_cast<uint32_t*>(lengths + pointer_count);
  return command;
}

void CommandQueue::Free(Heap& heap) {
  while (first_ != nullptr) {
    Command* const command = first_;
    first_ = command->next;
    heap.Free(command, command->size);
  }
  end_ = &first_;
}

}  // namespace runtime
