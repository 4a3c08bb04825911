// SPDX-License-Identifier: Apache-2.0

// The compiler of a given release: the one that is installed with this program, or one that is
// installed on first use from the Python package index into the cache, and used offline afterwards.
//
// pip checks the download against the index's checksum; the SHA-256 of what was installed is kept
// in `<cache>/compilers/hashes.txt`, and an installation of the same release must have the same one
// from then on. An installation is renamed into place when it is whole.
#ifndef HOST_COMPILE_COMPILER_RELEASE_H_
#define HOST_COMPILE_COMPILER_RELEASE_H_

#include <chrono>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "host/compile/compiler.h"
#include "host/error/error.h"

namespace host {

struct ReleaseSource {
  std::filesystem::path installed;  // bin/iree-compile of this program's environment; may be absent
  std::filesystem::path python;     // of the same environment; runs pip
  std::filesystem::path cache_dir;
  bool offline = false;
  // Of one installation, and of waiting for another program's.
  std::chrono::milliseconds time_limit = std::chrono::minutes(30);
};

// `release` "3.5.0" or "20230209.425"; empty is the installed one. `log` gets pip's lines. kInput
// for a text that is no release or that the index does not have, kRun if it cannot be installed.
// Threads and processes that want the same release at once take turns.
[[nodiscard]] Result<Compiler> CompilerOfRelease(std::string_view release,
                                                 const ReleaseSource& source, const CompileLog& log,
                                                 const std::stop_token& stop);

}  // namespace host

#endif  // HOST_COMPILE_COMPILER_RELEASE_H_
