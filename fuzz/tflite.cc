// SPDX-License-Identifier: Apache-2.0

// TFLite files: whatever is accepted must become MLIR text without reading outside of the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "host/model/tflite_file.h"
#include "host/model/tflite_linalg.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto model = host::ParseTflite(std::span(data, size));
  if (!model) return 0;
  const auto mlir = host::WriteTfliteLinalg(*model);
  if (mlir && !mlir->starts_with("func.func @main(")) std::abort();
  return 0;
}
