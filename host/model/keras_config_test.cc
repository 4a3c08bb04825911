// SPDX-License-Identifier: Apache-2.0

#include "host/model/keras_config.h"

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Calls as layer(values), values numbered from the inputs on; then the outputs.
std::string Calls(const KerasNetwork& network) {
  std::string text;
  for (const KerasCall& call : network.calls) {
    const KerasLayer& layer = network.layers[call.layer];
    text += fmt::format("{}{}{}({}{}) ", layer.model, layer.model.empty() ? "" : ":", layer.name,
                        fmt::join(call.inputs, ","),
                        call.number ? fmt::format(";{}", *call.number) : "");
  }
  for (const GraphOutput& output : network.outputs) {
    text += fmt::format("{}={} ", output.name, output.value);
  }
  return text;
}

// The same two-layer model in each spelling.
const char* const kSpellings[] = {
    // Keras 2 and 3 Sequential with an InputLayer
    R"({"class_name": "Sequential", "config": {"name": "m", "layers": [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [null, 4, 2]}},
        {"class_name": "A", "config": {"name": "a"}}, {"class_name": "B", "config": {"name": "b"}}]}})",
    R"({"class_name": "Sequential", "config": {"name": "m", "layers": [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [null, 4, 2]}},
        {"class_name": "A", "config": {"name": "a"}}, {"class_name": "B", "config": {"name": "b"}}]}})",
    // Functional: Keras 2, out of order; "Model" is its older name
    R"({"class_name": "Model", "config": {"name": "m", "layers": [
        {"class_name": "B", "name": "b", "config": {"name": "b"}, "inbound_nodes": [[["a", 0, 0, {}]]]},
        {"class_name": "InputLayer", "name": "in", "inbound_nodes": [],
         "config": {"name": "in", "batch_input_shape": [null, 4, 2]}},
        {"class_name": "A", "name": "a", "config": {"name": "a"}, "inbound_nodes": [[["in", 0, 0, {}]]]}],
        "input_layers": [["in", 0, 0]], "output_layers": [["b", 0, 0]]}})",
    // Functional: Keras 3
    R"({"class_name": "Functional", "config": {"name": "m", "layers": [
        {"class_name": "InputLayer", "name": "in", "inbound_nodes": [],
         "config": {"name": "in", "batch_shape": [null, 4, 2]}},
        {"class_name": "A", "name": "a", "config": {"name": "a"}, "inbound_nodes": [{"args": [
          {"class_name": "__keras_tensor__", "config": {"shape": [null, 4, 2], "dtype": "float32",
           "keras_history": ["in", 0, 0]}}], "kwargs": {}}]},
        {"class_name": "B", "name": "b", "config": {"name": "b"}, "inbound_nodes": [{"args": [
          {"class_name": "__keras_tensor__", "config": {"shape": [null, 4, 2], "dtype": "float32",
           "keras_history": ["a", 0, 0]}}], "kwargs": {}}]}],
        "input_layers": ["in", 0, 0], "output_layers": ["b", 0, 0]}})",
};

TEST(KerasConfigTest, AllSpellingsGiveTheSameNetwork) {
  for (const char* spelling : kSpellings) {
    const auto chain = ParseKerasConfig(spelling);
    ASSERT_TRUE(chain) << chain.error().Format() << "\n" << spelling;
    EXPECT_EQ(chain->inputs[0].name, "in");
    EXPECT_THAT(chain->inputs[0].shape, ElementsAre(1, 4, 2));
    EXPECT_EQ(Calls(*chain), "a(0) b(1) b=2 ");
  }
}

TEST(KerasConfigTest, InputShapeWithoutInputLayer) {
  const auto of_layer = ParseKerasConfig(
      R"({"class_name": "Sequential", "config": [
          {"class_name": "A", "config": {"name": "a", "batch_input_shape": [null, 5]}}]})");
  ASSERT_TRUE(of_layer) << of_layer.error().Format();
  EXPECT_EQ(of_layer->inputs[0].name, "a_input");
  const auto of_build = ParseKerasConfig(
      R"({"class_name": "Sequential", "config": {"build_input_shape": [null, 5], "layers": [
          {"class_name": "A", "config": {"name": "a"}}]}})");
  ASSERT_TRUE(of_build) << of_build.error().Format();
  EXPECT_THAT(of_build->inputs[0].shape, ElementsAre(1, 5));
}

TEST(KerasConfigTest, FaultsAreNamed) {
  const auto sequential = [](std::string_view layers) {
    return fmt::format(R"({{"class_name": "Sequential", "config": {{"layers": {}}}}})", layers);
  };
  const auto functional = [](std::string_view layers, std::string_view output = "a") {
    return fmt::format(
        R"({{"class_name": "Functional", "config": {{"layers": [
            {{"class_name": "InputLayer", "config": {{"name": "in", "batch_shape": [null, 4]}}}},
            {}], "input_layers": ["in", 0, 0], "output_layers": ["{}", 0, 0]}}}})",
        layers, output);
  };
  const struct {
    std::string config;
    const char* sentence;
  } rows[] = {
      {"", "not valid JSON"},
      {"{\"class_name\"", "not valid JSON"},
      {"[]", "has no config"},
      {R"({"class_name": "MyModel", "config": {}})", "class 'MyModel'"},
      {sequential("[]"), "no list of layers"},
      {sequential("7"), "no list of layers"},
      {sequential("[7]"), "layer 0 has no class_name"},
      {sequential(R"([{"class_name": "A", "config": {}}])"), "layer 0 has no name"},
      {sequential(R"([{"class_name": "A", "config": {"name": "a"}}])"), "without an input shape"},
      {sequential(
           R"([{"class_name": "A", "config": {"name": "a", "batch_shape": [null, null, 3]}}])"),
       "fixed shapes"},
      {sequential(R"([{"class_name": "A", "config": {"name": "a", "batch_shape": [8, 3]}}])"),
       "batch size is fixed"},
      {sequential(R"([{"class_name": "A", "config": {"name": "a", "batch_shape": [null, 0]}}])"),
       "fixed shapes"},
      {sequential(
           R"([{"class_name": "A", "config": {"name": "a", "batch_shape": [null, 99999999999]}}])"),
       "fixed shapes"},
      {sequential(R"([{"class_name": "A", "config": {"name": "a", "batch_shape": [null, 3]}},
                      {"class_name": "A", "config": {"name": "a"}}])"),
       "two layers are named a"},
      {functional(R"({"class_name": "A", "config": {"name": "a"}, "inbound_nodes": []})"),
       "the model's output comes from call 0 of layer a, which there is not"},
      {functional(
           R"({"class_name": "A", "config": {"name": "a"}, "inbound_nodes": [[["b", 0, 0, {}]]]},
              {"class_name": "B", "config": {"name": "b"}, "inbound_nodes": [[["a", 0, 0, {}]]]})"),
       "layer a needs its own output"},
      {functional(
           R"({"class_name": "A", "config": {"name": "a"}, "inbound_nodes": [[["in", 0, 0, {}]]]})",
           "z"),
       "comes from call 0 of layer z"},
      {functional(
           R"({"class_name": "A", "config": {"name": "a"}, "inbound_nodes": [[["in", 7, 0, {}]]]})"),
       "an input of layer a comes from call 7 of layer in"},
      {functional(
           R"({"class_name": "A", "config": {"name": "a"}, "inbound_nodes": [[["in", 0, 3, {}]]]})"),
       "layer in has no tensor 3"},
      {functional(R"({"class_name": "A", "config": {"name": "a"}, "inbound_nodes": [
                      {"args": [["in", 0, 0]], "kwargs": {"mask": ["in", 0, 0]}}]})"),
       "layer a (A): gets tensors by keyword"},
      {functional(R"({"class_name": "A", "config": {"name": "a"}, "inbound_nodes": [
                      {"args": [2, ["in", 0, 0]], "kwargs": {}}]})"),
       "layer a (A): computes with a number on the left"},
      {functional(R"({"class_name": "Sequential", "config": {"name": "a", "layers": []},
                      "inbound_nodes": [[["in", 0, 0, {}]]]})"),
       "no list of layers"},
  };
  for (const auto& row : rows) {
    const auto chain = ParseKerasConfig(row.config);
    ASSERT_FALSE(chain) << row.config;
    EXPECT_EQ(chain.error().kind, ErrorKind::kInput);
    EXPECT_THAT(chain.error().sentence, HasSubstr(row.sentence)) << row.config;
  }
}

// A model of inputs, layers and outputs in the spelling of Keras 2.
std::string Functional(std::string_view layers, std::string_view inputs, std::string_view outputs) {
  return fmt::format(
      R"({{"class_name": "Functional", "config": {{"name": "m", "layers": [{}],
          "input_layers": [{}], "output_layers": [{}]}}}})",
      layers, inputs, outputs);
}

std::string Input(std::string_view name) {
  return fmt::format(
      R"({{"class_name": "InputLayer", "config": {{"name": "{}", "batch_shape": [null, 4]}},
          "inbound_nodes": []}})",
      name);
}

std::string Layer(std::string_view name, std::string_view calls) {
  return fmt::format(R"({{"class_name": "A", "config": {{"name": "{}"}}, "inbound_nodes": {}}})",
                     name, calls);
}

TEST(KerasConfigTest, BranchesMeet) {
  const std::string layers =
      fmt::format("{}, {}, {}, {}",
                  Layer("sum", R"([[["left", 0, 0, {}], ["x", 0, 0, {}], ["right", 0, 0, {}]]])"),
                  Layer("right", R"([[["x", 0, 0, {}]]])"), Layer("left", R"([[["x", 0, 0, {}]]])"),
                  Input("x"));
  const auto network =
      ParseKerasConfig(Functional(layers, R"(["x", 0, 0])", R"(["sum", 0, 0], ["right", 0, 0])"));
  ASSERT_TRUE(network) << network.error().Format();
  EXPECT_EQ(Calls(*network), "left(0) right(0) sum(1,0,2) sum=3 right=2 ");
}

TEST(KerasConfigTest, LayersAreSharedAndNumbersAreOperands) {
  const std::string shared = fmt::format("{}, {}, {}, {}", Input("x"), Input("y"),
                                         Layer("d", R"([[["x", 0, 0, {}]], [["y", 0, 0, {}]]])"),
                                         Layer("sum", R"([[["d", 1, 0, {}], ["d", 0, 0, {}]]])"));
  const auto network =
      ParseKerasConfig(Functional(shared, R"(["x", 0, 0], ["y", 0, 0])", R"(["sum", 0, 0])"));
  ASSERT_TRUE(network) << network.error().Format();
  EXPECT_EQ(Calls(*network), "d(1) d(0) sum(2,3) sum=4 ");
  EXPECT_THAT(network->layers, SizeIs(2));

  const struct {
    const char* layer;
    const char* calls;
  } rows[] = {
      {R"({"class_name": "TFOpLambda", "config": {"name": "op"},
           "inbound_nodes": [["x", 0, 0, {"y": 3.0, "name": null}]]})",
       "op(0;3) op=1 "},
      {R"({"class_name": "TFOpLambda", "config": {"name": "op"},
           "inbound_nodes": [["x", 0, 0, {"y": ["x", 0, 0], "name": null}]]})",
       "op(0,0) op=1 "},
      {R"({"class_name": "Add", "config": {"name": "op"},
           "inbound_nodes": [{"args": [["x", 0, 0], 3.0], "kwargs": {}}]})",
       "op(0;3) op=1 "},
  };
  for (const auto& row : rows) {
    const auto with_number = ParseKerasConfig(Functional(
        fmt::format("{}, {}", Input("x"), row.layer), R"(["x", 0, 0])", R"(["op", 0, 0])"));
    ASSERT_TRUE(with_number) << with_number.error().Format();
    EXPECT_EQ(Calls(*with_number), row.calls);
  }
}

// Keras 2 counts the calls of a model with inputs from 1, Keras 3 from 0.
TEST(KerasConfigTest, ModelsAreLayers) {
  const std::string inner =
      fmt::format("{}, {}, {}", Input("i"), Layer("b", R"([[["i", 0, 0, {}]]])"),
                  Layer("c", R"([[["b", 0, 0, {}]]])"));
  for (const int first : {0, 1}) {
    const std::string layers = fmt::format(
        R"({}, {{"class_name": "Functional", "name": "m", "config": {{"name": "m", "layers": [{}],
            "input_layers": ["i", 0, 0], "output_layers": ["c", 0, 0]}},
            "inbound_nodes": [[["x", 0, 0, {{}}]], [["m", {}, 0, {{}}]]]}})",
        Input("x"), inner, first);
    const auto network = ParseKerasConfig(
        Functional(layers, R"(["x", 0, 0])", fmt::format(R"(["m", {}, 0])", first + 1)));
    ASSERT_TRUE(network) << network.error().Format();
    EXPECT_EQ(Calls(*network), "m:b(0) m:c(1) m:b(2) m:c(3) m=4 ");
  }
  const auto chain = ParseKerasConfig(
      R"({"class_name": "Sequential", "config": {"layers": [
          {"class_name": "Sequential", "config": {"name": "s", "layers": [
            {"class_name": "A", "config": {"name": "a", "batch_input_shape": [null, 5]}}]}},
          {"class_name": "B", "config": {"name": "b"}}]}})");
  ASSERT_TRUE(chain) << chain.error().Format();
  EXPECT_THAT(chain->inputs[0].shape, ElementsAre(1, 5));
  EXPECT_EQ(Calls(*chain), "s:a(0) b(1) b=2 ");
}

// Small as text, and without end when it is written out.
TEST(KerasConfigTest, ModelsThatUseModelsTwiceAreRefused) {
  std::string model = Layer("l", R"([[["i", 0, 0, {}]]])");
  std::string inside = fmt::format("{}, {}", Input("i"), model);
  std::string last = "l";
  for (int depth = 0; depth < 6; ++depth) {
    std::string calls = R"([["i", 0, 0, {}]])";
    for (int i = 0; i < 60; ++i) calls += fmt::format(R"(, [["m", {}, 0, {{}}]])", i);
    inside = fmt::format(
        R"({}, {{"class_name": "Functional", "config": {{"name": "m", "layers": [{}],
            "input_layers": ["i", 0, 0], "output_layers": ["{}", {}, 0]}}, "inbound_nodes": [{}]}})",
        Input("i"), inside, last, depth == 0 ? 0 : 60, calls);
    last = "m";
  }
  const auto network = ParseKerasConfig(Functional(inside, R"(["i", 0, 0])", R"(["m", 60, 0])"));
  ASSERT_FALSE(network);
  EXPECT_THAT(network.error().sentence, HasSubstr("too"));
}

TEST(KerasConfigTest, DeepNestingIsSurvived) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_FALSE(ParseKerasConfig(deep));
  EXPECT_FALSE(ParseKerasConfig(fmt::format(
      R"({{"class_name": "Functional", "config": {{"layers": [], "input_layers": {}}}}})", deep)));
}

}  // namespace
}  // namespace host
