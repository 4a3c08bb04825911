// SPDX-License-Identifier: Apache-2.0

#include "host/compile/compiler.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/compile/child_process.h"
#include "host/compile/compiler_flags.h"
#include "host/compile/module_cache.h"

namespace host {
namespace {

namespace fs = std::filesystem;

// "iree_base_compiler-3.0.0.dist-info" -> "3.0.0"
std::optional<std::string> ReleaseOf(std::string_view folder_name) {
  constexpr std::string_view kEnd = ".dist-info";
  for (std::string_view package : {"iree_base_compiler-", "iree_compiler-"}) {
    if (folder_name.starts_with(package) && folder_name.ends_with(kEnd)) {
      folder_name.remove_prefix(package.size());
      folder_name.remove_suffix(kEnd.size());
      return std::string(folder_name);
    }
  }
  return std::nullopt;
}

// Removes a file when it goes out of scope; renamed files are gone by then.
class TemporaryFile {
 public:
  TemporaryFile(const fs::path& final_path, std::string_view what)
      : path_(final_path.parent_path() /
              fmt::format(".{}.{}.{}", final_path.filename().string(), getpid(), what)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] Result<> RenameTo(const fs::path& final_path) const {
    std::error_code failure;
    fs::rename(path_, final_path, failure);
    if (failure) return RunError("cannot be written: " + failure.message(), final_path.string());
    return {};
  }

 private:
  fs::path path_;
};

Result<> WriteText(const std::string& text, const fs::path& path) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) return RunError("cannot be written", path.string());
  return {};
}

std::string_view FlagName(std::string_view flag) { return flag.substr(0, flag.find('=')); }

// The reference's own flags (kenning-contract, section 4.4), unless the scenario sets them: the
// compiler refuses a flag that is given twice.
std::vector<std::string> AllFlags(const CompileRequest& request,
                                  const std::vector<std::string>& own) {
  std::vector<std::string> flags = {
      "--iree-vm-bytecode-module-output-format=flatbuffer-binary",
      "--iree-hal-target-backends=" + TargetBackend(request.backend),
      "--mlir-print-debuginfo",
      "--mlir-print-op-on-diagnostic=false",
  };
  std::erase_if(flags, [&](const std::string& flag) {
    return std::ranges::find(own, FlagName(flag),
                             [](const std::string& each) { return FlagName(each); }) != own.end();
  });
  flags.insert(flags.end(), own.begin(), own.end());
  return flags;
}

std::unexpected<Error> CompilerFault(const Compiler& compiler, const ChildOutcome& outcome) {
  std::string sentence = fmt::format("the compiler of release {} ", compiler.release);
  if (outcome.signal != 0) {
    sentence +=
        fmt::format("was ended by signal {} ({})", outcome.signal, strsignal(outcome.signal));
  } else if (outcome.exit_code != 0) {
    sentence += fmt::format("failed with exit code {}", outcome.exit_code);
  } else {
    sentence += "wrote no module";
  }
  auto fault = RunError(std::move(sentence), compiler.program.string());
  Error error = fault.error();
  std::string text = outcome.output;
  while (text.ends_with('\n')) text.pop_back();
  if (!text.empty()) error.causes.push_back({ErrorKind::kRun, std::move(text), {}, {}});
  return std::unexpected(std::move(error));
}

}  // namespace

Result<Compiler> FindCompiler(const fs::path& program) {
  std::error_code failure;
  if (!fs::is_regular_file(program, failure)) {
    return RunError("there is no compiler here", program.string());
  }
  const fs::path library = program.parent_path().parent_path() / "lib";
  auto python = fs::directory_iterator(library, failure);
  for (; !failure && python != fs::directory_iterator(); python.increment(failure)) {
    if (!python->path().filename().string().starts_with("python3")) continue;
    const fs::path packages = python->path() / "site-packages";
    std::error_code inner;
    for (auto package = fs::directory_iterator(packages, inner);
         !inner && package != fs::directory_iterator(); package.increment(inner)) {
      const auto release = ReleaseOf(package->path().filename().string());
      if (!release) continue;
      // The program proper, which bin/iree-compile only starts: a Python less, and one process
      // that a signal ends.
      const fs::path proper = packages / "iree/compiler/_mlir_libs/iree-compile";
      return Compiler{fs::is_regular_file(proper, inner) ? proper : program, *release};
    }
  }
  return RunError(fmt::format("{} holds no package iree-base-compiler or iree-compiler, so its "
                              "release is not known",
                              library.string()),
                  program.string());
}

Result<CompileOutcome> Compile(const Compiler& compiler, const CompileRequest& request,
                               const CompileLog& log, std::stop_token stop) {
  TranslatedFlags translated = TRY(TranslateCompilerFlags(request.compiler_args, compiler.release));
  if (log) {
    for (const std::string& note : translated.notes) log(note);
  }
  const std::vector<std::string> flags = AllFlags(request, translated.flags);

  const fs::path output = fs::absolute(request.output);
  std::error_code failure;
  fs::create_directories(output.parent_path(), failure);
  if (failure) {
    return RunError("the folder cannot be made: " + failure.message(),
                    output.parent_path().string());
  }
  fs::path mlir = output;
  mlir += ".mlir";
  const TemporaryFile mlir_part(mlir, "part");
  const TemporaryFile module_part(output, "part");
  TRY(WriteText(request.mlir, mlir_part.path()));
  TRY(mlir_part.RenameTo(mlir));

  CompileOutcome outcome;
  outcome.command = {compiler.program.string(), mlir.string()};
  outcome.command.insert(outcome.command.end(), flags.begin(), flags.end());

  const ModuleCache cache(request.cache_dir);
  // "2": since the compiler runs in the folder of its input.
  const std::string key = fmt::format("2\nrelease {}\nflags {}\n{}", compiler.release,
                                      fmt::join(flags, " "), request.mlir);
  outcome.from_cache = cache.Fetch(key, module_part.path());
  if (!outcome.from_cache) {
    // The compiler notes the path of its input in the module; without a folder the module is the
    // same wherever it is compiled.
    std::vector<std::string> command = outcome.command;
    command[0] = fs::absolute(compiler.program).string();
    command[1] = mlir.filename().string();
    command.insert(command.end(), {"-o", module_part.path().string()});
    const ChildOutcome child =
        TRY(RunChildProcess(command, request.time_limit, log, stop, mlir.parent_path()));
    const bool has_module = fs::file_size(module_part.path(), failure) > 0 && !failure;
    if (child.signal != 0 || child.exit_code != 0 || !has_module) {
      return CompilerFault(compiler, child);
    }
    cache.Store(key, module_part.path());
  }
  outcome.size_bytes = fs::file_size(module_part.path(), failure);
  TRY(module_part.RenameTo(output));
  outcome.command.insert(outcome.command.end(), {"-o", output.string()});
  return outcome;
}

}  // namespace host
