// SPDX-License-Identifier: Apache-2.0

// A scenario from flags: `--dataset-cls X --dataset-root DIR …` instead of a file (contract,
// section 1.2). The parameters of each class named become options, and the result passes the same
// checks as a file.
#ifndef HOST_CLI_FLAG_SCENARIO_H_
#define HOST_CLI_FLAG_SCENARIO_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/cli/arguments.h"
#include "host/error/error.h"
#include "host/scenario/scenario.h"

namespace host::cli {

class FlagScenario {
 public:
  // Looks for the class options in `words`. Unknown classes are reported by Compose.
  explicit FlagScenario(std::span<const std::string> words);

  // The class options were used at all.
  [[nodiscard]] bool used() const { return used_; }
  // The parameters of the classes, as options "--window-size"; valid while this object lives.
  [[nodiscard]] std::span<const Option> options() const { return options_; }

  // kInput with the faults of the scenario, places starting with "command line".
  [[nodiscard]] Result<Scenario> Compose(const Arguments& arguments,
                                         const ScenarioNeeds& needs = {}) const;

 private:
  bool used_ = false;
  std::vector<std::unique_ptr<std::string>> names_;  // what options_ refer to
  std::vector<Option> options_;
};

}  // namespace host::cli

#endif  // HOST_CLI_FLAG_SCENARIO_H_
