// SPDX-License-Identifier: Apache-2.0

#include "sim/translate/translator.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "sim/translate/lockstep.h"

namespace sim::translate {
namespace {

// Programs to try; KN_LOCKSTEP_PROGRAMS overrides.
int ProgramCount(int usual) {
  const char* text = std::getenv("KN_LOCKSTEP_PROGRAMS");
  return text != nullptr ? std::atoi(text) : usual;
}

void RunPrograms(const LockstepOptions& options, int count, uint64_t seed) {
  Lockstep lockstep(options);
  if (!lockstep.translates()) GTEST_SKIP() << "this host does not translate";
  for (int i = 0; i < count; ++i, ++seed) {
    uint8_t bytes[sizeof(seed)];
    std::memcpy(bytes, &seed, sizeof(seed));
    const std::string difference = lockstep.Run(bytes);
    ASSERT_EQ(difference, "") << "seed " << seed;
  }
  EXPECT_GT(lockstep.blocks_translated(), static_cast<uint64_t>(count));
}

TEST(Translator, AgreesWithTheInterpreter) { RunPrograms({}, ProgramCount(600), 1); }
TEST(Translator, AgreesWhereMisalignedIsAllowed) {
  RunPrograms({.misaligned = MisalignedPolicy::kAllow}, ProgramCount(200), 1'000'000);
}
TEST(Translator, AgreesWhereUnmappedFaults) {
  RunPrograms({.unmapped = UnmappedPolicy::kFault}, ProgramCount(200), 2'000'000);
}
TEST(Translator, AgreesAtOtherVectorLengths) {
  for (uint32_t vlen : {128u, 256u, 1024u}) {
    RunPrograms({.core = {.vlen_bits = vlen}}, ProgramCount(150), 3'000'000 + vlen * 1000);
  }
}
TEST(Translator, AgreesWithoutVectorFloat) {
  RunPrograms({.core = {.vector = VectorUnit::kZve32x}}, ProgramCount(100), 4'000'000);
}
TEST(Translator, AgreesWithLessHostSimd) {
  for (HostSimd simd : {HostSimd::kBaseline, HostSimd::kAvx2}) {
    RunPrograms({.simd = simd}, ProgramCount(200), 5'000'000);
  }
}
// Found by fuzz/sim_lockstep.cc: vfmv.v.f was translated although it is illegal there.
TEST(Translator, SplatOfAFloatIsIllegalWithoutVectorFloat) {
  Lockstep lockstep({.core = {.vector = VectorUnit::kZve32x},
                     .misaligned = MisalignedPolicy::kAllow,
                     .unmapped = UnmappedPolicy::kFault,
                     .max_instructions = 1500});
  const uint8_t seed[] = {0x71};
  EXPECT_EQ(lockstep.Run(seed), "");
}
// Found by fuzz/sim_lockstep.cc: behind a vector access to a device that asked for a stop, a
// misaligned store to memory counted as another device access and ended the block.
TEST(Translator, MisalignedMemoryBehindADeviceIsNoDevice) {
  Lockstep lockstep({.misaligned = MisalignedPolicy::kAllow,
                     .unmapped = UnmappedPolicy::kFault,
                     .max_instructions = 1500});
  const uint8_t seed[] = {'+', '*', 'e', '*', 'e'};
  EXPECT_EQ(lockstep.Run(seed), "");
}
TEST(Translator, AgreesWithoutVectorUnit) {
  RunPrograms({.core = {.vector = VectorUnit::kNone}}, ProgramCount(100), 5'000'000);
}

}  // namespace
}  // namespace sim::translate
