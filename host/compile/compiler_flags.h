// SPDX-License-Identifier: Apache-2.0

// Flags of a scenario for the release that will see them. Flags pass through unchanged except for
// what changed its name: `iree-llvm-X` became `iree-llvmcpu-X` in March 2023, and releases that
// came later have lost some flags altogether; scenarios of 2023 use both (kenning-contract, 2.4).
#ifndef HOST_COMPILE_COMPILER_FLAGS_H_
#define HOST_COMPILE_COMPILER_FLAGS_H_

#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host {

struct TranslatedFlags {
  std::vector<std::string> flags;  // each with its leading "--"
  std::vector<std::string> notes;  // one sentence for each flag that was changed or left out
};

// Fails (kInput) for an empty flag and for one that would redirect the compiler's input or output.
[[nodiscard]] Result<TranslatedFlags> TranslateCompilerFlags(
    const std::vector<std::string>& compiler_args, std::string_view release);

// The target backend's name for a scenario's `backend`.
[[nodiscard]] std::string TargetBackend(std::string_view backend);

}  // namespace host

#endif  // HOST_COMPILE_COMPILER_FLAGS_H_
