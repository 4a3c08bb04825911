#include "host/dataset/download.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "fmt/format.h"

namespace host {
namespace {

struct Transfer {
  std::vector<uint8_t> bytes;
  uint64_t limit_bytes = 0;
  bool is_too_big = false;
  const std::function<void(uint64_t, uint64_t)>* progress = nullptr;
};

size_t OnData(char* data, size_t size, size_t count, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  const size_t length = size * count;
  if (length > transfer->limit_bytes - transfer->bytes.size()) {
    transfer->is_too_big = true;
    return 0;
  }
  transfer->bytes.insert(transfer->bytes.end(), data, data + length);
  return length;
}

int OnProgress(void* user, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
  const auto* transfer = static_cast<const Transfer*>(user);
  if (*transfer->progress) {
    (*transfer->progress)(static_cast<uint64_t>(std::max<curl_off_t>(done, 0)),
                          static_cast<uint64_t>(std::max<curl_off_t>(total, 0)));
  }
  return 0;
}

}  // namespace

Result<std::vector<uint8_t>> Download(const std::string& url, const DownloadLimits& limits,
                                      const std::function<void(uint64_t, uint64_t)>& progress) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   &curl_easy_cleanup);
  if (!handle) return RunError("the HTTP library does not start", url);
  Transfer transfer{{}, limits.size_bytes, false, &progress};
  char reason[CURL_ERROR_SIZE] = "";
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits.connect.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits.stalled.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(limits.whole.count()));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnData);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, OnProgress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);

  const CURLcode code = curl_easy_perform(curl);
  if (transfer.is_too_big) {
    return RunError(fmt::format("the download is larger than {} bytes", limits.size_bytes), url);
  }
  if (code != CURLE_OK) {
    return RunError(fmt::format("the download failed: {}",
                                reason[0] != '\0' ? reason : curl_easy_strerror(code)),
                    url);
  }
  return std::move(transfer.bytes);
}

}  // namespace host
