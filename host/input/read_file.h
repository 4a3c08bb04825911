// SPDX-License-Identifier: Apache-2.0

// A whole file in memory, with a limit, so that a device node or a huge file handed over by mistake
// ends in an error instead of an endless read.
#ifndef HOST_INPUT_READ_FILE_H_
#define HOST_INPUT_READ_FILE_H_

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host {

// kInput with the path as place: not there, a folder, unreadable, or more than `limit_bytes`;
// `what` ("the model") begins the sentence. Cost: one read, one allocation of the file's size.
[[nodiscard]] Result<std::vector<uint8_t>> ReadFile(const std::filesystem::path& path,
                                                    size_t limit_bytes, std::string_view what);

}  // namespace host

#endif  // HOST_INPUT_READ_FILE_H_
