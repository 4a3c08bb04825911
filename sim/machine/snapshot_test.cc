// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/snapshot.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstring>
#include <thread>

#include "sim/machine/machine.h"
#include "sim/machine/testing_program.h"

namespace sim {
namespace {

using testing::kA0;
using testing::kA1;
using testing::kCode;
using testing::kData;
using testing::kS0;
using testing::kS1;
using testing::kT0;
using testing::kT1;
using testing::kT2;
using testing::kUart;
using testing::Program;

// Waits for bytes for ever; adds each to a sum in memory and in v1, calls an announced kernel at
// kData + 0x100, and sends the low byte of the sum.
Program Service() {
  Program program;
  program.Store(kUart + 0x30, 0x301)
      .Store(kData + 0x100, Encode(Op::kAddi, {.rd = kS1, .rs1 = kS1, .imm = 1}))
      .Store(kData + 0x104, Encode(Op::kJalr, {.rs1 = testing::kRa}))
      .Print(4, "kernel.image", kData + 0x100)
      .Print(4, "kernel.limit", kData + 0x200)
      .Print(4, "kernel.exports", 1)
      .Print(4, "main_dispatch_0_add", kData + 0x100)
      .Print(4, "model.ready", 0)
      .Li(kT0, kMstatusVs)
      .Add(Op::kCsrrs, {.rs1 = kT0, .imm = 0x300})
      .Li(kS0, kData)
      .Li(kT2, kUart);
  const uint32_t loop = program.here();
  program.Add(Op::kLw, {.rd = kT0, .rs1 = kT2, .imm = 0x18})
      .Add(Op::kAndi, {.rd = kT0, .rs1 = kT0, .imm = 0x10});
  program.Add(Op::kBne, {.rs1 = kT0, .rs2 = 0, .imm = static_cast<int32_t>(loop - program.here())});
  program.Add(Op::kLw, {.rd = kA0, .rs1 = kT2})
      .Add(Op::kLw, {.rd = kA1, .rs1 = kS0})
      .Add(Op::kAdd, {.rd = kA1, .rs1 = kA1, .rs2 = kA0})
      .Add(Op::kSw, {.rs1 = kS0, .rs2 = kA1})
      .Word(0xc10272d7)  // vsetivli t0, 4, e32, m1, tu, mu
      .Word(0x0215c0d7)  // vadd.vx v1, v1, a1
      .Add(Op::kAddi, {.rd = kT0, .rs1 = kS0, .imm = 256})
      .Add(Op::kJalr, {.rd = testing::kRa, .rs1 = kT0})
      .Add(Op::kSw, {.rs1 = kT2, .rs2 = kA1})
      .JumpTo(loop);
  return program;
}

struct Served {
  std::vector<uint8_t> answer;
  uint64_t instructions;
  uint64_t virtual_time_ns;
  std::array<uint32_t, 32> x;
  std::vector<uint8_t> vector;
  uint32_t sum;
  bool operator==(const Served&) const = default;
};

Served Serve(Machine& machine, std::vector<uint8_t> request) {
  machine.WriteUart(request);
  EXPECT_EQ(machine.Run({.idle_patience_us = 50}).reason, HaltReason::kIdle);
  const Hart& hart = machine.hart();
  Served served{.answer = machine.ReadUart(),
                .instructions = machine.instructions(),
                .virtual_time_ns = machine.virtual_time_ns(),
                .x = hart.x,
                .vector = {hart.v.reg, hart.v.reg + size_t{32} * hart.v.vlen_bytes},
                .sum = 0};
  std::memcpy(&served.sum, machine.bus().Ram(kData, 4), 4);
  return served;
}

struct Ready {
  explicit Ready(const MachineConfig& config = {}) : machine(config) {
    EXPECT_TRUE(machine.LoadElf(Service().Elf()).has_value());
    machine.Boot();
    EXPECT_EQ(machine.Run({}).reason, HaltReason::kIdle);
    Serve(machine, {1, 2, 3});
  }
  Machine machine;
};

Snapshot SaveOf(const Machine& machine) {
  auto snapshot = machine.Save();
  EXPECT_TRUE(snapshot.has_value());
  return *std::move(snapshot);
}

TEST(SnapshotTest, ARestoredMachineGoesOnBitForBit) {
  for (const bool call_graph : {false, true}) {
    const MachineConfig config{.call_graph = call_graph};
    Ready original(config);
    const Snapshot snapshot = SaveOf(original.machine);
    const Profile before = original.machine.TakeProfile();
    const Served expected = Serve(original.machine, {7, 250});
    const Profile after = original.machine.TakeProfile();

    const auto file = snapshot.ToFile();
    const auto from_file = Snapshot::FromFile(file);
    ASSERT_TRUE(from_file.has_value()) << from_file.error().sentence;
    Machine fresh(config);
    Machine from_disk(config);
    ASSERT_TRUE(fresh.Restore(snapshot));
    ASSERT_TRUE(from_disk.Restore(*from_file));
    ASSERT_TRUE(original.machine.Restore(snapshot));
    for (Machine* machine : {&fresh, &from_disk, &original.machine}) {
      EXPECT_EQ(Serve(*machine, {7, 250}), expected);
      // Counters are those of the run after the restore.
      const Profile profile = machine->TakeProfile();
      EXPECT_EQ(profile.instructions, after.instructions - before.instructions);
      EXPECT_EQ(profile.kernel_instructions,
                after.kernel_instructions - before.kernel_instructions);
      EXPECT_EQ(profile.memories[0].count.reads,
                after.memories[0].count.reads - before.memories[0].count.reads);
      uint64_t executed = 0;
      for (const OpcodeCount& row : profile.opcodes) executed += row.count;
      EXPECT_EQ(executed, profile.instructions);
      ASSERT_EQ(profile.kernels.size(), 1u);
      EXPECT_EQ(profile.kernels[0].name, "main_dispatch_0_add");
      EXPECT_EQ(profile.kernels[0].calls, 2u);
      uint64_t in_functions = 0;
      for (const FunctionCount& row : machine->TakeCodeProfile().functions) {
        in_functions += row.instructions;
      }
      EXPECT_EQ(in_functions, profile.instructions);
    }
    EXPECT_EQ(SaveOf(fresh).ToFile(), SaveOf(from_disk).ToFile());
  }
}

TEST(SnapshotTest, PendingBytesAndOpenAnnouncementsAreKept) {
  Machine machine(MachineConfig{});
  ASSERT_TRUE(machine.LoadElf(Service().Elf()).has_value());
  machine.Boot();
  machine.WriteUart(std::vector<uint8_t>{9, 8, 7});
  // In the middle of the announcements, of a message, of everything.
  Machine other(MachineConfig{});
  for (int i = 0; machine.Run({.max_instructions = 7}).reason == HaltReason::kInstructionLimit;
       ++i) {
    const Snapshot snapshot = SaveOf(machine);
    ASSERT_TRUE(other.Restore(snapshot)) << i;
    EXPECT_EQ(SaveOf(other).ToFile(), snapshot.ToFile()) << i;
  }
  ASSERT_EQ(other.Run({.max_instructions = 7}).reason, HaltReason::kIdle);
  EXPECT_EQ(Serve(other, {}), Serve(machine, {}));
  EXPECT_EQ(other.TakeProfile().kernels.at(0).name, "main_dispatch_0_add");
}

TEST(SnapshotTest, OtherConfigurationsAreRefusedAndLeftAlone) {
  Ready ready;
  const Snapshot snapshot = SaveOf(ready.machine);
  for (const MachineConfig& config : {MachineConfig{.core = {.vlen_bits = 256}},
                                      MachineConfig{.core = {.vector = VectorUnit::kZve32x}},
                                      MachineConfig{.extra_memories = {{"more", 0x1000, 0x1000}}},
                                      MachineConfig{.sensor = SensorConfig{}}}) {
    Machine other(config);
    EXPECT_FALSE(other.Restore(snapshot));
    EXPECT_EQ(other.instructions(), 0u);
    EXPECT_EQ(other.hart().pc, kCode);
  }
}

TEST(SnapshotTest, DamagedFilesAreRefused) {
  Ready ready;
  const std::vector<uint8_t> good = SaveOf(ready.machine).ToFile();
  EXPECT_LT(good.size(), 64u << 10);
  for (size_t at = 0; at < good.size(); at += 61) {
    std::vector<uint8_t> bad = good;
    bad[at] ^= 0x40;
    EXPECT_FALSE(Snapshot::FromFile(bad).has_value()) << at;
  }
  for (size_t size = 0; size < good.size(); size += 509) {
    EXPECT_FALSE(Snapshot::FromFile({good.data(), size}).has_value()) << size;
  }
}

// One image under several machines at once, each with its own copy of what it writes.
TEST(SnapshotTest, MachinesInSeveralThreadsShareASnapshot) {
  Ready ready;
  const Snapshot snapshot = SaveOf(ready.machine);
  constexpr int kRuns = 40;
  std::vector<std::thread> threads;
  std::vector<int> right(3);
  for (uint8_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      Machine machine(MachineConfig{});
      for (uint8_t i = 0; i < kRuns; ++i) {
        if (!machine.Restore(snapshot)) return;
        machine.WriteUart(std::vector<uint8_t>{t, i});
        (void)machine.Run({});
        const auto first = static_cast<uint8_t>(6 + t);
        right[t] +=
            machine.ReadUart() == std::vector<uint8_t>{first, static_cast<uint8_t>(first + i)} ? 1
                                                                                               : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, (std::vector<int>{kRuns, kRuns, kRuns}));
}

TEST(SnapshotTest, ShortRunsCostMicrosecondsToStart) {
  Ready ready;
  const Snapshot snapshot = SaveOf(ready.machine);
  constexpr int kRuns = 200;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kRuns; ++i) ASSERT_TRUE(ready.machine.Restore(snapshot));
  const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  RecordProperty("microseconds_per_restore", static_cast<int>(spent.count() / kRuns));
  // Booting takes milliseconds; the bound leaves room for sanitizers and a busy machine.
  EXPECT_LT(spent.count() / kRuns, 2000);
}

}  // namespace
}  // namespace sim
