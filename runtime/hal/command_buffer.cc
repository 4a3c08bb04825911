#include "runtime/hal/command_buffer.h"

#include <algorithm>
#include <cstring>

#include "base/try.h"

namespace runtime {
namespace {

using base::Status;

BufferRef* AnyRefsOf(Command* command) {
  switch (command->kind) {
    case CommandKind::kDispatch:
      return RefsOf(static_cast<DispatchCommand*>(command));
    case CommandKind::kFill:
      return RefsOf(static_cast<FillCommand*>(command));
    case CommandKind::kCopy:
      return RefsOf(static_cast<CopyCommand*>(command));
    case CommandKind::kUpdate:
      return RefsOf(static_cast<UpdateCommand*>(command));
  }
  return nullptr;
}

base::Result<BufferRange> Resolve(const BufferRef& ref, std::span<const BindingSlot> table,
                                  bool writable) {
  const Buffer* buffer = ref.buffer;
  uint64_t offset = ref.offset;
  uint64_t length = ref.length == BufferRef::kRest ? kWholeBuffer : ref.length;
  if (buffer == nullptr) {
    if (ref.slot >= table.size()) return std::unexpected(Status::kVmNullReference);
    const BindingSlot& slot = table[ref.slot];
    if (slot.buffer == nullptr) return std::unexpected(Status::kVmNullReference);
    buffer = slot.buffer;
    // Inside the slot's own range first, then inside the buffer below.
    if (slot.length != kWholeBuffer) {
      if (length == kWholeBuffer) length = offset <= slot.length ? slot.length - offset : 0;
      if (!base::InBounds(slot.length, offset, length)) {
        return std::unexpected(Status::kOutOfBounds);
      }
    }
    if (slot.offset > UINT32_MAX) return std::unexpected(Status::kOutOfBounds);
    offset += slot.offset;
  }
  return writable ? WritableRangeOf(*buffer, offset, length) : RangeOf(*buffer, offset, length);
}

base::Result<void> RunDispatch(Hal& hal, DispatchCommand& command,
                               std::span<const BindingSlot> table) {
  void* pointers[kMaxBindings];
  size_t lengths[kMaxBindings];
  const BufferRef* refs = RefsOf(&command);
  uint32_t count = command.ref_count;
  DispatchArguments arguments;
  arguments.kernel = command.kernel;
  std::copy_n(command.workgroups, 3, arguments.workgroups);
  if (command.indirect != 0) {
    const BufferRange counts = TRY(Resolve(*refs, table, false));
    std::memcpy(arguments.workgroups, counts.data, sizeof(arguments.workgroups));
    ++refs;
    --count;
  }
  for (uint32_t i = 0; i < count; ++i) {
    const BufferRange range = TRY(Resolve(refs[i], table, false));
    pointers[i] = range.data;
    lengths[i] = range.length;
  }
  arguments.constants = {ConstantsOf(&command), command.constant_count};
  arguments.binding_count = count;
  arguments.pointers = pointers;
  arguments.lengths = lengths;
  return RunKernel(hal, *command.executable, arguments);
}

base::Result<void> Run(Hal& hal, Command& command, std::span<const BindingSlot> table) {
  switch (command.kind) {
    case CommandKind::kDispatch:
      return RunDispatch(hal, static_cast<DispatchCommand&>(command), table);
    case CommandKind::kFill: {
      auto& fill = static_cast<FillCommand&>(command);
      return FillBytes(TRY(Resolve(*RefsOf(&fill), table, true)), fill.pattern,
                       fill.pattern_length);
    }
    case CommandKind::kCopy: {
      const BufferRef* refs = RefsOf(static_cast<CopyCommand*>(&command));
      const BufferRange source = TRY(Resolve(refs[0], table, false));
      const BufferRange target = TRY(Resolve(refs[1], table, true));
      if (source.length != target.length) return std::unexpected(Status::kOutOfBounds);
      std::memmove(target.data, source.data, target.length);
      return {};
    }
    case CommandKind::kUpdate: {
      auto& update = static_cast<UpdateCommand&>(command);
      const BufferRange target = TRY(Resolve(*RefsOf(&update), table, true));
      if (target.length != update.length) return std::unexpected(Status::kOutOfBounds);
      std::memcpy(target.data, RefsOf(&update) + 1, update.length);
      return {};
    }
  }
  return {};
}

}  // namespace

const ObjectType CommandBuffer::kType = {CommandBuffer::Destroy};

Command* CommandBuffer::CommandAt(Chunk* chunk, uint32_t offset) {
  return reinterpret_cast<Command*>(reinterpret_cast<uint8_t*>(chunk) + kChunkHeader + offset);
}

base::Result<Command*> CommandBuffer::Begin(ObjectStore& store, CommandKind kind, size_t size,
                                            uint32_t ref_count) {
  size = (size + 7) & ~size_t{7};
  if (last_ == nullptr || last_->capacity - last_->used < size) {
    const size_t capacity = std::max(size, kChunkSize);
    if (size > UINT32_MAX / 4) return std::unexpected(Status::kOutOfMemory);
    auto* chunk = static_cast<Chunk*>(store.heap().Allocate(kChunkHeader + capacity));
    if (chunk == nullptr) return std::unexpected(Status::kOutOfMemory);
    *chunk = {nullptr, 0, static_cast<uint32_t>(capacity)};
    (last_ == nullptr ? first_ : last_->next) = chunk;
    last_ = chunk;
  }
  Command* command = CommandAt(last_, last_->used);
  *command = {kind, static_cast<uint16_t>(ref_count), static_cast<uint32_t>(size)};
  return command;
}

base::Result<void> CommandBuffer::Commit(Hal& hal) {
  Command* command = CommandAt(last_, last_->used);
  if (inline_) return Run(hal, *command, {});
  BufferRef* refs = AnyRefsOf(command);
  for (uint32_t i = 0; i < command->ref_count; ++i) ObjectStore::Retain(refs[i].buffer);
  if (command->kind == CommandKind::kDispatch) {
    ObjectStore::Retain(static_cast<DispatchCommand*>(command)->executable);
  }
  last_->used += command->size;
  return {};
}

base::Result<void> CommandBuffer::Execute(Hal& hal, std::span<const BindingSlot> table) {
  for (Chunk* chunk = first_; chunk != nullptr; chunk = chunk->next) {
    for (uint32_t offset = 0; offset < chunk->used;) {
      Command* command = CommandAt(chunk, offset);
      TRY(Run(hal, *command, table));
      offset += command->size;
    }
  }
  return {};
}

PushedState* CommandBuffer::Pushed(ObjectStore& store) {
  if (pushed_ == nullptr) {
    pushed_ = store.heap().AllocateArray<PushedState>(1);
    if (pushed_ == nullptr) return nullptr;
    // Bindings count only where `valid` says so.
    std::memset(pushed_->valid, 0, sizeof(pushed_->valid));
    std::memset(pushed_->constants, 0, sizeof(pushed_->constants));
  }
  return pushed_;
}

void CommandBuffer::Destroy(ObjectStore& store, Object* object) {
  auto* self = static_cast<CommandBuffer*>(object);
  while (self->first_ != nullptr) {
    Chunk* chunk = self->first_;
    for (uint32_t offset = 0; offset < chunk->used;) {
      Command* command = CommandAt(chunk, offset);
      const BufferRef* refs = AnyRefsOf(command);
      for (uint32_t i = 0; i < command->ref_count; ++i) store.Release(refs[i].buffer);
      if (command->kind == CommandKind::kDispatch) {
        store.Release(static_cast<DispatchCommand*>(command)->executable);
      }
      offset += command->size;
    }
    self->first_ = chunk->next;
    store.heap().Free(chunk, kChunkHeader + chunk->capacity);
  }
  if (self->pushed_ != nullptr) {
    for (uint32_t set = 0; set < PushedState::kMaxSets; ++set) {
      for (uint32_t bits = self->pushed_->valid[set], i = 0; bits != 0; bits >>= 1, ++i) {
        if ((bits & 1) != 0) store.Release(self->pushed_->bindings[set][i].buffer);
      }
    }
    store.heap().FreeArray(self->pushed_, 1);
  }
  store.heap().Free(self, sizeof(CommandBuffer));
}

base::Result<BufferRef> MakeRef(Buffer* buffer, uint32_t slot, uint64_t offset, uint64_t length) {
  if (offset > UINT32_MAX || (length >= UINT32_MAX && length != kWholeBuffer)) {
    return std::unexpected(Status::kOutOfBounds);
  }
  return BufferRef{buffer, slot, static_cast<uint32_t>(offset),
                   length == kWholeBuffer ? BufferRef::kRest : static_cast<uint32_t>(length)};
}

base::Result<void> FillBytes(BufferRange target, uint64_t pattern, uint32_t pattern_length) {
  const bool power_of_two = (pattern_length & (pattern_length - 1)) == 0;
  if (pattern_length == 0 || pattern_length > sizeof(pattern) || !power_of_two) {
    return std::unexpected(Status::kHalInvalidArgument);
  }
  const auto low = static_cast<uint8_t>(pattern);
  uint64_t repeated = 0;
  std::memset(&repeated, low, pattern_length);
  if (std::memcmp(&repeated, &pattern, pattern_length) == 0) {
    // One byte all along, as zero mostly is: memset has the vector unit.
    std::memset(target.data, low, target.length);
    return {};
  }
  for (size_t i = 0; i + pattern_length <= target.length; i += pattern_length) {
    std::memcpy(target.data + i, &pattern, pattern_length);
  }
  return {};
}

}  // namespace runtime
