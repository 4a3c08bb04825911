// SPDX-License-Identifier: Apache-2.0

// Reading typed fields out of a foreign JSON tree while collecting every fault with its JSON
// pointer. A reader returns an empty value after a fault, so that reading can go on to the next.
#ifndef HOST_RESULTS_FIELDS_H_
#define HOST_RESULTS_FIELDS_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host {

// A value and where it stands. `json` is null where the file has nothing, or null, there.
struct Node {
  const nlohmann::ordered_json* json = nullptr;
  std::string pointer;

  explicit operator bool() const { return json != nullptr; }
  // Absent if this is not an object or has no such member, or the member is null.
  [[nodiscard]] Node Member(std::string_view key) const;
};

// "/a~1b" for {"a/b": …}.
[[nodiscard]] std::string AppendToPointer(std::string_view pointer, std::string_view key);

class FieldReader {
 public:
  explicit FieldReader(std::string source) : source_(std::move(source)) {}

  void Fault(std::string_view pointer, std::string sentence);
  [[nodiscard]] bool clean() const { return fault_count_ == 0; }
  // Of kind kInput, one cause per fault; only after a fault.
  [[nodiscard]] Error TakeError();

  // Absent nodes give an empty value without a fault; a wrong type is a fault.
  bool IsObject(const Node& node);
  bool IsList(const Node& node);
  // The entries of a list in their order, null ones too; none if this is no list.
  std::vector<Node> Items(const Node& node);
  std::string Text(const Node& node);
  std::vector<std::string> Texts(const Node& node);
  bool Bool(const Node& node);
  std::optional<double> Number(const Node& node);
  std::vector<double> Numbers(const Node& node);
  // A whole number of things: not negative, below 2^63; a float is rounded (some Kennings compute
  // sizes in floating point).
  std::optional<uint64_t> Count(const Node& node);

 private:
  std::string source_;
  std::vector<Error> faults_;
  size_t fault_count_ = 0;
};

}  // namespace host

#endif  // HOST_RESULTS_FIELDS_H_
