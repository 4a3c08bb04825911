// SPDX-License-Identifier: Apache-2.0

// Where the instructions of an inference go: runtime and kernels, layer by layer.
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "host/report/sections.h"
#include "host/report/text.h"
#include "host/results/layers.h"
#include "host/results/metrics.h"

namespace host::report {
namespace {

constexpr size_t kShownKernels = 200;
constexpr size_t kShownLayers = 400;

Shares InstructionShares(const SimulatorProfile& profile, uint64_t executed) {
  const double inferences = std::max(1.0, static_cast<double>(profile.inferences));
  const auto share = [&](std::string name, uint64_t instructions) -> Share {
    const double each = static_cast<double>(instructions) / inferences;
    return {std::move(name), each, MetricText(Unit::kCount, each)};
  };
  Shares shares{"Instructions per inference", {}};
  shares.items.push_back(share("inside kernels", profile.kernel_instructions));
  shares.items.push_back(share("runtime around them", profile.runtime_instructions));
  const uint64_t measured = profile.kernel_instructions + profile.runtime_instructions;
  if (executed > measured && measured > 0) {
    shares.items.push_back(share("protocol and waiting", executed - measured));
  }
  return shares;
}

Table KernelTable(const Subject& subject, const SimulatorProfile& profile, Builder* to) {
  std::vector<KernelCount> kernels = profile.kernels;
  std::ranges::sort(kernels, [](const KernelCount& a, const KernelCount& b) {
    return std::tie(b.instructions, a.name) < std::tie(a.instructions, b.name);
  });
  uint64_t sum = 0;
  bool has_calls = false;
  bool has_vector = false;
  for (const KernelCount& kernel : kernels) {
    sum += kernel.instructions;
    has_calls |= kernel.calls.has_value();
    has_vector |= kernel.vector_instructions.has_value();
  }
  const double inferences = std::max(1.0, static_cast<double>(profile.inferences));
  const double largest = kernels.empty() ? 1 : static_cast<double>(kernels.front().instructions);

  Table table;
  table.caption = "Kernels of " + subject.name + ", by instructions per inference";
  table.label = to->TableLabel(subject, "kernels");
  table.columns = {{"Kernel", false}};
  if (has_calls) table.columns.push_back({"Calls", true});
  table.columns.push_back({"Instructions", true});
  table.columns.push_back({"Share", true});
  if (has_vector) table.columns.push_back({"V extension", true});
  for (const KernelCount& kernel : kernels) {
    if (table.rows.size() == kShownKernels) break;
    const double instructions = static_cast<double>(kernel.instructions);
    std::vector<Cell> row = {Cell(kernel.name)};
    if (has_calls) {
      const double calls = static_cast<double>(kernel.calls.value_or(0)) / inferences;
      row.emplace_back(kernel.calls ? Fixed(calls, calls == std::floor(calls) ? 0 : 2) : "–");
    }
    Cell count(MetricText(Unit::kCount, instructions / inferences));
    count.bar = largest > 0 ? instructions / largest : 0;
    row.push_back(std::move(count));
    row.emplace_back(sum > 0 ? Percent(instructions / static_cast<double>(sum)) : "–");
    if (has_vector) {
      row.emplace_back(
          kernel.vector_instructions && kernel.instructions > 0
              ? Percent(static_cast<double>(*kernel.vector_instructions) / instructions)
              : "–");
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

// Families of operations, the most expensive first.
Shares FamilyShares(std::span<const LayerCount> layers, double inferences) {
  std::map<std::string_view, double> sums;
  for (const LayerCount& layer : layers) {
    sums[layer.family] += static_cast<double>(layer.kernel->instructions) / inferences;
  }
  Shares shares{"By kind of operation", {}};
  for (const auto& [family, sum] : sums) {
    shares.items.push_back({std::string(family), sum, MetricText(Unit::kCount, sum)});
  }
  std::ranges::sort(shares.items, [](const Share& a, const Share& b) {
    return std::tie(b.value, a.name) < std::tie(a.value, b.name);
  });
  return shares;
}

Table LayerTable(const Subject& subject, std::span<const LayerCount> layers, double inferences,
                 Builder* to) {
  Table table;
  table.caption = "Layers of " + subject.name + " in the order of the program, per inference";
  table.label = to->TableLabel(subject, "layers");
  table.columns = {{"Layer", true},          {"Operation", false}, {"Shape", false},
                   {"Element types", false}, {"Calls", true},      {"Instructions", true},
                   {"V extension", true}};
  table.collapsed = true;
  for (const LayerCount& layer : layers) {
    if (table.rows.size() == kShownLayers) break;
    const KernelCount& kernel = *layer.kernel;
    const auto or_dash = [](const std::string& text) { return text.empty() ? "–" : text; };
    const double calls = static_cast<double>(kernel.calls.value_or(0)) / inferences;
    const double instructions = static_cast<double>(kernel.instructions);
    table.rows.push_back(
        {Cell(std::to_string(layer.name.ordinal)), Cell(or_dash(layer.name.operation)),
         Cell(or_dash(layer.name.shape)), Cell(or_dash(layer.name.types)),
         Cell(kernel.calls ? Fixed(calls, calls == std::floor(calls) ? 0 : 2) : "–"),
         Cell(MetricText(Unit::kCount, instructions / inferences)),
         Cell(kernel.vector_instructions && kernel.instructions > 0
                  ? Percent(static_cast<double>(*kernel.vector_instructions) / instructions)
                  : "–")});
  }
  return table;
}

void AddLayers(const Subject& subject, const SimulatorProfile& profile, bool several, Builder* to) {
  const std::vector<LayerCount> layers = LayersOf(profile);
  if (layers.size() < 2) return;
  const double inferences = std::max(1.0, static_cast<double>(profile.inferences));
  Section& section = to->Add(3, several ? "Layer by layer in " + subject.name : "Layer by layer");
  section.blocks.emplace_back(FamilyShares(layers, inferences));
  std::vector<LayerBar> bars;
  for (const LayerCount& layer : layers) {
    bars.push_back({std::to_string(layer.name.ordinal) + " " + layer.name.operation,
                    layer.kernel->name, std::string(layer.family),
                    static_cast<double>(layer.kernel->instructions) / inferences});
  }
  section.blocks.emplace_back(Figures{{to->MakeFigure(
      subject, "layers", "Instructions per inference, layer by layer in the program's order",
      "One bar for each layer, from the first to the last, as long as its instructions are many.",
      LayerBars(bars))}});
  section.blocks.emplace_back(LayerTable(subject, layers, inferences, to));
  section.blocks.emplace_back(Paragraph{
      {{"A layer is a dispatch of the compiled program; equal dispatches share one kernel and are "
        "counted together at the first of them."}}});
}

}  // namespace

InferenceCost CostOf(const Measurements& m) {
  if (m.simulator && m.simulator->inferences > 0) {
    const double kernels = static_cast<double>(m.simulator->kernel_instructions);
    const double all = kernels + static_cast<double>(m.simulator->runtime_instructions);
    if (all > 0) return {all / static_cast<double>(m.simulator->inferences), kernels / all};
  }
  return {static_cast<double>(ComputeInstructions(m).per_inference), std::nullopt};
}

void AddInstructions(const Subject& subject, bool several, Builder* to) {
  const Measurements& m = *subject.measurements;
  if (!m.simulator) return;
  const SimulatorProfile& profile = *m.simulator;
  if (profile.kernel_instructions + profile.runtime_instructions == 0) return;
  Section& section = to->Add(2, "Where the instructions go in " + subject.name,
                             several ? "Instructions · " + subject.name : "Where instructions go");
  section.blocks.emplace_back(InstructionShares(profile, ComputeInstructions(m).executed));
  if (!profile.kernels.empty()) {
    section.blocks.emplace_back(KernelTable(subject, profile, to));
    if (profile.kernels.size() > kShownKernels) {
      section.blocks.emplace_back(
          Paragraph{{{"The " + Grouped(profile.kernels.size() - kShownKernels) +
                      " kernels with the fewest instructions are not listed."}}});
    }
  }
  if (profile.load_instructions > 0) {
    section.blocks.emplace_back(Paragraph{{{"Loading the model took "},
                                           {Grouped(profile.load_instructions), Style::kStrong},
                                           {" instructions, once."}}});
  }
  AddLayers(subject, profile, several, to);
}

}  // namespace host::report
