// SPDX-License-Identifier: Apache-2.0

#include "host/scenario/nearest_name.h"

#include <gtest/gtest.h>

#include <array>

namespace host {
namespace {

constexpr auto kNames =
    std::to_array<std::string_view>({"window_size", "window_shift", "dataset_root"});

TEST(NearestName, FindsTypingErrors) {
  EXPECT_EQ(NearestName("windw_size", kNames), "window_size");
  EXPECT_EQ(NearestName("dataset_rot", kNames), "dataset_root");
  EXPECT_EQ(NearestName("colour", kNames), "");
  EXPECT_EQ(NearestName("", kNames), "");
  EXPECT_EQ(NearestName(std::string(1000, 'x'), kNames), "");
}

TEST(NearestName, SuggestionListsAllWhenNothingIsClose) {
  EXPECT_EQ(Suggestion("windw_size", kNames), "; did you mean 'window_size'?");
  EXPECT_EQ(Suggestion("colour", kNames), "; valid are window_size, window_shift, dataset_root");
}

}  // namespace
}  // namespace host
