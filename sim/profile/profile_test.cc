// SPDX-License-Identifier: Apache-2.0

// The code profile's parts on made-up data; on running code they are tested in sim/machine.
#include <gtest/gtest.h>

#include <sstream>

#include "sim/isa/encoder.h"
#include "sim/profile/callgrind.h"
#include "sim/profile/folded_stacks.h"
#include "sim/profile/layer_name.h"
#include "sim/profile/top_table.h"

namespace sim {
namespace {

TEST(LayerNameTest, DispatchNamesOfAllReleases) {
  struct Case {
    const char* name;
    bool known;
    LayerName layer;
  };
  for (const Case& c : {
           Case{"main_dispatch_0", true, {"main", 0, "", ""}},
           Case{"main_dispatch_0_slow_memcpy", true, {"main", 0, "slow_memcpy", ""}},
           Case{"main_dispatch_1_conv_2d_nhwc_hwcf_1x128x3x8x4x3x1",
                true,
                {"main", 1, "conv_2d_nhwc_hwcf", "1x128x3x8x4x3x1"}},
           Case{"main_dispatch_34_matmul_transpose_b_36x128x128_i8xi8xi32",
                true,
                {"main", 34, "matmul_transpose_b", "36x128x128_i8xi8xi32"}},
           Case{"tf2onnx$async_dispatch_27_matmul_like_256x9x256_i8xi8xi32",
                true,
                {"tf2onnx", 27, "matmul_like", "256x9x256_i8xi8xi32"}},
           Case{"f_dispatch_2_generic_Dx8_f32", true, {"f", 2, "generic", "Dx8_f32"}},
           Case{"", false, {}},
           Case{"_dispatch_", false, {}},
           Case{"main_dispatch_x", false, {}},
           Case{"main_dispatch_99999999999", false, {}},
           Case{"main_dispatch_1conv", false, {}},
       }) {
    const auto layer = ParseLayerName(c.name);
    ASSERT_EQ(layer.has_value(), c.known) << c.name;
    if (!layer) continue;
    EXPECT_EQ(layer->function, c.layer.function) << c.name;
    EXPECT_EQ(layer->dispatch, c.layer.dispatch) << c.name;
    EXPECT_EQ(layer->operation, c.layer.operation) << c.name;
    EXPECT_EQ(layer->shape, c.layer.shape) << c.name;
  }
}

TEST(FunctionTableTest, SymbolsKernelsAndCallTargets) {
  FunctionTable table;
  const CodeSymbol symbols[] = {
      {"main", 0x100, 0x20}, {"alias", 0x100, 0x20}, {"_ZN4wire6DecodeEv", 0x140, 0}};
  table.SetSymbols(symbols);
  EXPECT_EQ(table.functions()[table.At(0, 0x100)].name, "main");
  EXPECT_EQ(table.functions()[table.At(0, 0x11c)].name, "main");
  EXPECT_EQ(table.At(0, 0x120), 0u);  // behind its end
  EXPECT_EQ(table.At(0, 0xfc), 0u);
  EXPECT_EQ(table.functions()[table.At(0, 0x2000)].name, "wire::Decode()");
  EXPECT_EQ(table.functions()[table.AtCallTarget(0, 0x110)].name, "main");
  EXPECT_EQ(table.functions()[table.AtCallTarget(0, 0x200)].name, "0x00000200");

  const uint32_t kernel = table.AddKernel(3, "conv", 0x1000);
  EXPECT_EQ(table.At(3, 0x1004), kernel);
  EXPECT_EQ(table.At(2, 0x1004), 0u);
  EXPECT_EQ(table.AtCallTarget(3, 0x1000), kernel);
  EXPECT_EQ(table.functions()[table.AtCallTarget(3, 0x1040)].name, "0x00001040");
  EXPECT_EQ(table.functions()[table.At(3, 0x1044)].name, "0x00001040");
  EXPECT_EQ(table.functions()[table.AddKernel(3, "", 0x2000)].name, "kernel at 0x00002000");
}

uint64_t Sum(const CallGraph& graph, uint64_t retired) {
  uint64_t sum = 0;
  for (const CallContext& context : graph.Contexts(retired)) sum += context.instructions;
  return sum;
}

TEST(CallGraphTest, CallsReturnsAndTailCalls) {
  CallGraph graph;
  graph.Jump(1, 0, 0);                   // reset -> f1
  graph.Call(2, 0x104, 100, false, 10);  // f1 calls f2
  graph.Jump(3, 100, 15);                // f2 ends in a jump to f3
  graph.Return(1, 0x104, 100, 17);       // f3 returns for both
  graph.Call(2, 0x104, 100, false, 20);  // again
  graph.Return(1, 0x104, 100, 25);
  const std::vector<CallContext> contexts = graph.Contexts(30);
  ASSERT_EQ(contexts.size(), 4u);
  EXPECT_EQ(contexts[1].instructions, 10u + 3u + 5u);
  EXPECT_EQ(contexts[2].calls, 2u);
  EXPECT_EQ(contexts[2].instructions, 5u + 5u);
  EXPECT_EQ(contexts[2].call_site, 0x100u);
  EXPECT_EQ(contexts[3].parent, 2u);
  EXPECT_EQ(contexts[3].instructions, 2u);
  EXPECT_EQ(Subtotals(contexts)[2], 12u);
}

TEST(CallGraphTest, RecursionCountsOnceInInclusive) {
  CallGraph graph;
  graph.Call(1, 0x104, 100, false, 0);
  graph.Call(1, 0x204, 80, false, 1);
  graph.Call(1, 0x204, 60, false, 2);
  graph.Return(1, 0x204, 60, 3);
  graph.Return(1, 0x204, 80, 4);
  graph.Return(0, 0x104, 100, 5);
  const std::vector<CallEdge> edges = CallEdges(graph.Contexts(5));
  ASSERT_EQ(edges.size(), 2u);  // 0 -> 1, and 1 -> 1 from one site
  EXPECT_EQ(edges[0].inclusive, 5u);
  EXPECT_EQ(edges[1].calls, 2u);
  EXPECT_EQ(edges[1].inclusive, 3u);
}

TEST(CallGraphTest, LongJumpDropsFramesByTheStackPointer) {
  CallGraph graph;
  graph.Call(1, 0x104, 100, false, 0);
  graph.Call(2, 0x204, 80, false, 1);
  graph.Call(3, 0x304, 60, false, 2);
  graph.Return(1, 0x250, 90, 3);  // into the middle of f1, whose frame is above 80
  graph.Call(4, 0x254, 90, false, 4);
  const std::vector<CallContext> contexts = graph.Contexts(5);
  EXPECT_EQ(contexts[4].function, 4u);
  EXPECT_EQ(contexts[contexts[4].parent].function, 1u);
  EXPECT_EQ(Sum(graph, 5), 5u);
}

TEST(CallGraphTest, MillicodeMayMoveTheStackPointer) {
  CallGraph graph;
  graph.Call(1, 0x104, 100, false, 0);
  graph.Call(9, 0x208, 100, true, 1);  // jal t0, __riscv_save
  graph.Return(1, 0x208, 84, 4);       // it made a frame for f1
  graph.Jump(8, 84, 6);                // j __riscv_restore
  graph.Return(0, 0x104, 100, 8);
  const std::vector<CallContext> contexts = graph.Contexts(8);
  ASSERT_EQ(contexts.size(), 4u);
  EXPECT_EQ(contexts[1].instructions, 1u + 2u);
  EXPECT_EQ(contexts[2].instructions, 3u);
  EXPECT_EQ(contexts[3].instructions, 2u);
}

TEST(CallGraphTest, TrapsAreCallsFromWhereTheyWereTaken) {
  CallGraph graph;
  graph.Call(1, 0x104, 100, false, 0);
  graph.Trap(7, 0x180, 100, 5);
  graph.Call(8, 0x704, 40, false, 7);
  graph.TrapReturn(1, 100, 9);  // out of the middle of f8, to f1
  graph.Return(0, 0x104, 100, 11);
  const std::vector<CallContext> contexts = graph.Contexts(11);
  EXPECT_EQ(contexts[1].instructions, 7u);
  EXPECT_EQ(contexts[2].call_site, 0x180u);
  EXPECT_EQ(Sum(graph, 11), 11u);
}

TEST(CallGraphTest, EndlessRecursionIsBoundedAndLosesNoInstruction) {
  CallGraph graph;
  uint64_t retired = 0;
  for (uint32_t i = 0; i < 200'000; ++i) {
    graph.Call(i % 977, 4 * i, 0x1000'0000 - 16 * i, i % 3 == 0, ++retired);
  }
  for (uint32_t i = 0; i < 200'000; ++i) graph.Return(i % 31, 8 * i, 0, ++retired);
  for (uint32_t i = 0; i < 100'000; ++i) graph.Jump(i, 0, ++retired);
  EXPECT_LE(graph.Contexts(retired).size(), CallGraph::kMaxContexts);
  EXPECT_GT(graph.lost_calls(), 0u);
  EXPECT_EQ(Sum(graph, retired), retired);
  (void)CallEdges(graph.Contexts(retired));
}

// main (0x100: addi; jal; addi) calls work (0x200: addi) three times.
CodeProfile Sample() {
  const uint32_t addi = Encode(Op::kAddi, {.rd = 10, .rs1 = 10, .imm = 1});
  const uint32_t jal = Encode(Op::kJal, {.rd = 1, .imm = 0x200 - 0x104});
  CodeProfile profile;
  profile.functions = {
      {.function = {.name = "[unknown]"}},
      {.function = {.name = "main", .address = 0x100},
       .instructions = 9,
       .inclusive = 12,
       .calls = 1},
      {.function = {.name = "work;er\n", .unit = 1, .address = 0x200, .is_kernel = true},
       .instructions = 3,
       .inclusive = 3,
       .calls = 3}};
  profile.insns = {{1, {0, 0x100, addi, 3}},
                   {1, {0, 0x104, jal, 3}},
                   {1, {0, 0x108, addi, 3}},
                   {2, {1, 0x200, addi, 3}}};
  profile.blocks = {{.function = 1, .first = 0, .length = 2, .count = 3},
                    {.function = 1, .first = 2, .length = 1, .count = 3},
                    {.function = 2, .first = 3, .length = 1, .count = 3}};
  profile.has_calls = true;
  profile.contexts = {
      {},
      {.parent = 0, .function = 1, .call_site = 0, .calls = 1, .instructions = 9},
      {.parent = 1, .function = 2, .call_site = 0x104, .calls = 3, .instructions = 3}};
  return profile;
}

TEST(FoldedStacksTest, OneLineAStack) {
  std::ostringstream out;
  WriteFoldedStacks(Sample(), out);
  EXPECT_EQ(out.str(), "main 9\nmain;work?er? 3\n");
  CodeProfile flat = Sample();
  flat.has_calls = false;
  flat.contexts.clear();
  std::ostringstream flat_out;
  WriteFoldedStacks(flat, flat_out);
  EXPECT_EQ(flat_out.str(), "main 9\nwork?er? 3\n");
}

TEST(CallgrindTest, TheWholeFile) {
  std::ostringstream out;
  WriteCallgrind(Sample(), "a.elf\nb", out);
  EXPECT_EQ(out.str(), R"(# callgrind format
version: 1
creator: springbok-sim
cmd: a.elf?b
positions: instr
events: Ir
summary: 12

fl=(1) ???

ob=(0) firmware
fn=(0) [unknown]
cob=(0)
cfn=(1) main
calls=1 0x100
0x0 12

ob=(0)
fn=(1)
0x100 3
0x104 3
0x108 3
cob=(1) executable 1
cfn=(2) work;er?
calls=3 0x200
0x104 3

ob=(1)
fn=(2)
0x200 3
)");
}

TEST(TopTableTest, TheWholeTable) {
  Profile profile;
  profile.instructions = 12;
  profile.kernel_instructions = 3;
  profile.virtual_time_ns = 120;
  profile.opcodes = {{"addi", 9}, {"jal", 3}};
  profile.memories = {{"ram_vec_dmem", 0, 0, {5, 6}}, {"ram_vec_imem", 0, 0, {}}};
  profile.kernels = {{.name = "work;er\n", .calls = 3, .instructions = 3, .memory = {1, 2}}};
  profile.traps = {{.mcause = 2, .count = 4}, {.mcause = 1u << 31 | 7, .count = 1}};
  std::ostringstream out;
  WriteTopTable(profile, Sample(), 2, out);
  EXPECT_EQ(out.str(), R"(12 instructions, 25.0 % in kernels, 0.000 ms of virtual time
exception 2 taken 4 times
interrupt 7 taken 1 times

   instructions      %       inclusive      %      calls  function
              9  75.00              12 100.00          1  main
              3  25.00               3  25.00          3  work;er? (kernel)

   instructions      %      calls   mem. reads  mem. writes  kernel
              3  25.00          3            1            2  work;er?

       executed      %  opcode
              9  75.00  addi
              3  25.00  jal

          reads          writes  memory or register block
              5               6  ram_vec_dmem

block 1: 3 times 2 instructions, 50.00 %, in main
  00000100  00150513  addi a0, a0, 0x1
  00000104  0fc000ef  jal ra, 0x200

block 2: 3 times 1 instructions, 25.00 %, in main
  00000108  00150513  addi a0, a0, 0x1
)");
}

TEST(InsnHistogramTest, BoundedAndTellsUnitsApart) {
  InsnHistogram histogram;
  DecodedInsn insns[] = {Decode(0x13, 0x3fc), Decode(0x13, 0x400)};
  histogram.Add(0, insns, 5);
  histogram.Add(7, insns, 1);
  histogram.Add(0, {insns + 1, 1}, ~uint64_t{0});
  const auto rows = histogram.Rows();
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].count, 5u);
  EXPECT_EQ(rows[1].address, 0x400u);
  EXPECT_EQ(rows[1].count, 4u);
  EXPECT_EQ(rows[3].unit, 7u);
  for (uint32_t unit = 0; unit < 5000; ++unit) histogram.Add(unit, insns, 1);
  EXPECT_GT(histogram.lost(), 0u);
}

}  // namespace
}  // namespace sim
