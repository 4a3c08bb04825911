// SPDX-License-Identifier: Apache-2.0

#include "host/resource/resource_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "base/try.h"
#include "host/process/file_lock.h"
#include "host/resource/digest.h"

namespace host {
namespace {

namespace fs = std::filesystem;

// Below the cache folder, so that the limit counts downloads only.
constexpr std::string_view kDownloads = "downloads";
constexpr size_t kMd5Characters = 32;

fs::path WithSuffix(fs::path path, std::string_view suffix) { return path += suffix; }

std::string_view Environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// The MD5 at the start of a text ("<hex>", "<hex>  name\n"); empty if there is none.
std::string Md5In(std::string_view text) {
  const size_t end = text.find_first_not_of("0123456789abcdefABCDEF");
  std::string digits(text.substr(0, end));
  const bool ends =
      end == std::string_view::npos || std::isspace(static_cast<unsigned char>(text[end]));
  if (digits.size() != kMd5Characters || !ends) return {};
  std::ranges::transform(digits, digits.begin(), [](unsigned char c) { return std::tolower(c); });
  return digits;
}

std::string ReadMd5(const fs::path& path) {
  std::ifstream file(path);
  std::string text;
  std::getline(file, text);
  return Md5In(text);
}

}  // namespace

fs::path CacheFolder() {
  const std::string_view folder = Environment("KENNING_CACHE_DIR");
  return ExpandHome(folder.empty() ? "~/.kenning" : folder);
}

Result<StoreOptions> StoreOptionsFromEnvironment() {
  StoreOptions options;
  options.cache_dir = CacheFolder();
  const std::string_view size = Environment("KENNING_MAX_CACHE_SIZE");
  if (!size.empty()) {
    const auto [end, error] =
        std::from_chars(size.data(), size.data() + size.size(), options.max_cache_bytes);
    if (error != std::errc() || end != size.data() + size.size()) {
      return InputError(fmt::format("'{}' is not a number of bytes", size),
                        "KENNING_MAX_CACHE_SIZE");
    }
  }
  const std::string_view offline = Environment("KENNING_OFFLINE");
  options.offline = !offline.empty() && offline != "0";
  auto mirrors = ParseMirrors(Environment("KENNING_MIRRORS"));
  if (!mirrors) {
    mirrors.error().place = "KENNING_MIRRORS, " + mirrors.error().place;
    return std::unexpected(std::move(mirrors).error());
  }
  options.mirrors = *std::move(mirrors);
  options.limits = TRY(LimitsFromEnvironment());
  return options;
}

ResourceStore::ResourceStore(StoreOptions options, Note note, Progress progress,
                             std::stop_token stop)
    : options_(std::move(options)),
      note_(std::move(note)),
      progress_(std::move(progress)),
      stop_(std::move(stop)) {}

Result<fs::path> ResourceStore::Fetch(std::string_view path_or_uri) {
  const Location location = TRY(Locate(path_or_uri, options_.mirrors));
  if (!location.url.empty()) return FetchRemote(location);
  std::error_code ignored;
  if (IsUri(path_or_uri) && !fs::exists(location.local, ignored)) {
    return InputError("there is no such file", std::string(path_or_uri));
  }
  return location.local;
}

Result<fs::path> ResourceStore::FetchRemote(const Location& location) {
  const fs::path file = options_.cache_dir / kDownloads / location.cache_path;
  std::error_code failure;
  fs::create_directories(file.parent_path(), failure);
  if (failure) {
    return RunError("the cache folder cannot be made: " + failure.message() +
                        "; KENNING_CACHE_DIR names another",
                    file.parent_path().string());
  }
  // Who wants the same file at the same time then finds it there.
  const FileLock lock = TRY(FileLock::Take(WithSuffix(file, ".lock"), options_.limits.turn, stop_));
  if (fs::is_regular_file(file, failure) && TRY(IsCurrent(location, file))) {
    Tell(fmt::format("Using cached: {}", file.string()));
    return file;
  }
  TRY(Download(location, file));
  MakeRoom(file);
  return file;
}

Result<bool> ResourceStore::IsCurrent(const Location& location, const fs::path& file) {
  const std::string own = TRY(FileDigest(file, DigestKind::kMd5));
  const bool is_whole = own == ReadMd5(WithSuffix(file, ".md5"));
  if (options_.offline) {
    if (is_whole) return true;
    return RunError("the kept file is damaged and KENNING_OFFLINE forbids to download it again",
                    file.string());
  }
  const auto remote = DownloadText(location.url + ".md5", options_.limits, stop_);
  if (remote && !Md5In(*remote).empty()) return Md5In(*remote) == own;
  if (stop_.stop_requested()) return std::unexpected(remote.error().error);
  if (!remote && remote.error().fault == TransferFault::kUnreachable && is_whole) {
    Tell(fmt::format("Cannot check the remote state, using local file {} instead.", file.string()));
    return true;
  }
  return is_whole;
}

Result<> ResourceStore::Download(const Location& location, const fs::path& file) {
  if (options_.offline) {
    return RunError(fmt::format("is not in the cache ({}) and KENNING_OFFLINE forbids to download "
                                "it; unset the variable, or name a local file",
                                file.string()),
                    location.url);
  }
  const std::string name = file.filename().string();
  const auto report = [&](uint64_t done, uint64_t total) {
    if (progress_) progress_("Downloading " + name, done, total);
  };
  // To a name of its own first: what is kept stays until the new one has been verified.
  const fs::path fresh = WithSuffix(file, ".new");
  auto done = DownloadToFile(location.url, fresh, options_.limits, report, stop_);
  if (!done) {
    auto [fault, error] = std::move(done).error();
    if (fault == TransferFault::kUnreachable) {
      error.sentence += "; without a network put the file at " + file.string() +
                        " with its MD5 in " + name + ".md5, or name a local file";
    }
    return std::unexpected(std::move(error));
  }
  const std::string own = TRY(FileDigest(fresh, DigestKind::kMd5));
  const auto remote = DownloadText(location.url + ".md5", options_.limits, stop_);
  const std::string expected = remote ? Md5In(*remote) : "";
  std::error_code failure;
  if (!expected.empty() && expected != own) {
    fs::remove(fresh, failure);
    return RunError(fmt::format("the checksum is wrong: MD5 {} where the server says {}; nothing "
                                "was kept, try again",
                                own, expected),
                    location.url);
  }
  if (expected.empty()) Tell(fmt::format("{} has no checksum on its server", location.url));
  std::ofstream(WithSuffix(file, ".md5")) << own;
  fs::rename(fresh, file, failure);
  if (failure) return RunError("cannot be written: " + failure.message(), file.string());
  Tell(fmt::format("Downloaded {} to {}", location.url, file.string()));
  return {};
}

// The oldest by modification time go first.
void ResourceStore::MakeRoom(const fs::path& keep) const {
  struct Entry {
    fs::path path;
    fs::file_time_type time;
    uint64_t size;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  std::error_code failure;
  auto walk = fs::recursive_directory_iterator(options_.cache_dir / kDownloads, failure);
  for (; !failure && walk != fs::recursive_directory_iterator(); walk.increment(failure)) {
    std::error_code inner;
    if (!walk->is_regular_file(inner)) continue;
    entries.push_back({walk->path(), walk->last_write_time(inner), walk->file_size(inner)});
    total += entries.back().size;
  }
  std::ranges::sort(entries, {}, &Entry::time);
  for (const Entry& entry : entries) {
    if (total <= options_.max_cache_bytes) return;
    const std::string name = entry.path.string();
    // Of the file just made: itself, its checksum, its lock. Locks of others stay as well.
    if (name.starts_with(keep.string()) || name.ends_with(".lock")) continue;
    if (fs::remove(entry.path, failure)) total -= std::min(total, entry.size);
  }
}

}  // namespace host
