// SPDX-License-Identifier: Apache-2.0

#include "runtime/hal/commands.h"

#include <algorithm>
#include <cstring>

namespace runtime {
namespace {

using base::Status;

void DestroyDirect(ObjectStore& store, Object* object) {
  auto* self = static_cast<DirectCommands*>(object);
  for (uint32_t set = 0; set < DirectCommands::kMaxSets; ++set) {
    Buffer** held = self->held[set];
    for (uint32_t bits = self->valid[set]; bits != 0; bits >>= 1, ++held) {
      if ((bits & 1) != 0) store.Release(*held);
    }
  }
  store.heap().Free(object, sizeof(DirectCommands));
}

// Calls step(object) for everything that the command keeps alive.
template <typename Step>
void ForEachReference(Command& command, Step step) {
  BufferRef* refs = command.refs();
  for (uint32_t i = 0; i < command.ref_count; ++i) step(refs[i].buffer);
  if (command.kind == CommandKind::kDispatch) step(command.payload<Dispatch>()->executable);
}

}  // namespace

const ObjectType DirectCommands::kType = {DestroyDirect};
const ObjectType CommandList::kType = {CommandList::Destroy};

Command* CommandList::Begin(ObjectStore& store, CommandKind kind, uint32_t ref_count,
                            size_t payload_bytes) {
  if (payload_bytes > UINT32_MAX / 4) return nullptr;
  const size_t size =
      (sizeof(Command) + ref_count * sizeof(BufferRef) + payload_bytes + 7) & ~size_t{7};
  if (last_ == nullptr || last_->capacity - last_->used < size) {
    const size_t capacity = std::max(size, kChunkSize);
    auto* chunk = static_cast<Chunk*>(store.heap().Allocate(kChunkHeader + capacity));
    if (chunk == nullptr) return nullptr;
    *chunk = {nullptr, 0, static_cast<uint32_t>(capacity)};
    (last_ == nullptr ? first_ : last_->next) = chunk;
    last_ = chunk;
  }
  Command* command = CommandAt(last_, last_->used);
  *command = {kind, static_cast<uint16_t>(ref_count), static_cast<uint32_t>(size)};
  return command;
}

void CommandList::Commit() {
  Command& command = *CommandAt(last_, last_->used);
  ForEachReference(command, [](Object* object) { ObjectStore::Retain(object); });
  last_->used += command.size;
}

void CommandList::Destroy(ObjectStore& store, Object* object) {
  auto* self = static_cast<CommandList*>(object);
  while (self->first_ != nullptr) {
    Chunk* chunk = self->first_;
    for (uint32_t offset = 0; offset < chunk->used;) {
      Command* command = CommandAt(chunk, offset);
      ForEachReference(*command, [&](Object* held) { store.Release(held); });
      offset += command->size;
    }
    self->first_ = chunk->next;
    store.heap().Free(chunk, kChunkHeader + chunk->capacity);
  }
  store.heap().Free(self, sizeof(CommandList));
}

Status FillBytes(ByteRange target, const void* pattern, uint32_t pattern_length) {
  const auto* bytes = static_cast<const uint8_t*>(pattern);
  if (pattern_length == 0 || pattern_length > sizeof(uint64_t) ||
      (pattern_length & (pattern_length - 1)) != 0) {
    return Status::kHalInvalidArgument;
  }
  // Mostly one byte all along, as zero is: memset has the vector unit.
  const uint32_t whole = target.length & ~(pattern_length - 1);
  bool uniform = true;
  for (uint32_t i = 1; i < pattern_length; ++i) uniform = uniform && bytes[i] == bytes[0];
  if (uniform) {
    std::memset(target.data, bytes[0], whole);
    return Status::kOk;
  }
  for (uint32_t done = 0; done < whole; done += pattern_length) {
    std::memcpy(target.data + done, bytes, pattern_length);
  }
  return Status::kOk;
}

Status CopyBytes(ByteRange target, ByteRange source) {
  if (source.length != target.length) return Status::kOutOfBounds;
  std::memmove(target.data, source.data, target.length);
  return Status::kOk;
}

}  // namespace runtime
