// SPDX-License-Identifier: Apache-2.0

// A sensor feed as text: ParseSensorFeed must end in samples or in a line and a sentence, and what
// it accepts must drive the simulated accelerometer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sim/machine/adxl345.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto feed = sim::ParseSensorFeed({reinterpret_cast<const char*>(data), size});
  if (!feed) {
    if (feed.error().line == 0 || feed.error().sentence.empty()) std::abort();
    return 0;
  }
  if (feed->empty()) std::abort();
  sim::Adxl345 sensor({.feed = *feed}, [](const std::string&) {});
  constexpr uint8_t kDataX0 = 0x32;
  sensor.Write({&kDataX0, 1});
  const int low = sensor.ReadByte();
  const int high = sensor.ReadByte();
  if (static_cast<int16_t>(low | high << 8) != (*feed)[0][0] >> 2) std::abort();
  return 0;
}
