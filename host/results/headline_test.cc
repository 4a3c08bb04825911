// SPDX-License-Identifier: Apache-2.0

#include "host/results/headline.h"

#include <cmath>
#include <set>

#include "gtest/gtest.h"

namespace host {
namespace {

Measurements Example() {
  Measurements m;
  m.protocol_inference.duration_s = {1, 3};
  m.confusion_matrix = {{3, 1}, {0, 4}};
  m.total = 8;
  m.opcode_counters = {{"cpu", {{"addi", 60}, {"vadd.vv", 20}}}};
  m.simulator.emplace();
  m.simulator->inferences = 4;
  m.simulator->load_instructions = 700;
  m.simulator->kernel_instructions = 400;
  m.simulator->runtime_instructions = 40;
  m.allocation_stats = {{"host_bytes_peak", 5}, {"device_bytes_peak", 7}, {"host_bytes_freed", 9}};
  m.compiled_model_size_bytes = 4096;
  return m;
}

TEST(Headline, EveryMetricOfACompleteRun) {
  const std::pair<std::string_view, double> expected[] = {
      {"inference_time_mean", 2},
      {"inference_time_std", 1},
      {"inference_time_median", 2},
      {"accuracy", 0.875},
      {"instructions_per_inference_pass", 10},
      {"vector_opcodes_fraction", 0.25},
      {"kernel_instructions_per_inference", 100},
      {"runtime_instructions_per_inference", 10},
      {"load_instructions", 700},
      {"peak_memory", 12},
      {"compiled_model_size", 4096},
  };
  const std::vector<HeadlineValue> values = HeadlineValues(Example());
  EXPECT_EQ(values.size(), HeadlineMetrics().size());
  for (const auto& [name, value] : expected) {
    SCOPED_TRACE(name);
    size_t found = 0;
    for (const HeadlineValue& one : values) {
      if (one.metric->name != name) continue;
      ++found;
      EXPECT_DOUBLE_EQ(one.value, value);
    }
    EXPECT_EQ(found, 1u);
  }
}

TEST(Headline, WhatWasNotMeasuredIsAbsent) { EXPECT_TRUE(HeadlineValues({}).empty()); }

TEST(Headline, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const HeadlineMetric& metric : HeadlineMetrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
  }
}

TEST(Headline, ChangeAndWorsening) {
  EXPECT_DOUBLE_EQ(RelativeChange(100, 103), 0.03);
  EXPECT_DOUBLE_EQ(RelativeChange(0, 0), 0);
  EXPECT_TRUE(std::isinf(RelativeChange(0, 1)));
  EXPECT_DOUBLE_EQ(Worsening(Better::kLess, 100, 103), 0.03);
  EXPECT_DOUBLE_EQ(Worsening(Better::kMore, 0.5, 0.25), 0.5);
  EXPECT_DOUBLE_EQ(Worsening(Better::kMore, 0.5, 1), -1);
  EXPECT_DOUBLE_EQ(Worsening(Better::kNeither, 1, 9), 0);
}

}  // namespace
}  // namespace host
