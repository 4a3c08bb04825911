// SPDX-License-Identifier: Apache-2.0

#include "tests/isa/qemu_compare/shrink.h"

#include <algorithm>
#include <utility>

namespace qemu_compare {
namespace {

// Takes the first candidate that fails, if one does.
bool TakeFirst(std::vector<Program> candidates, const StillFails& still_fails, Program* program) {
  if (candidates.empty()) return false;
  const std::vector<bool> fails = still_fails(candidates);
  const auto first = std::find(fails.begin(), fails.end(), true);
  if (first == fails.end()) return false;
  *program = std::move(candidates[static_cast<size_t>(first - fails.begin())]);
  return true;
}

// Every way to take out `count` steps that follow each other.
std::vector<Program> WithoutRuns(const Program& program, size_t count) {
  std::vector<Program> candidates;
  for (size_t first = 0; first + count <= program.steps.size(); ++first) {
    candidates.push_back(program.Without(first, count));
  }
  return candidates;
}

std::vector<Program> WithFewerRounds(const Program& program) {
  std::vector<Program> candidates;
  for (size_t i = 0; i < program.steps.size(); ++i) {
    if (program.steps[i].rounds < 2) continue;
    candidates.push_back(program);
    --candidates.back().steps[i].rounds;
  }
  return candidates;
}

std::vector<Program> WithAZeroMore(const Program& program) {
  std::vector<Program> candidates;
  for (const auto file : {&CaseRecord::x, &CaseRecord::f}) {
    for (size_t i = 0; i < 32; ++i) {
      if ((program.state.*file)[i] == 0) continue;
      candidates.push_back(program);
      (candidates.back().state.*file)[i] = 0;
    }
  }
  return candidates;
}

}  // namespace

Program Shrink(Program program, const StillFails& still_fails) {
  for (size_t count = program.steps.size() / 2; count > 0;) {
    if (!TakeFirst(WithoutRuns(program, count), still_fails, &program)) count /= 2;
    count = std::min(count, program.steps.size());
  }
  while (TakeFirst(WithFewerRounds(program), still_fails, &program)) {
  }
  // Each register on its own; those whose zero does not matter all at once.
  const std::vector<Program> zeros = WithAZeroMore(program);
  if (!zeros.empty()) {
    const std::vector<bool> fails = still_fails(zeros);
    Program all = program;
    for (size_t i = 0; i < zeros.size(); ++i) {
      if (!fails[i]) continue;
      for (size_t n = 0; n < 32; ++n) {
        if (zeros[i].state.x[n] == 0) all.state.x[n] = 0;
        if (zeros[i].state.f[n] == 0) all.state.f[n] = 0;
      }
    }
    if (!TakeFirst({all}, still_fails, &program)) {
      while (TakeFirst(WithAZeroMore(program), still_fails, &program)) {
      }
    }
  }
  return program;
}

}  // namespace qemu_compare
