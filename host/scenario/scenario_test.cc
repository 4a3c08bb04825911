// SPDX-License-Identifier: Apache-2.0

#include "host/scenario/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "host/scenario/document.h"

namespace host {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The smallest complete scenario of each grammar; rows below change one thing.
Json HeadScenario() {
  return Json::parse(R"({
    "platform": {"type": "BareMetalPlatform", "parameters": {"name": "rv32-springbok"}},
    "dataset": {"type": "MagicWandDataset", "parameters": {"dataset_root": "data"}},
    "model_wrapper": {"type": "MagicWandModelWrapper", "parameters": {"model_path": "m.h5"}},
    "optimizers": [{"type": "IREECompiler", "parameters": {"compiled_model_path": "m.vmfb"}}]
  })");
}

Json LegacyScenario() {
  Json scenario = HeadScenario();
  scenario.erase("platform");
  scenario["runtime"] = Json::parse(R"({"type": "kenning.runtimes.renode.RenodeRuntime",
      "parameters": {"runtime_binary_path": "fw.elf"}})");
  scenario["protocol"] = Json::parse(R"({"type": "kenning.protocols.uart.UARTProtocol",
      "parameters": {"port": "/tmp/uart", "baudrate": 115200}})");
  return scenario;
}

TEST(Scenario, ShippedFilesAreValidInBothGrammars) {
  const auto head = LoadScenario("scenarios/magic-wand-synthetic.json");
  ASSERT_TRUE(head) << head.error().Format();
  EXPECT_EQ(head->grammar, Grammar::kHead);
  EXPECT_EQ(head->dataset->Text("dataset_root"), "./scenarios/data/magic-wand-synthetic");
  const auto legacy = LoadScenario("file://scenarios/magic-wand.json");
  ASSERT_TRUE(legacy) << legacy.error().Format();
  EXPECT_EQ(legacy->grammar, Grammar::kLegacy);
  EXPECT_EQ(legacy->runtime->schema->class_name(), "RenodeRuntime");
  EXPECT_EQ(legacy->dataset->Text("dataset_root"), "./build/MagicWandDataset");
  // Same model, same flags: the two differ only in data and grammar.
  EXPECT_EQ(legacy->optimizers[0].values, head->optimizers[0].values);
}

// Its blocks have no window_size; comparing the two blocks' once ended the program.
TEST(Scenario, PersonDetectionIsValidInBothGrammars) {
  const auto legacy = LoadScenario("scenarios/person-detection.json");
  ASSERT_TRUE(legacy) << legacy.error().Format();
  EXPECT_EQ(legacy->dataset->schema->class_name(), "VisualWakeWordsDataset");
  Json json = HeadScenario();
  json["dataset"]["type"] = "VisualWakeWordsDataset";
  json["model_wrapper"]["type"] = "PersonDetectionModelWrapper";
  const auto head = ParseScenario(json.dump(), "s.json");
  ASSERT_TRUE(head) << head.error().Format();
  EXPECT_EQ(head->model_wrapper->schema->class_name(), "PersonDetectionModelWrapper");
}

TEST(Scenario, Defaults) {
  const auto scenario = ParseScenario(HeadScenario().dump(), "s.json");
  ASSERT_TRUE(scenario) << scenario.error().Format();
  EXPECT_EQ(scenario->dataset->Integer("window_size"), 128);
  EXPECT_DOUBLE_EQ(scenario->dataset->Number("split_fraction_test"), 0.2);
  EXPECT_TRUE(scenario->dataset->IsNull("split_fraction_val"));
  EXPECT_TRUE(scenario->platform->Flag("simulated"));
  EXPECT_THAT(scenario->platform->TextList("post_start_commands"),
              ElementsAre("sysbus.vec_controlblock WriteDoubleWord 0xc 0"));
}

TEST(Scenario, WholeFloatIsAnInteger) {
  Json json = HeadScenario();
  json["dataset"]["parameters"]["split_seed"] = 7.0;
  const auto scenario = ParseScenario(json.dump(), "s.json");
  ASSERT_TRUE(scenario) << scenario.error().Format();
  EXPECT_EQ(scenario->dataset->Integer("split_seed"), 7);
}

TEST(Scenario, DottedPathAndBareNameAreTheSame) {
  Json json = HeadScenario();
  json["optimizers"][0]["type"] = "kenning.optimizers.iree.IREECompiler";
  const auto scenario = ParseScenario(json.dump(), "s.json");
  ASSERT_TRUE(scenario) << scenario.error().Format();
  EXPECT_EQ(scenario->optimizers[0].schema->class_name(), "IREECompiler");
}

struct Fault {
  const char* name;
  std::function<void(Json&)> change;
  const char* pointer;
  const char* sentence;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class ScenarioFaultTest : public ::testing::TestWithParam<Fault> {};

TEST_P(ScenarioFaultTest, NamesPointerAndCause) {
  Json json = LegacyScenario();
  GetParam().change(json);
  const auto scenario = ParseScenario(json.dump(2), "s.json");
  ASSERT_FALSE(scenario);
  const Error& error = scenario.error();
  EXPECT_EQ(error.exit_code(), 2);
  ASSERT_EQ(error.causes.size(), 1u) << error.Format();
  EXPECT_THAT(error.causes[0].place, ::testing::StartsWith("s.json:"));
  EXPECT_THAT(error.causes[0].place, ::testing::EndsWith(std::string("#") + GetParam().pointer));
  EXPECT_THAT(error.causes[0].sentence, HasSubstr(GetParam().sentence));
}

Json& Parameters(Json& json, const char* block) { return json[block]["parameters"]; }

INSTANTIATE_TEST_SUITE_P(
    Rows, ScenarioFaultTest,
    ::testing::Values(
        Fault{"unknown top-level key", [](Json& j) { j["datset"] = 1; }, "/datset",
              "did you mean 'dataset'?"},
        Fault{"unknown parameter", [](Json& j) { Parameters(j, "dataset")["windw_size"] = 128; },
              "/dataset/parameters/windw_size", "did you mean 'window_size'?"},
        Fault{"unknown parameter, nothing close",
              [](Json& j) { Parameters(j, "protocol")["colour"] = 1; },
              "/protocol/parameters/colour", "valid are port, baudrate"},
        Fault{"unknown key in a block", [](Json& j) { j["dataset"]["param"] = 1; },
              "/dataset/param", "unknown key 'param'"},
        Fault{"unknown class",
              [](Json& j) { j["dataset"]["type"] = "kenning.datasets.magic.MagicWandDatset"; },
              "/dataset/type", "unknown class"},
        Fault{"class of another kind", [](Json& j) { j["dataset"]["type"] = "IREECompiler"; },
              "/dataset/type", "valid are MagicWandDataset"},
        Fault{"no type", [](Json& j) { j["dataset"].erase("type"); }, "/dataset",
              "'type' must be a class name"},
        Fault{"type is no text", [](Json& j) { j["dataset"]["type"] = 1; }, "/dataset/type",
              "'type' must be a class name"},
        Fault{"block is no object", [](Json& j) { j["dataset"] = "x"; }, "/dataset",
              "needs an object with 'type' and 'parameters', not a text"},
        Fault{"parameters are no object", [](Json& j) { j["dataset"]["parameters"] = 3; },
              "/dataset/parameters", "needs an object, not a whole number"},
        Fault{"required key missing",
              [](Json& j) { Parameters(j, "model_wrapper").erase("model_path"); },
              "/model_wrapper/parameters", "\'model_path\' is required and missing"},
        Fault{"wrong type: text for integer",
              [](Json& j) { Parameters(j, "dataset")["split_seed"] = "x"; },
              "/dataset/parameters/split_seed", "needs a whole number, not a text"},
        Fault{"wrong type: fraction for integer",
              [](Json& j) { Parameters(j, "dataset")["split_seed"] = 1.5; },
              "/dataset/parameters/split_seed", "not a number with a fraction"},
        Fault{"integer beyond exact range",
              [](Json& j) { Parameters(j, "dataset")["split_seed"] = 1e300; },
              "/dataset/parameters/split_seed", "needs a whole number"},
        Fault{"null where not allowed",
              [](Json& j) { Parameters(j, "dataset")["dataset_root"] = nullptr; },
              "/dataset/parameters/dataset_root", "needs a path, not null"},
        Fault{"integer below range",
              [](Json& j) {
                Parameters(j, "dataset")["window_size"] = -1;
                Parameters(j, "model_wrapper")["window_size"] = 128;
              },
              "/dataset/parameters/window_size", "must be at least 1"},
        Fault{"number above range",
              [](Json& j) { Parameters(j, "dataset")["split_fraction_test"] = 1.1; },
              "/dataset/parameters/split_fraction_test", "must be at most 1"},
        Fault{"list of wrong elements",
              [](Json& j) {
                j["optimizers"][0]["parameters"]["compiler_args"] = Json::array({"a", 1});
              },
              "/optimizers/0/parameters/compiler_args/1", "needs a text, not a whole number"},
        Fault{"unknown choice", [](Json& j) { Parameters(j, "protocol")["endianness"] = "litle"; },
              "/protocol/parameters/endianness", "did you mean 'little'?"},
        Fault{"control character",
              [](Json& j) { Parameters(j, "protocol")["port"] = "/tmp/\u001b[2J"; },
              "/protocol/parameters/port", "control character"},
        Fault{"empty path", [](Json& j) { Parameters(j, "protocol")["port"] = ""; },
              "/protocol/parameters/port", "an empty path"},
        Fault{"value that cannot be had",
              [](Json& j) { Parameters(j, "runtime")["sensor"] = "i2c"; },
              "/runtime/parameters/sensor", "unknown value 'i2c'"},
        Fault{"backend of another machine",
              [](Json& j) { j["optimizers"][0]["parameters"]["backend"] = "cuda"; },
              "/optimizers/0/parameters/backend", "'llvm-cpu' only"},
        Fault{"window sizes differ",
              [](Json& j) { Parameters(j, "model_wrapper")["window_size"] = 64; },
              "/model_wrapper/parameters/window_size", "have 128 rows"},
        Fault{"optimizers are no list", [](Json& j) { j["optimizers"] = Json::object(); },
              "/optimizers", "needs a list of one block, not an object"},
        Fault{"two optimizers", [](Json& j) { j["optimizers"].push_back(j["optimizers"][0]); },
              "/optimizers/1", "only one optimizer"},
        Fault{"key with pointer characters", [](Json& j) { j["a/b~c"] = 1; }, "/a~1b~0c",
              "unknown key 'a/b~c'"}));

TEST(Scenario, NeedsOfARunAreFaultsLikeOthers) {
  Json json = HeadScenario();
  json.erase("dataset");
  json["optimizers"][0]["parameters"]["compiled_model_path"] = "gh://a:b/m.vmfb";
  json["platform"]["parameters"]["nonsense"] = 1;
  json["platform"]["parameters"]["runtime_binary_path"] = nullptr;
  const auto scenario = ParseScenario(json.dump(), "s.json",
                                      {.blocks = {"dataset", "model_wrapper"},
                                       .device = true,
                                       .files = {{BlockKind::kModelWrapper, "model_path"},
                                                 {BlockKind::kOptimizer, "compiled_model_path"},
                                                 {BlockKind::kPlatform, "runtime_binary_path"}}});
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().causes.size(), 4u);
  const std::string text = scenario.error().Format();
  EXPECT_THAT(text, HasSubstr("'dataset' is required and missing"));
  EXPECT_THAT(text, HasSubstr("s.json:1#/model_wrapper/parameters/model_path: there is no file"));
  EXPECT_THAT(text, HasSubstr("the branch (or tag, or commit) is missing"));
  EXPECT_THAT(text, HasSubstr("unknown key 'nonsense'"));
}

// What the predecessor's scenarios hold: its own build's firmware, which is not there, and 2023's
// Renode files.
TEST(Scenario, PredecessorFirmwareNeedNotExist) {
  Json json = HeadScenario();
  Json& platform = json["platform"]["parameters"];
  platform["uart_port"] = "/tmp/uart";
  platform["resc_dependencies"] = {"sim/config/platforms/springbok.repl"};
  const ScenarioNeeds needs{
      .blocks = {}, .device = true, .files = {{BlockKind::kPlatform, "runtime_binary_path"}}};
  for (const char* path : {"build/build-riscv/iree-runtime/iree_runtime",
                           "kenning:///renode/springbok/iree_runtime"}) {
    platform["runtime_binary_path"] = path;
    const auto scenario = ParseScenario(json.dump(), "s.json", needs);
    EXPECT_TRUE(scenario) << scenario.error().Format();
  }
  platform["runtime_binary_path"] = "build/another";
  EXPECT_FALSE(ParseScenario(json.dump(), "s.json", needs));
}

TEST(Scenario, YamlFaultsNameLines) {
  const auto scenario = ParseScenario(
      "dataset:\n"
      "  type: MagicWandDataset\n"
      "  parameters:\n"
      "    dataset_root: data\n"
      "    window_sise: 128\n"
      "optimizers:\n"
      "- type: IREECompiler\n"
      "  parameters: {compiled_model_path: 5}\n"
      "automl: {}\n",
      "s.yml");
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().Format(),
            "s.yml: the scenario has 3 faults\n"
            "  s.yml:5#/dataset/parameters/window_sise: unknown key 'window_sise'; did you mean "
            "'window_size'?\n"
            "  s.yml:8#/optimizers/0/parameters/compiled_model_path: needs a path, not a whole "
            "number\n"
            "  s.yml:9#/automl: 'automl' is not possible: models are not searched for here");
}

TEST(Scenario, AllFaultsAtOnceWithLines) {
  const auto scenario = ParseScenario(R"({
  "dataset": {"type": "MagicWandDataset",
    "parameters": {"dataset_root": 1,
      "windowsize": 2}},
  "runtme": {}
})",
                                      "s.json");
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().Format(),
            "s.json: the scenario has 4 faults\n"
            "  s.json:4#/dataset/parameters/windowsize: unknown key 'windowsize'; did you mean "
            "'window_size'?\n"
            "  s.json:3#/dataset/parameters/dataset_root: needs a path, not a whole number\n"
            "  s.json:5#/runtme: unknown key 'runtme'; did you mean 'runtime'?\n"
            "  s.json:1#: has neither 'platform' nor 'runtime' nor 'optimizers': nothing to do");
}

struct Malformed {
  const char* json;
  const char* sentence;
};

TEST(Scenario, NotJson) {
  for (const Malformed& row : {
           Malformed{"", "is not JSON: parse error at line 1"},
           Malformed{"{\n  \"a\": ,\n}", "is not JSON: parse error at line 2, column 8"},
           Malformed{"{\"a\": 1e999}", "is not JSON"},
           Malformed{"{\"a\": \"\xff\"}", "is not JSON"},
           Malformed{"{} {}", "is not JSON"},
           Malformed{"{\"a\": 1, \"a\": 2}", "the key 'a' occurs twice"},
       }) {
    const auto scenario = ParseScenario(row.json, "s.json");
    ASSERT_FALSE(scenario) << row.json;
    EXPECT_THAT(scenario.error().sentence, HasSubstr(row.sentence)) << row.json;
    EXPECT_EQ(scenario.error().place, "s.json");
  }
  const auto list = ParseScenario("[]", "s.json");
  ASSERT_FALSE(list);
  EXPECT_THAT(list.error().Format(), HasSubstr("a scenario is an object, not a list"));
}

TEST(Scenario, Limits) {
  const auto deep = ParseScenario(std::string(100'000, '['), "s.json");
  ASSERT_FALSE(deep);
  EXPECT_THAT(deep.error().sentence, HasSubstr("nested deeper"));
  const auto large = ParseScenario(std::string(kMaxScenarioBytes + 1, ' '), "s.json");
  ASSERT_FALSE(large);
  EXPECT_THAT(large.error().sentence, HasSubstr("larger than"));
}

TEST(Scenario, FilesThatCannotBeRead) {
  const std::pair<const char*, const char*> rows[] = {
      {"no/such/file.json", "cannot be opened"},
      {"scenarios", "is a folder"},
      {"gh://antmicro:kenning/x.json;branch=main", "is read from a file"},
      {"ftp://host/x.json", "the scheme 'ftp' is unknown"},
  };
  for (const auto& [path, sentence] : rows) {
    const auto scenario = LoadScenario(path);
    ASSERT_FALSE(scenario) << path;
    EXPECT_EQ(scenario.error().exit_code(), 2);
    EXPECT_THAT(scenario.error().sentence, HasSubstr(sentence)) << path;
  }
}

std::vector<std::string> Keys(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

TEST(BuildConfiguration, LegacyOrderAndAbsolutePaths) {
  const auto scenario = ParseScenario(LegacyScenario().dump(), "s.json");
  ASSERT_TRUE(scenario) << scenario.error().Format();
  const Json configuration = BuildConfiguration(*scenario, "/work");
  EXPECT_THAT(Keys(configuration), ElementsAre("dataset", "model_wrapper", "protocol", "runtime",
                                               "data_converter", "optimizers"));
  EXPECT_THAT(Keys(configuration["dataset"]["parameters"]),
              ElementsAre("window_size", "window_shift", "noise_level", "dataset_root",
                          "inference_batch_size", "download_dataset", "force_download_dataset",
                          "external_calibration_dataset", "split_fraction_test",
                          "split_fraction_val", "split_seed"));
  EXPECT_EQ(configuration["protocol"].dump(),
            R"({"type":"kenning.protocols.uart.UARTProtocol","parameters":{"port":"/tmp/uart",)"
            R"("baudrate":115200,"packet_size":4096,"endianness":"little"}})");
  EXPECT_EQ(configuration["model_wrapper"]["parameters"].dump(),
            R"({"window_size":128,"model_path":"/work/m.h5","model_name":null})");
  EXPECT_EQ(configuration["dataset"]["parameters"]["dataset_root"], "data");
  EXPECT_EQ(configuration["optimizers"][0]["parameters"].dump(),
            R"({"model_framework":"any","backend":"llvm-cpu","compiler_args":null,)"
            R"("compiled_model_path":"/work/m.vmfb","location":"host"})");
}

TEST(BuildConfiguration, HeadOrder) {
  Json json = HeadScenario();
  json["runtime"] = Json::parse(R"({"type": "IREERuntime", "parameters": {}})");
  json["protocol"] = Json::parse(R"({"type": "UARTProtocol", "parameters": {"port": "/dev/x"}})");
  const auto scenario = ParseScenario(json.dump(), "s.json");
  ASSERT_TRUE(scenario) << scenario.error().Format();
  const Json configuration = BuildConfiguration(*scenario, "/work");
  EXPECT_THAT(Keys(configuration), ElementsAre("dataset", "dataconverter", "optimizers", "platform",
                                               "protocol", "model_wrapper", "runtime"));
  EXPECT_THAT(Keys(configuration["platform"]["parameters"]),
              ElementsAre("uart_port", "uart_baudrate", "uart_log_port", "uart_log_baudrate",
                          "auto_flash", "openocd_path", "sensor", "number_of_batches", "simulated",
                          "runtime_binary_path", "platform_resc_path", "resc_dependencies",
                          "post_start_commands", "disable_opcode_counters", "disable_profiler",
                          "profiler_dump_path", "profiler_interval_step", "runtime_init_log_msg",
                          "runtime_init_timeout", "gdb_port", "name", "platforms_definitions"));
  EXPECT_EQ(configuration["protocol"]["parameters"].dump(),
            R"({"port":"/dev/x","baudrate":9600,"error_recovery":false,"timeout":-1})");
  EXPECT_EQ(configuration["model_wrapper"]["parameters"]["model_path"], "m.h5");
  EXPECT_EQ(configuration["dataset"]["parameters"]["reduce_dataset"], 1.0);
}

// A parameter of the other generation is accepted and then recorded.
TEST(BuildConfiguration, GivenParametersAreRecorded) {
  Json json = LegacyScenario();
  json["dataset"]["parameters"]["reduce_dataset"] = 0.5;
  const auto scenario = ParseScenario(json.dump(), "s.json");
  ASSERT_TRUE(scenario) << scenario.error().Format();
  EXPECT_EQ(BuildConfiguration(*scenario, "/")["dataset"]["parameters"]["reduce_dataset"], 0.5);
}

}  // namespace
}  // namespace host
