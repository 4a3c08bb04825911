// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/machine.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "sim/machine/testing_program.h"

namespace sim {
namespace {

using testing::kA0;
using testing::kA1;
using testing::kA2;
using testing::kCode;
using testing::kData;
using testing::kS0;
using testing::kT0;
using testing::kT1;
using testing::kT2;
using testing::kUart;
using testing::Program;

constexpr uint64_t kPlenty = 1'000'000;

// A machine with the program loaded and booted.
struct Running {
  explicit Running(const Program& program, const MachineConfig& config = {}) : machine(config) {
    EXPECT_TRUE(machine.LoadElf(program.Elf()).has_value());
    machine.Boot();
  }
  Halt Run(uint64_t limit = kPlenty, uint64_t idle_us = 0) {
    return machine.Run({.max_instructions = limit, .idle_patience_us = idle_us});
  }
  std::map<std::string, uint64_t> Opcodes() {
    std::map<std::string, uint64_t> counts;
    for (const OpcodeCount& row : machine.TakeProfile().opcodes) counts[row.name] = row.count;
    return counts;
  }
  Machine machine;
};

// Echoes bytes for ever: poll FR until a byte is there, read DR, write DR.
Program Echo() {
  Program program;
  program.Store(kUart + 0x30, 0x301).Li(kT0, kUart);
  const uint32_t poll = program.here();
  program.Add(Op::kLw, {.rd = kT1, .rs1 = kT0, .imm = 0x18})
      .Add(Op::kAndi, {.rd = kT1, .rs1 = kT1, .imm = 0x10})
      .Add(Op::kBne, {.rs1 = kT1, .rs2 = 0, .imm = -8})
      .Add(Op::kLw, {.rd = kT1, .rs1 = kT0, .imm = 0})
      .Add(Op::kSw, {.rs1 = kT0, .rs2 = kT1, .imm = 0})
      .JumpTo(poll);
  return program;
}

TEST(MachineTest, IsHaltedUntilBooted) {
  Machine machine(MachineConfig{});
  EXPECT_EQ(machine.Run({}).reason, HaltReason::kHalted);
  EXPECT_EQ(machine.instructions(), 0u);
}

TEST(MachineTest, FinishEndsTheRun) {
  Running run(Program().Li(kA0, 7).Finish());
  const Halt halt = run.Run();
  EXPECT_EQ(halt.reason, HaltReason::kFinished);
  EXPECT_EQ(halt.instructions, 3u);
  EXPECT_EQ(run.machine.hart().x[kA0], 7u);
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
  EXPECT_EQ(run.machine.instructions(), 3u);
}

TEST(MachineTest, HostRequestFreezes) {
  Running run(Program().Add(Op::kHostreq).Finish());
  EXPECT_EQ(run.Run().reason, HaltReason::kHostRequest);
  run.machine.Boot();  // CONTROL := 0 from mode "freeze" goes on behind the instruction
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
}

TEST(MachineTest, SimprintWritesRenodesLine) {
  Running run(Program().Print(2, "INFO |Runtime started", 0).Print(0, "bad", 255).Finish());
  run.Run();
  const auto log = run.machine.TakeLog();
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[0].text, "simprint: \"INFO |Runtime started\", 0 (0x0)");
  EXPECT_EQ(log[0].level, LogLevel::kInfo);
  EXPECT_EQ(log[0].message, "INFO |Runtime started");
  EXPECT_EQ(log[1].text, "simprint: \"bad\", 255 (0xFF)");
  EXPECT_EQ(log[1].level, LogLevel::kError);
  EXPECT_EQ(log[1].number, 255u);
  EXPECT_EQ(log[1].Format(), "00:00:00.0000 [ERROR] cpu: simprint: \"bad\", 255 (0xFF)");
  EXPECT_TRUE(run.machine.TakeLog().empty());
}

TEST(MachineTest, SimprintReadsAtMost255CharactersAndOnlyMemory) {
  Running run(Program()
                  .Print(2, std::string(400, 'x'), 1)
                  .Li(kA0, 2)
                  .Li(kA1, 0x1000)  // nothing is there
                  .Add(Op::kSimprint, {.rd = kA0, .rs1 = kA1, .rs2 = kA2})
                  .Li(kA0, 9)  // no such level
                  .Add(Op::kSimprint, {.rd = kA0, .rs1 = kA1, .rs2 = kA2})
                  .Finish());
  run.Run();
  const auto log = run.machine.TakeLog();
  ASSERT_EQ(log.size(), 3u);
  EXPECT_EQ(log[0].message.size(), 255u);
  EXPECT_EQ(log[1].message, "");
  EXPECT_EQ(log[2].level, LogLevel::kError);
}

TEST(MachineTest, LogIsBounded) {
  Program program;
  const uint32_t loop = program.here();
  program.Print(2, "again", 0).JumpTo(loop);
  Running run(program);
  run.Run(200'000);
  uint64_t dropped = 0;
  EXPECT_EQ(run.machine.TakeLog(&dropped).size(), Machine::kLogLimit);
  EXPECT_GT(dropped, 0u);
}

TEST(MachineTest, RepeatedWarningsThinOut) {
  Program program;
  program.Li(kT0, 0x5000'0000);
  const uint32_t loop = program.here();
  program.Add(Op::kLw, {.rd = kA0, .rs1 = kT0}).Add(Op::kCustom3Unused).JumpTo(loop);
  Running run(program);
  run.Run(300'000);
  uint64_t dropped = 0;
  EXPECT_LT(run.machine.TakeLog(&dropped).size(), 200u);
  EXPECT_EQ(dropped, 0u);
}

TEST(MachineTest, EchoAnswersAndIdles) {
  Running run(Echo());
  EXPECT_EQ(run.Run().reason, HaltReason::kIdle);
  EXPECT_LT(run.machine.instructions(), 50u);
  const std::vector<uint8_t> request = {1, 2, 3, 0xff};
  run.machine.WriteUart(request);
  EXPECT_EQ(run.machine.uart_input_pending(), 4u);
  EXPECT_EQ(run.Run().reason, HaltReason::kIdle);
  EXPECT_EQ(run.machine.ReadUart(), request);
  EXPECT_TRUE(run.machine.ReadUart().empty());
  EXPECT_EQ(run.machine.uart_input_pending(), 0u);
}

TEST(MachineTest, BytesForADisabledReceiverAreLost) {
  Running run(Echo());
  run.machine.WriteUart(std::vector<uint8_t>{1});
  run.Run();
  EXPECT_TRUE(run.machine.ReadUart().empty());
}

TEST(MachineTest, PatiencePassesVirtualTimeCheaply) {
  Running run(Echo());
  run.Run();
  const uint64_t before_ns = run.machine.virtual_time_ns();
  const Halt halt = run.Run(kPlenty, 20'000);
  EXPECT_EQ(halt.reason, HaltReason::kIdle);
  const uint64_t passed_ns = run.machine.virtual_time_ns() - before_ns;
  EXPECT_GE(passed_ns, 20'000'000u);
  EXPECT_LT(passed_ns, 20'500'000u);
  EXPECT_LT(halt.instructions, 20'000u);
}

TEST(MachineTest, UartOutputThatNobodyReadsStopsTheRunNotTheHost) {
  Program program;
  program.Store(kUart + 0x30, 0x301).Li(kT0, kUart);
  const uint32_t loop = program.here();
  for (int i = 0; i < 200; ++i) program.Add(Op::kSw, {.rs1 = kT0, .rs2 = kT1});
  program.JumpTo(loop);
  Running run(program);
  EXPECT_EQ(run.Run(UINT64_MAX).reason, HaltReason::kUartFull);
  EXPECT_GE(run.machine.ReadUart().size(), Machine::kUartOutputLimit);
  EXPECT_EQ(run.Run(1000).reason, HaltReason::kInstructionLimit);
}

TEST(MachineTest, InstructionLimitIsExactAndRunGoesOn) {
  Program program;
  for (int i = 0; i < 100; ++i) program.Add(Op::kAddi, {.rd = kA0, .rs1 = kA0, .imm = 1});
  program.Finish();
  Running run(program);
  for (uint64_t done = 1; done <= 30; ++done) {
    EXPECT_EQ(run.Run(1).reason, HaltReason::kInstructionLimit);
    EXPECT_EQ(run.machine.instructions(), done);
    EXPECT_EQ(run.machine.hart().x[kA0], done);
  }
  EXPECT_EQ(run.Run(17).instructions, 17u);
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
  EXPECT_EQ(run.machine.hart().x[kA0], 100u);
  EXPECT_EQ(run.Opcodes().at("addi"), 100u);
  EXPECT_EQ(run.Opcodes().at("finish"), 1u);
}

TEST(MachineTest, OpcodesMemoryAndPeripheralsAreCounted) {
  Running run(Program()
                  .Store(kData, 5)                        // lui addi lui addi sw
                  .Load(kA0, kData)                       // lui addi lw
                  .Add(Op::kLb, {.rd = kA1, .rs1 = kT0})  // of kData
                  .Load(kA2, kUart + 0x18)                // lui addi lw
                  .Finish());
  run.Run();
  const auto opcodes = run.Opcodes();
  EXPECT_EQ(opcodes.at("lui"), 4u);
  EXPECT_EQ(opcodes.at("lw"), 2u);
  EXPECT_EQ(opcodes.at("lb"), 1u);
  EXPECT_EQ(opcodes.at("sw"), 1u);
  const Profile profile = run.machine.TakeProfile();
  EXPECT_EQ(profile.memories[0].name, "ram_vec_dmem");
  EXPECT_EQ(profile.memories[0].count.reads, 2u);
  EXPECT_EQ(profile.memories[0].count.writes, 1u);
  EXPECT_EQ(profile.memories[1].count.reads, 0u);  // fetches are no accesses
  EXPECT_EQ(profile.peripherals[1].name, "uart0");
  EXPECT_EQ(profile.peripherals[1].count.reads, 1u);
  ASSERT_EQ(profile.bins.size(), 1u);
  EXPECT_EQ(profile.bins[0].instructions, profile.instructions);
  EXPECT_EQ(profile.bins[0].memory.reads, 2u);
  EXPECT_EQ(profile.bins[0].peripherals[1].reads, 1u);
}

TEST(MachineTest, BinsEndExactlyAndSumUp) {
  Program program;
  program.JumpTo(kCode);
  Running run(program, {.bin_width_us = 100});  // 10,000 instructions
  run.Run(35'000);
  const Profile profile = run.machine.TakeProfile();
  ASSERT_EQ(profile.bins.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(profile.bins[i].start_ns, i * 100'000);
    EXPECT_EQ(profile.bins[i].instructions, i == 3 ? 5'000u : 10'000u);
  }
}

TEST(MachineTest, TrapsGoToMtvecWithCauseValueAndAddress) {
  struct Case {
    const char* what;
    uint32_t word;
    uint32_t cause;
    uint32_t tval;
  };
  for (const Case& c : {
           Case{"illegal word", 0xffff'ffff, 2, 0xffff'ffff},
           Case{"ecall", 0x0000'0073, 11, 0},
           Case{"ebreak", 0x0010'0073, 3, kCode + 0x40},
           Case{"lw a0, 1(s0)", Encode(Op::kLw, {.rd = kA0, .rs1 = kS0, .imm = 1}), 4, kData + 1},
           Case{"sh a0, 3(s0)", Encode(Op::kSh, {.rs1 = kS0, .rs2 = kA0, .imm = 3}), 6, kData + 3},
           Case{"jalr 2(s0)", Encode(Op::kJalr, {.rs1 = kS0, .imm = 2}), 0, kData + 2},
           Case{"csr that is not there", Encode(Op::kCsrrw, {.rd = kA0, .imm = 0x180}), 2,
                Encode(Op::kCsrrw, {.rd = kA0, .imm = 0x180})},
           Case{"write to a read-only csr", Encode(Op::kCsrrw, {.rs1 = kA0, .imm = 0xf14}), 2,
                Encode(Op::kCsrrw, {.rs1 = kA0, .imm = 0xf14})},
           Case{"vector while VS is off", Encode(Op::kVaddVv, {}), 2, Encode(Op::kVaddVv, {})},
       }) {
    Program program;
    program.Li(kS0, kData).Li(kT0, kCode + 0x80).Csrw(0x305, kT0);
    while (program.here() < kCode + 0x40) program.Add(Op::kAddi);
    program.Word(c.word);
    while (program.here() < kCode + 0x80) program.Add(Op::kAddi);
    program.Csrr(kA0, 0x342).Csrr(kA1, 0x343).Csrr(kA2, 0x341).Finish();
    Running run(program);
    EXPECT_EQ(run.Run().reason, HaltReason::kFinished) << c.what;
    EXPECT_EQ(run.machine.hart().x[kA0], c.cause) << c.what;
    EXPECT_EQ(run.machine.hart().x[kA1], c.tval) << c.what;
    EXPECT_EQ(run.machine.hart().x[kA2], kCode + 0x40) << c.what;
    const Profile profile = run.machine.TakeProfile();
    ASSERT_EQ(profile.traps.size(), 1u) << c.what;
    EXPECT_EQ(profile.traps[0].mcause, c.cause);
    EXPECT_EQ(profile.bins.at(0).exceptions, 1u);
    // A trapping instruction is executed but not retired.
    uint64_t executed = 0;
    for (const OpcodeCount& row : profile.opcodes) executed += row.count;
    EXPECT_EQ(executed, profile.instructions + 1) << c.what;
  }
}

TEST(MachineTest, FetchOutsideMemoryTrapsAndATrapInTheHandlerHalts) {
  Running run(Program().Li(kT0, 0x1000).Add(Op::kJalr, {.rs1 = kT0}));  // mtvec leads nowhere too
  const Halt halt = run.Run();
  EXPECT_EQ(halt.reason, HaltReason::kFault);
  EXPECT_EQ(halt.trap.cause, Cause::kInstructionFault);
  EXPECT_EQ(run.machine.hart().mepc, 0x1000u);
  EXPECT_EQ(run.Run().reason, HaltReason::kFault);
}

TEST(MachineTest, UnmappedAccessesReadZeroWithAWarningOrFault) {
  Program program;
  program.Li(kA0, 77).Load(kA0, 0x5000'0000).Finish();
  Running run(program);
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
  EXPECT_EQ(run.machine.hart().x[kA0], 0u);
  const auto log = run.machine.TakeLog();
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(log[0].text, "Read from non existing peripheral at 0x50000000");
  EXPECT_EQ(log[0].level, LogLevel::kWarning);

  Running strict(program, {.unmapped = UnmappedPolicy::kFault});
  EXPECT_EQ(strict.Run().reason, HaltReason::kFault);
  EXPECT_EQ(strict.machine.hart().mcause, 5u);
  EXPECT_EQ(strict.machine.hart().mtval, 0x5000'0000u);
}

TEST(MachineTest, MisalignedAccessesCanBeAllowed) {
  Running run(Program()
                  .Store(kData, 0x4433'2211)
                  .Store(kData + 4, 0x8877'6655)
                  .Li(kT0, kData)
                  .Add(Op::kLw, {.rd = kA0, .rs1 = kT0, .imm = 3})
                  .Add(Op::kSh, {.rs1 = kT0, .rs2 = kA0, .imm = 5})
                  .Add(Op::kLw, {.rd = kA1, .rs1 = kT0, .imm = 4})
                  .Finish(),
              {.misaligned = MisalignedPolicy::kAllow});
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
  EXPECT_EQ(run.machine.hart().x[kA0], 0x7766'5544u);
  EXPECT_EQ(run.machine.hart().x[kA1], 0x8855'4455u);
}

// Runs a routine in data memory, overwrites it, runs it again.
TEST(MachineTest, SelfModifyingCodeIsSeenAfterFenceI) {
  const uint32_t first = Encode(Op::kAddi, {.rd = kA0, .rs1 = kA0, .imm = 1});
  const uint32_t second = Encode(Op::kAddi, {.rd = kA0, .rs1 = kA0, .imm = 100});
  const uint32_t ret = Encode(Op::kJalr, {.rs1 = testing::kRa});
  Program program;
  program.Store(kData + 4, ret).Li(kS0, kData).Store(kData, first);
  for (uint32_t code : {first, second, first}) {
    program.Store(kData, code).Add(Op::kFenceI).Add(Op::kJalr, {.rd = testing::kRa, .rs1 = kS0});
  }
  program.Finish();
  Running run(program);
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
  EXPECT_EQ(run.machine.hart().x[kA0], 102u);
}

TEST(MachineTest, ReadOnlyFieldsOfFenceAndX0StayZero) {
  Running run(Program()
                  .Add(Op::kAddi, {.rd = 0, .imm = 5})
                  .Add(Op::kAdd, {.rd = kA0, .rs1 = 0, .rs2 = 0})
                  .Finish());
  run.Run();
  EXPECT_EQ(run.machine.hart().x[0], 0u);
  EXPECT_EQ(run.machine.hart().x[kA0], 0u);
}

TEST(MachineTest, TimerInterruptWakesWfiAndSkipsTheWait) {
  Program program;
  program.Li(kT0, kCode + 0x100).Csrw(0x305, kT0);
  program.Store(testing::kClintBase + 0x4000, 2'400'000);  // 0.1 s
  program.Store(testing::kClintBase + 0x4004, 0);
  program.Li(kT0, 1u << 7).Csrw(0x304, kT0).Add(Op::kCsrrs, {.rs1 = 0, .imm = 0x304});
  program.Li(kT0, 1u << 3).Csrw(0x300, kT0).Add(Op::kWfi);
  const uint32_t after = program.here();
  while (program.here() < kCode + 0x100) program.Add(Op::kAddi);
  program.Csrr(kA0, 0x342).Csrr(kA1, 0x341).Csrr(kA2, 0xC01).Finish();
  Running run(program);
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
  EXPECT_EQ(run.machine.hart().x[kA0], 0x8000'0007u);
  EXPECT_EQ(run.machine.hart().x[kA1], after);
  EXPECT_EQ(run.machine.hart().x[kA2], 2'400'000u);
  EXPECT_LT(run.machine.instructions(), 100u);
  EXPECT_EQ(run.machine.TakeProfile().traps.at(0).mcause, 0x8000'0007u);
}

TEST(MachineTest, TimerInterruptComesWhileCodeRuns) {
  Program program;
  program.Li(kT0, kCode + 0x100).Csrw(0x305, kT0);
  program.Store(testing::kClintBase + 0x4000, 240);  // 10 us = 1,000 instructions
  program.Store(testing::kClintBase + 0x4004, 0);
  program.Li(kT0, 1u << 7).Csrw(0x304, kT0).Li(kT0, 1u << 3).Csrw(0x300, kT0);
  program.JumpTo(program.here());
  while (program.here() < kCode + 0x100) program.Add(Op::kAddi);
  program.Finish();
  Running run(program);
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
  EXPECT_EQ(run.machine.instructions(), 1'001u);
}

TEST(MachineTest, WfiThatNothingCanWakeIsReported) {
  Running run(Program().Add(Op::kWfi).Finish());
  EXPECT_EQ(run.Run().reason, HaltReason::kWaiting);
}

TEST(MachineTest, CountersOfTheCore) {
  Running run(Program()
                  .Csrr(kA0, 0x7C0)
                  .Add(Op::kXcount, {.rd = kA1})
                  .Csrr(kA2, 0xC02)
                  .Csrr(kT0, 0xF14)
                  .Csrr(kT1, 0xC22)
                  .Finish());
  run.Run();
  EXPECT_EQ(run.machine.hart().x[kA0], 0u);
  EXPECT_EQ(run.machine.hart().x[kA1], 1u);
  EXPECT_EQ(run.machine.hart().x[kA2], 2u);
  // vlenb is a vector register: VS is off after reset.
  EXPECT_EQ(run.machine.hart().mcause, 2u);
}

TEST(MachineTest, FloatInstructionsWork) {
  Running run(Program()
                  .Li(kT0, 0x3fc0'0000)  // 1.5
                  .Add(Op::kFmvWX, {.rd = 1, .rs1 = kT0})
                  .Add(Op::kFmaddS, {.rd = 2, .rs1 = 1, .rs2 = 1, .rs3 = 1})  // 3.75
                  .Add(Op::kFcvtWS, {.rd = kA0, .rs1 = 2, .rm = 1})           // toward zero
                  .Csrr(kA1, 0x001)
                  .Finish());
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
  EXPECT_EQ(run.machine.hart().f[2], 0x4070'0000u);
  EXPECT_EQ(run.machine.hart().x[kA0], 3u);
  EXPECT_EQ(run.machine.hart().x[kA1], 1u);  // NX
}

TEST(MachineTest, ReservedRoundingModesAreIllegal) {
  for (uint32_t mode : {5u, 6u}) {
    Running run(Program().Add(Op::kFaddS, {.rm = mode}).Finish());
    run.Run();
    EXPECT_EQ(run.machine.hart().mcause, 2u);
  }
}

// A "kernel" at kData: two instructions and return. The announcements are the firmware's.
Program WithKernel() {
  Program program;
  program.Store(kData, Encode(Op::kAddi, {.rd = kS0, .rs1 = kS0, .imm = 1}))
      .Store(kData + 4, Encode(Op::kAddi, {.rd = kS0, .rs1 = kS0, .imm = 1}))
      .Store(kData + 8, Encode(Op::kJalr, {.rs1 = testing::kRa}))
      .Print(4, "model.received", 1234)
      .Print(4, "kernel.image", kData)
      .Print(4, "kernel.limit", kData + 0x100)
      .Print(4, "kernel.exports", 2)
      .Print(4, "first", kData)
      .Print(4, "second", kData + 4)
      .Print(4, "model.ready", 0)
      .Print(4, "inference.begin", 0)
      .Li(kT2, kData);
  for (int32_t offset : {0, 0, 4}) {
    program.Add(Op::kJalr, {.rd = testing::kRa, .rs1 = kT2, .imm = offset});
  }
  program.Print(4, "inference.end", 0).Print(4, "kernel.gone", kData).Finish();
  return program;
}

TEST(MachineTest, KernelsAndSpansComeFromAnnouncements) {
  Running run(WithKernel());
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
  EXPECT_TRUE(run.machine.TakeLog().empty());  // NOISY lines are not kept unless asked for
  const Profile profile = run.machine.TakeProfile();
  ASSERT_EQ(profile.kernels.size(), 2u);
  EXPECT_EQ(profile.kernels[0].name, "first");
  EXPECT_EQ(profile.kernels[0].calls, 2u);
  EXPECT_EQ(profile.kernels[0].instructions, 6u);
  EXPECT_EQ(profile.kernels[1].calls, 1u);
  EXPECT_EQ(profile.kernels[1].instructions, 2u);
  EXPECT_FALSE(profile.kernels[0].placed);
  EXPECT_EQ(profile.kernel_instructions, 8u);
  ASSERT_EQ(profile.spans.size(), 2u);
  EXPECT_EQ(profile.spans[0].name, "model_load");
  EXPECT_EQ(profile.spans[0].argument, 1234u);
  EXPECT_EQ(profile.spans[0].kernel_instructions, 0u);
  const Span& inference = profile.spans[1];
  EXPECT_EQ(inference.name, "inference");
  EXPECT_EQ(inference.kernel_instructions, 8u);
  // Marker to marker: simprint, li (2), 3 calls, 8 in kernels, 6 to the closing simprint.
  EXPECT_EQ(inference.instructions, 20u);
  EXPECT_EQ(inference.end_ns - inference.start_ns, 200u);
  ASSERT_EQ(inference.kernels.size(), 2u);
  EXPECT_EQ(inference.kernels[0].calls, 2u);
  EXPECT_EQ(profile.bins.at(0).kernel_instructions, 8u);
}

// main at kCode calls f (+0x40) twice; f calls g (+0x80), which ends in a jump to h (+0xc0).
Program WithCalls() {
  Program program;
  program.Li(testing::kSp, kData + 0x1000);
  for (int i = 0; i < 2; ++i) {
    program.Add(Op::kJal,
                {.rd = testing::kRa, .imm = static_cast<int32_t>(kCode + 0x40 - program.here())});
  }
  program.Finish();
  while (program.here() < kCode + 0x40) program.Add(Op::kAddi);
  program.Add(Op::kAddi, {.rd = testing::kSp, .rs1 = testing::kSp, .imm = -16});
  program.Add(Op::kSw, {.rs1 = testing::kSp, .rs2 = testing::kRa});
  program.Add(Op::kJal, {.rd = testing::kRa, .imm = 0x80 - 0x48});
  program.Add(Op::kLw, {.rd = testing::kRa, .rs1 = testing::kSp});
  program.Add(Op::kAddi, {.rd = testing::kSp, .rs1 = testing::kSp, .imm = 16});
  program.Add(Op::kJalr, {.rs1 = testing::kRa});
  while (program.here() < kCode + 0x80) program.Add(Op::kAddi);
  program.Add(Op::kAddi, {.rd = kA0, .rs1 = kA0, .imm = 1}).JumpTo(kCode + 0xc0);
  while (program.here() < kCode + 0xc0) program.Add(Op::kAddi);
  program.Add(Op::kJalr, {.rs1 = testing::kRa});
  return program;
}

// "caller>callee calls inclusive" with addresses for names: the test programs have no symbols.
std::multiset<std::string> EdgesOf(const CodeProfile& profile) {
  std::multiset<std::string> edges;
  for (const CallEdge& edge : CallEdges(profile.contexts)) {
    edges.insert(profile.functions[edge.caller].function.name + ">" +
                 profile.functions[edge.callee].function.name + " " + std::to_string(edge.calls) +
                 " " + std::to_string(edge.inclusive));
  }
  return edges;
}

TEST(MachineTest, CallsAreCountedHoweverTheRunIsSliced) {
  for (const uint64_t slice : {uint64_t{1}, uint64_t{3}, UINT64_MAX}) {
    Running run(WithCalls(), {.call_graph = true});
    while (run.Run(slice).reason == HaltReason::kInstructionLimit) {
    }
    const CodeProfile profile = run.machine.TakeCodeProfile();
    EXPECT_EQ(EdgesOf(profile),
              (std::multiset<std::string>{"[unknown]>0x32000040 1 9", "[unknown]>0x32000040 1 9",
                                          "0x32000040>0x32000080 2 6"}))
        << slice;
    uint64_t in_contexts = 0;
    for (const CallContext& context : profile.contexts) in_contexts += context.instructions;
    EXPECT_EQ(in_contexts, run.machine.instructions()) << slice;
  }
}

TEST(MachineTest, FunctionsAndHotBlocksAreCountedWithoutACallGraphToo) {
  for (const bool call_graph : {false, true}) {
    Running run(WithCalls(), {.call_graph = call_graph});
    run.Run();
    const CodeProfile profile = run.machine.TakeCodeProfile();
    std::map<std::string, uint64_t> functions;
    uint64_t sum = 0;
    for (const FunctionCount& row : profile.functions) {
      functions[row.function.name] = row.instructions;
      sum += row.instructions;
    }
    EXPECT_EQ(sum, run.machine.instructions());
    EXPECT_EQ(functions.at("0x32000040"), 12u);
    EXPECT_EQ(functions.at("0x32000080"), 6u);  // no symbol says that h is not g
    ASSERT_FALSE(profile.blocks.empty());
    EXPECT_EQ(profile.blocks[0].count, 2u);
    EXPECT_EQ(profile.blocks[0].length, 3u);
    EXPECT_EQ(profile.insns[profile.blocks[0].first].row.address, kCode + 0x40);
  }
}

// The second executable overwrites the first; what each executed stays apart, code included.
TEST(MachineTest, CodeThatIsGoneKeepsItsCountsAndWords) {
  Program program;
  for (const uint32_t step : {1u, 7u}) {
    program.Store(kData, Encode(Op::kAddi, {.rd = kS0, .rs1 = kS0, .imm = int32_t(step)}))
        .Store(kData + 4, Encode(Op::kJalr, {.rs1 = testing::kRa}))
        .Add(Op::kFenceI)
        .Print(4, "kernel.image", kData)
        .Print(4, "kernel.limit", kData + 0x100)
        .Print(4, "kernel.exports", 1)
        .Print(4, step == 1 ? "one" : "seven", kData)
        .Li(kT2, kData)
        .Add(Op::kJalr, {.rd = testing::kRa, .rs1 = kT2})
        .Print(4, "kernel.gone", kData);
  }
  program.Finish();
  for (const bool call_graph : {false, true}) {
    Running run(program, {.call_graph = call_graph});
    EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
    const CodeProfile profile = run.machine.TakeCodeProfile();
    std::map<std::string, uint32_t> words;
    for (const InsnCount& insn : profile.insns) {
      if (insn.row.address != kData) continue;
      EXPECT_EQ(insn.row.count, 1u);
      words[profile.functions[insn.function].function.name] = insn.row.word >> 20;
    }
    EXPECT_EQ(words, (std::map<std::string, uint32_t>{{"one", 1}, {"seven", 7}}));
    const Profile counts = run.machine.TakeProfile();
    ASSERT_EQ(counts.kernels.size(), 2u);
    EXPECT_EQ(counts.kernels[0].instructions, 2u);
    EXPECT_EQ(counts.kernels[1].calls, 1u);
  }
}

TEST(MachineTest, CountsDoNotDependOnHowTheRunIsSliced) {
  Running whole(WithKernel());
  whole.Run();
  Running sliced(WithKernel());
  while (sliced.Run(1).reason != HaltReason::kFinished) {
  }
  const Profile a = whole.machine.TakeProfile();
  const Profile b = sliced.machine.TakeProfile();
  ASSERT_EQ(a.opcodes.size(), b.opcodes.size());
  for (size_t i = 0; i < a.opcodes.size(); ++i) {
    EXPECT_EQ(a.opcodes[i].name, b.opcodes[i].name);
    EXPECT_EQ(a.opcodes[i].count, b.opcodes[i].count);
  }
  EXPECT_EQ(a.kernel_instructions, b.kernel_instructions);
  EXPECT_EQ(a.spans[1].instructions, b.spans[1].instructions);
  EXPECT_EQ(a.virtual_time_ns, b.virtual_time_ns);
}

TEST(MachineTest, TwoMachinesDoNotShareAnything) {
  Running a(Echo());
  Running b(Echo());
  a.Run();
  b.Run();
  a.machine.WriteUart(std::vector<uint8_t>{1});
  b.machine.WriteUart(std::vector<uint8_t>{2, 3});
  a.Run();
  b.Run();
  EXPECT_EQ(a.machine.ReadUart(), (std::vector<uint8_t>{1}));
  EXPECT_EQ(b.machine.ReadUart(), (std::vector<uint8_t>{2, 3}));
}

TEST(MachineTest, ControlBlockResetsTheCoreFromInside) {
  // SW_RESET, then run from offset 0x40: the second part of the program.
  Program program;
  program.Li(kS0, 5).Store(0x4700'000C, 3);
  while (program.here() < kCode + 0x40) program.Add(Op::kAddi);
  program.Finish();
  Running run(program);
  EXPECT_EQ(run.Run().reason, HaltReason::kHalted);
  Trap trap{};
  ASSERT_TRUE(run.machine.bus().Store(0x4700'000C, 4, 0x40, &trap));
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
  EXPECT_EQ(run.machine.hart().x[kS0], 0u);  // reset
}

TEST(MachineTest, ControlBlockFillsMemory) {
  Running run(Program()
                  .Store(0x4700'0018, 0x1040)             // data memory, offset 0x1040
                  .Store(0x4700'001C, 0x10C0 | 1u << 22)  // end, go
                  .Load(kA0, kData + 0x1040)
                  .Load(kA1, kData + 0x10C0)
                  .Load(kA2, 0x4700'0020)
                  .Finish());
  EXPECT_EQ(run.Run().reason, HaltReason::kFinished);
  EXPECT_EQ(run.machine.hart().x[kA0], 0x5A5A'5A5Au);
  EXPECT_EQ(run.machine.hart().x[kA1], 0u);
  EXPECT_EQ(run.machine.hart().x[kA2], 2u);
}

}  // namespace
}  // namespace sim
