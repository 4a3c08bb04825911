// SPDX-License-Identifier: Apache-2.0

#include "host/device/memory_part.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "sim/machine/elf_loader.h"

namespace host {
namespace {

struct SymbolRange {
  std::string_view name;
  std::string_view begin;
  std::string_view end;
};
constexpr auto kRanges = std::to_array<SymbolRange>({
    {"stack", "stack_begin", "stack_end"},
    {"heap", "heap_begin", "heap_end"},
});

std::string_view NameOf(const sim::PlacedSegment& segment) {
  if (segment.is_executable) return "firmware code";
  return segment.is_writable ? "firmware data" : "firmware constants";
}

}  // namespace

std::vector<MemoryPart> MemoryPartsOf(const sim::LoadedElf& firmware) {
  std::vector<MemoryPart> parts;
  for (const sim::PlacedSegment& segment : firmware.placed) {
    parts.push_back({std::string(NameOf(segment)), segment.start, segment.size_bytes});
  }
  const auto address = [&](std::string_view name) -> std::optional<uint64_t> {
    const auto symbol = std::ranges::find(firmware.symbols, name, &sim::ElfSymbol::name);
    if (symbol == firmware.symbols.end()) return std::nullopt;
    return symbol->address;
  };
  for (const SymbolRange& range : kRanges) {
    const auto begin = address(range.begin);
    const auto end = address(range.end);
    if (begin && end && *begin < *end) {
      parts.push_back({std::string(range.name), *begin, *end - *begin});
    }
  }
  std::ranges::sort(parts, {}, &MemoryPart::start);
  return parts;
}

}  // namespace host
