// SPDX-License-Identifier: Apache-2.0

// Any text as a scenario: parsed or refused, never more; what is accepted can be recorded. Aborts
// otherwise.
#ifndef FUZZ_SCENARIO_CHECK_H_
#define FUZZ_SCENARIO_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "host/scenario/scenario.h"

// `file_name` says by its ending which notation is meant.
inline void CheckScenario(const uint8_t* data, size_t size, const char* file_name) {
  const auto scenario = host::ParseScenario({reinterpret_cast<const char*>(data), size}, file_name);
  if (scenario) {
    // A recorded configuration is itself a valid list of blocks.
    const auto configuration = host::BuildConfiguration(*scenario, "/");
    if (!configuration.contains("optimizers")) std::abort();
  } else if (scenario.error().exit_code() != 2 || scenario.error().Format().empty()) {
    std::abort();
  }
}

#endif  // FUZZ_SCENARIO_CHECK_H_
