// SPDX-License-Identifier: Apache-2.0

// The only allocator of the runtime: an arena the caller gives, blocks inside it. Large blocks
// carry boundary tags and merge with free neighbours; small ones (<= kSmallLimit) come from slabs
// by size class and cost a few instructions. Freeing names the size, as C++'s sized delete does.
//
// The caller guarantees: arena aligned to kArenaAlignment and untouched by others; Free gets what
// Allocate gave. Allocate returns nullptr when nothing fits. Memory is not zeroed.
#ifndef RUNTIME_VM_HEAP_H_
#define RUNTIME_VM_HEAP_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/byte_reader.h"

namespace runtime {

// Who the bytes count for (Statistics).
enum class HeapUse : uint8_t { kHost, kDevice };

struct HeapCounters {
  uint32_t peak = 0;
  uint32_t allocated = 0;
  uint32_t freed = 0;

  [[nodiscard]] uint32_t current() const { return allocated - freed; }
};

class Heap {
 public:
  static constexpr size_t kBlockAlignment = 64;
  static constexpr size_t kSmallLimit = 256;

  void Reset(base::MutableBytes arena);

  // Aligned to 64 bytes above kSmallLimit, else to 16.
  [[nodiscard]] void* Allocate(size_t size);
  // More than kSmallLimit bytes of device memory.
  [[nodiscard]] void* AllocateDevice(size_t size);
  // `alignment` is a power of two above 64.
  [[nodiscard]] void* AllocateAligned(size_t size, size_t alignment);
  // Any of them, with the size it was allocated with; nullptr is nothing to free.
  void Free(void* memory, size_t size);

  // For something whose size is known only when it is done: all of the largest free block, empty if
  // there is none. Keep then says how much of it was used, and the rest is free again; what is kept
  // is freed with kept_size(used) bytes.
  [[nodiscard]] base::MutableBytes TakeLargest();
  void Keep(base::MutableBytes largest, size_t used);
  static constexpr size_t kept_size(size_t used) {
    return used > kSmallLimit ? used : kSmallLimit + 1;
  }

  // From Hold to EndHold device memory that is freed stays nobody else's, so that what used it may
  // be done again. BreakHold gives it back; running out of memory does the same.
  void Hold();
  void EndHold() { holding_ = false; }
  void BreakHold();
  // While what is held is used again, running out of memory is an error and nothing else.
  void Pin() { intact_ = false; }
  void Unpin() { intact_ = true; }
  [[nodiscard]] bool holding() const { return holding_; }
  // Everything freed since Hold is still held.
  [[nodiscard]] bool hold_intact() const { return intact_; }

  template <typename T>
  [[nodiscard]] T* AllocateArray(size_t count) {
    if (count > SIZE_MAX / 2 / sizeof(T)) return nullptr;
    return static_cast<T*>(Allocate(count * sizeof(T)));
  }
  template <typename T>
  void FreeArray(T* memory, size_t count) {
    Free(memory, count * sizeof(T));
  }

  // Bytes from the start of the arena to the end of the last block in use.
  [[nodiscard]] size_t used_extent() const;
  // Moves the end of the arena; false if blocks in use lie behind it.
  [[nodiscard]] bool Resize(size_t arena_size);

  [[nodiscard]] const HeapCounters& counters(HeapUse use) const {
    return counters_[static_cast<size_t>(use)];
  }

 private:
  struct Block;
  struct SmallFree {
    SmallFree* next;
  };
  static constexpr size_t kSmallStep = 16;
  static constexpr size_t kSlabSize = 1024;

  [[nodiscard]] SmallFree*& SmallList(size_t size);
  [[nodiscard]] void* AllocateSmall(size_t size);
  [[nodiscard]] void* AllocateBlock(size_t size, HeapUse use);
  [[nodiscard]] Block* FindFree(size_t size);
  void Split(Block* block, size_t size);
  void InsertFree(Block* block);
  void RemoveFree(Block* block);
  void Count(HeapUse use, size_t size);

  uint8_t* arena_ = nullptr;
  Block* end_ = nullptr;  // behind the last block: only a header, always in use
  Block* free_ = nullptr;
  std::array<SmallFree*, kSmallLimit / kSmallStep> small_ = {};
  std::array<HeapCounters, 2> counters_ = {};
  uint32_t held_ = 0;  // list of blocks: place in the arena, 0 ends it
  bool holding_ = false;
  bool intact_ = false;
};

}  // namespace runtime

#endif  // RUNTIME_VM_HEAP_H_
