// SPDX-License-Identifier: Apache-2.0

// Splits words of a command line into options by a table. Knows nothing of what they mean.
//
// `--name value`, `--name=value` and unambiguous beginnings of names are accepted, as users of
// Kenning expect (contract, section 1.1). A word that looks like a negative number is a value. The
// last of several equal options counts, except for those that gather.
#ifndef HOST_CLI_ARGUMENTS_H_
#define HOST_CLI_ARGUMENTS_H_

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host::cli {

enum class Arity {
  kFlag,         // no value
  kOne,          // exactly one
  kOptionalOne,  // none or one
  kMany,         // one or more; the last occurrence counts
  kGather,       // one or more; occurrences add up
};

struct Option {
  std::string_view name;   // "--json-cfg"
  std::string_view alias;  // "--cfg", "-h"; may be empty
  Arity arity = Arity::kOne;
  std::string_view metavar;  // "PATH"
  std::string_view help;
  std::span<const std::string_view> choices{};  // of each value; empty: any
};

class Arguments {
 public:
  [[nodiscard]] bool Has(std::string_view name) const { return values_.contains(name); }
  // The value; empty if the option was not given, or given without a value.
  [[nodiscard]] std::string One(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> Many(std::string_view name) const;
  // What another source says of an option that is not given. `name` outlives this.
  void SetMissing(std::string_view name, std::vector<std::string> values) {
    values_.try_emplace(name, std::move(values));
  }
  [[nodiscard]] const std::vector<std::string>& positionals() const { return positionals_; }

 private:
  friend Result<Arguments> ParseArguments(std::span<const std::string> words,
                                          std::span<const Option> options);
  std::map<std::string_view, std::vector<std::string>> values_;  // by Option::name
  std::vector<std::string> positionals_;
};

// kInput with the sentence that follows "error: " in a usage message.
[[nodiscard]] Result<Arguments> ParseArguments(std::span<const std::string> words,
                                               std::span<const Option> options);

}  // namespace host::cli

#endif  // HOST_CLI_ARGUMENTS_H_
