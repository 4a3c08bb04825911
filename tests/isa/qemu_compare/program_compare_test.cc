// SPDX-License-Identifier: Apache-2.0
// Random programs on our hart, interpreted and translated, and under QEMU: the state at their end,
// and the memory they wrote, must agree. A program that does not is shrunk and printed as assembly.
// KN_QEMU_PROGRAMS sets how many there are, KN_QEMU_SEED the seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "sim/isa/encoder.h"
#include "tests/isa/qemu_compare/difference.h"
#include "tests/isa/qemu_compare/program_generator.h"
#include "tests/isa/qemu_compare/qemu_limits.h"
#include "tests/isa/qemu_compare/runners.h"
#include "tests/isa/qemu_compare/shrink.h"

namespace qemu_compare {
namespace {

using sim::Encode;
using sim::Op;

constexpr uint32_t kDefaultPrograms = 3000;
constexpr uint32_t kDefaultSeed = 1;
constexpr size_t kProgramsPerImage = 1000;  // a run of both sides

struct Pair {
  ResultRecord ours, translated, qemu;

  [[nodiscard]] std::string Differences() const {
    std::string differences = qemu_compare::Differences(ours, qemu);
    const std::string engines = qemu_compare::Differences(translated, ours);
    if (!engines.empty()) differences += " the translator beside the interpreter:" + engines;
    return differences;
  }
  [[nodiscard]] bool SameTraps(const Pair& other) const {
    return ours.trapped == other.ours.trapped && qemu.trapped == other.qemu.trapped;
  }
};

class Bench {
 public:
  Bench(std::string qemu, std::vector<uint8_t> files, std::vector<uint8_t> window)
      : qemu_(std::move(qemu)), files_(std::move(files)), window_(std::move(window)) {}

  // Runs the programs, which lie one after the other, on both sides.
  [[nodiscard]] std::vector<Pair> Run(std::span<const Program> programs, std::string* error) const {
    std::vector<CaseRecord> records;
    std::vector<std::vector<uint32_t>> stubs;
    uint32_t stub = kStubBase;
    const DataLayout layout = LayOut(programs.size(), CaseGenerator::kFiles);
    for (const Program& program : programs) {
      // The programs come from an image of another size: their vector files lie elsewhere.
      CaseRecord record = program.state;
      record.vector_file = layout.files + record.vector_file;
      record.stub = stub;
      stubs.push_back(program.Code());
      stub += static_cast<uint32_t>(4 * stubs.back().size());
      records.push_back(record);
    }
    const GuestImage image = BuildImage(records, stubs, files_, window_);
    const RunOutcome qemu = RunOnQemu(qemu_, image);
    const RunOutcome ours = RunOnHart(image, Engine::kInterpreter);
    const RunOutcome translated = RunOnHart(image, Engine::kTranslator);
    *error = qemu.error + ours.error + translated.error;
    const size_t size = programs.size() * sizeof(ResultRecord);
    if (error->empty() && (qemu.output.size() != size || ours.output.size() != size ||
                           translated.output.size() != size)) {
      *error = "the guest program wrote too little";
    }
    if (!error->empty()) return {};
    std::vector<Pair> pairs(programs.size());
    for (size_t i = 0; i < pairs.size(); ++i) {
      constexpr size_t kBytes = sizeof(ResultRecord);
      std::memcpy(&pairs[i].ours, ours.output.data() + i * kBytes, kBytes);
      std::memcpy(&pairs[i].translated, translated.output.data() + i * kBytes, kBytes);
      std::memcpy(&pairs[i].qemu, qemu.output.data() + i * kBytes, kBytes);
    }
    return pairs;
  }

 private:
  std::string qemu_;
  std::vector<uint8_t> files_, window_;
};

std::vector<Op> ComparableOps() {
  std::vector<Op> ops;
  for (size_t i = 0; i < sim::kOpCount; ++i) {
    if (IsComparable(static_cast<Op>(i))) ops.push_back(static_cast<Op>(i));
  }
  return ops;
}

// The failing program as small as it gets, with what differs then.
std::string Report(const Bench& bench, const Program& program, const Pair& first) {
  const auto still_fails = [&](std::span<const Program> candidates) {
    std::string error;
    const std::vector<Pair> pairs = bench.Run(candidates, &error);
    std::vector<bool> fails(candidates.size(), false);
    for (size_t i = 0; i < pairs.size(); ++i) {
      // The same kind of difference: shrinking must not slide to another one.
      fails[i] = pairs[i].SameTraps(first) && !pairs[i].Differences().empty();
    }
    return fails;
  };
  const Program small = Shrink(program, still_fails);
  std::string error;
  const std::vector<Pair> pairs = bench.Run(std::span(&small, 1), &error);
  std::ostringstream os;
  os << small.steps.size() << " of " << program.steps.size() << " steps left:\n" << small.Text();
  os << (pairs.empty() ? error : pairs[0].Differences());
  return os.str();
}

TEST(ProgramCompare, RandomProgramsAgree) {
  const std::string qemu = FindQemu();
  if (qemu.empty()) GTEST_SKIP() << "qemu-riscv32 (Debian package qemu-user) is not installed";
  const uint32_t count = FromEnvironment("KN_QEMU_PROGRAMS", kDefaultPrograms);
  const uint32_t seed = FromEnvironment("KN_QEMU_SEED", kDefaultSeed);
  const std::vector<Op> ops = ComparableOps();
  constexpr int kReported = 5;
  int failed = 0;
  size_t trapped = 0, instructions = 0;
  for (uint32_t done = 0; done < count && failed < kReported; done += kProgramsPerImage) {
    ProgramGenerator generator(seed + done / kProgramsPerImage, ops);
    const Bench bench(qemu, generator.VectorFiles(), generator.Window());
    std::vector<Program> programs;
    for (size_t i = 0; i < std::min<size_t>(kProgramsPerImage, count - done); ++i) {
      programs.push_back(generator.Make(0));
      instructions += programs.back().Code().size() - 1;
    }
    std::string error;
    const std::vector<Pair> pairs = bench.Run(programs, &error);
    ASSERT_EQ(error, "") << "seed " << seed + done / kProgramsPerImage;
    for (size_t i = 0; i < pairs.size() && failed < kReported; ++i) {
      trapped += pairs[i].ours.trapped;
      if (pairs[i].Differences().empty()) continue;
      ++failed;
      ADD_FAILURE() << "seed " << seed + done / kProgramsPerImage << ", program " << i << ": "
                    << Report(bench, programs[i], pairs[i]);
    }
  }
  std::printf("%u programs of %zu instructions; %zu trapped on both sides before their end\n",
              count, instructions, trapped);
  // A generator whose programs trap at once would agree everywhere.
  EXPECT_LT(trapped, count / 3);
}

Step Plain(Op op, uint32_t rd) {
  return {.kind = Step::Kind::kPlain, .words = {Encode(op, {.rd = rd, .rs1 = 5, .rs2 = 6})}};
}

// A program "fails" if a mul stands somewhere before a sub, as long as the loop runs twice and a1
// is not 0.
std::vector<bool> MulBeforeSub(std::span<const Program> programs) {
  std::vector<bool> fails;
  for (const Program& program : programs) {
    bool mul = false, mul_then_sub = false, loop = false;
    for (const Step& step : program.steps) {
      loop |= step.kind == Step::Kind::kLoop && step.rounds >= 2 && step.span > 0;
      if (step.words.empty()) continue;
      const Op op = sim::DecodeOp(step.words[0]);
      mul |= op == Op::kMul;
      mul_then_sub |= mul && op == Op::kSub;
    }
    fails.push_back(mul_then_sub && loop && program.state.x[11] != 0);
  }
  return fails;
}

TEST(Shrink, LeavesOnlyWhatMatters) {
  Program program{};
  program.state.x.fill(7);
  program.state.f.fill(7);
  for (int i = 0; i < 5; ++i) program.steps.push_back(Plain(Op::kAdd, 7));
  program.steps.push_back(
      {.kind = Step::Kind::kBranch, .words = {Encode(Op::kBeq, {})}, .span = 2});
  program.steps.push_back(Plain(Op::kAdd, 7));
  program.steps.push_back(Plain(Op::kMul, 7));
  program.steps.push_back({.kind = Step::Kind::kLoop, .words = {}, .span = 3, .rounds = 5});
  for (Op op : {Op::kXor, Op::kSub, Op::kAnd, Op::kOr}) program.steps.push_back(Plain(op, 7));
  const Program small = Shrink(program, MulBeforeSub);
  ASSERT_EQ(small.steps.size(), 3u);
  EXPECT_EQ(sim::DecodeOp(small.steps[0].words[0]), Op::kMul);
  EXPECT_EQ(small.steps[1].rounds, 2u);
  EXPECT_EQ(small.steps[1].span, 1u);
  EXPECT_EQ(sim::DecodeOp(small.steps[2].words[0]), Op::kSub);
  for (uint32_t i = 0; i < 32; ++i) {
    EXPECT_EQ(small.state.x[i], i == 11 ? 7u : 0u) << i;
    EXPECT_EQ(small.state.f[i], 0u) << i;
  }
}

TEST(Program, LaysOutBranchesAndLoops) {
  Program program{};
  program.steps.push_back(
      {.kind = Step::Kind::kBranch, .words = {Encode(Op::kBeq, {})}, .span = 1});
  program.steps.push_back(Plain(Op::kAdd, 7));
  program.steps.push_back({.kind = Step::Kind::kLoop, .words = {}, .span = 1, .rounds = 3});
  program.steps.push_back(Plain(Op::kSub, 7));
  const std::vector<uint32_t> code = program.Code();
  ASSERT_EQ(code.size(), 7u);
  EXPECT_EQ(sim::Decode(code[0], 0).imm, 8) << "behind the add";
  EXPECT_EQ(sim::Decode(code[2], 0).imm, 3);
  EXPECT_EQ(sim::Decode(code[4], 0).imm, -1);
  EXPECT_EQ(sim::Decode(code[5], 0).imm, -8) << "back to the sub";
}

}  // namespace
}  // namespace qemu_compare
