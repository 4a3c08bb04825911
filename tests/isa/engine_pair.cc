// SPDX-License-Identifier: Apache-2.0
#include "tests/isa/engine_pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "sim/hart/state_stream.h"
#include "sim/profile/profile_json.h"

namespace isa {
namespace {

constexpr uint64_t kSlicesBetweenFullComparisons = 50'000;

sim::MachineConfig With(sim::MachineConfig config, sim::Engine engine) {
  config.engine = engine;
  config.hot_block = 0;
  return config;
}

std::vector<uint8_t> StateOf(sim::Hart& hart) {
  std::vector<uint8_t> bytes;
  sim::StateStream stream(&bytes);
  hart.Exchange(stream);
  return bytes;
}

// The first line in which two texts differ.
std::string FirstDifference(const std::string& one, const std::string& other) {
  size_t at = 0;
  while (at < one.size() && at < other.size() && one[at] == other[at]) ++at;
  const auto line = [at](const std::string& text) {
    const size_t begin = text.rfind('\n', at) + 1;
    return text.substr(begin, text.find('\n', at) - begin);
  };
  return fmt::format("translated \"{}\", interpreted \"{}\"", line(one), line(other));
}

}  // namespace

EnginePair::EnginePair(const sim::MachineConfig& config)
    : translated_(With(config, sim::Engine::kTranslator)),
      interpreted_(With(config, sim::Engine::kInterpreter)) {}

void EnginePair::Differ(const std::string& what) {
  if (!difference_.empty()) return;
  difference_ = fmt::format("the engines differ after {} instructions, near 0x{:08x}: {}",
                            interpreted_.instructions(), interpreted_.hart().pc, what);
}

sim::Halt EnginePair::Run(const sim::RunLimits& limits) {
  sim::Halt total;
  uint64_t left = limits.max_instructions;
  do {
    sim::RunLimits slice = limits;
    slice.max_instructions = std::min(left, kSlice);
    const sim::Halt halt = translated_.Run(slice);
    const sim::Halt reference = interpreted_.Run(slice);
    if (halt.reason != reference.reason || halt.pc != reference.pc ||
        halt.instructions != reference.instructions) {
      Differ(fmt::format("translated stops ({}) at 0x{:08x}, interpreted ({}) at 0x{:08x}",
                         Name(halt.reason), halt.pc, Name(reference.reason), reference.pc));
    }
    CompareHarts();
    if (comparisons_ % kSlicesBetweenFullComparisons == 0) CompareAll();
    const uint64_t before = total.instructions;
    total = halt;
    total.instructions += before;
    left -= std::min(left, halt.instructions);
  } while (total.reason == sim::HaltReason::kInstructionLimit && left > 0 && difference_.empty());
  return total;
}

const std::string& EnginePair::Difference() {
  CompareHarts();
  CompareAll();
  return difference_;
}

void EnginePair::CompareHarts() {
  ++comparisons_;
  const sim::Hart& one = translated_.hart();
  const sim::Hart& other = interpreted_.hart();
  for (size_t i = 0; i < one.x.size(); ++i) {
    if (one.x[i] != other.x[i]) {
      Differ(fmt::format("x{}: {:08x}, interpreted {:08x}", i, one.x[i], other.x[i]));
    }
    if (one.f[i] != other.f[i]) {
      Differ(fmt::format("f{}: {:08x}, interpreted {:08x}", i, one.f[i], other.f[i]));
    }
  }
  for (uint32_t i = 0; i < 32; ++i) {
    if (std::memcmp(one.v.Reg(i), other.v.Reg(i), one.v.vlen_bytes) != 0) {
      Differ(fmt::format("v{}", i));
    }
  }
  if (one.fflags != other.fflags) {
    Differ(fmt::format("fflags: {:x}, interpreted {:x}", one.fflags, other.fflags));
  }
  if (StateOf(translated_.hart()) != StateOf(interpreted_.hart())) Differ("the hart's CSRs");
  const auto& memories = translated_.bus().memories();
  for (size_t i = 0; i < memories.size(); ++i) {
    const sim::AccessCount& count = memories[i]->count;
    const sim::AccessCount& reference = interpreted_.bus().memories()[i]->count;
    if (count.reads != reference.reads || count.writes != reference.writes) {
      Differ(fmt::format("{}: {} reads, {} writes, interpreted {}, {}", memories[i]->name,
                         count.reads, count.writes, reference.reads, reference.writes));
    }
  }
}

void EnginePair::CompareAll() {
  const auto& memories = translated_.bus().memories();
  for (size_t i = 0; i < memories.size(); ++i) {
    const sim::Memory& reference = *interpreted_.bus().memories()[i];
    if (std::memcmp(memories[i]->bytes, reference.bytes, reference.size_bytes) != 0) {
      Differ("the bytes of " + reference.name);
    }
  }
  const auto profile_of = [](const sim::Machine& machine) {
    const sim::CodeProfile code = machine.TakeCodeProfile();
    return ProfileJson(machine.TakeProfile(), &code);
  };
  const std::string profile = profile_of(translated_);
  const std::string reference = profile_of(interpreted_);
  if (profile != reference) Differ("the profile: " + FirstDifference(profile, reference));
}

}  // namespace isa
