// SPDX-License-Identifier: Apache-2.0

// Arbitrary text as a URI: refused, or a cache path that stays inside the cache.
#include "host/resource/uri.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto location = host::Locate(text);
  if (!location) {
    if (location.error().exit_code() != 2) std::abort();
    return 0;
  }
  if (location->url.empty()) return 0;
  const auto& path = location->cache_path;
  if (!path.is_relative() || path.empty() || path != path.lexically_normal()) std::abort();
  if (std::ranges::any_of(path, [](const auto& part) { return part == ".."; })) std::abort();
  if (!(location->url.starts_with("http://") || location->url.starts_with("https://"))) {
    std::abort();
  }
  return 0;
}
