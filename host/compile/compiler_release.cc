// SPDX-License-Identifier: Apache-2.0

#include "host/compile/compiler_release.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/try.h"
#include "host/compile/child_process.h"
#include "host/process/file_lock.h"

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxReleaseBytes = 40;
constexpr size_t kSha256Characters = 64;
constexpr std::string_view kProgram = "iree/compiler/_mlir_libs/iree-compile";
constexpr std::string_view kReceipt = "installed.json";

// Releases are dates until 20241104 and numbers afterwards, when the package changed its name.
std::string_view PackageOf(std::string_view release) {
  const size_t first = release.find('.');
  return first != std::string_view::npos && first >= 8 ? "iree-compiler" : "iree-base-compiler";
}

bool IsRelease(std::string_view text) {
  return !text.empty() && text.size() <= kMaxReleaseBytes &&
         std::isdigit(static_cast<unsigned char>(text.front())) != 0 &&
         std::ranges::all_of(text, [](unsigned char c) {
           return std::isdigit(c) != 0 || std::islower(c) != 0 || c == '.';
         });
}

// Removes what an installation that did not end well left.
class Scratch {
 public:
  explicit Scratch(fs::path path) : path_(std::move(path)) { Remove(); }
  ~Scratch() { Remove(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  void Remove() const {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path path_;
};

// "iree-compiler==20230209.425 <sha256>", one a line.
std::string KnownHash(const fs::path& list, std::string_view requirement) {
  std::ifstream file(list);
  for (std::string line; std::getline(file, line);) {
    const size_t space = line.find(' ');
    if (space != std::string::npos && line.substr(0, space) == requirement) {
      return line.substr(space + 1);
    }
  }
  return {};
}

// The SHA-256 that pip reports of what it installed; empty if the report does not say.
std::string ReportedHash(const fs::path& report) {
  std::ifstream file(report);
  const auto json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  const nlohmann::json::json_pointer pointer("/install/0/download_info/archive_info/hashes/sha256");
  if (json.is_discarded() || !json.contains(pointer) || !json[pointer].is_string()) return {};
  const auto hash = json[pointer].get<std::string>();
  return hash.size() == kSha256Characters ? hash : std::string();
}

bool IsInstalled(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kReceipt, ignored) && fs::exists(folder / kProgram, ignored);
}

std::unexpected<Error> PipFault(const std::string& requirement, const ChildOutcome& child) {
  const bool unknown = child.output.contains("No matching distribution");
  Error error{unknown ? ErrorKind::kInput : ErrorKind::kRun,
              unknown ? fmt::format("there is no {} for this Python and machine", requirement)
                      : fmt::format("{} cannot be installed; is there a network?", requirement),
              "pip",
              {}};
  std::string text = child.output;
  while (text.ends_with('\n')) text.pop_back();
  if (!text.empty()) error.causes.push_back({ErrorKind::kRun, std::move(text), {}, {}});
  return std::unexpected(std::move(error));
}

Result<> Install(std::string_view release, const fs::path& folder, const ReleaseSource& source,
                 const CompileLog& log, const std::stop_token& stop) {
  const std::string requirement = fmt::format("{}=={}", PackageOf(release), release);
  const fs::path hashes = folder.parent_path() / "hashes.txt";
  const std::string known = KnownHash(hashes, requirement);

  const Scratch scratch(folder.parent_path() / fmt::format(".{}.{}", release, ::getpid()));
  std::error_code failure;
  fs::create_directories(scratch.path(), failure);
  const fs::path list = scratch.path() / "requirements.txt";
  std::ofstream(list) << requirement << (known.empty() ? "" : " --hash=sha256:" + known) << '\n';
  const fs::path report = scratch.path() / "report.json";
  const fs::path target = scratch.path() / "target";
  if (log) log(fmt::format("installing {} into {}", requirement, folder.string()));
  const ChildOutcome child = TRY(RunChildProcess(
      {source.python.string(), "-m", "pip", "install", "--no-deps", "--no-input",
       "--disable-pip-version-check", "--only-binary", ":all:", "--target", target.string(),
       "--report", report.string(), "--requirement", list.string()},
      source.time_limit, log, stop));
  if (child.exit_code != 0 || child.signal != 0) return PipFault(requirement, child);
  const std::string hash = ReportedHash(report);
  if (!fs::exists(target / kProgram, failure)) {
    return RunError("the package holds no compiler at " + std::string(kProgram), requirement);
  }
  if (known.empty() && !hash.empty()) {
    std::ofstream(hashes, std::ios::app) << requirement << ' ' << hash << '\n';
  }
  std::ofstream(target / kReceipt)
      << nlohmann::json{{"requirement", requirement}, {"sha256", hash}}.dump(2) << '\n';
  fs::remove_all(folder, failure);
  fs::rename(target, folder, failure);
  if (failure) return RunError("cannot be written: " + failure.message(), folder.string());
  return {};
}

}  // namespace

Result<Compiler> CompilerOfRelease(std::string_view release, const ReleaseSource& source,
                                   const CompileLog& log, const std::stop_token& stop) {
  auto installed = FindCompiler(source.installed);
  if (release.empty() || (installed && installed->release == release)) return installed;
  if (!IsRelease(release)) {
    return InputError(fmt::format(
        "'{}' is not a release of the IREE compiler, such as 3.5.0 or 20230209.425", release));
  }
  const fs::path folder = source.cache_dir / "compilers" / release;
  std::error_code failure;
  fs::create_directories(folder.parent_path(), failure);
  if (failure) {
    return RunError("the cache folder cannot be made: " + failure.message(),
                    folder.parent_path().string());
  }
  const FileLock lock = TRY(FileLock::Take(folder.parent_path() / fmt::format(".{}.lock", release),
                                           source.time_limit, stop));
  if (!IsInstalled(folder)) {
    if (source.offline) {
      return RunError(fmt::format("release {} of the compiler is not installed and "
                                  "KENNING_OFFLINE forbids to download it",
                                  release),
                      folder.string());
    }
    TRY(Install(release, folder, source, log, stop));
  }
  return Compiler{folder / kProgram, std::string(release)};
}

}  // namespace host
