// SPDX-License-Identifier: Apache-2.0

#include "host/scenario/json_lines.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace host {
namespace {

// Walks over a text that is known to be JSON; every step stays inside it whatever it holds.
class Walker {
 public:
  explicit Walker(std::string_view json) : json_(json) {}

  // Offset of the value that `pointer` names, starting at the document's value.
  size_t Find(std::string_view pointer) {
    SkipSpace();
    size_t found = offset_;
    while (!pointer.empty()) {
      pointer.remove_prefix(1);  // '/'
      const std::string_view token = pointer.substr(0, pointer.find('/'));
      pointer.remove_prefix(token.size());
      if (!Descend(token)) break;
      found = offset_;
    }
    return found;
  }

 private:
  [[nodiscard]] bool AtEnd() const { return offset_ >= json_.size(); }
  [[nodiscard]] char Peek() const { return AtEnd() ? '\0' : json_[offset_]; }

  void SkipSpace() {
    offset_ = std::min(json_.find_first_not_of(" \t\r\n", offset_), json_.size());
  }

  // The raw text between the quotes; leaves the offset behind the closing one.
  std::string_view SkipText() {
    const size_t start = ++offset_;
    while (!AtEnd() && Peek() != '"') offset_ += Peek() == '\\' ? 2 : 1;
    const size_t end = std::min(offset_, json_.size());
    offset_ = std::min(end + 1, json_.size());
    return json_.substr(std::min(start, end), end - std::min(start, end));
  }

  void SkipValue() {
    size_t depth = 0;
    do {
      SkipSpace();
      const char c = Peek();
      if (c == '"') {
        SkipText();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++offset_;
      } else if (c == '}' || c == ']') {
        if (depth == 0) return;
        --depth;
        ++offset_;
      } else if (c == ',' || c == ':') {
        if (depth == 0) return;
        ++offset_;
      } else {
        offset_ = std::min(json_.find_first_of(" \t\r\n,:]}[{\"", offset_ + 1), json_.size());
      }
    } while (depth > 0 && !AtEnd());
  }

  // Moves to the member or element `token` of the container at the offset.
  bool Descend(std::string_view token) {
    const bool is_object = Peek() == '{';
    if (!is_object && Peek() != '[') return false;
    ++offset_;
    for (size_t index = 0;; ++index) {
      SkipSpace();
      if (AtEnd() || Peek() == '}' || Peek() == ']') return false;
      bool matches = false;
      if (is_object) {
        if (Peek() != '"') return false;
        // Keys with JSON escapes are found only if spelled the same.
        matches = PointerToken(SkipText()) == token;
        SkipSpace();
        ++offset_;  // ':'
        SkipSpace();
      } else {
        matches = std::to_string(index) == token;
      }
      if (matches) return true;
      SkipValue();
      SkipSpace();
      if (Peek() != ',') return false;
      ++offset_;
    }
  }

  std::string_view json_;
  size_t offset_ = 0;
};

}  // namespace

std::string PointerToken(std::string_view key) {
  std::string token;
  for (const char c : key) {
    if (c == '~')
      token += "~0";
    else if (c == '/')
      token += "~1";
    else
      token += c;
  }
  return token;
}

size_t LineOfPointer(std::string_view json, std::string_view pointer) {
  const size_t offset = std::min(Walker(json).Find(pointer), json.size());
  return 1 + static_cast<size_t>(std::ranges::count(json.substr(0, offset), '\n'));
}

size_t NestingDepth(std::string_view json) {
  size_t depth = 0;
  size_t deepest = 0;
  bool in_text = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace host
