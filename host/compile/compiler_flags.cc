// SPDX-License-Identifier: Apache-2.0

#include "host/compile/compiler_flags.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "fmt/format.h"

namespace host {
namespace {

constexpr std::string_view kOldPrefix = "iree-llvm-";
constexpr std::string_view kNewPrefix = "iree-llvmcpu-";

// The new prefix came between the releases 20230228.444 and 20230404.479. Releases are dates until
// 20241104, and numbers like 3.0.0 afterwards.
bool UsesOldPrefix(std::string_view release) {
  constexpr uint64_t kFirstDate = 20'000'000;
  constexpr uint64_t kRenamed = 20'230'308;
  uint64_t number = 0;
  std::from_chars(release.data(), release.data() + release.size(), number);
  return number >= kFirstDate && number < kRenamed;
}

struct Backend {
  std::string_view name;
  std::string_view target;
};

// Names that scenarios use and the compiler does not (kenning-contract, section 4.4).
constexpr Backend kBackends[] = {
    {"dylib", "llvm-cpu"},
    {"dylib-llvm-aot", "llvm-cpu"},
    {"vulkan", "vulkan-spirv"},
};

}  // namespace

std::string TargetBackend(std::string_view backend) {
  const auto found = std::ranges::find(kBackends, backend, &Backend::name);
  return std::string(found == std::end(kBackends) ? backend : found->target);
}

Result<TranslatedFlags> TranslateCompilerFlags(const std::vector<std::string>& compiler_args,
                                               std::string_view release) {
  const bool is_old = UsesOldPrefix(release);
  const std::string_view wanted = is_old ? kOldPrefix : kNewPrefix;
  const std::string_view foreign = is_old ? kNewPrefix : kOldPrefix;
  TranslatedFlags translated;
  for (std::string_view flag : compiler_args) {
    const std::string_view written = flag;
    while (flag.starts_with('-')) flag.remove_prefix(1);
    const std::string_view name = flag.substr(0, flag.find('='));
    const bool has_control =
        std::ranges::any_of(flag, [](char c) { return static_cast<unsigned char>(c) < ' '; });
    if (name.empty() || has_control) {
      return InputError(fmt::format("the compiler flag '{}' is not NAME or NAME=VALUE",
                                    has_control ? "…" : written));
    }
    if (name == "o" || name == "help" || name == "version") {
      return InputError(
          fmt::format("the compiler flag '{}' would keep the compiler from writing "
                      "the module where the scenario wants it",
                      written));
    }
    // The text that is compiled is linalg whatever the model was.
    if (name == "iree-input-type") {
      translated.notes.push_back(fmt::format(
          "compiler flag --{} left out: the model is given to the compiler as linalg", flag));
      continue;
    }
    if (flag.starts_with(foreign)) {
      translated.flags.push_back(fmt::format("--{}{}", wanted, flag.substr(foreign.size())));
      translated.notes.push_back(fmt::format("compiler flag --{} is called {} in release {}", flag,
                                             translated.flags.back(), release));
      continue;
    }
    translated.flags.push_back(fmt::format("--{}", flag));
  }
  return translated;
}

}  // namespace host
