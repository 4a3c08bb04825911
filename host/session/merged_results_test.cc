// SPDX-License-Identifier: Apache-2.0

#include "host/session/merged_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace host {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Samples [first, last) of 40, a second each, on a device whose clock began at `start`.
Json Part(size_t first, size_t last, double start) {
  Json part = {{"class_names", {"a", "b"}},
               {"total", last - first},
               {"eval_confusion_matrix", {{1.0, 0.0}, {static_cast<double>(first), 2.0}}},
               {"protocol_inference_step", Json::array()},
               {"protocol_inference_step_timestamp", Json::array()},
               {"profiler_timestamps", {start}},
               {"executed_instructions", {{"cpu", {last}}}},
               {"opcode_counters", {{"add", 10}, {first == 0 ? "sub" : "mul", 1}}},
               {"allocation_stats", {{"host_bytes_peak", 100 + first}, {"host_bytes_freed", 50}}},
               {"simulator_profile",
                {{"load_instructions", 7},
                 {"kernel_instructions", 100},
                 {"kernels",
                  {{{"name", "x"}, {"instructions", first == 0 ? 60 : 10}},
                   {{"name", "y"}, {"instructions", first == 0 ? 40 : 5}}}}}},
               {"shard",
                {{"first", first},
                 {"last", last},
                 {"total", 40},
                 {"start_s", start},
                 {"end_s", start + static_cast<double>(last - first)},
                 {"interval_s", 10.0},
                 {"virtual_clock", true},
                 {"allocation_before", {{"host_bytes_freed", 30}}}}}};
  for (size_t i = first; i < last; ++i) {
    part["protocol_inference_step"].push_back(i);
    part["protocol_inference_step_timestamp"].push_back(start + static_cast<double>(i - first));
  }
  return Json::parse(part.dump());  // as it comes from a file
}

TEST(MergeResults, JoinsInOrderOnOneTimeLine) {
  const auto merged = MergeResults({{"b", Part(16, 40, 100)}, {"a", Part(0, 16, 50)}});
  ASSERT_TRUE(merged) << merged.error().Format();
  const Json& contents = merged->contents;
  EXPECT_EQ(contents["total"], 40);
  EXPECT_EQ(contents["protocol_inference_step"].size(), 40u);
  EXPECT_EQ(contents["protocol_inference_step"][20], 20);
  EXPECT_EQ(contents["eval_confusion_matrix"], Json::parse("[[2.0, 0.0], [16.0, 4.0]]"));
  // The first ended at 66; the second begins at the next interval, 70, instead of 100.
  EXPECT_EQ(contents["protocol_inference_step_timestamp"][16], 70.0);
  EXPECT_EQ(contents["profiler_timestamps"], Json::parse("[50.0, 70.0]"));
  EXPECT_EQ(contents["executed_instructions"]["cpu"], Json::parse("[16, 40]"));
  EXPECT_EQ(contents["opcode_counters"], Json::parse(R"({"add": 20, "sub": 1, "mul": 1})"));
  EXPECT_EQ(contents["allocation_stats"],
            Json::parse(R"({"host_bytes_peak": 116, "host_bytes_freed": 70})"));
  EXPECT_EQ(contents["simulator_profile"]["load_instructions"], 7);
  EXPECT_EQ(contents["simulator_profile"]["kernel_instructions"], 200);
  EXPECT_EQ(contents["simulator_profile"]["kernels"][1]["instructions"], 45);
  EXPECT_FALSE(contents.contains("shard"));
}

TEST(MergeResults, EmptyPartsDoNotMatter) {
  EXPECT_TRUE(
      MergeResults({{"a", Part(0, 16, 50)}, {"b", Part(16, 16, 50)}, {"c", Part(16, 40, 9)}}));
}

TEST(MergeResults, GapsAndOverlapsAreNamed) {
  const auto gap = MergeResults({{"a", Part(0, 16, 50)}, {"c", Part(32, 40, 9)}});
  ASSERT_FALSE(gap);
  EXPECT_EQ(gap.error().Format(), "samples 16 to 31 of 40 are in none of the parts");
  const auto overlap = MergeResults({{"a", Part(0, 16, 50)}, {"b", Part(8, 40, 9)}});
  ASSERT_FALSE(overlap);
  EXPECT_EQ(overlap.error().Format(), "b#/shard: samples 8 to 15 are in another part, too");
  EXPECT_TRUE(MergeResults({{"a", Part(0, 16, 50)}, {"c", Part(32, 40, 9)}}, true));
}

TEST(MergeResults, WhatIsNoPartIsNamed) {
  Json whole = Part(0, 40, 1);
  whole.erase("shard");
  Json failed = Part(0, 16, 1);
  failed["partial"] = {{"reason", "x"}};
  Json twisted = Part(16, 40, 1);
  twisted["shard"]["start_s"] = -1;
  Json negative = Part(16, 40, 1);
  negative["shard"]["first"] = -16;
  const auto merged = MergeResults(
      {{"a", whole}, {"b", failed}, {"c", twisted}, {"d", negative}, {"e", Json::array()}});
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().exit_code(), 2);
  std::vector<std::string> places;
  for (const Error& cause : merged.error().causes) places.push_back(cause.place);
  EXPECT_THAT(places, ElementsAre("a#", "b#/partial", "c#/shard/start_s", "d#/shard/first", "e#"));
}

TEST(MergeResults, FormsThatDifferAreNamed) {
  Json other = Part(16, 40, 1);
  other["executed_instructions"] = Json::array();
  const auto merged = MergeResults({{"a", Part(0, 16, 50)}, {"b", other}});
  ASSERT_FALSE(merged);
  EXPECT_THAT(merged.error().Format(), HasSubstr("b#/executed_instructions: is of another form"));
  other = Part(16, 40, 1);
  other["protocol_inference_step_timestamp"][3] = "soon";
  EXPECT_FALSE(MergeResults({{"a", Part(0, 16, 50)}, {"b", other}}));
}

TEST(MergeResults, DescriptionsThatDifferAreNoted) {
  Json other = Part(16, 40, 1);
  other["class_names"] = {"x", "y"};
  const auto merged = MergeResults({{"a", Part(0, 16, 50)}, {"b", other}});
  ASSERT_TRUE(merged);
  EXPECT_THAT(merged->notes, ElementsAre("b: class_names differs from the first part's"));
}

TEST(Shard, PartsMakeTheWholeInOrder) {
  for (const size_t total : {0, 1, 15, 16, 17, 160, 1001}) {
    for (const size_t count : {1, 2, 3, 7, 64}) {
      size_t next = 0;
      size_t largest = 0;
      for (size_t i = 0; i < count; ++i) {
        const SampleRange part = PartOf({0, total, total}, {i, count});
        EXPECT_EQ(part.first, next);
        EXPECT_TRUE(part.last % kBlockSamples == 0 || part.last == total);
        next = part.last;
        largest = std::max(largest, part.size());
      }
      EXPECT_EQ(next, total);
      EXPECT_LE(largest, (total / kBlockSamples / count + 1) * kBlockSamples);
    }
  }
  EXPECT_EQ(PartsOf({0, 17, 17}, 8).size(), 2u);
  EXPECT_EQ(ParseShard("3/8")->index, 2u);
  for (const char* wrong : {"", "0/3", "4/3", "1", "a/b", "1/2/3", "-1/2", "1/100000000"}) {
    EXPECT_FALSE(ParseShard(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace host
