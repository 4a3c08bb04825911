// SPDX-License-Identifier: Apache-2.0

// A hostile guest from the fuzzer's bytes; see tests/isa/hostile_guest.
#include <cstddef>
#include <cstdint>

#include "tests/isa/hostile_guest/hostile_guest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hostile_guest::RunHostileGuest({data, size});
  return 0;
}
