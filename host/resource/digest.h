// SPDX-License-Identifier: Apache-2.0

// Checksums of files.
#ifndef HOST_RESOURCE_DIGEST_H_
#define HOST_RESOURCE_DIGEST_H_

#include <filesystem>
#include <string>

#include "host/error/error.h"

namespace host {

enum class DigestKind { kMd5, kSha256 };

// Lower-case hex. kRun with the path if the file cannot be read. Cost: one pass over the file.
[[nodiscard]] Result<std::string> FileDigest(const std::filesystem::path& path, DigestKind kind);

}  // namespace host

#endif  // HOST_RESOURCE_DIGEST_H_
