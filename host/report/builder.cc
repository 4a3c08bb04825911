// SPDX-License-Identifier: Apache-2.0

#include "host/report/sections.h"
#include "host/report/text.h"

namespace host::report {
namespace {

std::string LowerCase(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

// Compared without case: Sphinx folds labels, some file systems fold names.
std::string Names::Unique(std::string wanted, std::set<std::string>* taken) {
  std::string name = wanted;
  for (size_t i = 2; !taken->insert(LowerCase(name)).second; ++i) {
    name = wanted + "_" + std::to_string(i);
  }
  return name;
}

std::string Names::Label(std::string_view wanted) { return Unique(LabelPart(wanted), &labels_); }

std::string Names::FileStem(std::string_view wanted) {
  return Unique(FileNamePart(wanted), &stems_);
}

std::string Names::Anchor(std::string_view title) {
  std::string anchor = "s-" + LabelPart(title);
  for (char& c : anchor) {
    if (c == '_') c = '-';
  }
  return Unique(std::move(anchor), &anchors_);
}

Section& Builder::Add(int level, std::string title, std::string short_title) {
  Section& section = document_->sections.emplace_back();
  section.level = level;
  section.anchor = names_->Anchor(title);
  section.short_title = short_title.empty() ? title : std::move(short_title);
  section.title = std::move(title);
  return section;
}

Figure Builder::MakeFigure(const Subject& subject, const std::string& key, std::string caption,
                           std::string description, Json spec) {
  std::string label_key;  // Kenning's labels leave the underscores of the key out
  for (const char c : key) {
    if (c != '_') label_key.push_back(c);
  }
  return {.file_stem = names_->FileStem(subject.file_prefix + key),
          .label = names_->Label(subject.label_prefix + subject.name + "_" + label_key),
          .caption = std::move(caption),
          .description = std::move(description),
          .spec = std::move(spec)};
}

std::string Builder::TableLabel(const Subject& subject, const std::string& key) {
  return names_->Label(subject.label_prefix + subject.name + "_" + key + "_table");
}

std::string ThinningNote(size_t points) {
  const size_t group = Thinned(points);
  if (group == 1) return {};
  return "; each point stands for " + std::to_string(group) + " consecutive values";
}

}  // namespace host::report
