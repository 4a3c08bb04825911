// SPDX-License-Identifier: Apache-2.0

#include "host/scenario/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "host/scenario/json_lines.h"

namespace host {
namespace {

using Json = Document::Json;

// nlohmann reports keys in document order, with the start and end of their objects.
class DuplicateKeys {
 public:
  bool operator()(int /*depth*/, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) {
      open_.emplace_back();
    } else if (event == Json::parse_event_t::object_end && !open_.empty()) {
      open_.pop_back();
    } else if (event == Json::parse_event_t::key && !open_.empty() && found_.empty()) {
      const auto key = parsed.get<std::string>();
      if (!open_.back().insert(key).second) found_ = key;
    }
    return true;
  }
  [[nodiscard]] const std::string& found() const { return found_; }

 private:
  std::vector<std::set<std::string>> open_;
  std::string found_;
};

// "[json.exception.parse_error.101] parse error at line 3, column 5: text" without the bracket.
std::string ParserText(const char* what) {
  const std::string_view text(what);
  const size_t bracket = text.find("] ");
  return std::string(bracket == std::string_view::npos ? text : text.substr(bracket + 2));
}

bool IsYaml(std::string_view text, std::string_view name) {
  if (name.ends_with(".yml") || name.ends_with(".yaml")) return true;
  if (name.ends_with(".json")) return false;
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] != '{';
}

}  // namespace

Result<Document> Document::Parse(std::string_view text, const std::string& name) {
  if (text.size() > kMaxScenarioBytes) {
    return InputError(fmt::format("larger than {} bytes: not a scenario", kMaxScenarioBytes), name);
  }
  return IsYaml(text, name) ? ParseYaml(text, name) : ParseJson(text, name);
}

Result<Document> Document::ParseJson(std::string_view text, const std::string& name) {
  if (NestingDepth(text) > kMaxScenarioDepth) {
    return InputError(
        fmt::format("nested deeper than {} levels: not a scenario", kMaxScenarioDepth), name);
  }
  try {
    DuplicateKeys duplicates;
    Document document;
    document.json_text_ = text;
    document.value_ = Json::parse(text, std::ref(duplicates));
    if (!duplicates.found().empty()) {
      return InputError(fmt::format("the key '{}' occurs twice in one object", duplicates.found()),
                        name);
    }
    return document;
  } catch (const Json::exception& fault) {
    return InputError(fmt::format("is not JSON: {}", ParserText(fault.what())), name);
  }
}

size_t Document::LineOf(std::string_view pointer) const {
  if (!json_text_.empty()) return LineOfPointer(json_text_, pointer);
  for (;;) {
    const auto found = lines_.find(pointer);
    if (found != lines_.end()) return found->second;
    if (pointer.empty()) return 1;
    pointer = pointer.substr(0, pointer.rfind('/'));
  }
}

}  // namespace host
