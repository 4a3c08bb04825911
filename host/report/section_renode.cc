// SPDX-License-Identifier: Apache-2.0

// What the simulator counted: opcodes, instructions and accesses over virtual time, memory.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "host/report/sections.h"
#include "host/report/text.h"
#include "host/results/metrics.h"

namespace host::report {
namespace {

constexpr size_t kListedOpcodes = 400;
constexpr size_t kPlottedPeripherals = 64;

bool AnyAbove0(const std::vector<double>& values) {
  return std::ranges::any_of(values, [](double value) { return value > 0; });
}

std::string Readable(std::string key) {
  std::ranges::replace(key, '_', ' ');
  if (!key.empty() && key[0] >= 'a' && key[0] <= 'z')
    key[0] = static_cast<char>(key[0] - 'a' + 'A');
  return key;
}

// Collects plots by key in first-seen order while walking the models.
class PlotList {
 public:
  void Add(const ProfilerPlot& described, const Subject& subject,
           const std::vector<double>& counts) {
    if (!AnyAbove0(counts)) return;
    const ProfilerSeries& profiler = subject.measurements->profiler;
    const auto [found, is_new] = index_.try_emplace(described.key, plots_.size());
    if (is_new) plots_.push_back(described);
    ProfilerPlot& plot = plots_[found->second];
    Series series{subject.name, profiler.timestamp_s, counts};
    plot.counts.push_back(series);
    for (double& value : series.values) value /= profiler.interval_s;
    plot.rate.push_back(std::move(series));
  }
  std::vector<ProfilerPlot> Take() { return std::move(plots_); }

 private:
  std::map<std::string, size_t> index_;
  std::vector<ProfilerPlot> plots_;
};

ProfilerPlot Describe(std::string key, const std::string& what, std::string heading,
                      const std::string& axis) {
  std::string lower = what;
  if (!lower.empty())
    lower[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(lower[0])));
  return {.key = std::move(key),
          .caption = what + " per second",
          .rate_title = axis + " [1/s]",
          .sum_title = "Total " + lower,
          .heading = std::move(heading),
          .sum_caption = "Total " + lower,
          .rate = {},
          .counts = {}};
}

Table OpcodeTable(const Subject& subject, const InstructionMetrics& metrics, Builder* to) {
  Table table;
  table.caption = "All " + std::to_string(metrics.opcodes.size()) + " opcodes used";
  if (metrics.opcodes.size() > kListedOpcodes) {
    table.caption = "The " + std::to_string(kListedOpcodes) + " most used of " +
                    std::to_string(metrics.opcodes.size()) + " opcodes";
  }
  table.label = to->TableLabel(subject, "opcodes");
  table.columns = {{"Opcode", false}, {"Count", true}, {"Share", true}};
  table.collapsed = true;
  table.page_only = true;
  const double most =
      metrics.opcodes.empty() ? 1 : static_cast<double>(metrics.opcodes.front().count);
  for (const NamedCount& opcode : metrics.opcodes) {
    if (table.rows.size() == kListedOpcodes) break;
    Cell count(Grouped(opcode.count));
    count.bar = static_cast<double>(opcode.count) / most;
    table.rows.push_back(
        {Cell(opcode.name), std::move(count),
         Cell(Percent(static_cast<double>(opcode.count) / static_cast<double>(metrics.executed)))});
  }
  return table;
}

Table TopOpcodes(const Subject& subject, const InstructionMetrics& metrics, Builder* to) {
  Table table;
  table.caption = "Top 10 instructions and counters per inference pass";
  table.label = to->TableLabel(subject, "top_10");
  table.columns = {{"Opcode", false}, {"Per inference pass", true}, {"Share", true}};
  table.page_only = true;
  for (size_t i = 0; i < metrics.top_10.size(); ++i) {
    const double share =
        static_cast<double>(metrics.opcodes[i].count) / static_cast<double>(metrics.executed);
    Cell count(Grouped(metrics.top_10[i].count));
    count.bar = static_cast<double>(metrics.opcodes[i].count) /
                static_cast<double>(metrics.opcodes.front().count);
    table.rows.push_back({Cell(metrics.top_10[i].name), std::move(count), Cell(Percent(share))});
  }
  return table;
}

void AddOpcodeFigures(const Subject& subject, const InstructionMetrics& metrics, Section* section,
                      Builder* to) {
  const NamedCounts all[] = {{subject.name, metrics.opcodes}};
  section->blocks.emplace_back(Figures{{to->MakeFigure(
      subject, "instr_barplot", "Histogram of used instructions during inference",
      "Bars of " + std::to_string(metrics.opcodes.size()) +
          " opcodes by count; the most frequent is " + metrics.opcodes.front().name + ".",
      OpcodeBars(all))}});
  if (metrics.vector_opcodes.empty()) return;
  const NamedCounts vector[] = {{subject.name, metrics.vector_opcodes}};
  section->blocks.emplace_back(
      Figures{{to->MakeFigure(subject, "vector_instr_barplot",
                              "Histogram of V Vector Extension instructions during inference",
                              "Bars of " + std::to_string(metrics.vector_opcodes.size()) +
                                  " vector opcodes by count; the most frequent is " +
                                  metrics.vector_opcodes.front().name + ".",
                              OpcodeBars(vector))}});
}

void AddProfilerFigures(const Subject& subject, const std::string& suffix,
                        std::vector<ProfilerPlot> plots, Builder* to) {
  std::string heading;
  Section* section = nullptr;
  for (ProfilerPlot& plot : plots) {
    if (section == nullptr || plot.heading != heading) {
      heading = plot.heading;
      section = &to->Add(3, heading);
    }
    size_t longest = 0;
    for (const Series& series : plot.counts) longest = std::max(longest, series.values.size());
    const std::string note = ThinningNote(longest);
    section->blocks.emplace_back(
        Figures{{to->MakeFigure(subject, plot.key + suffix, plot.caption + note,
                                plot.caption + " over virtual time.",
                                ScatterWithHistogram({"Interval timestamp [s]", plot.rate_title,
                                                      false, std::move(plot.rate)})),
                 to->MakeFigure(subject, "cumulative_" + plot.key + suffix, plot.sum_caption + note,
                                plot.sum_caption + " over virtual time.",
                                CumulativeLines({"Interval timestamp [s]", plot.sum_title, false,
                                                 std::move(plot.counts)}))}});
  }
}

void AddInstructionStats(const Subject& subject, const InstructionMetrics& metrics, Builder* to) {
  const Measurements& m = *subject.measurements;
  Section& section = to->Add(3, "Instructions stats");
  std::vector<Bullet> bullets;
  if (m.total > 0) {
    bullets.push_back({{{"Instructions counters per inference pass", Style::kEmphasis},
                        {": "},
                        {std::to_string(metrics.per_inference), Style::kStrong}},
                       {}});
  }
  bullets.push_back({{{"V Vector Extension instructions percentage", Style::kEmphasis},
                      {": "},
                      {fmt::format("{:.2f} %", metrics.vector_fraction * 100), Style::kStrong}},
                     {}});
  if (!metrics.top_10.empty()) {
    Bullet top{{{"Top 10 instructions and counters per inference pass", Style::kEmphasis}, {":"}},
               {}};
    for (const NamedCount& opcode : metrics.top_10) {
      top.nested.push_back(
          {{opcode.name, Style::kCode}, {": "}, {std::to_string(opcode.count), Style::kStrong}});
    }
    bullets.push_back(std::move(top));
  }
  section.blocks.emplace_back(Bullets{std::move(bullets)});
  if (!metrics.top_10.empty()) section.blocks.emplace_back(TopOpcodes(subject, metrics, to));
  section.blocks.emplace_back(OpcodeTable(subject, metrics, to));
}

Table RegionTable(const Subject& subject, const std::vector<MemoryRegion>& regions, Builder* to) {
  Table table;
  table.caption = "Accesses by memory region, whole session";
  table.label = to->TableLabel(subject, "memory_regions");
  table.columns = {
      {"Region", false}, {"Start", true}, {"Size", true}, {"Reads", true}, {"Writes", true}};
  for (const MemoryRegion& region : regions) {
    table.rows.push_back({Cell(region.name), Cell(fmt::format("0x{:08x}", region.start)),
                          Cell(Bytes(region.size_bytes)), Cell(Grouped(region.reads)),
                          Cell(Grouped(region.writes))});
  }
  return table;
}

void AddMemory(const Subject& subject, Builder* to) {
  const Measurements& m = *subject.measurements;
  const uint64_t model_bytes = m.compiled_model_size_bytes.value_or(0);
  const std::vector<MemoryRegion> regions =
      m.simulator ? m.simulator->memory_regions : std::vector<MemoryRegion>();
  if (m.allocation_stats.empty() && model_bytes == 0 && regions.empty()) return;
  Section& section = to->Add(3, "Memory allocation stats");
  std::vector<Bullet> bullets;
  const auto add = [&](std::string name, uint64_t bytes) {
    bullets.push_back({{{std::move(name), Style::kEmphasis},
                        {": "},
                        {std::to_string(bytes) + " bytes", Style::kStrong}},
                       {}});
  };
  for (const NamedCount& stat : m.allocation_stats) add(Readable(stat.name), stat.count);
  if (model_bytes > 0) add("Compiled model size", model_bytes);
  if (!bullets.empty()) section.blocks.emplace_back(Bullets{std::move(bullets)});
  if (!m.allocation_stats.empty()) {
    section.blocks.emplace_back(Paragraph{
        {{"Host memory is what the runtime on the device manages for itself, device memory what "
          "it gives to the model's buffers; on a bare-metal target both lie in the same RAM."}}});
  }
  if (!regions.empty()) section.blocks.emplace_back(RegionTable(subject, regions, to));
}

}  // namespace

std::vector<ProfilerPlot> ProfilerPlots(Subjects subjects) {
  PlotList list;
  for (const Subject& subject : subjects) {
    for (const CpuSeries& cpu : subject.measurements->profiler.executed) {
      list.Add(Describe("executed_instructions_" + cpu.cpu + "_plot",
                        "Executed instructions of " + cpu.cpu, "Executed instructions counters",
                        "Executed instructions"),
               subject, cpu.instructions);
    }
  }
  const char* const memory = "Memory access counters";
  for (const Subject& subject : subjects) {
    list.Add(Describe("memory_reads_plot", "Memory reads", memory, "Memory reads"), subject,
             subject.measurements->profiler.memory_reads);
  }
  for (const Subject& subject : subjects) {
    list.Add(Describe("memory_writes_plot", "Memory writes", memory, "Memory writes"), subject,
             subject.measurements->profiler.memory_writes);
  }
  for (const Subject& subject : subjects) {
    size_t plotted = 0;
    for (const PeripheralSeries& one : subject.measurements->profiler.peripherals) {
      if (plotted++ == kPlottedPeripherals) break;
      const std::string& name = one.peripheral;
      const char* const heading = "Peripheral access counters";
      list.Add(Describe(name + "_reads_plot", name + " reads", heading, name + " reads"), subject,
               one.reads);
      list.Add(Describe(name + "_writes_plot", name + " writes", heading, name + " writes"),
               subject, one.writes);
    }
  }
  for (const Subject& subject : subjects) {
    list.Add(Describe("exceptions_plot", "Exceptions", "Exceptions counters", "Exceptions count"),
             subject, subject.measurements->profiler.exceptions);
  }
  return list.Take();
}

void AddRenodeStats(const Subject& subject, Builder* to) {
  const bool single = subject.file_prefix.empty();
  // Kenning prints two blanks before "for"; one is enough.
  Section& head = to->Add(2, "Renode performance measurements for " + subject.name,
                          single ? "Simulator counters" : "Counters · " + subject.name);
  const InstructionMetrics metrics = ComputeInstructions(*subject.measurements);
  if (metrics.opcodes.empty()) {
    head.blocks.emplace_back(Callout{{{"The measurements hold no opcode counters."}}, false});
  } else {
    Section& section = to->Add(3, "Count of instructions used during inference");
    AddOpcodeFigures(subject, metrics, &section, to);
  }
  AddProfilerFigures(subject, "", ProfilerPlots(Subjects(&subject, 1)), to);
  if (!metrics.opcodes.empty()) AddInstructionStats(subject, metrics, to);
  AddMemory(subject, to);
}

void AddRenodeStatsComparison(Subjects subjects, Builder* to) {
  to->Add(2, "Renode performance measurements", "Comparison · counters");
  Subject all = subjects.front();
  all.file_prefix.clear();
  all.name = "comparison";

  std::vector<NamedCounts> opcodes;
  std::vector<NamedCounts> vector_opcodes;
  Table table;
  table.caption = "Instructions of all models";
  table.columns = {{"Model name", false},
                   {"Per inference pass", true},
                   {"V extension", true},
                   {"Most used", false}};
  for (const Subject& subject : subjects) {
    InstructionMetrics metrics = ComputeInstructions(*subject.measurements);
    if (metrics.opcodes.empty()) continue;
    table.rows.push_back({Cell(subject.name), Cell(Grouped(metrics.per_inference)),
                          Cell(Percent(metrics.vector_fraction)),
                          Cell(metrics.opcodes.front().name)});
    opcodes.push_back({subject.name, std::move(metrics.opcodes)});
    if (!metrics.vector_opcodes.empty()) {
      vector_opcodes.push_back({subject.name, std::move(metrics.vector_opcodes)});
    }
  }
  if (!opcodes.empty()) {
    Section& section = to->Add(3, "Comparison of instructions");
    table.label = to->TableLabel(all, "instructions");
    section.blocks.emplace_back(std::move(table));
    section.blocks.emplace_back(Figures{{to->MakeFigure(
        all, "instr_barplot_comparison", "Used instructions during inference, all models",
        "Bars of the opcodes of all models, grouped by opcode.", OpcodeBars(opcodes))}});
    if (!vector_opcodes.empty()) {
      section.blocks.emplace_back(
          Figures{{to->MakeFigure(all, "vector_instr_barplot_comparison",
                                  "V Vector Extension instructions during inference, all models",
                                  "Bars of the vector opcodes of all models, grouped by opcode.",
                                  OpcodeBars(vector_opcodes))}});
    }
  }
  AddProfilerFigures(all, "_comparison", ProfilerPlots(subjects), to);
}

}  // namespace host::report
