// SPDX-License-Identifier: Apache-2.0

// HTTP(S) transfers into files, limited in size and time, that continue where an earlier one broke
// off.
#ifndef HOST_RESOURCE_HTTP_FILE_H_
#define HOST_RESOURCE_HTTP_FILE_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "host/error/error.h"
#include "host/resource/transfer_limits.h"

namespace host {

// Gets done and total bytes (0: not known).
using TransferProgress = std::function<void(uint64_t done, uint64_t total)>;

// Why there is no file. Only kUnreachable means that another try may do better.
enum class TransferFault { kUnreachable, kAbsent, kRefused };

struct TransferError {
  TransferFault fault;
  Error error;  // kRun, with the URL as place
};

// Downloads to `part` (appending to what an interrupted transfer left there, if the server still
// has the same content) and renames to `path` when it is whole. Follows up to five redirects, http
// and https only, never from https to http. Certificates are checked against the system's list, or
// that of CURL_CA_BUNDLE or SSL_CERT_FILE. `<part>.info` holds what the rest must belong to. After
// a stop request the part stays.
[[nodiscard]] std::expected<void, TransferError> DownloadToFile(
    const std::string& url, const std::filesystem::path& path, const TransferLimits& limits = {},
    const TransferProgress& progress = {}, const std::stop_token& stop = {});

// A small text, such as a checksum.
[[nodiscard]] std::expected<std::string, TransferError> DownloadText(
    const std::string& url, const TransferLimits& limits, const std::stop_token& stop = {});

}  // namespace host

#endif  // HOST_RESOURCE_HTTP_FILE_H_
