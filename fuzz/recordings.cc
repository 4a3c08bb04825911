// SPDX-License-Identifier: Apache-2.0

// Recording files as text: ParseRecordings must end in recordings or an Error, whatever the bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "host/dataset/recording.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto content =
      host::ParseRecordings({reinterpret_cast<const char*>(data), size}, "fuzz.txt");
  if (!content) return 0;
  for (const host::Recording& recording : content->recordings) {
    if (recording.empty()) std::abort();
  }
  return 0;
}
