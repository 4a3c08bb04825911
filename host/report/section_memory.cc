// SPDX-License-Identifier: Apache-2.0

// What the device's memory holds: the firmware's parts by address, and what a model takes of the
// heap.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "host/report/sections.h"
#include "host/report/text.h"

namespace host::report {
namespace {

constexpr size_t kShownParts = 100;

// What lies in the heap while a model serves: the file, where the UART put it, and what the runtime
// reports of itself.
struct HeapUse {
  const char* name;
  std::string_view statistic;  // of allocation_stats; empty: the module's size
};
constexpr auto kHeapUses = std::to_array<HeapUse>({
    {"model file", ""},
    {"runtime state", "host_bytes_peak"},
    {"tensors", "device_bytes_peak"},
});

uint64_t BytesOf(const Measurements& m, const HeapUse& use) {
  if (use.statistic.empty()) return m.compiled_model_size_bytes.value_or(0);
  const auto found = std::ranges::find(m.allocation_stats, use.statistic, &NamedCount::name);
  return found == m.allocation_stats.end() ? 0 : found->count;
}

}  // namespace

void AddMemoryMap(const Subject& subject, bool several, Builder* to) {
  const Measurements& m = *subject.measurements;
  if (!m.simulator || m.simulator->memory_map.empty()) return;
  Section& section = to->Add(2, "What the memory holds in " + subject.name,
                             several ? "Memory · " + subject.name : "Memory map");
  Shares shares{"Bytes in use", {}};
  Table table;
  table.caption = "Memory map of the device with " + subject.name + ", by address";
  table.label = to->TableLabel(subject, "memory_map");
  table.columns = {{"Part", false}, {"Start", true}, {"End", true}, {"Bytes", true}};
  const auto add_share = [&](std::string name, uint64_t bytes) {
    if (bytes > 0)
      shares.items.push_back({std::move(name), static_cast<double>(bytes), Bytes(bytes)});
  };
  for (const MemoryUse& part : m.simulator->memory_map) {
    if (table.rows.size() >= kShownParts) break;
    table.rows.push_back({Cell(part.name), Cell(fmt::format("0x{:08x}", part.start)),
                          Cell(fmt::format("0x{:08x}", part.start + part.size_bytes)),
                          Cell(Grouped(part.size_bytes), true)});
    if (part.name != "heap") {
      add_share(part.name, part.size_bytes);
      continue;
    }
    uint64_t used = 0;
    for (const HeapUse& use : kHeapUses) {
      const uint64_t bytes = BytesOf(m, use);
      add_share(use.name, bytes);
      used += bytes;
      if (bytes == 0) continue;
      table.rows.push_back(
          {Cell(std::string("in it: ") + use.name), Cell("–"), Cell("–"), Cell(Grouped(bytes))});
    }
    if (used > 0 && used < part.size_bytes) {
      table.rows.push_back({Cell("in it: free at the peak"), Cell("–"), Cell("–"),
                            Cell(Grouped(part.size_bytes - used))});
    }
  }
  section.blocks.emplace_back(std::move(shares));
  section.blocks.emplace_back(std::move(table));
  section.blocks.emplace_back(Paragraph{
      {{"The stack counts as a whole, as it is reserved. Weights stay in the model's file; "
        "runtime state and tensors are the peaks that the firmware reports, which need not "
        "fall together."}}});
}

}  // namespace host::report
