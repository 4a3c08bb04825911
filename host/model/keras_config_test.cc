#include "host/model/keras_config.h"

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Names(const KerasChain& chain) {
  std::vector<std::string> names;
  for (const KerasLayer& layer : chain.layers) names.push_back(layer.name);
  return names;
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

TEST(KerasConfigTest, AllSpellingsGiveTheSameChain) {
  for (const char* spelling : kSpellings) {
    const auto chain = ParseKerasConfig(spelling);
    ASSERT_TRUE(chain) << chain.error().Format() << "\n" << spelling;
    EXPECT_EQ(chain->input_name, "in");
    EXPECT_THAT(chain->input_shape, ElementsAre(1, 4, 2));
    EXPECT_THAT(Names(*chain), ElementsAre("a", "b"));
  }
}

TEST(KerasConfigTest, InputShapeWithoutInputLayer) {
  const auto of_layer = ParseKerasConfig(
      R"({"class_name": "Sequential", "config": [
          {"class_name": "A", "config": {"name": "a", "batch_input_shape": [null, 5]}}]})");
  ASSERT_TRUE(of_layer) << of_layer.error().Format();
  EXPECT_EQ(of_layer->input_name, "a_input");
  const auto of_build = ParseKerasConfig(
      R"({"class_name": "Sequential", "config": {"build_input_shape": [null, 5], "layers": [
          {"class_name": "A", "config": {"name": "a"}}]}})");
  ASSERT_TRUE(of_build) << of_build.error().Format();
  EXPECT_THAT(of_build->input_shape, ElementsAre(1, 5));
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
       "not used exactly once"},
      {functional(R"({"class_name": "Add", "config": {"name": "a"},
                      "inbound_nodes": [[["in", 0, 0, {}], ["in", 0, 0, {}]]]})"),
       "layer a (Add) has 2 inputs"},
      {functional(
           R"({"class_name": "A", "config": {"name": "a"}, "inbound_nodes": [[["in", 0, 0, {}]]]},
              {"class_name": "B", "config": {"name": "b"}, "inbound_nodes": [[["in", 0, 0, {}]]]})"),
       "output of layer in goes to more than one"},
      {functional(
           R"({"class_name": "A", "config": {"name": "a"}, "inbound_nodes": [[["b", 0, 0, {}]]]},
              {"class_name": "B", "config": {"name": "b"}, "inbound_nodes": [[["a", 0, 0, {}]]]})"),
       "does not reach the output"},
      {functional(
           R"({"class_name": "A", "config": {"name": "a"}, "inbound_nodes": [[["in", 0, 0, {}]]]})",
           "z"),
       "does not reach the output layer z"},
  };
  for (const auto& row : rows) {
    const auto chain = ParseKerasConfig(row.config);
    ASSERT_FALSE(chain) << row.config;
    EXPECT_EQ(chain.error().kind, ErrorKind::kInput);
    EXPECT_THAT(chain.error().sentence, HasSubstr(row.sentence)) << row.config;
  }
}

TEST(KerasConfigTest, DeepNestingIsSurvived) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_FALSE(ParseKerasConfig(deep));
  EXPECT_FALSE(ParseKerasConfig(fmt::format(
      R"({{"class_name": "Functional", "config": {{"layers": [], "input_layers": {}}}}})", deep)));
}

}  // namespace
}  // namespace host
