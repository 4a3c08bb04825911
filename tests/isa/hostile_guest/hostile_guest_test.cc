// SPDX-License-Identifier: Apache-2.0

// Random hostile guests under sanitizers, on both engines. KN_GUESTS sets how many, KN_GUESTS_SEED
// the seed; a guest that aborts is found again by the number printed before it with
// KN_GUESTS_TRACE.
#include "tests/isa/hostile_guest/hostile_guest.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "sim/isa/encoder.h"
#include "sim/isa/insn.h"

namespace hostile_guest {
namespace {

using sim::Encode;
using sim::Op;

uint32_t FromEnvironment(const char* name, uint32_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<uint32_t>(std::strtoul(text, nullptr, 0));
}

// Any row with any operands, mostly; branches and jumps that stay near; now and then a word that
// means nothing.
uint32_t RandomWord(std::mt19937& random) {
  const auto noise = static_cast<uint32_t>(random());
  const auto register_of = [&random] { return static_cast<uint32_t>(random() % 32); };
  switch (random() % 16) {
    case 0:
      return noise;
    case 1:
    case 2: {
      constexpr Op kBranches[] = {Op::kBeq, Op::kBne, Op::kBlt, Op::kBge, Op::kBltu, Op::kBgeu};
      const int32_t offset = static_cast<int32_t>(random() % 64) * 4 - 128;
      return Encode(kBranches[random() % 6],
                    {.rs1 = register_of(), .rs2 = register_of(), .imm = offset});
    }
    case 3:
      return Encode(Op::kJal,
                    {.rd = register_of(), .imm = static_cast<int32_t>(random() % 128) * 4 - 256});
    case 4: {
      // A vtype that is mostly legal.
      const auto vtype = static_cast<int32_t>(random() % 256);
      return Encode(Op::kVsetvli, {.rd = register_of(), .rs1 = register_of(), .imm = vtype});
    }
    default: {
      const sim::InsnInfo& info = sim::kInsnTable[random() % sim::kOpCount];
      // What ends the run would leave little to see.
      if (info.extension == sim::Extension::kCustom && random() % 8 != 0) return 0x0000'0013;
      return info.encoding.match | (noise & ~info.encoding.mask);
    }
  }
}

// A trap handler that goes on behind the instruction that trapped, and the way past it: without, a
// guest soon does nothing but trap.
std::vector<uint32_t> Prologue() {
  constexpr int32_t kMtvec = 0x305, kMepc = 0x341;
  constexpr uint32_t kT6 = 31;
  return {Encode(Op::kAuipc, {.rd = kT6}),
          Encode(Op::kAddi, {.rd = kT6, .rs1 = kT6, .imm = 16}),
          Encode(Op::kCsrrw, {.rs1 = kT6, .imm = kMtvec}),
          Encode(Op::kJal, {.imm = 20}),
          Encode(Op::kCsrrs, {.rd = kT6, .imm = kMepc}),
          Encode(Op::kAddi, {.rd = kT6, .rs1 = kT6, .imm = 4}),
          Encode(Op::kCsrrw, {.rs1 = kT6, .imm = kMepc}),
          Encode(Op::kMret, {})};
}

std::vector<uint8_t> RandomGuest(uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint32_t> words;
  if (random() % 4 != 0) words = Prologue();
  const size_t begin = words.size();
  const size_t count = 16 + random() % 400;
  for (size_t i = 0; i < count; ++i) words.push_back(RandomWord(random));
  words.push_back(Encode(
      Op::kJal, {.imm = 4 * (static_cast<int32_t>(begin) - static_cast<int32_t>(words.size()))}));
  std::vector<uint8_t> bytes(4 + 4 * words.size());
  for (size_t i = 0; i < 4; ++i) bytes[i] = static_cast<uint8_t>(random());
  if (random() % 4 != 0) bytes[0] |= 12;  // V on, traps come back to the code
  std::memcpy(bytes.data() + 4, words.data(), 4 * words.size());
  return bytes;
}

TEST(HostileGuest, NeitherCrashesNorHangsNorGrowsTheHost) {
  constexpr uint32_t kDefaultGuests = 300;
  const uint32_t guests = FromEnvironment("KN_GUESTS", kDefaultGuests);
  const uint32_t seed = FromEnvironment("KN_GUESTS_SEED", 1);
  const bool trace = std::getenv("KN_GUESTS_TRACE") != nullptr;
  GuestRun sum;
  for (uint32_t i = 0; i < guests; ++i) {
    if (trace) std::fprintf(stderr, "guest %u\n", seed + i);
    const std::vector<uint8_t> input = RandomGuest(seed + i);
    GuestRun first;
    for (const sim::Engine engine : {sim::Engine::kTranslator, sim::Engine::kInterpreter}) {
      const GuestRun run = RunHostileGuest(input, engine);
      sum.instructions += run.instructions;
      sum.blocks += run.blocks;
      sum.traps += run.traps;
      if (engine == sim::Engine::kTranslator) {
        first = run;
        continue;
      }
      EXPECT_EQ(run.instructions, first.instructions) << "guest " << seed + i;
      EXPECT_EQ(run.blocks, first.blocks) << "guest " << seed + i;
      EXPECT_EQ(run.traps, first.traps) << "guest " << seed + i;
    }
  }
  std::printf("%u guests on two engines: %llu instructions in at least %llu blocks, %llu traps\n",
              guests, static_cast<unsigned long long>(sum.instructions),
              static_cast<unsigned long long>(sum.blocks),
              static_cast<unsigned long long>(sum.traps));
  EXPECT_GT(sum.blocks, uint64_t{guests} * 10) << "guests that stop at once test nothing";
}

}  // namespace
}  // namespace hostile_guest
