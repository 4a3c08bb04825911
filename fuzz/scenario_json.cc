// SPDX-License-Identifier: Apache-2.0

// Arbitrary bytes as a scenario in JSON.
#include "scenario_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  CheckScenario(data, size, "fuzz.json");
  return 0;
}
