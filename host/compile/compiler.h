// SPDX-License-Identifier: Apache-2.0

// Finding the iree-compile of a Python environment, and running it on MLIR text
// (kenning-contract, section 4.4). No shell is involved.
#ifndef HOST_COMPILE_COMPILER_H_
#define HOST_COMPILE_COMPILER_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host {

struct Compiler {
  std::filesystem::path program;  // the environment's bin/iree-compile
  std::string release;            // "3.0.0", "20230209.425": the package's own version
};

// `program` is bin/iree-compile of a virtual environment with one of the packages iree-compiler or
// iree-base-compiler. The release is read from the package's metadata; nothing is run.
[[nodiscard]] Result<Compiler> FindCompiler(const std::filesystem::path& program);

struct CompileRequest {
  std::string mlir;
  std::filesystem::path output;            // the VMFB; `<output>.mlir` is put beside it
  std::string backend = "llvm-cpu";        // the scenario's word; "dylib" means llvm-cpu
  std::vector<std::string> compiler_args;  // NAME or NAME=VALUE, leading "--" optional
  std::filesystem::path cache_dir;         // empty: compile always
  std::chrono::milliseconds time_limit = std::chrono::minutes(10);
};

struct CompileOutcome {
  uint64_t size_bytes = 0;  // of the module
  bool from_cache = false;
  std::vector<std::string> command;  // what was run, or would have been
};

// Gets each line the compiler prints, and our own notes (flags that were renamed or dropped).
using CompileLog = std::function<void(std::string_view line)>;

// Compiles to a temporary name in the output's folder and renames, so that `output` is at all times
// either the old module or the whole new one. A failing compiler is an Error of kind kRun with the
// compiler's own text as its cause; so is running over the time limit or a stop request, after
// which the compiler is no longer running. The cache is keyed by the whole content: MLIR, release,
// flags.
[[nodiscard]] Result<CompileOutcome> Compile(const Compiler& compiler,
                                             const CompileRequest& request,
                                             const CompileLog& log = {}, std::stop_token stop = {});

}  // namespace host

#endif  // HOST_COMPILE_COMPILER_H_
