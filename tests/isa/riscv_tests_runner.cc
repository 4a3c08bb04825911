// Runs images of riscv-tests (and of anything else that speaks their protocol) on the simulator:
// memory at 0x8000'0000, result through the word at the symbol `tohost`: 1 passed, (n << 1) | 1
// test n failed. Usage: riscv-tests-runner [--allow-misaligned] ELF…; one line an image; exit code
// 1 if one failed. The images are built by run_riscv_tests.py; nothing of the suite lies in this
// tree.
#include <fmt/format.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "sim/machine/machine.h"

namespace {

constexpr uint32_t kRamBase = 0x8000'0000;
constexpr uint32_t kRamSize = 4u << 20;
constexpr uint64_t kSlice = 10'000;
constexpr uint64_t kLimit = 20'000'000;

// Empty: passed; otherwise what went wrong.
std::string RunImage(const std::string& path, sim::MisalignedPolicy misaligned) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(file)), {});
  sim::Machine machine({.misaligned = misaligned,
                        .unmapped = sim::UnmappedPolicy::kFault,
                        .extra_memories = {{"ram", kRamBase, kRamSize}}});
  const auto loaded = machine.LoadElf(bytes);
  if (!loaded) return loaded.error().sentence;
  const uint8_t* tohost = nullptr;
  for (const sim::ElfSymbol& symbol : loaded->symbols) {
    if (symbol.name == "tohost") tohost = machine.bus().Ram(symbol.address, 4);
  }
  if (tohost == nullptr) return "the image has no symbol tohost";
  machine.BootAt(loaded->entry);
  while (machine.instructions() < kLimit) {
    const sim::Halt halt = machine.Run({.max_instructions = kSlice});
    const uint32_t word = static_cast<uint32_t>(tohost[0] | tohost[1] << 8 | tohost[2] << 16) |
                          static_cast<uint32_t>(tohost[3]) << 24;
    if (word == 1) return {};
    if (word != 0) return fmt::format("test {} failed", word >> 1);
    if (halt.reason != sim::HaltReason::kInstructionLimit) {
      return fmt::format("stopped at 0x{:08x}: {}", halt.pc, sim::Name(halt.reason));
    }
  }
  return fmt::format("no result after {} instructions", kLimit);
}

}  // namespace

int main(int argc, char** argv) {
  auto misaligned = sim::MisalignedPolicy::kTrap;
  int failures = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--allow-misaligned") {
      misaligned = sim::MisalignedPolicy::kAllow;
      continue;
    }
    const std::string problem = RunImage(argv[i], misaligned);
    fmt::print("{} {}{}{}\n", problem.empty() ? "pass" : "FAIL", argv[i],
               problem.empty() ? "" : ": ", problem);
    failures += problem.empty() ? 0 : 1;
  }
  return failures == 0 ? 0 : 1;
}
