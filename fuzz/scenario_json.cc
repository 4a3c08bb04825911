// Arbitrary bytes as a scenario: parsed or refused, never more; what is accepted can be recorded.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "host/scenario/scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto scenario = host::ParseScenario(json, "fuzz.json");
  if (scenario) {
    // A recorded configuration is itself a valid list of blocks.
    const auto configuration = host::BuildConfiguration(*scenario, "/");
    if (!configuration.contains("optimizers")) std::abort();
  } else if (scenario.error().exit_code() != 2 || scenario.error().Format().empty()) {
    std::abort();
  }
  return 0;
}
