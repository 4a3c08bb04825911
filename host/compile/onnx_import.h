// SPDX-License-Identifier: Apache-2.0

// ONNX models by the chosen compiler release's own importer: each release takes only what its own
// importer writes.
//
// The importer is Python code of the compiler's package and needs the packages onnx, protobuf and
// numpy, which are installed on first use from the index into the cache (60 MB to download), at
// fixed versions, and used offline afterwards. The model is read in a child process with a time
// limit; what comes back is text, from which only the entry function's signature is read here.
#ifndef HOST_COMPILE_ONNX_IMPORT_H_
#define HOST_COMPILE_ONNX_IMPORT_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "host/compile/compiler.h"
#include "host/compile/compiler_release.h"
#include "host/error/error.h"

namespace host {

struct OnnxTensor {
  std::vector<int64_t> shape;
  std::string dtype;  // "float32", "int8", … (NumPy's names)
};

struct OnnxModule {
  std::string mlir;  // with the entry function called main
  std::vector<OnnxTensor> inputs;
  std::vector<OnnxTensor> outputs;
};

inline constexpr uint64_t kMaxOnnxFileBytes = 512ull << 20;

[[nodiscard]] bool IsOnnxPath(const std::filesystem::path& path);  // *.onnx

// kInput, with the model as place, for what is no ONNX model or has extents that are not known;
// kRun if the packages cannot be installed or the release has no importer.
[[nodiscard]] Result<OnnxModule> ImportOnnx(
    const std::filesystem::path& model, const Compiler& compiler, const ReleaseSource& source,
    const CompileLog& log, const std::stop_token& stop,
    std::chrono::milliseconds time_limit = std::chrono::minutes(10));

// What the importer wrote, hostile text. The place of errors is empty.
[[nodiscard]] Result<OnnxModule> ParseImportedOnnx(std::string mlir);

}  // namespace host

#endif  // HOST_COMPILE_ONNX_IMPORT_H_
