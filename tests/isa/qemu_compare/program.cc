// SPDX-License-Identifier: Apache-2.0

#include "tests/isa/qemu_compare/program.h"

#include <algorithm>
#include <sstream>

#include "sim/isa/disassembler.h"
#include "sim/isa/encoder.h"
#include "tests/isa/qemu_compare/guest_image.h"

namespace qemu_compare {
namespace {

using sim::Encode;
using sim::Op;

// The bits of a branch's word that are not its offset.
constexpr uint32_t kBranchBits = 0x01FF'F07F;

uint32_t WithOffset(uint32_t branch, int32_t offset) {
  return (branch & kBranchBits) | (Encode(Op::kBeq, {.imm = offset}) & ~kBranchBits);
}

}  // namespace

Program Program::Without(size_t first, size_t count) const {
  Program result{.state = state, .steps = {}};
  for (size_t i = 0; i < steps.size(); ++i) {
    if (i >= first && i < first + count) continue;
    Step step = steps[i];
    const size_t begin = std::max(first, i + 1);
    const size_t end = std::min(first + count, i + 1 + step.span);
    if (begin < end) step.span -= end - begin;
    result.steps.push_back(step);
  }
  return result;
}

std::vector<uint32_t> Program::Code() const {
  std::vector<uint32_t> code;
  std::vector<size_t> starts;  // word of each step, and of the end
  struct Patch {
    size_t word, step;
  };
  std::vector<Patch> branches;
  size_t loop_end = SIZE_MAX, loop_body = 0;
  const auto end_loop = [&](size_t step) {
    if (step != loop_end) return;
    loop_end = SIZE_MAX;
    code.push_back(Encode(Op::kAddi, {.rd = kLoopCounter, .rs1 = kLoopCounter, .imm = -1}));
    const auto back = 4 * (static_cast<int32_t>(loop_body) - static_cast<int32_t>(code.size()));
    code.push_back(Encode(Op::kBne, {.rs1 = kLoopCounter, .imm = back}));
  };
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    starts.push_back(code.size());  // a branch to here still runs the end of a loop
    end_loop(i);
    switch (step.kind) {
      case Step::Kind::kPlain:
        code.insert(code.end(), step.words.begin(), step.words.end());
        break;
      case Step::Kind::kBranch:
        branches.push_back({code.size(), std::min(i + 1 + step.span, steps.size())});
        code.push_back(step.words[0]);
        break;
      case Step::Kind::kLoop:
        code.push_back(
            Encode(Op::kAddi, {.rd = kLoopCounter, .imm = static_cast<int32_t>(step.rounds)}));
        loop_body = code.size();
        loop_end = i + 1 + step.span;
        break;
    }
  }
  starts.push_back(code.size());
  end_loop(steps.size());
  for (const Patch& branch : branches) {
    const auto offset = static_cast<int32_t>(4 * (starts[branch.step] - branch.word));
    code[branch.word] = WithOffset(code[branch.word], offset);
  }
  code.push_back(ReturnWord());
  return code;
}

std::string Program::Text() const {
  std::ostringstream os;
  os << std::hex << "  # vtype 0x" << state.vtype << ", avl " << std::dec << state.avl << std::hex
     << ", fcsr 0x" << state.fcsr << ", vcsr 0x" << state.vcsr << ", vector registers at 0x"
     << state.vector_file;
  for (uint32_t i = 0; i < 32; ++i) {
    if (state.x[i] != 0) os << "\n  # " << sim::IntRegisterName(i) << " = 0x" << state.x[i];
  }
  for (uint32_t i = 0; i < 32; ++i) {
    if (state.f[i] != 0) os << "\n  # " << sim::FloatRegisterName(i) << " = 0x" << state.f[i];
  }
  uint32_t address = state.stub;
  for (uint32_t word : Code()) {
    os << "\n  " << address << ":\t" << sim::Disassemble(word, address);
    address += 4;
  }
  return os.str();
}

}  // namespace qemu_compare
