// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/heap.h"

#include <cstring>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/testing/module_builder.h"

namespace runtime {
namespace {

using testing::Aligned;

TEST(HeapTest, BlocksAreAlignedAndMergeBack) {
  Aligned arena(size_t{64} << 10);
  Heap heap;
  heap.Reset(arena.bytes());
  const size_t empty = heap.used_extent();
  void* a = heap.Allocate(1000);
  void* b = heap.AllocateDevice(2000);
  void* c = heap.AllocateAligned(5000, 4096);
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a) % Heap::kBlockAlignment, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b) % Heap::kBlockAlignment, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(c) % 4096, 0u);
  EXPECT_EQ(heap.counters(HeapUse::kDevice).current(), 2000u);
  heap.Free(a, 1000);
  heap.Free(c, 5000);
  heap.Free(b, 2000);
  EXPECT_EQ(heap.used_extent(), empty);
  EXPECT_EQ(heap.counters(HeapUse::kHost).current(), 0u);
  EXPECT_EQ(heap.counters(HeapUse::kHost).peak, 6000u);
  void* most = heap.Allocate((size_t{64} << 10) - 200);
  EXPECT_NE(most, nullptr);
  EXPECT_EQ(heap.Allocate(1000), nullptr);
}

TEST(HeapTest, TinyAndHugeRequestsFailCleanly) {
  Heap heap;
  EXPECT_EQ(heap.Allocate(1), nullptr);
  Aligned tiny(64, 64);
  heap.Reset(tiny.bytes());
  EXPECT_EQ(heap.Allocate(1), nullptr);
  Aligned arena(4096);
  heap.Reset(arena.bytes());
  for (const size_t size : {size_t{5000}, SIZE_MAX, SIZE_MAX / 2, size_t{UINT32_MAX}}) {
    EXPECT_EQ(heap.Allocate(size), nullptr) << size;
    EXPECT_EQ(heap.AllocateAligned(size, 4096), nullptr) << size;
  }
  EXPECT_EQ(heap.AllocateArray<uint64_t>(SIZE_MAX / 4), nullptr);
}

TEST(HeapTest, HeldMemoryIsNobodyElsesUntilItIsNeeded) {
  Aligned arena(size_t{64} << 10);
  Heap heap;
  heap.Reset(arena.bytes());
  heap.Hold();
  void* a = heap.AllocateDevice(20'000);
  heap.Free(a, 20'000);
  void* b = heap.AllocateDevice(20'000);
  EXPECT_NE(a, b);
  EXPECT_EQ(heap.counters(HeapUse::kDevice).freed, 0u);
  heap.EndHold();
  heap.Free(b, 20'000);
  EXPECT_EQ(heap.counters(HeapUse::kDevice).freed, 20'000u);
  EXPECT_TRUE(heap.hold_intact());
  EXPECT_EQ(heap.Allocate(30'000), b);
  EXPECT_TRUE(heap.hold_intact());
  heap.Pin();
  EXPECT_EQ(heap.Allocate(20'000), nullptr);
  heap.Unpin();
  EXPECT_EQ(heap.Allocate(20'000), a);  // there is no other
  EXPECT_FALSE(heap.hold_intact());
  EXPECT_EQ(heap.counters(HeapUse::kDevice).freed, 40'000u);
}

TEST(HeapTest, ResizeKeepsBlocks) {
  Aligned arena(size_t{64} << 10);
  Heap heap;
  heap.Reset(arena.bytes());
  auto* kept = static_cast<uint8_t*>(heap.Allocate(1000));
  std::memset(kept, 7, 1000);
  const size_t used = heap.used_extent();
  EXPECT_FALSE(heap.Resize(used - 64));
  ASSERT_TRUE(heap.Resize(used));
  EXPECT_EQ(heap.Allocate(1000), nullptr);
  ASSERT_TRUE(heap.Resize(size_t{64} << 10));
  EXPECT_NE(heap.Allocate(1000), nullptr);
  EXPECT_EQ(kept[999], 7);
}

// Random traffic; every block keeps its pattern, and at the end all of it merges.
TEST(HeapTest, RandomTraffic) {
  struct Live {
    uint8_t* memory;
    size_t size;
    uint8_t pattern;
  };
  Aligned arena(size_t{1} << 20);
  Heap heap;
  heap.Reset(arena.bytes());
  std::mt19937 random(1);
  std::vector<Live> live;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 2 == 0 || live.empty()) {
      const size_t size = random() % 3 == 0 ? random() % 20'000 : random() % 300;
      const bool aligned = random() % 10 == 0;
      const bool device = !aligned && random() % 2 == 0;
      const size_t held = aligned || device ? size + 300 : size;
      auto* memory = static_cast<uint8_t*>(aligned  ? heap.AllocateAligned(held, 4096)
                                           : device ? heap.AllocateDevice(held)
                                                    : heap.Allocate(held));
      if (memory == nullptr) continue;
      const auto pattern = static_cast<uint8_t>(random());
      std::memset(memory, pattern, held);
      live.push_back({memory, held, pattern});
    } else {
      const size_t index = random() % live.size();
      const Live block = live[index];
      live[index] = live.back();
      live.pop_back();
      for (size_t i = 0; i < block.size; ++i) ASSERT_EQ(block.memory[i], block.pattern);
      heap.Free(block.memory, block.size);
    }
  }
  for (const Live& block : live) heap.Free(block.memory, block.size);
  EXPECT_EQ(heap.counters(HeapUse::kHost).current(), 0u);
  EXPECT_EQ(heap.counters(HeapUse::kDevice).current(), 0u);
}

}  // namespace
}  // namespace runtime
