// SPDX-License-Identifier: Apache-2.0

// The text of the ONNX importer: whatever is accepted has an entry function called main, and ends
// with extents that a tensor can have.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "host/compile/onnx_import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto module =
      host::ParseImportedOnnx(std::string(reinterpret_cast<const char*>(data), size));
  if (!module) return 0;
  if (!module->mlir.contains("func.func @main(")) std::abort();
  for (const host::OnnxTensor& tensor : module->inputs) {
    for (int64_t extent : tensor.shape) {
      if (extent < 1) std::abort();
    }
  }
  return 0;
}
