// SPDX-License-Identifier: Apache-2.0

// What a Renode says and writes: monitor text and profiler dumps must be read or refused, whatever
// the bytes. The first byte chooses.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "host/device/renode_dump_reader.h"
#include "host/device/renode_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 2 == 0) {
    std::istringstream dump(bytes);
    const auto profile = host::ReadRenodeDump(dump, 10'000'000);
    if (!profile) return 0;
    for (const sim::Bin& bin : profile->bins) {
      if (bin.peripherals.size() != profile->peripherals.size()) std::abort();
    }
    return 0;
  }
  host::MonitorStream stream;
  stream.Add(bytes);
  if (const auto answer = stream.TakeAnswer("x")) {
    (void)host::FindMonitorError(*answer);
    for (const auto& row : host::ParseOpcodeTable(*answer)) {
      if (row.name.empty()) std::abort();
    }
    (void)host::ParseVirtualTime(*answer);
  }
  return 0;
}
