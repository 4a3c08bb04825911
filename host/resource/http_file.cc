// SPDX-License-Identifier: Apache-2.0

#include "host/resource/http_file.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>

#include "base/try.h"

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr long kHttpOk = 200;
constexpr long kHttpPartial = 206;
constexpr long kHttpRangeRefused = 416;
constexpr size_t kMaxTextBytes = 64 << 10;

// One transfer's answer as it comes in.
struct Transfer {
  CURL* curl = nullptr;
  std::FILE* file = nullptr;  // or
  std::string* text = nullptr;
  uint64_t offset = 0;  // bytes that were there before
  uint64_t done = 0;    // bytes of this answer
  uint64_t limit_bytes = 0;
  bool is_too_big = false;
  bool cannot_write = false;
  bool wrong_range = false;
  long status = 0;             // of the last answer
  std::string validator = {};  // ETag, else Last-Modified
  const TransferProgress* progress = nullptr;
  const std::stop_token* stop = nullptr;
};

long StatusOf(CURL* curl) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

size_t OnData(char* data, size_t size, size_t count, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  const size_t length = size * count;
  const long status = StatusOf(transfer->curl);
  if (transfer->done == 0 && transfer->offset > 0 && status == kHttpOk) {
    // The server sends all of it: what was there is of another version, or ranges are not served.
    transfer->offset = 0;
    if (std::freopen(nullptr, "wb", transfer->file) == nullptr) return 0;
  }
  if (status >= 300) return length;  // the body of an error or redirect
  if (transfer->offset + transfer->done + length > transfer->limit_bytes) {
    transfer->is_too_big = true;
    return 0;
  }
  transfer->done += length;
  if (transfer->text != nullptr) {
    transfer->text->append(data, length);
  } else if (std::fwrite(data, 1, length, transfer->file) != length) {
    transfer->cannot_write = true;
    return 0;
  }
  return length;
}

// "ETag: x\r\n" -> x, if the line has that name.
bool TakeHeader(std::string_view line, std::string_view name, std::string* value) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  if (line.size() <= name.size() || line[name.size()] != ':' ||
      !std::ranges::equal(line.substr(0, name.size()), name, same)) {
    return false;
  }
  line.remove_prefix(name.size() + 1);
  const size_t start = line.find_first_not_of(" \t");
  const size_t end = line.find_last_not_of(" \t\r\n");
  *value = start == std::string_view::npos ? "" : line.substr(start, end - start + 1);
  return true;
}

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) transfer->validator.clear();  // of a redirect before
  std::string value;
  if (TakeHeader(line, "etag", &value)) {
    // A weak one does not promise the same bytes.
    if (!value.starts_with("W/")) transfer->validator = value;
  } else if (TakeHeader(line, "last-modified", &value)) {
    if (transfer->validator.empty()) transfer->validator = value;
  } else if (TakeHeader(line, "content-range", &value) && transfer->offset > 0 &&
             StatusOf(transfer->curl) == kHttpPartial) {
    if (!value.starts_with(fmt::format("bytes {}-", transfer->offset))) {
      transfer->wrong_range = true;
      return 0;
    }
  }
  return size * count;
}

int OnProgress(void* user, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
  const auto* transfer = static_cast<const Transfer*>(user);
  if (transfer->stop->stop_requested()) return 1;
  if (transfer->progress != nullptr && *transfer->progress && done > 0) {
    const uint64_t before = transfer->offset;
    (*transfer->progress)(before + static_cast<uint64_t>(done),
                          total > 0 ? before + static_cast<uint64_t>(total) : 0);
  }
  return 0;
}

const char* CertificateList() {
  for (const char* variable : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* path = std::getenv(variable);
    if (path != nullptr && *path != '\0') return path;
  }
  return nullptr;
}

TransferError Fault(TransferFault fault, std::string sentence, const std::string& url) {
  return {fault, {ErrorKind::kRun, std::move(sentence), url, {}}};
}

std::expected<void, TransferError> Perform(const std::string& url, const TransferLimits& limits,
                                           const std::string& validator, Transfer* transfer) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   &curl_easy_cleanup);
  if (!handle) {
    return std::unexpected(
        Fault(TransferFault::kUnreachable, "the HTTP library does not start", url));
  }
  CURL* curl = handle.get();
  transfer->curl = curl;
  std::array<char, CURL_ERROR_SIZE> reason{};
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR,
                   url.starts_with("https:") ? "https" : "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits.connect.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits.stalled.count()));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnData);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, OnProgress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
  if (const char* list = CertificateList()) curl_easy_setopt(curl, CURLOPT_CAINFO, list);

  curl_slist* headers = nullptr;
  if (transfer->offset > 0) {
    headers = curl_slist_append(headers, ("If-Range: " + validator).c_str());
    curl_easy_setopt(curl, CURLOPT_RANGE, fmt::format("{}-", transfer->offset).c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  }
  const CURLcode code = curl_easy_perform(curl);
  const long status = StatusOf(curl);
  transfer->status = status;
  curl_slist_free_all(headers);

  if (transfer->is_too_big) {
    return std::unexpected(Fault(TransferFault::kRefused,
                                 fmt::format("is larger than {} bytes", transfer->limit_bytes),
                                 url));
  }
  if (transfer->cannot_write) {
    return std::unexpected(
        Fault(TransferFault::kRefused, "cannot be written to the disk; is it full?", url));
  }
  if (transfer->stop->stop_requested()) {
    return std::unexpected(
        Fault(TransferFault::kRefused, "stopped by the user while downloading", url));
  }
  if (code != CURLE_OK) {
    return std::unexpected(
        Fault(TransferFault::kUnreachable,
              fmt::format("cannot be downloaded: {}",
                          reason[0] != '\0' ? reason.data() : curl_easy_strerror(code)),
              url));
  }
  if (status == 404 || status == 410) {
    return std::unexpected(
        Fault(TransferFault::kAbsent, fmt::format("is not there (HTTP {})", status), url));
  }
  if (status != kHttpOk && status != kHttpPartial) {
    return std::unexpected(
        Fault(status >= 500 ? TransferFault::kUnreachable : TransferFault::kRefused,
              fmt::format("the server answered with HTTP {}", status), url));
  }
  return {};
}

fs::path WithSuffix(fs::path path, std::string_view suffix) { return path += suffix; }

std::string FirstLine(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

std::expected<void, TransferError> DownloadToFile(const std::string& url, const fs::path& path,
                                                  const TransferLimits& limits,
                                                  const TransferProgress& progress,
                                                  const std::stop_token& stop) {
  const fs::path part = WithSuffix(path, ".part");
  const fs::path info = WithSuffix(path, ".part.info");
  std::error_code failure;
  fs::create_directories(path.parent_path(), failure);
  const std::string validator = FirstLine(info);
  for (int attempt = 0;; ++attempt) {
    uint64_t offset = fs::file_size(part, failure);
    if (failure || validator.empty() || attempt > 0) offset = 0;
    std::FILE* file = std::fopen(part.c_str(), offset > 0 ? "ab" : "wb");
    if (file == nullptr) {
      return std::unexpected(
          Fault(TransferFault::kRefused, "cannot be written to " + part.string(), url));
    }
    Transfer transfer{.file = file,
                      .offset = offset,
                      .limit_bytes = limits.size_bytes,
                      .progress = &progress,
                      .stop = &stop};
    auto performed = Perform(url, limits, validator, &transfer);
    const bool closed = std::fclose(file) == 0;
    if (performed && closed) {
      fs::rename(part, path, failure);
      fs::remove(info, failure);
      return {};
    }
    // What the rest of this part has to belong to, for the next try.
    if (transfer.done > 0 && !transfer.validator.empty()) {
      std::ofstream(info) << transfer.validator << '\n';
    }
    if (offset > 0 && attempt == 0 &&
        (transfer.wrong_range || transfer.status == kHttpRangeRefused)) {
      continue;  // the server does not continue it; from the start, once
    }
    if (performed) {
      return std::unexpected(
          Fault(TransferFault::kRefused, "cannot be written to " + part.string(), url));
    }
    const bool may_continue =
        transfer.offset + transfer.done > 0 && !transfer.is_too_big && !FirstLine(info).empty();
    if (!may_continue) {
      fs::remove(part, failure);
      fs::remove(info, failure);
    }
    return performed;
  }
}

std::expected<std::string, TransferError> DownloadText(const std::string& url,
                                                       const TransferLimits& limits,
                                                       const std::stop_token& stop) {
  std::string text;
  Transfer transfer{.text = &text,
                    .limit_bytes = std::min<uint64_t>(limits.size_bytes, kMaxTextBytes),
                    .stop = &stop};
  if (auto performed = Perform(url, limits, {}, &transfer); !performed) {
    return std::unexpected(std::move(performed).error());
  }
  return text;
}

}  // namespace host
