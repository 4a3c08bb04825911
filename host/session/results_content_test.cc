// SPDX-License-Identifier: Apache-2.0

#include "host/session/results_content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace host {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;

std::vector<std::string> Keys(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

constexpr uint64_t kNanosecondsPerMillisecond = 1'000'000;

sim::Bin Interval(uint64_t start_ms, uint64_t instructions, sim::AccessCount memory,
                  sim::AccessCount uart, uint64_t exceptions) {
  sim::Bin bin;
  bin.start_ns = start_ms * kNanosecondsPerMillisecond;
  bin.instructions = instructions;
  bin.memory = memory;
  bin.peripherals = {uart};
  bin.exceptions = exceptions;
  return bin;
}

sim::Span Between(const char* name, uint64_t start_ms, uint64_t instructions,
                  uint64_t kernel_instructions, std::vector<sim::KernelDelta> kernels) {
  sim::Span span;
  span.name = name;
  span.start_ns = start_ms * kNanosecondsPerMillisecond;
  span.instructions = instructions;
  span.kernel_instructions = kernel_instructions;
  span.kernels = std::move(kernels);
  return span;
}

// Two inferences of 100 and 300 instructions behind a start-up and a model load.
TestRecord Record() {
  TestRecord record(2);
  record.tags = {{"preprocess", 1, 2}};
  record.inference = {{0.5, 0.25}, {10, 11}};
  record.evaluation.Add(0, 0);
  record.evaluation.Add(1, 0);
  record.allocation = {{"host_bytes_peak", 100}};

  sim::Profile before;
  before.virtual_time_ns = 20'000'000;
  before.bin_width_ns = 10'000'000;
  before.renode_opcodes = {{"addi", 1000}, {"lw", 0}, {"sw", 5}};
  before.memories = {{"ram", 0x34000000, 4096, {10, 20}}};
  before.peripherals = {{"uart0", 0x40000000, 4096, {1, 1}}};
  sim::Profile after = before;
  after.virtual_time_ns = 50'000'000;
  after.renode_opcodes = {{"addi", 1300}, {"lw", 100}, {"sw", 5}};
  after.memories[0].count = {30, 60};
  after.bins = {Interval(10, 999, {}, {}, 0), Interval(20, 150, {7, 8}, {3, 4}, 1),
                Interval(40, 250, {}, {5, 6}, 0)};
  for (const char* name : {"conv", "pool", "conv"}) after.kernels.emplace_back().name = name;
  after.spans = {Between("model_load", 0, 5000, 0, {}), Between("inference", 19, 777, 0, {}),
                 Between("inference", 21, 100, 90, {{0, 1, 50}, {1, 1, 40}}),
                 Between("inference", 41, 300, 200, {{2, 2, 100}, {1, 1, 100}})};
  record.before = before;
  record.after = after;
  return record;
}

RunDescription Description(Grammar grammar) {
  static const Json kConfiguration = {{"dataset", "x"}};
  return {.grammar = grammar,
          .compiler_version = "3.0.0",
          .command = {"kenning test"},
          .build_configuration = &kConfiguration,
          .scenario_path = "s.json",
          .model_framework = "keras",
          .model_version = "2.15.0",
          .class_names = {"a", "b"},
          .compiled_model_bytes = 1234};
}

TEST(ComposeResults, HeadOrderAndUnits) {
  const Json results = ComposeResults(Description(Grammar::kHead), Record());
  EXPECT_THAT(Keys(results),
              ElementsAre("tags", "input_preprocess_step", "input_preprocess_step_timestamp",
                          "protocol_inference_step", "protocol_inference_step_timestamp",
                          "output_postprocess_step", "output_postprocess_step_timestamp",
                          "eval_confusion_matrix", "total", "allocation_stats", "opcode_counters",
                          "profiler_timestamps", "executed_instructions", "memory_accesses",
                          "peripheral_accesses", "exceptions", "simulator_profile", "optimizers",
                          "command", "build_cfg", "cfg_path", "model_framework", "model_version",
                          "class_names", "compiled_model_size"));
  EXPECT_EQ(results["tags"].dump(), R"([{"name":"preprocess","start":1.0,"end":2.0}])");
  EXPECT_EQ(results["eval_confusion_matrix"].dump(), "[[1.0,0.0],[1.0,0.0]]");
  EXPECT_EQ(results["opcode_counters"].dump(), R"({"cpu":{"addi":300,"lw":100}})");
  EXPECT_EQ(results["profiler_timestamps"].dump(), "[0.02,0.04]");
  EXPECT_EQ(results["executed_instructions"].dump(), R"({"cpu":[150,250]})");
  EXPECT_EQ(results["memory_accesses"].dump(), R"({"read":[7,0],"write":[8,0]})");
  EXPECT_EQ(results["peripheral_accesses"].dump(), R"({"uart0":{"read":[3,5],"write":[4,6]}})");
  EXPECT_EQ(results["exceptions"].dump(), "[1,0]");
  EXPECT_EQ(results["optimizers"].dump(),
            R"([{"compiler_framework":"iree","compiler_version":"3.0.0"}])");
  EXPECT_EQ(results["compiled_model_size"].dump(), "1234.0");
}

TEST(ComposeResults, LegacyOrderAndUnits) {
  const Json results = ComposeResults(Description(Grammar::kLegacy), Record());
  const std::vector<std::string> keys = Keys(results);
  EXPECT_THAT(std::vector(keys.begin(), keys.begin() + 8),
              ElementsAre("optimizers", "command", "build_cfg", "model_framework", "model_version",
                          "class_names", "compiled_model_size", "tags"));
  EXPECT_EQ(results["compiled_model_size"].dump(), "1234");
  EXPECT_EQ(results["opcode_counters"].dump(), R"({"addi":300,"lw":100})");
  // Values per second: 10 ms an interval.
  EXPECT_EQ(results["executed_instructions"].dump(), R"({"cpu":[15000.0,25000.0]})");
  EXPECT_EQ(results["simulator_profile"]["series"], "per_second");
}

TEST(ComposeResults, WithoutSimulatorThereAreNoCounters) {
  TestRecord record = Record();
  record.before.reset();
  record.after.reset();
  const Json results = ComposeResults(Description(Grammar::kHead), record);
  EXPECT_FALSE(results.contains("opcode_counters"));
  EXPECT_FALSE(results.contains("simulator_profile"));
  EXPECT_TRUE(results.contains("protocol_inference_step"));
}

TEST(ComposeResults, Switches) {
  RunDescription description = Description(Grammar::kHead);
  description.with_opcode_counters = false;
  description.with_profiler = false;
  description.synthetic_data = true;
  const Json results = ComposeResults(description, Record());
  EXPECT_FALSE(results.contains("opcode_counters"));
  EXPECT_FALSE(results.contains("profiler_timestamps"));
  EXPECT_TRUE(results.contains("simulator_profile"));
  EXPECT_EQ(results["dataset_synthetic"], true);
}

TEST(SimulatorProfile, KernelsWithoutNamesAreToldApartByAddress) {
  TestRecord record = Record();
  for (sim::Kernel& kernel : record.after->kernels) kernel.name.clear();
  record.after->kernels[1].address = 0x34001000;
  const Json profile = SimulatorProfile(*record.before, *record.after, "");
  ASSERT_EQ(profile["kernels"].size(), 2u);
  EXPECT_EQ(profile["kernels"][0]["name"], "kernel at 0x00000000");
  EXPECT_EQ(profile["kernels"][1]["name"], "kernel at 0x34001000");
}

TEST(SimulatorProfile, CountsOnlyTheMeasuredInferences) {
  const TestRecord record = Record();
  const Json profile = SimulatorProfile(*record.before, *record.after, "per_interval");
  EXPECT_EQ(profile.dump(),
            R"({"version":1,"series":"per_interval","inferences":2,"load_instructions":5000,)"
            R"("kernel_instructions":290,"runtime_instructions":110,"kernels":[)"
            R"({"name":"conv","calls":3,"instructions":150,"reads":0,"writes":0},)"
            R"({"name":"pool","calls":2,"instructions":140,"reads":0,"writes":0}],)"
            R"("memory_regions":[)"
            R"({"name":"ram","start":872415232,"size":4096,"reads":20,"writes":40}]})");
}

}  // namespace
}  // namespace host
