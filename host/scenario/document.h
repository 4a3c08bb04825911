// SPDX-License-Identifier: Apache-2.0

// A scenario's text as a tree of values, in JSON or YAML, that still knows where everything stood.
//
// The text is hostile: its size, nesting and number of values are limited, a key that occurs twice
// is a fault (most parsers silently lose one of the values), and so are YAML's tags, several
// documents in one file, and aliases that contain themselves. Aliases are expanded within the same
// limits. Plain YAML scalars become the types that YAML 1.1 gives them (`yes` is true), as users of
// Kenning expect, except that numbers are decimal.
#ifndef HOST_SCENARIO_DOCUMENT_H_
#define HOST_SCENARIO_DOCUMENT_H_

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "host/error/error.h"

namespace host {

inline constexpr size_t kMaxScenarioBytes = size_t{1} << 20;
inline constexpr size_t kMaxScenarioDepth = 32;
inline constexpr size_t kMaxScenarioValues = 100'000;

class Document {
 public:
  using Json = nlohmann::ordered_json;

  // `name` decides between the grammars (".yml", ".yaml", ".json"), else the first character does.
  // All failures are kInput with `name` (and the line, as far as known) as place. `text` must
  // outlive the document.
  [[nodiscard]] static Result<Document> Parse(std::string_view text, const std::string& name);

  [[nodiscard]] const Json& value() const { return value_; }
  // 1-based line of what a JSON pointer names, or of its closest ancestor that exists.
  [[nodiscard]] size_t LineOf(std::string_view pointer) const;

 private:
  using Lines = std::map<std::string, size_t, std::less<>>;

  static Result<Document> ParseJson(std::string_view text, const std::string& name);
  static Result<Document> ParseYaml(std::string_view text, const std::string& name);

  std::string_view json_text_;  // empty for YAML, whose lines are kept
  Lines lines_;
  Json value_;
};

}  // namespace host

#endif  // HOST_SCENARIO_DOCUMENT_H_
