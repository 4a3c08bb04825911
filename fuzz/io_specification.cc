// SPDX-License-Identifier: Apache-2.0

// I/O specification files: what is accepted must survive being written and read again.
#include "host/model/io_specification.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto specification =
      host::ParseIoSpecification({reinterpret_cast<const char*>(data), size}, "fuzz.json");
  if (!specification) return 0;
  const std::string text = host::FormatIoSpecification(*specification);
  const auto again = host::ParseIoSpecification(text, "fuzz.json");
  if (!again || host::FormatIoSpecification(*again) != text) std::abort();
  return 0;
}
