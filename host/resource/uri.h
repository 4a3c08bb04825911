// SPDX-License-Identifier: Apache-2.0

// What a path or URI of a scenario means (contract, section 1.5). The text is hostile: whatever is
// accepted gives a cache path that stays inside the cache.
#ifndef HOST_RESOURCE_URI_H_
#define HOST_RESOURCE_URI_H_

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "host/error/error.h"

namespace host {

// A text is a URI when it contains ":/"; anything else is a path.
[[nodiscard]] bool IsUri(std::string_view text);

// "~/x" below the home folder; other paths as they are.
[[nodiscard]] std::filesystem::path ExpandHome(std::string_view path);

struct Location {
  // Not empty: a file of this machine (a path or file://), and the rest is empty.
  std::filesystem::path local;
  std::string url;  // http or https
  // Relative to the cache; made of scheme, host, owner, repository, branch, path and query, so that
  // different URIs never share a file.
  std::filesystem::path cache_path;
};

// Base URLs that stand in for those a scheme means, by scheme: {"gh", "http://mirror/gh"}.
using Mirrors = std::map<std::string, std::string, std::less<>>;

// "gh=http://mirror/gh kenning=https://mirror/kenning", as the variable KENNING_MIRRORS holds it.
[[nodiscard]] Result<Mirrors> ParseMirrors(std::string_view text);

// kInput, with the text as place, for unknown schemes, missing parts, control characters, user
// names, and paths with "..".
[[nodiscard]] Result<Location> Locate(std::string_view text, const Mirrors& mirrors = {});

}  // namespace host

#endif  // HOST_RESOURCE_URI_H_
