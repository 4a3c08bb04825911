// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/top_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "sim/isa/disassembler.h"
#include "sim/profile/printable.h"

namespace sim {
namespace {

constexpr size_t kShownNameLength = 72;
constexpr size_t kShownInsns = 40;  // of one block

std::string Name(const std::string& name) {
  std::string text = Printable(name);
  if (text.size() > kShownNameLength) text = text.substr(0, kShownNameLength - 3) + "...";
  return text;
}

double Percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

// The indices 0 .. size, the largest value first, at most `rows` of them, zeros left out.
template <typename Value>
std::vector<size_t> Largest(size_t size, size_t rows, Value value) {
  std::vector<size_t> order;
  for (size_t i = 0; i < size; ++i) {
    if (value(i) != 0) order.push_back(i);
  }
  std::ranges::sort(order, [&](size_t a, size_t b) {
    return value(a) != value(b) ? value(a) > value(b) : a < b;
  });
  if (order.size() > rows) order.resize(rows);
  return order;
}

void WriteTotals(const Profile& profile, std::ostream& out) {
  out << fmt::format("{} instructions, {:.1f} % in kernels, {:.3f} ms of virtual time\n",
                     profile.instructions,
                     Percent(profile.kernel_instructions, profile.instructions),
                     static_cast<double>(profile.virtual_time_ns) / 1e6);
  for (const TrapCount& trap : profile.traps) {
    out << fmt::format("{} {} taken {} times\n", trap.mcause >> 31 != 0 ? "interrupt" : "exception",
                       trap.mcause & 0x7fff'ffff, trap.count);
  }
}

void WriteFunctions(const Profile& profile, const CodeProfile& code, size_t rows,
                    std::ostream& out) {
  out << fmt::format("\n{:>15} {:>6}", "instructions", "%");
  if (code.has_calls) out << fmt::format(" {:>15} {:>6} {:>10}", "inclusive", "%", "calls");
  out << "  function\n";
  const auto self = [&](size_t i) { return code.functions[i].instructions; };
  for (size_t i : Largest(code.functions.size(), rows, self)) {
    const FunctionCount& row = code.functions[i];
    out << fmt::format("{:>15} {:>6.2f}", row.instructions,
                       Percent(row.instructions, profile.instructions));
    if (code.has_calls) {
      out << fmt::format(" {:>15} {:>6.2f} {:>10}", row.inclusive,
                         Percent(row.inclusive, profile.instructions), row.calls);
    }
    out << "  " << Name(row.function.name) << (row.function.is_kernel ? " (kernel)" : "") << "\n";
  }
}

void WriteKernels(const Profile& profile, size_t rows, std::ostream& out) {
  if (profile.kernels.empty()) return;
  out << fmt::format("\n{:>15} {:>6} {:>10} {:>12} {:>12}  kernel\n", "instructions", "%", "calls",
                     "mem. reads", "mem. writes");
  const auto value = [&](size_t i) { return profile.kernels[i].instructions; };
  for (size_t i : Largest(profile.kernels.size(), rows, value)) {
    const Kernel& kernel = profile.kernels[i];
    out << fmt::format("{:>15} {:>6.2f} {:>10} {:>12} {:>12}  {}\n", kernel.instructions,
                       Percent(kernel.instructions, profile.instructions), kernel.calls,
                       kernel.memory.reads, kernel.memory.writes, Name(kernel.name));
  }
}

void WriteOpcodes(const Profile& profile, size_t rows, std::ostream& out) {
  out << fmt::format("\n{:>15} {:>6}  opcode\n", "executed", "%");
  const auto value = [&](size_t i) { return profile.opcodes[i].count; };
  for (size_t i : Largest(profile.opcodes.size(), rows, value)) {
    const OpcodeCount& opcode = profile.opcodes[i];
    out << fmt::format("{:>15} {:>6.2f}  {}\n", opcode.count,
                       Percent(opcode.count, profile.instructions), opcode.name);
  }
}

void WriteRegions(const Profile& profile, std::ostream& out) {
  out << fmt::format("\n{:>15} {:>15}  memory or register block\n", "reads", "writes");
  for (const auto* regions : {&profile.memories, &profile.peripherals}) {
    for (const RegionCount& region : *regions) {
      if (region.count.reads == 0 && region.count.writes == 0) continue;
      out << fmt::format("{:>15} {:>15}  {}\n", region.count.reads, region.count.writes,
                         region.name);
    }
  }
}

void WriteBlocks(const Profile& profile, const CodeProfile& code, size_t rows, std::ostream& out) {
  for (size_t i = 0; i < std::min(rows, code.blocks.size()); ++i) {
    const HotBlock& block = code.blocks[i];
    out << fmt::format("\nblock {}: {} times {} instructions, {:.2f} %, in {}\n", i + 1,
                       block.count, block.length,
                       Percent(block.instructions(), profile.instructions),
                       Name(code.functions[block.function].function.name));
    for (size_t n = 0; n < std::min(block.length, kShownInsns); ++n) {
      const InsnHistogram::Row& row = code.insns[block.first + n].row;
      std::string text = Disassemble(row.word, row.address);
      std::ranges::replace(text, '\t', ' ');
      out << fmt::format("  {:08x}  {:08x}  {}\n", row.address, row.word, text);
    }
    if (block.length > kShownInsns) {
      out << fmt::format("  ... {} more\n", block.length - kShownInsns);
    }
  }
}

}  // namespace

void WriteTopTable(const Profile& profile, const CodeProfile& code, size_t rows,
                   std::ostream& out) {
  WriteTotals(profile, out);
  WriteFunctions(profile, code, rows, out);
  WriteKernels(profile, rows, out);
  WriteOpcodes(profile, rows, out);
  WriteRegions(profile, out);
  WriteBlocks(profile, code, std::min<size_t>(rows, 5), out);
}

}  // namespace sim
