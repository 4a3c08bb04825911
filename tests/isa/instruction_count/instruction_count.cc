// SPDX-License-Identifier: Apache-2.0

// Runs counted_session.elf on our simulator and prints what it counted, as the image itself does on
// QEMU's semihosting console.
//
//   instruction-count IMAGE RECORDING
//
// The engine is the environment's (KN_ENGINE). Exit code 0; 1 the image did not end well or the
// machine's own count contradicts its instret; 2 wrong usage.
#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "sim/machine/machine.h"
#include "tests/isa/instruction_count/recording.h"

namespace {

// board/qemu-virt/board.h is for the target only.
namespace virt {
#define REGION(id, base, size, node)             \
  inline constexpr uint32_t k##id##_BASE = base; \
  inline constexpr uint32_t k##id##_SIZE = size;
#define DEVICE(id, base, size, node) REGION(id, base, size, node)
#include "board/qemu-virt/memory_map.def"
#undef REGION
#undef DEVICE
}  // namespace virt

using instruction_count::Counted;
using instruction_count::kRecordingBase;
using instruction_count::Recording;

constexpr uint64_t kSlice = 100'000;
constexpr uint64_t kLimit = 2'000'000'000;
constexpr uint32_t kPass = 0x5555;  // what StopCore(0) writes

std::vector<uint8_t> ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Empty: the image ended well.
std::string Run(sim::Machine& machine, std::span<const uint8_t> image,
                std::span<const uint8_t> session, Counted* counted) {
  const auto loaded = machine.LoadElf(image);
  if (!loaded) return loaded.error().sentence;
  const Recording head{Recording::kMagic, static_cast<uint32_t>(session.size())};
  uint8_t* place =
      machine.bus().Ram(kRecordingBase, static_cast<uint32_t>(sizeof(head) + session.size()));
  if (place == nullptr) return "the recording does not fit into memory";
  std::memcpy(place, &head, sizeof(head));
  std::memcpy(place + sizeof(head), session.data(), session.size());

  uint32_t variable = 0;
  for (const sim::ElfSymbol& symbol : loaded->symbols) {
    if (symbol.name == "counted") variable = symbol.address;
  }
  const uint8_t* result = machine.bus().Ram(variable, sizeof(Counted));
  const uint8_t* test = machine.bus().Ram(virt::kTEST_BASE, 4);
  if (result == nullptr) return "the image has no variable `counted`";

  machine.BootAt(loaded->entry);
  while (base::LoadLe<uint32_t>(test) == 0) {
    const sim::Halt halt = machine.Run({.max_instructions = kSlice});
    if (halt.reason != sim::HaltReason::kInstructionLimit || machine.instructions() > kLimit) {
      return fmt::format("stopped at 0x{:08x}: {}", halt.pc, sim::Name(halt.reason));
    }
  }
  if (const auto code = base::LoadLe<uint32_t>(test); code != kPass) {
    return fmt::format("the image ended with {}", code >> 16u);
  }
  std::memcpy(counted, result, sizeof(Counted));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: instruction-count IMAGE RECORDING\n");
    return 2;
  }
  sim::Machine machine({.extra_memories = {{"ram", virt::kRAM_BASE, virt::kRAM_SIZE},
                                           {"test", virt::kTEST_BASE, virt::kTEST_SIZE}}});
  Counted counted;
  std::string problem = Run(machine, ReadFile(argv[1]), ReadFile(argv[2]), &counted);
  // Start-up and the last slice lie outside of the stretch.
  if (problem.empty() && counted.instructions >= machine.instructions()) {
    problem = fmt::format("instret says {}, the machine {} in all", counted.instructions,
                          machine.instructions());
  }
  if (!problem.empty()) {
    fmt::print(stderr, "instruction-count: {}\n", problem);
    return 1;
  }
  fmt::print("instructions 0x{:08X}\nanswer bytes 0x{:08X}\nanswer hash 0x{:08X}\n",
             counted.instructions, counted.answer_bytes, counted.answer_hash);
  return 0;
}
