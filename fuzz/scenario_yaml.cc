// SPDX-License-Identifier: Apache-2.0

// Arbitrary bytes as a scenario in YAML.
#include "scenario_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  CheckScenario(data, size, "fuzz.yml");
  return 0;
}
