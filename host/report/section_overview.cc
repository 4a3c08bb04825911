// SPDX-License-Identifier: Apache-2.0

// Headline numbers, and where they come from.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "host/report/sections.h"
#include "host/report/text.h"
#include "host/results/metrics.h"

namespace host::report {
namespace {

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).push_back('\n');
  if (!text.empty()) text.pop_back();
  return text;
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
    if (cost.kernel_share) detail = "kernels " + Percent(*cost.kernel_share);
    cards.push_back({"Instructions per inference",
                     Grouped(static_cast<uint64_t>(cost.per_inference)), "", detail});
  }
  const InstructionMetrics instructions = ComputeInstructions(m);
  if (instructions.executed > 0) {
    cards.push_back({"V extension", Fixed(instructions.vector_fraction * 100, 1), "%",
                     "of " + Grouped(instructions.executed) + " instructions"});
  }
  if (const uint64_t peak_bytes = PeakMemory(m); peak_bytes > 0) {
    cards.push_back(QuantityCard("Peak memory", Bytes(peak_bytes), "allocated on the device"));
  }
  if (const uint64_t model_bytes = m.compiled_model_size_bytes.value_or(0); model_bytes > 0) {
    cards.push_back(
        QuantityCard("Compiled model", Bytes(model_bytes), Grouped(model_bytes) + " bytes"));
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

}  // namespace

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
  // Once for all models of which it is true.
  const auto models_with = [&](const auto& is_true) -> std::string {
    std::vector<std::string_view> names;
    for (const Subject& subject : subjects) {
      if (is_true(*subject.measurements)) names.push_back(subject.name);
    }
    return names.size() == subjects.size() ? "" : fmt::format(" ({})", fmt::join(names, ", "));
  };
  const auto is_synthetic = [](const Measurements& of) { return of.synthetic_data; };
  std::vector<std::string> remarks;
  bool any_synthetic = false;
  for (const Subject& subject : subjects) {
    any_synthetic = any_synthetic || is_synthetic(*subject.measurements);
    for (const std::string& remark : subject.measurements->remarks) {
      if (std::ranges::find(remarks, remark) == remarks.end()) remarks.push_back(remark);
    }
  }
  if (any_synthetic) {
    section.blocks.emplace_back(
        Callout{{{"Synthetic data. ", Style::kStrong},
                 {"The samples" + models_with(is_synthetic) +
                  " were generated, not recorded: accuracy says nothing about real use."}},
                true});
  }
  for (const std::string& remark : remarks) {
    const std::string models = models_with([&](const Measurements& of) {
      return std::ranges::find(of.remarks, remark) != of.remarks.end();
    });
    section.blocks.emplace_back(Callout{{{remark + models}}, false});
  }
}

}  // namespace host::report
