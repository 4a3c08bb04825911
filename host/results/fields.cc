// SPDX-License-Identifier: Apache-2.0

#include "host/results/fields.h"

#include <cmath>
#include <utility>

namespace host {
namespace {

// A file with one fault often has thousands of the same kind.
constexpr size_t kReportedFaults = 20;
constexpr double kCountLimit = 9223372036854775808.0;  // 2^63

}  // namespace

std::string AppendToPointer(std::string_view pointer, std::string_view key) {
  std::string text(pointer);
  text.push_back('/');
  for (const char c : key) {
    if (c == '~') {
      text.append("~0");
    } else if (c == '/') {
      text.append("~1");
    } else {
      text.push_back(c);
    }
  }
  return text;
}

Node Node::Member(std::string_view key) const {
  Node member{.json = nullptr, .pointer = AppendToPointer(pointer, key)};
  if (json == nullptr || !json->is_object()) return member;
  const auto found = json->find(std::string(key));
  if (found != json->end() && !found->is_null()) member.json = &*found;
  return member;
}

void FieldReader::Fault(std::string_view pointer, std::string sentence) {
  if (++fault_count_ > kReportedFaults) return;
  faults_.push_back(InputError(std::move(sentence), source_ + "#" + std::string(pointer)).error());
}

Error FieldReader::TakeError() {
  Error error =
      fault_count_ == 1
          ? std::move(faults_.front())
          : InputError(std::to_string(fault_count_) + " faults in the measurements", source_)
                .error();
  if (fault_count_ > 1) error.causes = std::move(faults_);
  if (fault_count_ > kReportedFaults) {
    error.causes.push_back(
        InputError("and " + std::to_string(fault_count_ - kReportedFaults) + " more").error());
  }
  return error;
}

bool FieldReader::IsObject(const Node& node) {
  if (!node) return false;
  if (!node.json->is_object()) Fault(node.pointer, "must be an object");
  return node.json->is_object();
}

bool FieldReader::IsList(const Node& node) {
  if (!node) return false;
  if (!node.json->is_array()) Fault(node.pointer, "must be a list");
  return node.json->is_array();
}

std::vector<Node> FieldReader::Items(const Node& node) {
  std::vector<Node> items;
  if (!IsList(node)) return items;
  items.reserve(node.json->size());
  for (size_t i = 0; i < node.json->size(); ++i) {
    items.push_back({&(*node.json)[i], AppendToPointer(node.pointer, std::to_string(i))});
  }
  return items;
}

std::string FieldReader::Text(const Node& node) {
  if (!node) return {};
  if (!node.json->is_string()) {
    Fault(node.pointer, "must be a text");
    return {};
  }
  return node.json->get<std::string>();
}

std::vector<std::string> FieldReader::Texts(const Node& node) {
  std::vector<std::string> texts;
  if (!IsList(node)) return texts;
  for (size_t i = 0; i < node.json->size(); ++i) {
    const auto& element = (*node.json)[i];
    if (!element.is_string()) {
      Fault(AppendToPointer(node.pointer, std::to_string(i)), "must be a text");
      continue;
    }
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

bool FieldReader::Bool(const Node& node) {
  if (!node) return false;
  if (!node.json->is_boolean()) {
    Fault(node.pointer, "must be true or false");
    return false;
  }
  return node.json->get<bool>();
}

std::optional<double> FieldReader::Number(const Node& node) {
  if (!node) return std::nullopt;
  if (!node.json->is_number()) {
    Fault(node.pointer, "must be a number");
    return std::nullopt;
  }
  return node.json->get<double>();
}

std::vector<double> FieldReader::Numbers(const Node& node) {
  std::vector<double> numbers;
  if (!IsList(node)) return numbers;
  numbers.reserve(node.json->size());
  for (size_t i = 0; i < node.json->size(); ++i) {
    const auto& element = (*node.json)[i];
    if (!element.is_number()) {
      Fault(AppendToPointer(node.pointer, std::to_string(i)), "must be a number");
      return {};
    }
    numbers.push_back(element.get<double>());
  }
  return numbers;
}

std::optional<uint64_t> FieldReader::Count(const Node& node) {
  const std::optional<double> number = Number(node);
  if (!number) return std::nullopt;
  if (*number < 0 || *number >= kCountLimit) {
    Fault(node.pointer, "must be a count: not negative and below 2^63");
    return std::nullopt;
  }
  if (node.json->is_number_unsigned()) return node.json->get<uint64_t>();
  return static_cast<uint64_t>(std::llround(*number));
}

}  // namespace host
