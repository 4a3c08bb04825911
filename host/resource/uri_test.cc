// SPDX-License-Identifier: Apache-2.0

#include "host/resource/uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace host {
namespace {

using ::testing::HasSubstr;

struct Good {
  const char* text;
  const char* url;
  const char* cache_path;
};

TEST(Uri, MeansAndCachePaths) {
  const Good rows[] = {
      {"gh://antmicro:firmware/sim/config/x.resc;branch=main",
       "https://raw.githubusercontent.com/antmicro/firmware/main/sim/config/x.resc",
       "gh/antmicro/firmware/main/sim/config/x.resc"},
      {"gh://a:b/x;branch=feature/y", "https://raw.githubusercontent.com/a/b/feature/y/x",
       "gh/a/b/feature%2fy/x"},
      {"kenning:///models/classification/magic_wand.h5",
       "https://dl.antmicro.com/kenning/models/classification/magic_wand.h5",
       "kenning/models/classification/magic_wand.h5"},
      {"demo-scenario:///a.json",
       "https://raw.githubusercontent.com/antmicro/kenning/main/scripts/a.json",
       "demo-scenario/a.json"},
      {"https://host:8443/a/b.h5?version=2#part", "https://host:8443/a/b.h5?version=2",
       "https/host:8443/a/b.h5%3fversion%3d2"},
      {"http://host/a//b", "http://host/a//b", "http/host/a/%/b"},
      {"http://host/.hidden", "http://host/.hidden", "http/host/%2ehidden"},
  };
  for (const Good& row : rows) {
    const auto location = Locate(row.text);
    ASSERT_TRUE(location) << row.text << ": " << location.error().Format();
    EXPECT_EQ(location->url, row.url);
    EXPECT_EQ(location->cache_path, row.cache_path);
  }
}

// Kenning's own cache leaves these apart only by luck (contract, section 9).
TEST(Uri, DifferentSourcesNeverShareACacheFile) {
  const char* const texts[] = {
      "gh://a:b/x;branch=main", "gh://a:c/x;branch=main", "gh://a:b/x;branch=next",
      "gh://c:b/x;branch=main", "kenning:///x",           "https://host/x",
      "http://host/x",          "https://host:1/x",       "https://host/x?1",
      "https://host/x?2",       "https://host/a/b",       "https://host/a//b",
      "https://host/a%3fb",     "https://host/a?b",
  };
  std::map<std::filesystem::path, std::string> seen;
  for (const char* text : texts) {
    const auto location = Locate(text);
    ASSERT_TRUE(location) << text;
    const auto [entry, fresh] = seen.emplace(location->cache_path, text);
    EXPECT_TRUE(fresh) << text << " and " << entry->second;
  }
}

TEST(Uri, PathsAndFiles) {
  EXPECT_EQ(Locate("a/b.json")->local, "a/b.json");
  EXPECT_EQ(Locate("file:///a/b.json")->local, "/a/b.json");
  EXPECT_EQ(Locate("file://a/b.json")->local, "a/b.json");
  EXPECT_EQ(Locate("~/x")->local, std::string(std::getenv("HOME")) + "/x");
  EXPECT_FALSE(IsUri("C:file"));
}

TEST(Uri, RefusedWithAReason) {
  const std::pair<const char*, const char*> rows[] = {
      {"ftp://host/x", "'ftp' is unknown; there are file, http"},
      {"gh://a:b/x", "the branch (or tag, or commit) is missing"},
      {"gh://a:b/x;branch=", "branch"},
      {"gh://a/x;branch=main", "needs the form gh://"},
      {"gh://:b/x;branch=main", "needs the form gh://"},
      {"kenning://models/x", "three slashes"},
      {"kenning:/x", "needs the form"},
      {"kenning:///", "needs the form"},
      {"https://host", "needs the form"},
      {"https:///x", "needs the form"},
      {"https://me:secret@host/x", "credentials"},
      {"kenning:///a/../../x", "leaves its folder"},
      {"kenning:///a/%2e%2e/x", "leaves its folder"},
      {"gh://a:b/x;branch=../y", "branch"},
      {"https://../x", "leaves its folder"},
      {"https://host/a b", "a space"},
      {"https://host/\x01", "a space"},
      {"hf://a/b", "model hubs"},
      {"", "empty path"},
  };
  for (const auto& [text, reason] : rows) {
    const auto location = Locate(text);
    ASSERT_FALSE(location) << text;
    EXPECT_EQ(location.error().exit_code(), 2) << text;
    EXPECT_THAT(location.error().sentence, HasSubstr(reason)) << text;
  }
  EXPECT_FALSE(Locate("https://host/" + std::string(300, 'x')));
  EXPECT_FALSE(Locate("https://host/" + std::string(5000, '/')));
}

TEST(Uri, Mirrors) {
  const auto mirrors = ParseMirrors(" gh=http://127.0.0.1:80/gh/  kenning=https://m/k ");
  ASSERT_TRUE(mirrors) << mirrors.error().Format();
  EXPECT_EQ(Locate("gh://a:b/x;branch=main", *mirrors)->url, "http://127.0.0.1:80/gh/a/b/main/x");
  EXPECT_EQ(Locate("kenning:///x", *mirrors)->url, "https://m/k/x");
  // The place in the cache does not depend on the mirror.
  EXPECT_EQ(Locate("kenning:///x", *mirrors)->cache_path, "kenning/x");
  for (const char* wrong : {"gh", "gh=", "gh=ftp://x", "https=http://x", "x=http://y"}) {
    EXPECT_FALSE(ParseMirrors(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace host
