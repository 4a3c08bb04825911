// SPDX-License-Identifier: Apache-2.0

#include "host/resource/uri.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <vector>

#include "base/try.h"

namespace host {
namespace {

constexpr size_t kMaxUriBytes = 4096;
constexpr size_t kMaxNameBytes = 200;  // of one component of a cache path

enum class Kind { kLocal, kHttp, kRepository, kRooted, kForeign };

struct SchemeRow {
  std::string_view name;
  Kind kind;
  std::string_view base;  // of what kRepository and kRooted mean, without a '/' at the end
  std::string_view form;  // for errors
};
constexpr auto kSchemes = std::to_array<SchemeRow>({
    {"file", Kind::kLocal, "", "file:///PATH"},
    {"http", Kind::kHttp, "", "http://HOST/PATH"},
    {"https", Kind::kHttp, "", "https://HOST/PATH"},
    {"gh", Kind::kRepository, "https://raw.githubusercontent.com",
     "gh://OWNER:REPO/PATH;branch=BRANCH"},
    {"kenning", Kind::kRooted, "https://dl.antmicro.com/kenning", "kenning:///PATH"},
    {"demo-scenario", Kind::kRooted,
     "https://raw.githubusercontent.com/antmicro/kenning/main/scripts", "demo-scenario:///PATH"},
    {"hf", Kind::kForeign, "", "hf://OWNER/REPO"},
});

bool IsPlain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-_.~:@+,").contains(c);
}

// Safe as the name of a file, and different for different texts.
std::string Escaped(std::string_view text) {
  std::string name;
  for (const char c : text) {
    if (IsPlain(c))
      name += c;
    else
      name += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  // Nothing hidden, nothing that means a folder.
  if (name.starts_with('.')) name = "%2e" + name.substr(1);
  return name;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// Encoded dots and slashes would mean to a server what the check below did not see.
bool LeavesItsFolder(std::string_view path) {
  std::string lower(path);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower.contains("%2e") || lower.contains("%2f") || lower.contains('\\')) return true;
  return std::ranges::any_of(Split(path, '/'),
                             [](std::string_view part) { return part == ".." || part == "."; });
}

struct Parts {
  std::string_view authority;
  std::string_view path;       // without its leading '/'
  std::string_view parameter;  // after ';'
  std::string_view query;      // after '?', only of http and https
};

Result<std::filesystem::path> CachePath(std::initializer_list<std::string_view> leading,
                                        std::string_view path, std::string_view query) {
  std::filesystem::path result;
  const auto append = [&result](std::string_view part) {
    const std::string name = Escaped(part);
    if (name.size() > kMaxNameBytes) return false;
    if (!name.empty()) result /= name;
    return true;
  };
  bool fits = true;
  for (const std::string_view part : leading) fits = fits && append(part);
  std::vector<std::string_view> parts = Split(path, '/');
  std::string last(parts.back());
  parts.pop_back();
  // Empty parts ("a//b") are kept apart from "a/b".
  for (const std::string_view part : parts) {
    if (part.empty())
      result /= "%";
    else
      fits = fits && append(part);
  }
  if (!query.empty()) last += "?" + std::string(query);
  fits = fits && append(last);
  if (!fits) return InputError(fmt::format("has a part of more than {} bytes", kMaxNameBytes));
  return result;
}

Result<Location> LocateHttp(const SchemeRow& scheme, std::string_view text, const Parts& parts) {
  if (parts.authority.empty() || parts.path.empty()) {
    return InputError(fmt::format("needs the form {}", scheme.form));
  }
  if (parts.authority.contains('@')) {
    return InputError("holds a user name; credentials do not belong in a scenario");
  }
  Location location;
  location.url = text.substr(0, text.find('#'));
  location.cache_path = TRY(CachePath({scheme.name, parts.authority}, parts.path, parts.query));
  return location;
}

Result<Location> LocateRepository(const SchemeRow& scheme, std::string_view base,
                                  const Parts& parts) {
  constexpr std::string_view kBranch = "branch=";
  const size_t colon = parts.authority.find(':');
  const bool has_branch =
      parts.parameter.starts_with(kBranch) && parts.parameter.size() > kBranch.size();
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == parts.authority.size() ||
      parts.path.empty() || !has_branch) {
    return InputError(fmt::format("needs the form {}{}", scheme.form,
                                  has_branch ? "" : "; the branch (or tag, or commit) is missing"));
  }
  const std::string_view branch = parts.parameter.substr(kBranch.size());
  if (LeavesItsFolder(branch) || branch.contains(';')) {
    return InputError("has a branch that is none");
  }
  const std::string_view owner = parts.authority.substr(0, colon);
  const std::string_view repository = parts.authority.substr(colon + 1);
  Location location;
  location.url = fmt::format("{}/{}/{}/{}/{}", base, owner, repository, branch, parts.path);
  location.cache_path = TRY(CachePath({scheme.name, owner, repository, branch}, parts.path, {}));
  return location;
}

Result<Location> LocateRooted(const SchemeRow& scheme, std::string_view base, const Parts& parts) {
  if (!parts.authority.empty() || parts.path.empty()) {
    return InputError(fmt::format("needs the form {} (three slashes)", scheme.form));
  }
  Location location;
  location.url = fmt::format("{}/{}", base, parts.path);
  location.cache_path = TRY(CachePath({scheme.name}, parts.path, {}));
  return location;
}

Result<Location> LocateUri(std::string_view text, const Mirrors& mirrors) {
  if (text.size() > kMaxUriBytes) return InputError("is longer than a URI can be");
  if (std::ranges::any_of(text, [](unsigned char c) { return c <= ' ' || c >= 0x7f; })) {
    return InputError("holds a space or a character that is not ASCII; write it as %XX");
  }
  const size_t colon = text.find(":/");
  const auto* scheme = std::ranges::find(kSchemes, text.substr(0, colon), &SchemeRow::name);
  if (scheme == kSchemes.end()) {
    std::vector<std::string_view> names;
    for (const SchemeRow& row : kSchemes) {
      if (row.kind != Kind::kForeign) names.push_back(row.name);
    }
    return InputError(fmt::format("the scheme '{}' is unknown; there are {}", text.substr(0, colon),
                                  fmt::join(names, ", ")));
  }
  if (scheme->kind == Kind::kForeign) {
    return InputError("model hubs are not read; download the model and name its file");
  }
  std::string_view rest = text.substr(colon + 1);
  if (!rest.starts_with("//")) return InputError(fmt::format("needs the form {}", scheme->form));
  rest.remove_prefix(2);

  Parts parts;
  rest = rest.substr(0, rest.find('#'));
  if (scheme->kind == Kind::kHttp) {
    const size_t question = rest.find('?');
    if (question != std::string_view::npos) parts.query = rest.substr(question + 1);
    rest = rest.substr(0, question);
  } else if (const size_t semicolon = rest.find(';'); semicolon != std::string_view::npos) {
    parts.parameter = rest.substr(semicolon + 1);
    rest = rest.substr(0, semicolon);
  }
  const size_t slash = rest.find('/');
  parts.authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) parts.path = rest.substr(slash + 1);

  if (scheme->kind == Kind::kLocal) {
    // "file://relative" is taken as people mean it.
    return Location{.local = std::string(rest), .url = {}, .cache_path = {}};
  }
  if (LeavesItsFolder(parts.path) || LeavesItsFolder(parts.authority)) {
    return InputError("leaves its folder with '.' or '..'");
  }
  const auto mirror = mirrors.find(scheme->name);
  const std::string_view base = mirror == mirrors.end() ? scheme->base : mirror->second;
  switch (scheme->kind) {
    case Kind::kHttp:
      return LocateHttp(*scheme, text, parts);
    case Kind::kRepository:
      return LocateRepository(*scheme, base, parts);
    default:
      return LocateRooted(*scheme, base, parts);
  }
}

}  // namespace

bool IsUri(std::string_view text) { return text.contains(":/"); }

std::filesystem::path ExpandHome(std::string_view path) {
  const char* home = std::getenv("HOME");
  if (home == nullptr || !(path == "~" || path.starts_with("~/"))) return path;
  return std::string(home) + std::string(path.substr(1));
}

Result<Mirrors> ParseMirrors(std::string_view text) {
  Mirrors mirrors;
  for (std::string_view item : Split(text, ' ')) {
    if (item.empty()) continue;
    const size_t equals = item.find('=');
    const std::string_view name = item.substr(0, equals);
    const auto* scheme = std::ranges::find(kSchemes, name, &SchemeRow::name);
    const bool can_have_one = scheme != kSchemes.end() && !scheme->base.empty();
    std::string_view base = equals == std::string_view::npos ? "" : item.substr(equals + 1);
    while (base.ends_with('/')) base.remove_suffix(1);
    if (!can_have_one || !(base.starts_with("http://") || base.starts_with("https://"))) {
      return InputError("needs SCHEME=URL with gh, kenning or demo-scenario and an http(s) URL",
                        std::string(item));
    }
    mirrors[std::string(name)] = base;
  }
  return mirrors;
}

Result<Location> Locate(std::string_view text, const Mirrors& mirrors) {
  if (!IsUri(text)) {
    if (text.empty()) return InputError("an empty path");
    return Location{.local = ExpandHome(text), .url = {}, .cache_path = {}};
  }
  auto location = LocateUri(text, mirrors);
  if (!location) location.error().place = text;
  return location;
}

}  // namespace host
