// SPDX-License-Identifier: Apache-2.0

// Arbitrary bytes as an .npy file: what is accepted survives being written and read again.
#include "host/input/npy.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensor = host::ParseNpy({data, size}, "fuzz.npy");
  if (!tensor) return 0;
  const std::string file = host::FormatNpy(*tensor);
  const auto again =
      host::ParseNpy({reinterpret_cast<const uint8_t*>(file.data()), file.size()}, "again.npy");
  if (!again || again->type != tensor->type || again->bytes != tensor->bytes ||
      again->dims != tensor->dims) {
    std::abort();
  }
  return 0;
}
