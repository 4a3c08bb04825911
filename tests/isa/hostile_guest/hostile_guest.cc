// SPDX-License-Identifier: Apache-2.0

#include "tests/isa/hostile_guest/hostile_guest.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string_view>

namespace hostile_guest {
namespace {

constexpr uint32_t kCode = 0x3200'0000;
constexpr uint64_t kInstructions = 20'000;

void Check(bool condition) {
  if (!condition) std::abort();
}

// A block ends with one of these; what a fault, a limit or a page's end cuts off is not counted.
constexpr std::string_view kBlockEnds[] = {
    "beq",  "bne", "blt",   "bge",   "bltu",  "bgeu",   "jal",    "jalr",   "ecall",  "ebreak",
    "mret", "wfi", "csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci", "fence.i"};

}  // namespace

GuestRun RunHostileGuest(std::span<const uint8_t> input, sim::Engine engine) {
  constexpr size_t kHeader = 4;
  if (input.size() < kHeader + 4) return {};
  const uint8_t* const data = input.data();
  const size_t size = input.size();
  const uint8_t flags = data[0];
  sim::Machine machine(
      {.engine = engine,
       .misaligned =
           (flags & 1) != 0 ? sim::MisalignedPolicy::kAllow : sim::MisalignedPolicy::kTrap,
       .unmapped = (flags & 2) != 0 ? sim::UnmappedPolicy::kFault : sim::UnmappedPolicy::kReadZero,
       .log_level = sim::LogLevel::kNoisy});
  machine.Boot();
  const size_t code = std::min<size_t>(size - kHeader, 0x10000);
  std::memcpy(machine.bus().Ram(kCode, 0x10000), data + kHeader, code);
  sim::Hart& hart = machine.hart();
  // Addresses worth having: memories, devices, the code itself, the ends of things.
  constexpr uint32_t kPlaces[] = {0x3200'0000, 0x320f'fff0, 0x3400'0000, 0x34ff'fff8,
                                  0x4000'0000, 0x0200'4000, 0x4700'0000, 0xffff'fff8};
  for (uint32_t i = 1; i < 32; ++i) hart.x[i] = kPlaces[i % 8] + (data[1 + i % 3] & 0xfcu);
  if ((flags & 4) != 0) hart.mstatus |= sim::kMstatusVs;
  if ((flags & 8) != 0) hart.mtvec = kCode;
  machine.WriteUart({data, kHeader});

  uint64_t retired = 0;
  for (int slice = 0; slice < 4; ++slice) {
    const sim::Halt halt =
        machine.Run({.max_instructions = kInstructions / 4, .idle_patience_us = data[1]});
    Check(halt.instructions <= kInstructions / 4);
    retired += halt.instructions;
    if (machine.ReadUart().size() > 2 * sim::Machine::kUartOutputLimit) std::abort();
    (void)machine.TakeLog();
  }
  Check(machine.instructions() == retired);

  // Executed = retired + trapped in execution (a fetch that traps executes nothing).
  const sim::Profile profile = machine.TakeProfile();
  uint64_t executed = 0;
  GuestRun run{.instructions = retired};
  for (const sim::OpcodeCount& row : profile.opcodes) {
    executed += row.count;
    const bool ends =
        std::find(std::begin(kBlockEnds), std::end(kBlockEnds), row.name) != std::end(kBlockEnds);
    run.blocks += ends ? row.count : 0;
  }
  uint64_t traps = 0;
  for (const sim::TrapCount& trap : profile.traps) traps += trap.count;
  Check(executed >= retired && executed <= retired + traps + 1);
  uint64_t in_bins = 0;
  for (const sim::Bin& bin : profile.bins) in_bins += bin.instructions;
  Check(in_bins == retired);
  Check(profile.kernel_instructions <= retired);
  run.traps = traps;
  return run;
}

}  // namespace hostile_guest
