// SPDX-License-Identifier: Apache-2.0

// From a scenario's model to a compiled module: import, compile, I/O specification.
#ifndef HOST_CLI_COMPILE_STEP_H_
#define HOST_CLI_COMPILE_STEP_H_

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "host/cli/arguments.h"
#include "host/compile/compiler_release.h"
#include "host/error/error.h"
#include "host/model/import_model.h"
#include "host/scenario/scenario.h"
#include "host/terminal/log.h"

namespace host::cli {

// "<path>.json", where the contract puts a model's I/O specification (section 4.3).
[[nodiscard]] std::filesystem::path SpecificationPath(std::filesystem::path model);

struct CompileLimits {
  std::chrono::milliseconds read_keras = kKerasReadLimit;
  std::chrono::milliseconds compile = std::chrono::minutes(10);  // also the ONNX importer
  std::chrono::milliseconds install = std::chrono::minutes(30);
};
// Of --compile-timeout and --install-timeout. kInput for a text that is no number of seconds.
[[nodiscard]] Result<CompileLimits> CompileLimitsOf(const Arguments& arguments);

struct CompileJob {
  std::string release;  // empty: the installed one
  std::string backend;
  std::vector<std::string> compiler_args;
  std::filesystem::path output;
  CompileLimits limits;
};

// What the scenario's optimizer asks for.
[[nodiscard]] CompileJob CompileJobOf(const Block& optimizer);

// The model's file as MLIR, read here or, if it is ONNX, by the importer of the job's release.
[[nodiscard]] Result<ImportedModel> ImportForJob(const std::filesystem::path& path,
                                                 const CompileJob& job, Log& log,
                                                 const std::stop_token& stop);

struct CompiledModule {
  std::string release;
  uint64_t size_bytes = 0;
  bool from_cache = false;
  double compile_s = 0;  // of the compiler alone; next to nothing from the cache
};

// Compiles an imported model and writes `<output>.json` beside it. Lines of the compiler go to
// `log`.
[[nodiscard]] Result<CompiledModule> CompileModel(const ImportedModel& model,
                                                  const IoSpecification& specification,
                                                  const CompileJob& job, Log& log,
                                                  const std::stop_token& stop);

}  // namespace host::cli

#endif  // HOST_CLI_COMPILE_STEP_H_
