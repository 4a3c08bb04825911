// SPDX-License-Identifier: Apache-2.0

#include "host/report/model_document.h"

#include <algorithm>
#include <set>
#include <utility>

#include "host/report/sections.h"
#include "host/report/text.h"

namespace host::report {
namespace {

struct SectionType {
  std::string_view name;
  bool (*present)(const Measurements&);
  void (*section)(const Subject&, Builder*);
  void (*comparison)(Subjects, Builder*);
};

// In the order of automatic detection (section 1.4).
constexpr SectionType kTypes[] = {
    {"performance", [](const Measurements& m) { return m.has_inference_times(); }, AddPerformance,
     AddPerformanceComparison},
    {"classification",
     [](const Measurements& m) { return !m.confusion_matrix.empty() || !m.predictions.empty(); },
     AddClassification, AddClassificationComparison},
    {"renode_stats", [](const Measurements& m) { return m.has_opcode_counters; }, AddRenodeStats,
     AddRenodeStatsComparison},
};

const SectionType* FindType(std::string_view name) {
  const auto* const found = std::ranges::find(kTypes, name, &SectionType::name);
  return found == std::end(kTypes) ? nullptr : found;
}

// "a", "a and b", "a, b and c".
std::string Enumerate(std::span<const std::string> items) {
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text.append(i + 1 == items.size() ? " and " : ", ");
    text.append(items[i]);
  }
  return text;
}

std::string NameOfTypes(std::span<const std::string> types, const std::string& model) {
  std::string name = Enumerate(types) + " of " + model;
  if (name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name;
}

// Section 7.2: the command line's name, the file's own, or the path.
std::string ModelName(const Measurements& m, std::string_view wanted) {
  std::string name = !wanted.empty() ? std::string(wanted) : m.model_name;
  if (name.empty()) {
    name = m.source;
    std::ranges::replace(name, '/', '.');
  }
  std::ranges::replace(name, ' ', '_');
  return name;
}

Result<std::vector<std::string>> ChooseTypes(std::span<const Measurements> files,
                                             const std::vector<std::string>& wanted) {
  std::vector<std::string> types;
  for (const std::string& name : wanted) {
    if (FindType(name) == nullptr) {
      std::vector<std::string> known;
      for (const SectionType& type : kTypes) known.emplace_back(type.name);
      return InputError("unknown report type \"" + name + "\"; there are " + Enumerate(known),
                        "--report-types");
    }
    if (std::ranges::find(types, name) == types.end()) types.push_back(name);
  }
  if (!types.empty()) return types;
  for (const SectionType& type : kTypes) {
    if (std::ranges::all_of(files, type.present)) types.emplace_back(type.name);
  }
  if (types.empty()) {
    return InputError(
        "the measurements hold neither inference times, a confusion matrix nor opcode counters, "
        "so there is nothing to report",
        files.front().source);
  }
  return types;
}

std::vector<std::string> FactsOf(std::span<const Subject> subjects) {
  std::vector<std::string> facts;
  const auto add = [&](std::string fact) {
    if (!fact.empty() && std::ranges::find(facts, fact) == facts.end())
      facts.push_back(std::move(fact));
  };
  for (const Subject& subject : subjects) {
    const Measurements& m = *subject.measurements;
    if (subjects.size() == 1) add(subject.name);
    if (!m.model_framework.empty()) add(m.model_framework + " " + m.model_version);
    for (const OptimizerInfo& optimizer : m.optimizers)
      add(optimizer.framework + " " + optimizer.version);
    add(m.dataset_class);
    add(m.cfg_path);
  }
  return facts;
}

}  // namespace

std::vector<std::string_view> SectionTypes() {
  std::vector<std::string_view> names;
  for (const SectionType& type : kTypes) names.push_back(type.name);
  return names;
}

Result<ModelDocument> BuildDocument(std::span<const Measurements> files,
                                    const DocumentOptions& options) {
  if (files.empty()) return InputError("no measurements were given", "--measurements");
  Result<std::vector<std::string>> types = ChooseTypes(files, options.types);
  if (!types) return std::unexpected(std::move(types.error()));

  ModelDocument built;
  built.types = *std::move(types);
  std::vector<Subject> subjects;
  std::set<std::string> taken;
  const auto add_subject = [&](const Measurements& m, std::string name) {
    std::string unique = name;
    for (size_t i = 2; !taken.insert(unique).second; ++i) unique = name + "_" + std::to_string(i);
    subjects.push_back({&m, unique, LabelPart(NameOfTypes(built.types, unique)), ""});
  };
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string name =
        ModelName(files[i], i < options.model_names.size() ? options.model_names[i] : "");
    add_subject(files[i], name);
    if (files[i].unoptimized && !options.skip_unoptimized_model) {
      add_subject(*files[i].unoptimized, name + "_unoptimized");
    }
  }
  const bool several = subjects.size() > 1;
  for (Subject& subject : subjects) {
    built.model_names.push_back(subject.name);
    if (several) subject.file_prefix = subject.name + "_";
  }

  const bool compares_classes =
      several && std::ranges::find(built.types, "classification") != built.types.end();
  if (compares_classes) {
    for (const Subject& subject : subjects) {
      if (subject.measurements->class_names != subjects.front().measurements->class_names) {
        return InputError("has other class_names than " + subjects.front().measurements->source +
                              ", so the models cannot be compared",
                          subject.measurements->source + "#/class_names");
      }
    }
  }

  Document& document = built.document;
  document.title = options.title;
  if (document.title.empty()) {
    document.title = several ? "Comparison of " + Enumerate(built.model_names)
                             : NameOfTypes(built.types, subjects.front().name);
  }
  document.facts = FactsOf(subjects);
  document.synthetic_data = std::ranges::any_of(
      subjects, [](const Subject& s) { return s.measurements->synthetic_data; });

  Names names;
  Builder builder(&document, &names);
  if (!options.skip_general_information) AddProvenance(subjects, options.current_command, &builder);
  AddGlance(subjects, &builder);
  if (!options.sweep.empty()) AddSweep(subjects, options.sweep, &builder);
  if (options.baseline != nullptr) {
    AddBaseline(subjects, *options.baseline, options.thresholds, &builder);
  }
  for (const Subject& subject : subjects) AddInstructions(subject, several, &builder);
  for (const Subject& subject : subjects) AddMemoryMap(subject, several, &builder);
  if (several) {
    for (const std::string& type : built.types) FindType(type)->comparison(subjects, &builder);
  }
  if (!several || !options.comparison_only) {
    for (const std::string& type : built.types) {
      for (const Subject& subject : subjects) FindType(type)->section(subject, &builder);
    }
  }
  return built;
}

}  // namespace host::report
