// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "sim/machine/machine.h"
#include "sim/machine/testing_program.h"
#include "sim/trace/accesses.h"
#include "sim/trace/tracer.h"

namespace sim {
namespace {

using testing::kA0;
using testing::kCode;
using testing::kData;
using testing::kT0;
using testing::kT1;
using testing::Program;

std::string TraceOf(const Program& program, std::vector<std::string> filters = {}) {
  Machine machine(MachineConfig{});
  EXPECT_TRUE(machine.LoadElf(program.Elf()).has_value());
  machine.Boot();
  TraceFilter filter;
  for (const std::string& text : filters) EXPECT_TRUE(filter.Add(text).has_value()) << text;
  char* text = nullptr;
  size_t size = 0;
  std::FILE* out = open_memstream(&text, &size);
  Tracer tracer(&machine, filter, out);
  machine.Observe(&tracer);
  (void)machine.Run({.max_instructions = 1000});
  std::fclose(out);
  std::string trace(text, size);
  free(text);
  return trace;
}

Program Sample() {
  Program program;
  program.Store(kData, 0x11223344)
      .Add(Op::kLbu, {.rd = kA0, .rs1 = kT0, .imm = 2})
      .Li(kT0, kMstatusVs)
      .Add(Op::kCsrrs, {.rs1 = kT0, .imm = 0x300})
      .Word(0xcd0272d7)                               // vsetivli t0, 4, e32, m1, ta, ma
      .Word(0x5e054457)                               // vmv.v.x v8, a0
      .Add(Op::kFlw, {.rd = 1, .rs1 = 0, .imm = 2});  // misaligned: traps
  return program;
}

TEST(TracerTest, TheWholeTrace) {
  const std::string trace = TraceOf(Sample());
  const std::string vector =
      "v8=" + std::string(128 - 32, '0') + "00000022000000220000002200000022";
  EXPECT_EQ(
      trace,
      "0 32000000 340002b7 lui t0, 0x34000                  t0=34000000\n"
      "1 32000004 00028293 addi t0, t0, 0x0                 t0=34000000\n"
      "2 32000008 11223337 lui t1, 0x11223                  t1=11223000\n"
      "3 3200000c 34430313 addi t1, t1, 0x344               t1=11223344\n"
      "4 32000010 0062a023 sw t1, 0x0(t0)                   [34000000]=11223344\n"
      "5 32000014 0022c503 lbu a0, 0x2(t0)                  a0=00000022 [34000002]\n"
      "6 32000018 000002b7 lui t0, 0x0                      t0=00000000\n"
      "7 3200001c 60028293 addi t0, t0, 0x600               t0=00000600\n"
      "8 32000020 3002a073 csrrs zero, mstatus, t0\n"
      "9 32000024 cd0272d7 vsetivli t0, 0x4, e32, m1, ta, ma t0=00000004\n"
      "10 32000028 5e054457 vmv.v.x v8, a0                   " +
          vector +
          "\n"
          "11 3200002c 00202087 flw ft1, 0x2(zero)               [00000002] trap: cause 4, value "
          "00000002\n");
}

TEST(TracerTest, FiltersByAddressAndTellsWrongFilters) {
  EXPECT_EQ(TraceOf(Sample(), {"0x32000008-0x3200000b", "0x32000020"}),
            "2 32000008 11223337 lui t1, 0x11223                  t1=11223000\n"
            "8 32000020 3002a073 csrrs zero, mstatus, t0\n");
  EXPECT_EQ(TraceOf(Sample(), {"no_such_function"}), "");
  TraceFilter filter;
  EXPECT_FALSE(filter.Add("").has_value());
  EXPECT_FALSE(filter.Add("0xzz").has_value());
  EXPECT_FALSE(filter.Add("0x20-0x10").has_value());
  EXPECT_FALSE(filter.Add("0x123456789").has_value());
}

// What is said beforehand is what the bus then counts, element for element.
TEST(AccessesTest, AgreeWithTheBus) {
  Bus bus;
  bus.AddMemory("ram", 0x1000, 0x10000);
  Hart hart;
  hart.bus = &bus;
  struct Nobody final : Environment {
    void Simprint(Hart&, uint32_t, GuestAddr, uint32_t) override {}
    void HostRequest(Hart&) override {}
    void Finish(Hart&) override {}
    void UnknownCustom(Hart&, uint32_t) override {}
    void WaitForInterrupt(Hart&) override {}
    bool EnvironmentCall(Hart&) override { return false; }
    uint64_t TimeTicks(uint64_t) override { return 0; }
    uint32_t PendingInterrupts(uint64_t) override { return 0; }
  } nobody;
  struct NoDomains final : CodeObserver {
    uint32_t DomainOf(GuestAddr) override { return 0; }
    void Cross(uint32_t, uint32_t, GuestAddr, uint64_t) override {}
  } domains;
  struct Compare final : InsnObserver {
    Hart* hart;
    Bus* bus;
    uint64_t expected_reads = 0, expected_writes = 0, seen = 0;
    bool Wants(GuestAddr, uint32_t) override { return true; }
    bool Before(const DecodedInsn& insn) override {
      const bool whole =
          insn.op != Op::kIllegal && (Info(insn.op).insn_class == InsnClass::kVectorLoadWhole ||
                                      Info(insn.op).insn_class == InsnClass::kVectorStoreWhole);
      ForEachAccess(*hart, insn, [&](const Access& access) {
        ++seen;
        (access.is_write ? expected_writes : expected_reads) += whole ? access.size_bytes : 1;
      });
      return true;
    }
    bool After(const DecodedInsn& insn, bool retired) override {
      EXPECT_TRUE(retired) << insn.pc;
      EXPECT_EQ(bus->memories()[0]->count.reads, expected_reads) << std::hex << insn.word;
      EXPECT_EQ(bus->memories()[0]->count.writes, expected_writes) << std::hex << insn.word;
      return true;
    }
  } compare;
  compare.hart = &hart;
  compare.bus = &bus;
  Interpreter interpreter(&hart, &bus, &domains);
  hart.environment = &nobody;
  hart.Reset(0x1000);
  hart.mstatus |= kMstatusVs;
  hart.x[10] = 0x4000;
  hart.x[11] = 12;
  hart.v.reg[0] = 0x5a;  // the mask
  const uint32_t words[] = {
      Encode(Op::kLb, {.rd = 5, .rs1 = 10}),
      Encode(Op::kSh, {.rs1 = 10, .rs2 = 5}),
      Encode(Op::kFlw, {.rd = 5, .rs1 = 10}),
      Encode(Op::kFsw, {.rs1 = 10, .rs2 = 5}),
      0xcd02f2d7 | 7u << 15,  // vsetivli t0, 7, e16, m1, ta, ma (below)
      0x02055407,             // vle16.v v8, (a0)
      0x00055407,             // vle16.v v8, (a0), v0.t
      0x22055427,             // vsseg2e16.v v8, (a0)
      0x0ab55407,             // vlse16.v v8, (a0), a1
      0x08b55427,             // vsse16.v v8, (a0), a1, v0.t
      0x06c55407,             // vluxei16.v v8, (a0), v12
      0x02b50407,             // vlm.v v8, (a0)
      0x02850407,             // vl1re8.v v8, (a0)
      0x62850427,             // vs4r.v v8, (a0)
  };
  for (size_t i = 0; i < std::size(words); ++i) {
    uint32_t word = words[i];
    if (i == 4) word = 0xcc83f2d7;  // vsetivli t0, 7, e16, m1, ta, ma
    std::memcpy(bus.Ram(0x1000 + 4 * static_cast<uint32_t>(i), 4), &word, 4);
  }
  interpreter.Observe(&compare);
  hart.stop_at = std::size(words);
  EXPECT_EQ(interpreter.Run(), InterpreterExit::kStop);
  EXPECT_EQ(hart.instructions_retired, std::size(words));
  EXPECT_GT(compare.seen, 30u);
}

}  // namespace
}  // namespace sim
