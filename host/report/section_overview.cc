// Headline numbers, and where they come from.
#include <algorithm>
#include <cmath>

#include "host/report/sections.h"
#include "host/report/text.h"
#include "host/results/metrics.h"

namespace host::report {
namespace {

constexpr size_t kShownKernels = 200;

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).push_back('\n');
  if (!text.empty()) text.pop_back();
  return text;
}

std::string PeakMemory(const Measurements& measurements) {
  uint64_t peak = 0;
  for (const NamedCount& stat : measurements.allocation_stats) {
    if (stat.name.ends_with("_bytes_peak")) peak += stat.count;
  }
  return peak == 0 ? "" : Bytes(peak);
}

Card QuantityCard(std::string label, const std::string& text, std::string detail) {
  const size_t blank = text.find(' ');
  return {std::move(label), text.substr(0, blank),
          blank == std::string::npos ? "" : text.substr(blank + 1), std::move(detail)};
}

// Everything the headline can say of one model; empty value: not measured.
std::vector<Card> HeadlineCards(const Measurements& m) {
  std::vector<Card> cards;
  if (!m.confusion_matrix.empty()) {
    const QualityMetrics quality = ComputeQuality(m);
    double correct = 0;
    double samples = 0;
    for (size_t i = 0; i < m.confusion_matrix.size(); ++i) {
      correct += m.confusion_matrix[i][i];
      for (const double count : m.confusion_matrix[i]) samples += count;
    }
    cards.push_back({"Accuracy", Fixed(quality.accuracy * 100, 1), "%",
                     Fixed(correct, 0) + " of " + Fixed(samples, 0) + " right"});
  }
  const size_t inferences = m.inference().duration_s.size();
  if (inferences > 0 || m.total > 0) {
    cards.push_back({"Inferences", Grouped(inferences > 0 ? inferences : m.total), "",
                     m.total > 0 ? Grouped(m.total) + " evaluated" : "not evaluated"});
  }
  if (m.has_inference_times()) {
    const TimeStatistics times = ComputeTimeStatistics(m.inference().duration_s);
    const Quantity mean = Duration(times.mean_s);
    const Quantity median = Duration(times.median_s);
    cards.push_back({"Mean inference time", mean.value, mean.unit,
                     "median " + median.value + " " + median.unit});
  }
  const InferenceCost cost = CostOf(m);
  if (cost.per_inference > 0) {
    std::string detail = "all opcodes ÷ inferences";
    if (cost.between_markers) {
      detail = "kernels " +
               Percent(static_cast<double>(m.simulator->kernel_instructions) /
                       std::max(1.0, static_cast<double>(m.simulator->kernel_instructions) +
                                         static_cast<double>(m.simulator->runtime_instructions)));
    }
    cards.push_back({"Instructions per inference",
                     Grouped(static_cast<uint64_t>(cost.per_inference)), "", detail});
  }
  const InstructionMetrics instructions = ComputeInstructions(m);
  if (instructions.executed > 0) {
    cards.push_back({"V extension", Fixed(instructions.vector_fraction * 100, 1), "%",
                     "of " + Grouped(instructions.executed) + " instructions"});
  }
  if (const std::string peak = PeakMemory(m); !peak.empty()) {
    cards.push_back(QuantityCard("Peak memory", peak, "allocated on the device"));
  }
  if (m.compiled_model_size_bytes.value_or(0) > 0) {
    cards.push_back(QuantityCard("Compiled model", Bytes(*m.compiled_model_size_bytes),
                                 Grouped(*m.compiled_model_size_bytes) + " bytes"));
  }
  return cards;
}

// One row per headline number, one column per model.
Table GlanceTable(Subjects subjects, Builder* to) {
  Table table;
  table.caption = "Headline numbers of all models";
  table.label = to->TableLabel(subjects.front(), "glance");
  table.columns.push_back({"", false});
  std::vector<std::vector<Card>> all;
  std::vector<std::string> labels;
  for (const Subject& subject : subjects) {
    table.columns.push_back({subject.name, true});
    all.push_back(HeadlineCards(*subject.measurements));
    for (const Card& card : all.back()) {
      if (std::ranges::find(labels, card.label) == labels.end()) labels.push_back(card.label);
    }
  }
  for (const std::string& label : labels) {
    std::vector<Cell> row = {Cell(label)};
    for (const auto& cards : all) {
      const auto card = std::ranges::find(cards, label, &Card::label);
      row.emplace_back(card == cards.end()  ? "–"
                       : card->unit.empty() ? card->value
                                            : card->value + " " + card->unit,
                       true);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Shares InstructionShares(const Measurements& m) {
  const SimulatorProfile& profile = *m.simulator;
  const double inferences = std::max(1.0, static_cast<double>(profile.inferences));
  const auto share = [&](std::string name, uint64_t instructions) -> Share {
    const double each = static_cast<double>(instructions) / inferences;
    return {std::move(name), each, Grouped(static_cast<uint64_t>(std::llround(each)))};
  };
  Shares shares{"Instructions per inference", {}};
  shares.items.push_back(share("inside kernels", profile.kernel_instructions));
  shares.items.push_back(share("runtime around them", profile.runtime_instructions));
  const uint64_t measured = profile.kernel_instructions + profile.runtime_instructions;
  const uint64_t executed = ComputeInstructions(m).executed;
  if (executed > measured && measured > 0) {
    shares.items.push_back(share("protocol and waiting", executed - measured));
  }
  return shares;
}

Table KernelTable(const Subject& subject, Builder* to) {
  const SimulatorProfile& profile = *subject.measurements->simulator;
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
    Cell count(Grouped(static_cast<uint64_t>(std::llround(instructions / inferences))));
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

void AddWhereInstructionsGo(const Subject& subject, bool several, Builder* to) {
  const Measurements& m = *subject.measurements;
  if (!m.simulator || m.simulator->kernel_instructions + m.simulator->runtime_instructions == 0) {
    return;
  }
  Section& section = to->Add(2, "Where the instructions go in " + subject.name,
                             several ? "Instructions · " + subject.name : "Where instructions go");
  section.blocks.emplace_back(InstructionShares(m));
  if (!m.simulator->kernels.empty()) {
    section.blocks.emplace_back(KernelTable(subject, to));
    if (m.simulator->kernels.size() > kShownKernels) {
      section.blocks.emplace_back(
          Paragraph{{{"The " + Grouped(m.simulator->kernels.size() - kShownKernels) +
                      " kernels with the fewest instructions are not listed."}}});
    }
  }
  if (m.simulator->load_instructions > 0) {
    section.blocks.emplace_back(
        Paragraph{{{"Loading the model took "},
                   {Grouped(m.simulator->load_instructions), Style::kStrong},
                   {" instructions, once."}}});
  }
}

}  // namespace

InferenceCost CostOf(const Measurements& m) {
  if (m.simulator && m.simulator->inferences > 0) {
    const double instructions = static_cast<double>(m.simulator->kernel_instructions) +
                                static_cast<double>(m.simulator->runtime_instructions);
    if (instructions > 0) {
      return {instructions / static_cast<double>(m.simulator->inferences), true};
    }
  }
  return {static_cast<double>(ComputeInstructions(m).per_inference), false};
}

void AddProvenance(Subjects subjects, std::span<const std::string> current_command, Builder* to) {
  std::vector<std::string> commands;
  const auto add_command = [&](const std::vector<std::string>& lines) {
    const std::string command = Joined(lines);
    if (!command.empty() && std::ranges::find(commands, command) == commands.end()) {
      commands.push_back(command);
    }
  };
  for (const Subject& subject : subjects) add_command(subject.measurements->command);
  add_command({current_command.begin(), current_command.end()});

  if (!commands.empty()) {
    Section& section = to->Add(2, "Commands used", "Commands");
    section.provenance = true;
    std::string text;
    for (const std::string& command : commands) {
      if (!text.empty()) text.append("\n\n");
      text.append(command);
    }
    section.blocks.emplace_back(Code{"bash", std::move(text), "This section was generated using:"});
  }
  for (const Subject& subject : subjects) {
    const Measurements& m = *subject.measurements;
    Section& section = to->Add(2, "General information for " + subject.name,
                               subjects.size() > 1 ? "Inputs · " + subject.name : "Inputs");
    section.provenance = true;
    const auto add_list = [&](const char* heading, std::vector<Bullet> items) {
      if (items.empty()) return;
      section.blocks.emplace_back(Paragraph{{{heading, Style::kEmphasis}, {":"}}});
      section.blocks.emplace_back(Bullets{std::move(items)});
    };
    if (!m.model_framework.empty()) {
      add_list("Model framework", {{{{m.model_framework + " ver. " + m.model_version}}, {}}});
    }
    std::vector<Bullet> compilers;
    for (const OptimizerInfo& optimizer : m.optimizers) {
      compilers.push_back({{{optimizer.framework + " ver. " + optimizer.version}}, {}});
    }
    add_list("Compilers", std::move(compilers));
    std::vector<Bullet> flags;
    for (const std::string& flag : m.compiler_args) flags.push_back({{{flag, Style::kCode}}, {}});
    add_list("Compiler flags", std::move(flags));
    if (!m.build_cfg.empty()) {
      section.blocks.emplace_back(Code{"json", m.build_cfg, "Input JSON:"});
    }
  }
}

void AddGlance(Subjects subjects, Builder* to) {
  Section& section = to->Add(2, "At a glance");
  if (subjects.size() == 1) {
    std::vector<Card> cards = HeadlineCards(*subjects.front().measurements);
    if (!cards.empty()) section.blocks.emplace_back(Cards{std::move(cards)});
  } else {
    section.blocks.emplace_back(GlanceTable(subjects, to));
  }
  for (const Subject& subject : subjects) {
    const std::string of = subjects.size() > 1 ? " (" + subject.name + ")" : "";
    if (subject.measurements->synthetic_data) {
      section.blocks.emplace_back(
          Callout{{{"Synthetic data. ", Style::kStrong},
                   {"The samples" + of +
                    " were generated, not recorded: accuracy says nothing about real use."}},
                  true});
    }
    for (const std::string& remark : subject.measurements->remarks) {
      section.blocks.emplace_back(Callout{{{remark + of}}, false});
    }
  }
  for (const Subject& subject : subjects) {
    AddWhereInstructionsGo(subject, subjects.size() > 1, to);
  }
}

}  // namespace host::report
