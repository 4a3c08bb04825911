// SPDX-License-Identifier: Apache-2.0

// Writing a file so that a reader, or a crash, never sees half of it: temporary name in the same
// folder, then rename. Missing parent folders are made. kRun with the path as place on failure;
// the earlier file is then untouched and no temporary is left.
#ifndef HOST_RESULTS_ATOMIC_FILE_H_
#define HOST_RESULTS_ATOMIC_FILE_H_

#include <filesystem>
#include <string_view>

#include "host/error/error.h"

namespace host {

[[nodiscard]] Result<> WriteFileAtomically(const std::filesystem::path& path,
                                           std::string_view bytes);

}  // namespace host

#endif  // HOST_RESULTS_ATOMIC_FILE_H_
