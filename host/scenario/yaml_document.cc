// SPDX-License-Identifier: Apache-2.0

// Document::ParseYaml: yaml-cpp's events into a tree, with the line of every value.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <utility>
#include <vector>

#include "host/scenario/document.h"
#include "host/scenario/json_lines.h"

namespace host {
namespace {

using Json = Document::Json;

constexpr auto kNulls = std::to_array<std::string_view>({"", "~", "null", "Null", "NULL"});
constexpr auto kTrues = std::to_array<std::string_view>(
    {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"});
constexpr auto kFalses = std::to_array<std::string_view>(
    {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"});

bool IsOneOf(std::string_view text, std::span<const std::string_view> names) {
  return std::ranges::find(names, text) != names.end();
}

template <typename T>
std::optional<T> Number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Json PlainScalar(const std::string& text) {
  if (IsOneOf(text, kNulls)) return nullptr;
  if (IsOneOf(text, kTrues)) return true;
  if (IsOneOf(text, kFalses)) return false;
  if (const auto integer = Number<int64_t>(text)) return *integer;
  // from_chars also takes "inf" and "nan", which are texts here.
  if (const auto number = Number<double>(text); number && text.find_first_of("iInN") == text.npos) {
    return *number;
  }
  return text;
}

// A value under construction.
struct Open {
  Json value;
  std::string pointer;
  YAML::anchor_t anchor = YAML::NullAnchor;
  std::optional<std::string> key;  // of a map: the next event is its value
  size_t depth = 0;                // of what is inside
};

// What an alias stands for.
struct Anchored {
  Json value;
  size_t size;   // number of values
  size_t depth;  // of nesting
};

class Builder : public YAML::EventHandler {
 public:
  using Lines = std::map<std::string, size_t, std::less<>>;

  [[nodiscard]] bool failed() const { return !fault_.empty(); }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] size_t fault_line() const { return fault_line_; }
  Json TakeValue() { return std::move(root_); }
  Lines TakeLines() { return std::move(lines_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    AddScalar(mark, anchor, nullptr, false);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    // "?" is a plain scalar, "!" a quoted one.
    const bool is_text = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!is_text && tag != "?" && !tag.empty()) return Fail(mark, "has a tag, " + tag);
    AddScalar(mark, anchor, is_text ? Json(text) : PlainScalar(text), true, text);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (failed()) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) return Fail(mark, "an alias stands inside what it names");
    const Anchored& known = found->second;
    if (open_.size() + known.depth > kMaxScenarioDepth) return TooDeep(mark);
    if (!open_.empty()) open_.back().depth = std::max(open_.back().depth, known.depth);
    values_ += known.size;
    AddScalar(mark, YAML::NullAnchor, known.value, false);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Begin(mark, tag, anchor, Json::array());
  }
  void OnSequenceEnd() override { End(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Begin(mark, tag, anchor, Json::object());
  }
  void OnMapEnd() override { End(); }

 private:
  void Fail(const YAML::Mark& mark, std::string sentence) {
    if (failed()) return;
    fault_ = std::move(sentence);
    fault_line_ = mark.line < 0 ? 1 : static_cast<size_t>(mark.line) + 1;
  }

  // Where the next value of the innermost open one belongs.
  [[nodiscard]] std::string NextPointer() const {
    if (open_.empty()) return "";
    const Open& parent = open_.back();
    return parent.pointer + "/" +
           (parent.key ? PointerToken(*parent.key) : std::to_string(parent.value.size()));
  }

  // True if this event is a map's key, or a fault.
  [[nodiscard]] bool ExpectsKey() const {
    return !open_.empty() && open_.back().value.is_object() && !open_.back().key;
  }

  void AddScalar(const YAML::Mark& mark, YAML::anchor_t anchor, Json value, bool may_be_key,
                 const std::string& text = {}) {
    if (failed()) return;
    if (ExpectsKey()) {
      if (!may_be_key) return Fail(mark, "a key must be a text");
      if (open_.back().value.contains(text)) {
        return Fail(mark, fmt::format("the key '{}' occurs twice in one object", text));
      }
      open_.back().key = text;
      return;
    }
    lines_.emplace(NextPointer(), static_cast<size_t>(mark.line) + 1);
    Add(mark, anchor, {std::move(value), 1, 0});
  }

  void Begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json empty) {
    if (failed()) return;
    if (tag != "?" && !tag.empty()) return Fail(mark, "has a tag, " + tag);
    if (ExpectsKey()) return Fail(mark, "a key must be a text");
    if (open_.size() >= kMaxScenarioDepth) return TooDeep(mark);
    std::string pointer = NextPointer();
    lines_.emplace(pointer, static_cast<size_t>(mark.line) + 1);
    open_.push_back({std::move(empty), std::move(pointer), anchor, std::nullopt, 0});
    values_before_.push_back(values_);
    mark_ = mark;
  }

  void End() {
    if (failed() || open_.empty()) return;
    Open done = std::move(open_.back());
    open_.pop_back();
    const size_t inside = values_ - values_before_.back();
    values_before_.pop_back();
    const size_t depth = done.depth + 1;
    if (!open_.empty()) open_.back().depth = std::max(open_.back().depth, depth);
    Add(mark_, done.anchor, {std::move(done.value), inside + 1, depth});
  }

  void TooDeep(const YAML::Mark& mark) {
    Fail(mark, fmt::format("nested deeper than {} levels: not a scenario", kMaxScenarioDepth));
  }

  void Add(const YAML::Mark& mark, YAML::anchor_t anchor, Anchored added) {
    ++values_;
    if (values_ > kMaxScenarioValues) {
      return Fail(mark, fmt::format("more than {} values: not a scenario", kMaxScenarioValues));
    }
    if (anchor != YAML::NullAnchor) anchors_[anchor] = added;
    if (open_.empty()) {
      root_ = std::move(added.value);
    } else if (Open& parent = open_.back(); parent.key) {
      parent.value[*parent.key] = std::move(added.value);
      parent.key.reset();
    } else {
      parent.value.push_back(std::move(added.value));
    }
  }

  std::vector<Open> open_;
  std::vector<size_t> values_before_;  // for each of open_
  size_t values_ = 0;
  std::map<YAML::anchor_t, Anchored> anchors_;
  Lines lines_;
  YAML::Mark mark_;
  Json root_;
  std::string fault_;
  size_t fault_line_ = 1;
};

std::string Place(const std::string& name, size_t line) { return fmt::format("{}:{}", name, line); }

// yaml-cpp takes bytes that are no UTF-8; they would break whatever is written from them later.
bool IsUtf8(std::string_view text) {
  try {
    return !Json(std::string(text)).dump().empty();
  } catch (const Json::type_error&) {
    return false;
  }
}

}  // namespace

Result<Document> Document::ParseYaml(std::string_view text, const std::string& name) {
  if (!IsUtf8(text)) return InputError("is not UTF-8 text", name);
  // yaml-cpp descends by recursion for each bracket.
  if (NestingDepth(text) > 4 * kMaxScenarioDepth) {
    return InputError(
        fmt::format("nested deeper than {} levels: not a scenario", kMaxScenarioDepth), name);
  }
  std::istringstream stream{std::string(text)};
  Builder builder;
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return InputError("is empty", name);
    if (!builder.failed()) {
      Builder second;
      if (parser.HandleNextDocument(second)) {
        return InputError("holds more than one YAML document", name);
      }
    }
  } catch (const YAML::Exception& fault) {
    return InputError(fmt::format("is not YAML: {}", fault.msg),
                      Place(name, static_cast<size_t>(std::max(fault.mark.line, 0)) + 1));
  }
  if (builder.failed()) return InputError(builder.fault(), Place(name, builder.fault_line()));
  Document document;
  document.value_ = builder.TakeValue();
  document.lines_ = builder.TakeLines();
  return document;
}

}  // namespace host
