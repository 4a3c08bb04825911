// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/heap.h"

namespace runtime {

// A block is 64 n bytes long and starts 16 bytes in front of a 64-byte boundary, so that its
// payload lies on one. The links exist only while the block is free.
struct Heap::Block {
  uint32_t size;           // whole block
  uint32_t previous_size;  // of the block in front; 0 for the first
  uint32_t used;           // not 0: in use; of a held block the size it was allocated with
  uint32_t next_held;
  Block* next_free;
  Block* previous_free;

  [[nodiscard]] uint8_t* payload() { return reinterpret_cast<uint8_t*>(this) + 16; }
  [[nodiscard]] uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this); }
};

namespace {

constexpr size_t kHeaderSize = 16;
constexpr size_t kLeadIn = Heap::kBlockAlignment - kHeaderSize;

constexpr size_t RoundUp(size_t value, size_t step) { return (value + step - 1) & ~(step - 1); }

constexpr size_t BlockSizeFor(size_t payload) {
  return RoundUp(payload + kHeaderSize, Heap::kBlockAlignment);
}

}  // namespace

void Heap::Reset(base::MutableBytes arena) {
  *this = Heap();
  arena_ = arena.data();
  const size_t limit = arena.size() < UINT32_MAX / 2 ? arena.size() : UINT32_MAX / 2;
  if (limit < kLeadIn + kBlockAlignment) return;
  first_ = arena_ + kLeadIn;
  const size_t size = (limit - kLeadIn) & ~(kBlockAlignment - 1);
  end_ = first_ + size;
  last_ = reinterpret_cast<Block*>(first_);
  last_->size = static_cast<uint32_t>(size);
  last_->previous_size = 0;
  InsertFree(last_);
}

void Heap::Count(HeapUse use, size_t size) {
  HeapCounters& counters = counters_[static_cast<size_t>(use)];
  counters.allocated += static_cast<uint32_t>(size);
  counters.current += static_cast<uint32_t>(size);
  if (counters.current > counters.peak) counters.peak = counters.current;
}

void* Heap::Allocate(size_t size, HeapUse use) {
  void* memory = nullptr;
  if (size <= kSmallLimit) {
    memory = AllocateSmall(size);
  } else if (size < UINT32_MAX / 2) {
    Block* block = FindFree(BlockSizeFor(size));
    if (block != nullptr) memory = Take(block, BlockSizeFor(size))->payload();
  }
  if (memory != nullptr) {
    Count(use, size);
  } else if (intact_) {
    BreakHold();
    return Allocate(size, use);
  }
  return memory;
}

void* Heap::AllocateAligned(size_t size, size_t alignment) {
  if (size >= UINT32_MAX / 2 - 2 * alignment) return nullptr;
  // Room to move the payload up to the boundary; what is left in front goes back.
  size = size <= kSmallLimit ? kSmallLimit + 1 : size;
  const size_t wanted = BlockSizeFor(size);
  Block* found = FindFree(wanted + alignment);
  if (found == nullptr) return nullptr;
  RemoveFree(found);
  const auto payload = reinterpret_cast<uintptr_t>(found->payload());
  const size_t lead = RoundUp(payload, alignment) - payload;
  Block* block = found;
  if (lead != 0) {
    const size_t whole = found->size;
    block = reinterpret_cast<Block*>(found->bytes() + lead);
    block->previous_size = static_cast<uint32_t>(lead);
    if (found == last_) last_ = block;
    SetSize(found, lead);
    SetSize(block, whole - lead);
    InsertFree(found);
  }
  InsertFree(block);
  block = Take(block, wanted);
  Count(HeapUse::kHost, size);
  return block->payload();
}

void Heap::Free(void* memory, size_t size, HeapUse use) {
  if (holding_ && use == HeapUse::kDevice && size > kSmallLimit) {
    auto* block = reinterpret_cast<Block*>(static_cast<uint8_t*>(memory) - kHeaderSize);
    block->used = static_cast<uint32_t>(size);
    block->next_held = held_;
    held_ = static_cast<uint32_t>(block->bytes() - arena_);
    return;
  }
  HeapCounters& counters = counters_[static_cast<size_t>(use)];
  counters.freed += static_cast<uint32_t>(size);
  counters.current -= static_cast<uint32_t>(size);
  if (size <= kSmallLimit) {
    SmallFree*& list = small_[size == 0 ? 0 : (size - 1) / kSmallStep];
    auto* entry = static_cast<SmallFree*>(memory);
    entry->next = list;
    list = entry;
    return;
  }
  Release(reinterpret_cast<Block*>(static_cast<uint8_t*>(memory) - kHeaderSize));
}

void Heap::Hold() {
  BreakHold();
  holding_ = intact_ = true;
}

void Heap::BreakHold() {
  holding_ = intact_ = false;
  while (held_ != 0) {
    auto* block = reinterpret_cast<Block*>(arena_ + held_);
    held_ = block->next_held;
    Free(block->payload(), block->used, HeapUse::kDevice);
  }
}

base::MutableBytes Heap::TakeLargest() {
  Block* largest = nullptr;
  for (Block* block = free_; block != nullptr; block = block->next_free) {
    if (largest == nullptr || block->size > largest->size) largest = block;
  }
  if (largest == nullptr || largest->size < BlockSizeFor(kept_size(0))) return {};
  RemoveFree(largest);
  largest->used = 1;
  return {largest->payload(), largest->size - kHeaderSize};
}

void Heap::Keep(base::MutableBytes largest, size_t used) {
  Split(reinterpret_cast<Block*>(largest.data() - kHeaderSize), BlockSizeFor(kept_size(used)));
  Count(HeapUse::kHost, kept_size(used));
}

void* Heap::AllocateSmall(size_t size) {
  const size_t index = size == 0 ? 0 : (size - 1) / kSmallStep;
  SmallFree*& list = small_[index];
  if (list == nullptr) {
    // A slab becomes a list of equal entries and stays one until Reset.
    const size_t entry_size = (index + 1) * kSmallStep;
    Block* slab = FindFree(BlockSizeFor(kSlabSize));
    if (slab == nullptr) return nullptr;
    uint8_t* bytes = Take(slab, BlockSizeFor(kSlabSize))->payload();
    for (size_t offset = kSlabSize / entry_size * entry_size; offset != 0;) {
      offset -= entry_size;
      auto* entry = reinterpret_cast<SmallFree*>(bytes + offset);
      entry->next = list;
      list = entry;
    }
  }
  SmallFree* entry = list;
  list = entry->next;
  return entry;
}

Heap::Block* Heap::FindFree(size_t size) const {
  Block* best = nullptr;
  for (Block* block = free_; block != nullptr; block = block->next_free) {
    if (block->size < size || (best != nullptr && block->size >= best->size)) continue;
    best = block;
    if (block->size == size) break;
  }
  return best;
}

// Takes `size` bytes from the front of a free block; the rest stays free.
Heap::Block* Heap::Take(Block* block, size_t size) {
  RemoveFree(block);
  block->used = 1;
  Split(block, size);
  return block;
}

// Cuts a block behind `size` bytes and frees the rest.
void Heap::Split(Block* block, size_t size) {
  if (block->size == size) return;
  const size_t whole = block->size;
  auto* rest = reinterpret_cast<Block*>(block->bytes() + size);
  rest->previous_size = static_cast<uint32_t>(size);
  if (block == last_) last_ = rest;
  SetSize(rest, whole - size);
  block->size = static_cast<uint32_t>(size);
  InsertFree(rest);
}

void Heap::Release(Block* block) {
  Block* next = Next(block);
  if (next != nullptr && next->used == 0) {
    RemoveFree(next);
    if (next == last_) last_ = block;
    SetSize(block, block->size + next->size);
  }
  Block* previous = Previous(block);
  if (previous != nullptr && previous->used == 0) {
    RemoveFree(previous);
    if (block == last_) last_ = previous;
    SetSize(previous, previous->size + block->size);
    block = previous;
  }
  InsertFree(block);
}

void Heap::SetSize(Block* block, size_t size) {
  block->size = static_cast<uint32_t>(size);
  Block* next = Next(block);
  if (next != nullptr) next->previous_size = static_cast<uint32_t>(size);
}

Heap::Block* Heap::Next(Block* block) const {
  return block == last_ ? nullptr : reinterpret_cast<Block*>(block->bytes() + block->size);
}

Heap::Block* Heap::Previous(Block* block) const {
  if (block->previous_size == 0) return nullptr;
  return reinterpret_cast<Block*>(block->bytes() - block->previous_size);
}

void Heap::InsertFree(Block* block) {
  block->used = 0;
  block->previous_free = nullptr;
  block->next_free = free_;
  if (free_ != nullptr) free_->previous_free = block;
  free_ = block;
}

void Heap::RemoveFree(Block* block) {
  if (block->previous_free != nullptr) {
    block->previous_free->next_free = block->next_free;
  } else {
    free_ = block->next_free;
  }
  if (block->next_free != nullptr) block->next_free->previous_free = block->previous_free;
}

size_t Heap::used_extent() const {
  if (last_ == nullptr) return 0;
  // A free last block needs room for its own header.
  const uint8_t* end = last_->used != 0 ? end_ : last_->bytes() + kBlockAlignment;
  return static_cast<size_t>(end - arena_);
}

bool Heap::Resize(size_t arena_size) {
  if (last_ == nullptr || arena_size < kLeadIn || arena_size >= UINT32_MAX / 2) return false;
  uint8_t* const new_end = first_ + ((arena_size - kLeadIn) & ~(kBlockAlignment - 1));
  if (new_end == end_) return true;
  if (last_->used != 0) {
    // Room must be added behind a block in use.
    if (new_end < end_) return false;
    auto* added = reinterpret_cast<Block*>(end_);
    added->previous_size = last_->size;
    last_ = added;
    added->size = static_cast<uint32_t>(new_end - end_);
    end_ = new_end;
    InsertFree(added);
    return true;
  }
  if (new_end < last_->bytes() + kBlockAlignment) return false;
  last_->size = static_cast<uint32_t>(new_end - last_->bytes());
  end_ = new_end;
  return true;
}

}  // namespace runtime
