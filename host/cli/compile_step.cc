// SPDX-License-Identifier: Apache-2.0

#include "host/cli/compile_step.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/try.h"
#include "host/cli/device_choice.h"
#include "host/compile/onnx_import.h"
#include "host/resource/resource_store.h"
#include "host/terminal/install_layout.h"

namespace host::cli {

namespace fs = std::filesystem;

fs::path SpecificationPath(fs::path model) { return model += ".json"; }

namespace {

// Where compilers come from: this installation, and the cache of the environment.
ReleaseSource SourceOf(const CompileLimits& limits) {
  const InstallLayout layout = InstallLayout::OfThisProgram();
  ReleaseSource source{.installed = layout.PythonProgram("iree-compile").value_or(fs::path()),
                       .python = layout.PythonProgram("python3").value_or(fs::path("python3")),
                       .cache_dir = CacheFolder(),
                       .time_limit = limits.install};
  if (const auto options = StoreOptionsFromEnvironment()) source.offline = options->offline;
  return source;
}

Result<> SetLimit(const Arguments& arguments, std::string_view option,
                  std::chrono::milliseconds* limit) {
  if (!arguments.Has(option)) return {};
  *limit = std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::duration<double>(TRY(SecondsOf(arguments, option))));
  return {};
}

}  // namespace

Result<CompileLimits> CompileLimitsOf(const Arguments& arguments) {
  CompileLimits limits;
  TRY(SetLimit(arguments, "--compile-timeout", &limits.read_keras));
  TRY(SetLimit(arguments, "--compile-timeout", &limits.compile));
  TRY(SetLimit(arguments, "--install-timeout", &limits.install));
  return limits;
}

CompileJob CompileJobOf(const Block& optimizer) {
  CompileJob job{.release = {},
                 .backend = optimizer.Text("backend"),
                 .compiler_args = {},
                 .output = optimizer.Text("compiled_model_path"),
                 .limits = {}};
  if (!optimizer.IsNull("compiler_release")) job.release = optimizer.Text("compiler_release");
  if (!optimizer.IsNull("compiler_args")) job.compiler_args = optimizer.TextList("compiler_args");
  return job;
}

Result<ImportedModel> ImportForJob(const fs::path& path, const CompileJob& job, Log& log,
                                   const std::stop_token& stop) {
  if (!IsOnnxPath(path)) return ImportModel(path, job.limits.read_keras);
  const auto show = [&log](std::string_view line) { log.Info(line); };
  const ReleaseSource source = SourceOf(job.limits);
  const Compiler compiler = TRY(CompilerOfRelease(job.release, source, show, stop));
  OnnxModule module = TRY(ImportOnnx(path, compiler, source, show, stop, job.limits.compile));
  ImportedModel model;
  model.mlir = std::move(module.mlir);
  const auto specify = [](const std::vector<OnnxTensor>& tensors, std::string_view name) {
    std::vector<TensorSpecification> specifications;
    for (const OnnxTensor& tensor : tensors) {
      TensorSpecification specification;
      specification.name = fmt::format("{}_{}", name, specifications.size());
      specification.shapes = {tensor.shape};
      specification.dtype = tensor.dtype;
      specifications.push_back(std::move(specification));
    }
    return specifications;
  };
  model.io.input = specify(module.inputs, "input");
  model.io.output = specify(module.outputs, "output");
  model.framework = "onnx";
  return model;
}

Result<CompiledModule> CompileModel(const ImportedModel& model,
                                    const IoSpecification& specification, const CompileJob& job,
                                    Log& log, const std::stop_token& stop) {
  const auto show = [&log](std::string_view line) { log.Info(line); };
  const Compiler compiler = TRY(CompilerOfRelease(job.release, SourceOf(job.limits), show, stop));
  const auto start = std::chrono::steady_clock::now();
  const CompileOutcome outcome = TRY(Compile(compiler,
                                             {.mlir = model.mlir,
                                              .output = job.output,
                                              .backend = job.backend,
                                              .compiler_args = job.compiler_args,
                                              .cache_dir = CacheFolder() / "modules",
                                              .time_limit = job.limits.compile},
                                             show, stop));
  TRY(WriteIoSpecification(specification, SpecificationPath(job.output)));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return CompiledModule{compiler.release, outcome.size_bytes, outcome.from_cache, took.count()};
}

}  // namespace host::cli
