// SPDX-License-Identifier: Apache-2.0
#include "tests/isa/engine_pair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/byte_reader.h"

namespace isa {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint32_t kRam = 0x8000'0000;

// addi x1, x1, 1; sw x1, 256(x2); jal x0, -8, with x2 = kRam.
void Load(EnginePair& pair) {
  const uint32_t program[] = {0x0010'8093, 0x1011'2023, 0xff9f'f06f};
  pair.Both([&](sim::Machine& machine) {
    for (uint32_t i = 0; i < 3; ++i) {
      base::StoreLe(machine.bus().Ram(kRam + 4 * i, 4), program[i]);
    }
    machine.BootAt(kRam);
    machine.hart().x[2] = kRam;
  });
}

sim::MachineConfig Config() { return {.extra_memories = {{"ram", kRam, 1u << 16}}}; }

TEST(EnginePair, AgreesOnALoop) {
  EnginePair pair(Config());
  Load(pair);
  const sim::Halt halt = pair.Run({.max_instructions = 100'000});
  EXPECT_EQ(halt.reason, sim::HaltReason::kInstructionLimit);
  EXPECT_EQ(halt.instructions, 100'000);
  EXPECT_THAT(pair.Difference(), IsEmpty());
  EXPECT_GT(pair.comparisons(), 100'000 / EnginePair::kSlice);
}

struct Fault {
  const char* what;
  void (*inject)(sim::Machine& machine);
};

TEST(EnginePair, TellsWhatDiffers) {
  const Fault faults[] = {
      {"x7", [](sim::Machine& machine) { machine.hart().x[7] ^= 1; }},
      {"f3", [](sim::Machine& machine) { machine.hart().f[3] ^= 1; }},
      {"v31", [](sim::Machine& machine) { machine.hart().v.Reg(31)[63] ^= 1; }},
      {"fflags", [](sim::Machine& machine) { machine.hart().fflags ^= 1; }},
      {"CSRs", [](sim::Machine& machine) { machine.hart().mscratch ^= 1; }},
      {"bytes of ram", [](sim::Machine& machine) { *machine.bus().Ram(kRam + 0x8000, 1) ^= 1; }},
      {"ram: ", [](sim::Machine& machine) { ++machine.bus().memories()[0]->count.reads; }},
  };
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.what);
    EnginePair pair(Config());
    Load(pair);
    (void)pair.Run({.max_instructions = 1000});
    fault.inject(pair.machine());
    (void)pair.Run({.max_instructions = 1000});
    EXPECT_THAT(pair.Difference(), HasSubstr(fault.what));
  }
}

}  // namespace
}  // namespace isa
