// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/heap.h"

#include <algorithm>
#include <new>

namespace runtime {
namespace {

constexpr size_t kHeaderSize = 16;

// Of a block in use; of a held one the size it was allocated with stands there.
constexpr uint32_t kUsedByHost = 1;
constexpr uint32_t kUsedByDevice = 2;

}  // namespace

// A block is 64 n bytes long and starts 16 bytes in front of a 64-byte boundary, so that its
// payload lies on one. The links exist only while the block is free.
struct Heap::Block {
  uint32_t size;           // whole block
  uint32_t previous_size;  // of the block in front; 0 for the first
  uint32_t used;           // 0: free
  uint32_t next_held;
  Block* next_free;
  Block* previous_free;

  static Block* Of(void* payload) {
    return reinterpret_cast<Block*>(static_cast<uint8_t*>(payload) - kHeaderSize);
  }
  [[nodiscard]] uint8_t* payload() { return bytes() + kHeaderSize; }
  [[nodiscard]] uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this); }
  [[nodiscard]] Block* next() { return reinterpret_cast<Block*>(bytes() + size); }
  // The first block is its own.
  [[nodiscard]] Block* previous() { return reinterpret_cast<Block*>(bytes() - previous_size); }
  void SetSize(size_t new_size) {
    size = static_cast<uint32_t>(new_size);
    next()->previous_size = size;
  }
};

namespace {

constexpr size_t kLeadIn = Heap::kBlockAlignment - kHeaderSize;

constexpr size_t RoundUp(size_t value, size_t step) { return (value + step - 1) & ~(step - 1); }

constexpr size_t BlockSizeFor(size_t payload) {
  return RoundUp(payload + kHeaderSize, Heap::kBlockAlignment);
}

}  // namespace

void Heap::Reset(base::MutableBytes arena) {
  *this = Heap();
  arena_ = arena.data();
  if (arena.size() < kLeadIn + kHeaderSize) return;
  end_ = reinterpret_cast<Block*>(arena_ + kLeadIn);
  end_->previous_size = 0;
  end_->used = kUsedByHost;
  (void)Resize(std::min<size_t>(arena.size(), UINT32_MAX / 2));
}

[[gnu::always_inline]] inline void Heap::Count(HeapUse use, size_t size) {
  HeapCounters& counters = counters_[static_cast<size_t>(use)];
  counters.allocated += static_cast<uint32_t>(size);
  counters.peak = std::max(counters.peak, counters.current());
}

void* Heap::Allocate(size_t size) {
  return size <= kSmallLimit ? AllocateSmall(size) : AllocateBlock(size, HeapUse::kHost);
}

void* Heap::AllocateDevice(size_t size) { return AllocateBlock(size, HeapUse::kDevice); }

void* Heap::AllocateBlock(size_t size, HeapUse use) {
  Block* block = FindFree(size);
  if (block == nullptr) return nullptr;
  Split(block, BlockSizeFor(size));
  if (use == HeapUse::kDevice) block->used = kUsedByDevice;
  Count(use, size);
  return block->payload();
}

void* Heap::AllocateAligned(size_t size, size_t alignment) {
  if (size >= UINT32_MAX / 2) return nullptr;
  // Room to move the payload up to the boundary; what is left in front goes back.
  size = std::max(size, kSmallLimit + 1);
  Block* found = FindFree(size + alignment);
  if (found == nullptr) return nullptr;
  const auto payload = reinterpret_cast<uintptr_t>(found->payload());
  const size_t lead = RoundUp(payload, alignment) - payload;
  Block* block = found;
  if (lead != 0) {
    const size_t whole = found->size;
    found->SetSize(lead);
    block = found->next();
    block->SetSize(whole - lead);
    block->used = kUsedByHost;
    InsertFree(found);
  }
  Split(block, BlockSizeFor(size));
  Count(HeapUse::kHost, size);
  return block->payload();
}

void Heap::Free(void* memory, size_t size) {
  if (memory == nullptr) return;
  const bool small = size <= kSmallLimit;
  Block* block = Block::Of(memory);
  const bool device = !small && block->used == kUsedByDevice;
  if (device && holding_) {
    block->used = static_cast<uint32_t>(size);
    block->next_held = held_;
    held_ = static_cast<uint32_t>(block->bytes() - arena_);
    return;
  }
  counters_[device ? 1 : 0].freed += static_cast<uint32_t>(size);
  if (small) {
    SmallFree*& list = SmallList(size);
    list = new (memory) SmallFree{list};
    return;
  }
  // Merged with its neighbours; the end is in use.
  Block* next = block->next();
  if (next->used == 0) {
    RemoveFree(next);
    block->SetSize(block->size + next->size);
  }
  Block* previous = block->previous();
  if (previous->used == 0) {
    RemoveFree(previous);
    previous->SetSize(previous->size + block->size);
    block = previous;
  }
  InsertFree(block);
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
    const uint32_t size = block->used;
    block->used = kUsedByDevice;
    Free(block->payload(), size);
  }
}

base::MutableBytes Heap::TakeLargest() {
  Block* largest = nullptr;
  for (Block* block = free_; block != nullptr; block = block->next_free) {
    if (largest == nullptr || block->size > largest->size) largest = block;
  }
  if (largest == nullptr || largest->size < BlockSizeFor(kept_size(0))) return {};
  RemoveFree(largest);
  return {largest->payload(), largest->size - kHeaderSize};
}

void Heap::Keep(base::MutableBytes largest, size_t used) {
  Split(Block::Of(largest.data()), BlockSizeFor(kept_size(used)));
  Count(HeapUse::kHost, kept_size(used));
}

// The list of free memory that has room for `size` bytes and no more than 15 above that.
Heap::SmallFree*& Heap::SmallList(size_t size) {
  return small_[(size - (size != 0 ? 1 : 0)) / kSmallStep];
}

void* Heap::AllocateSmall(size_t size) {
  SmallFree*& list = SmallList(size);
  if (list == nullptr) {
    // A slab becomes a list of equal entries and stays one until Reset.
    const auto entry_size = static_cast<size_t>(&list - small_.data() + 1) * kSmallStep;
    Block* slab = FindFree(kSlabSize);
    if (slab == nullptr) return nullptr;
    Split(slab, BlockSizeFor(kSlabSize));
    for (size_t offset = kSlabSize / entry_size * entry_size; offset != 0;) {
      offset -= entry_size;
      list = new (slab->payload() + offset) SmallFree{list};
    }
  }
  Count(HeapUse::kHost, size);
  SmallFree* entry = list;
  list = entry->next;
  return entry;
}

// The best block for `size` bytes, uncut and in use; what is held is given up for it. nullptr if
// there is none.
Heap::Block* Heap::FindFree(size_t size) {
  if (size >= UINT32_MAX / 2) return nullptr;
  const size_t wanted = BlockSizeFor(size);
  for (;;) {
    Block* best = nullptr;
    for (Block* block = free_; block != nullptr; block = block->next_free) {
      if (block->size >= wanted && (best == nullptr || block->size < best->size)) best = block;
    }
    if (best != nullptr) {
      RemoveFree(best);
      return best;
    }
    if (!intact_) return nullptr;
    BreakHold();
  }
}

// Cuts a block behind `size` bytes and frees the rest.
void Heap::Split(Block* block, size_t size) {
  const size_t rest = block->size - size;
  if (rest == 0) return;
  block->SetSize(size);
  block->next()->SetSize(rest);
  InsertFree(block->next());
}

void Heap::InsertFree(Block* block) {
  block->used = 0;
  block->previous_free = nullptr;
  block->next_free = free_;
  if (free_ != nullptr) free_->previous_free = block;
  free_ = block;
}

// It is in use then.
void Heap::RemoveFree(Block* block) {
  block->used = kUsedByHost;
  if (block->previous_free != nullptr) {
    block->previous_free->next_free = block->next_free;
  } else {
    free_ = block->next_free;
  }
  if (block->next_free != nullptr) block->next_free->previous_free = block->previous_free;
}

size_t Heap::used_extent() const {
  if (end_ == nullptr) return 0;
  uint8_t* end = end_->bytes();
  // A free last block needs room for its own header.
  if (end_->previous()->used == 0) end = end_->previous()->bytes() + kBlockAlignment;
  return static_cast<size_t>(end - arena_) + kHeaderSize;
}

bool Heap::Resize(size_t arena_size) {
  if (end_ == nullptr || arena_size < kBlockAlignment || arena_size > UINT32_MAX / 2) return false;
  uint8_t* const new_end =
      arena_ + kLeadIn + ((arena_size - kBlockAlignment) & ~(kBlockAlignment - 1));
  if (new_end == end_->bytes()) return true;
  // The last block, if it is free, becomes longer or shorter; else there must be room for another.
  Block* last = end_->previous();
  const bool adds = last->used != 0;
  if (adds) last = end_;
  if (new_end < last->bytes() + kBlockAlignment) return false;
  end_ = reinterpret_cast<Block*>(new_end);
  end_->used = kUsedByHost;
  last->SetSize(static_cast<size_t>(new_end - last->bytes()));
  if (adds) InsertFree(last);
  return true;
}

}  // namespace runtime
