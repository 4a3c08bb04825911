// SPDX-License-Identifier: Apache-2.0

#include "host/model/keras_layers.h"

#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Json = nlohmann::json;

KerasWeight Weight(const char* name, std::vector<uint64_t> shape) {
  uint64_t count = 1;
  for (uint64_t extent : shape) count *= extent;
  KerasWeight weight{name, "", std::move(shape), std::vector<float>(count)};
  std::iota(weight.values.begin(), weight.values.end(), 1.0f);
  return weight;
}

// The layers one after the other.
KerasNetwork Chain(const Shape& input, std::vector<KerasLayer> layers) {
  KerasNetwork network{{{"x", input}}, std::move(layers), {}, {}};
  for (size_t i = 0; i < network.layers.size(); ++i) {
    network.calls.push_back({i, {i}, std::nullopt});
  }
  const size_t last = network.layers.size();
  network.outputs = {{last == 0 ? "x" : network.layers.back().name, last}};
  return network;
}

// One layer "l" on an input of the given shape.
Result<KerasGraph> Build(const Shape& input, const char* class_name, const char* config,
                         std::vector<KerasWeight> weights = {}) {
  return BuildKerasGraph(Chain(input, {{class_name, "l", Json::parse(config), ""}}),
                         {{"l", std::move(weights)}});
}

const Shape& OutputShape(const KerasGraph& built) {
  return built.graph.ShapeOf(built.graph.outputs.at(0).value);
}

TEST(KerasLayersTest, OutputShapes) {
  const struct {
    const char* class_name;
    const char* config;
    std::vector<KerasWeight> weights;
    Shape expected;
  } rows[] = {
      {"Conv2D",
       R"({"filters": 5, "kernel_size": [4, 3], "padding": "same"})",
       {Weight("kernel", {4, 3, 2, 5}), Weight("bias", {5})},
       {1, 9, 7, 5}},
      {"Conv2D",
       R"({"filters": 5, "kernel_size": [4, 3], "strides": [2, 2], "use_bias": false})",
       {Weight("kernel", {4, 3, 2, 5})},
       {1, 3, 3, 5}},
      {"DepthwiseConv2D",
       R"({"kernel_size": 3, "depth_multiplier": 3, "padding": "same"})",
       {Weight("depthwise_kernel", {3, 3, 2, 3}), Weight("bias", {6})},
       {1, 9, 7, 6}},
      {"MaxPooling2D", R"({"pool_size": [2, 2]})", {}, {1, 4, 3, 2}},
      {"MaxPooling2D", R"({"pool_size": 2, "strides": null, "padding": "same"})", {}, {1, 5, 4, 2}},
      {"AveragePooling2D", R"({"pool_size": [9, 7], "strides": [1, 1]})", {}, {1, 1, 1, 2}},
      {"GlobalAveragePooling2D", "{}", {}, {1, 2}},
      {"GlobalAveragePooling2D", R"({"keepdims": true})", {}, {1, 1, 1, 2}},
      {"GlobalAveragePooling2D", R"({"keepdims": 1})", {}, {1, 1, 1, 2}},
      {"Flatten", "{}", {}, {1, 126}},
      {"Reshape", R"({"target_shape": [3, -1]})", {}, {1, 3, 42}},
      {"ZeroPadding2D", R"({"padding": [[1, 2], [3, 4]]})", {}, {1, 12, 14, 2}},
      {"ZeroPadding2D", R"({"padding": 2})", {}, {1, 13, 11, 2}},
      {"ReLU", R"({"max_value": 6.0})", {}, {1, 9, 7, 2}},
      {"Cropping2D", R"({"cropping": [[1, 2], [3, 0]]})", {}, {1, 6, 4, 2}},
      {"UpSampling2D", R"({"size": [2, 3]})", {}, {1, 18, 21, 2}},
      {"Permute", R"({"dims": [3, 1, 2]})", {}, {1, 2, 9, 7}},
      {"Dense", R"({"units": 3, "use_bias": false})", {Weight("kernel", {2, 3})}, {1, 9, 7, 3}},
      {"Conv2DTranspose",
       R"({"filters": 5, "kernel_size": [3, 2], "strides": [2, 3], "padding": "same"})",
       {Weight("kernel", {3, 2, 5, 2}), Weight("bias", {5})},
       {1, 18, 21, 5}},
      {"UpSampling2D", R"({"size": 2, "interpolation": "bilinear"})", {}, {1, 18, 14, 2}},
      {"Conv2D",
       R"({"filters": 6, "kernel_size": 3, "groups": 2, "use_bias": false})",
       {Weight("kernel", {3, 3, 1, 6})},
       {1, 7, 5, 6}},
      {"Conv2DTranspose",
       R"({"filters": 5, "kernel_size": [3, 2], "dilation_rate": [2, 3], "use_bias": false})",
       {Weight("kernel", {3, 2, 5, 2})},
       {1, 13, 10, 5}},
      {"Conv2DTranspose",
       R"({"filters": 5, "kernel_size": [3, 2], "strides": [2, 3], "use_bias": false})",
       {Weight("kernel", {3, 2, 5, 2})},
       {1, 19, 21, 5}},
  };
  for (const auto& row : rows) {
    const auto built = Build({1, 9, 7, 2}, row.class_name, row.config, row.weights);
    ASSERT_TRUE(built) << row.class_name << ": " << built.error().Format();
    EXPECT_EQ(OutputShape(*built), row.expected) << row.class_name << row.config;
  }
}

// TensorFlow's SAME: out = ceil(in / stride), the odd row at the end.
TEST(KerasLayersTest, SamePaddingIsExplicit) {
  const auto built =
      Build({1, 128, 3, 1}, "Conv2D", R"({"filters": 1, "kernel_size": [4, 3], "padding": "same"})",
            {Weight("kernel", {4, 3, 1, 1}), Weight("bias", {1})});
  ASSERT_TRUE(built) << built.error().Format();
  const auto& conv = std::get<ConvolutionOp>(built->graph.ops[0].data);
  EXPECT_EQ(conv.window.padding, (Padding{{1, 1}, {2, 1}}));
}

TEST(KerasLayersTest, NormalisationIsFoldedOnlyIntoAKernel) {
  const auto norm = [](std::vector<float> gamma) {
    return KerasLayerWeights{"n",
                             {{"gamma", "", {2}, std::move(gamma)},
                              {"beta", "", {2}, {1, 2}},
                              {"moving_mean", "", {2}, {3, 4}},
                              {"moving_variance", "", {2}, {0.75f, 3.75f}}}};
  };
  const KerasLayer dense{"Dense", "d", Json::parse(R"({"units": 2})"), ""};
  const KerasLayer active{"Dense", "d", Json::parse(R"({"units": 2, "activation": "relu"})"), ""};
  const KerasLayer normal{"BatchNormalization", "n", Json::parse(R"({"epsilon": 0.25})"), ""};
  const KerasLayerWeights kernel{"d",
                                 {{"kernel", "", {1, 2}, {10, 20}}, {"bias", "", {2}, {5, 6}}}};

  const auto folded = BuildKerasGraph(Chain({1, 1}, {dense, normal}), {kernel, norm({1, 4})});
  ASSERT_TRUE(folded) << folded.error().Format();
  ASSERT_THAT(folded->graph.ops, SizeIs(1));
  const auto& product = std::get<MatrixProductOp>(folded->graph.ops[0].data);
  EXPECT_THAT(product.weights, ElementsAre(10, 40));  // times gamma / sqrt(variance + epsilon)
  EXPECT_THAT(product.bias, ElementsAre(5 - 3 + 1, (6 - 4) * 2 + 2));
  EXPECT_THAT(folded->notes, ElementsAre("layer n is folded into d"));
  EXPECT_EQ(folded->graph.outputs[0].name, "n");

  const auto kept = BuildKerasGraph(Chain({1, 1}, {active, normal}), {kernel, norm({1, 4})});
  ASSERT_TRUE(kept);
  ASSERT_THAT(kept->graph.ops, SizeIs(3));
  EXPECT_THAT(std::get<ScaleOp>(kept->graph.ops[2].data).scale, ElementsAre(1, 2));
}

// x -> d (Dense), n (normalisation of d) and, if d is needed elsewhere too, s (their sum).
TEST(KerasLayersTest, NormalisationIsNotFoldedWhereOthersTakeTheKernelsResult) {
  const std::vector<KerasLayerWeights> weights = {
      {"d", {{"kernel", "", {1, 2}, {10, 20}}, {"bias", "", {2}, {5, 6}}}},
      {"n",
       {{"gamma", "", {2}, {1, 4}},
        {"beta", "", {2}, {1, 2}},
        {"moving_mean", "", {2}, {3, 4}},
        {"moving_variance", "", {2}, {0.75f, 3.75f}}}}};
  KerasNetwork network =
      Chain({1, 1}, {{"Dense", "d", Json::parse(R"({"units": 2})"), ""},
                     {"Dropout", "drop", Json::object(), ""},
                     {"BatchNormalization", "n", Json::parse(R"({"epsilon": 0.25})"), ""},
                     {"Add", "s", Json::object(), ""}});
  network.calls[3].inputs = {3, 1};
  const auto kept = BuildKerasGraph(network, weights);
  ASSERT_TRUE(kept) << kept.error().Format();
  ASSERT_THAT(kept->graph.ops, SizeIs(3));
  EXPECT_THAT(std::get<MatrixProductOp>(kept->graph.ops[0].data).weights, ElementsAre(10, 20));
  EXPECT_THAT(kept->graph.ops[2].inputs, ElementsAre(2, 1));

  network.calls[3].inputs = {3, 0};
  const auto folded = BuildKerasGraph(network, weights);
  ASSERT_TRUE(folded) << folded.error().Format();
  ASSERT_THAT(folded->graph.ops, SizeIs(2));
  EXPECT_THAT(std::get<MatrixProductOp>(folded->graph.ops[0].data).weights, ElementsAre(10, 40));
}

TEST(KerasLayersTest, BranchesMustFit) {
  const auto build = [](const char* class_name, const Shape& a, const Shape& b) {
    KerasNetwork network = Chain(a, {{class_name, "l", Json::object(), ""}});
    network.inputs.push_back({"y", b});
    network.calls[0].inputs = {0, 1};
    network.outputs[0].value = 2;
    return BuildKerasGraph(network, {});
  };
  const struct {
    const char* class_name;
    Shape a;
    Shape b;
    Shape expected;  // empty: refused
  } rows[] = {
      {"Add", {1, 4, 3, 2}, {1, 4, 3, 2}, {1, 4, 3, 2}},
      {"Multiply", {1, 4, 3, 2}, {1, 1, 1, 2}, {1, 4, 3, 2}},
      {"Maximum", {1, 2}, {1, 4, 3, 2}, {1, 4, 3, 2}},
      {"Concatenate", {1, 4, 3, 2}, {1, 4, 3, 5}, {1, 4, 3, 7}},
      {"Add", {1, 4}, {1, 5}, {}},
      {"Concatenate", {1, 4, 3, 2}, {1, 4, 2, 2}, {}},
      {"Concatenate", {1, 4}, {1, 2, 4}, {}},
      {"Flatten", {1, 4}, {1, 4}, {}},
  };
  for (const auto& row : rows) {
    const auto built = build(row.class_name, row.a, row.b);
    ASSERT_EQ(built.has_value(), !row.expected.empty()) << row.class_name;
    if (built) EXPECT_EQ(OutputShape(*built), row.expected) << row.class_name;
  }
}

// Weights of a model that is a layer lie under its name, told apart by the inner layer's.
TEST(KerasLayersTest, WeightsInsideOfAModelAreFoundByTheirOwner) {
  const auto weights = [](const char* a, const char* b) {
    return std::vector<KerasLayerWeights>{
        {"m", {{"kernel", a, {1, 1}, {10}}, {"kernel", b, {1, 1}, {20}}}}};
  };
  const KerasNetwork network =
      Chain({1, 1}, {{"Dense", "d", Json::parse(R"({"units": 1, "use_bias": false})"), "m"}});
  const auto found = BuildKerasGraph(network, weights("m/a/d", "m/d"));
  ASSERT_TRUE(found) << found.error().Format();
  EXPECT_THAT(std::get<MatrixProductOp>(found->graph.ops[0].data).weights, ElementsAre(20));
  const auto ambiguous = BuildKerasGraph(network, weights("a/d", "b/d"));
  ASSERT_FALSE(ambiguous);
  EXPECT_THAT(ambiguous.error().sentence, HasSubstr("two layers of this name inside of m"));
  EXPECT_FALSE(BuildKerasGraph(network, weights("ad", "e")));
}

TEST(KerasLayersTest, LayersOfTrainingVanish) {
  const auto built = BuildKerasGraph(
      Chain({1, 2}, {{"Dropout", "drop", Json::object(), ""}, {"ReLU", "r", Json::object(), ""}}),
      {});
  ASSERT_TRUE(built);
  EXPECT_THAT(built->graph.ops, SizeIs(1));
  EXPECT_THAT(built->notes, ElementsAre("layer drop does nothing in inference"));
}

TEST(KerasLayersTest, FaultsNameTheLayer) {
  const Shape image = {1, 9, 7, 2};
  const std::vector<KerasWeight> conv = {Weight("kernel", {3, 3, 2, 4}), Weight("bias", {4})};
  const struct {
    Shape input;
    const char* class_name;
    const char* config;
    std::vector<KerasWeight> weights;
    const char* sentence;
  } rows[] = {
      {image, "LSTM", "{}", {}, "layer l (LSTM): this class of layer is not read directly; export"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": [3, 3]})", {}, "no weight kernel"},
      {image, "Conv2D", R"({"filters": 5, "kernel_size": [3, 3]})", conv,
       "weight kernel has shape [3, 3, 2, 4], not [3, 3, 2, 5]"},
      {image, "Conv2D", R"({"filters": -1, "kernel_size": [3, 3]})", conv, "filters is not"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": [3, 3, 3]})", conv, "kernel_size is not"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": [3, 0]})", conv, "kernel_size is not"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": "3"})", conv, "kernel_size is not"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": 3, "padding": "causal"})", conv,
       "padding 'causal'"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": 3, "groups": 4})", conv,
       "4 groups do not divide 2 channels and 4 filters"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": [3, 3], "groups": 2})", conv,
       "weight kernel has shape [3, 3, 2, 4], not [3, 3, 1, 4]"},
      {image, "Conv2DTranspose", R"({"filters": 4, "kernel_size": 3, "groups": 2})", conv,
       "in groups is not read"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": 3, "data_format": "channels_first"})",
       conv, "channels_last"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": 3, "activation": "celu"})", conv,
       "activation 'celu'"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": 3, "dtype": "float16"})", conv,
       "dtype is not float32"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": 3, "dtype": {"config": 3}})", conv,
       "dtype is not float32"},
      {image, "Conv2D", R"({"filters": 4, "kernel_size": 12})", conv, "larger than the input"},
      {{1, 5}, "Conv2D", R"({"filters": 4, "kernel_size": 3})", conv, "input has shape [1, 5]"},
      {image, "Dense", R"({"units": 3})", {}, "no weight kernel"},
      {image, "Add", "{}", {}, "it has 1 input"},
      {image, "GlobalMaxPooling2D", R"({"keepdims": 2})", {}, "keepdims is not true or false"},
      {image, "Cropping2D", R"({"cropping": [[5, 4], [0, 0]]})", {}, "leaves nothing"},
      {image, "Permute", R"({"dims": [1, 1, 2]})", {}, "each axis once"},
      {image,
       "UpSampling2D",
       R"({"interpolation": "bicubic"})",
       {},
       "neither nearest nor bilinear"},
      {image, "Conv1D", R"({"filters": 4, "kernel_size": 3})", {}, "not batch, length, channels"},
      {image, "PReLU", R"({"shared_axes": [4]})", {}, "an axis that there is not"},
      {image, "Rescaling", R"({"scale": [1, 2, 3]})", {}, "3 numbers for 2 channels"},
      {image, "TFOpLambda", R"({"function": "nn.relu"})", {}, "'nn.relu' is not read directly"},
      {image, "TFOpLambda", R"({"function": "math.add"})", {}, "it has 1 input"},
      {image, "Reshape", R"({"target_shape": [-1, -1]})", {}, "two extents open"},
      {image, "Reshape", R"({"target_shape": [5, -1]})", {}, "does not fit"},
      {image, "Reshape", R"({"target_shape": [126, 126, 126, 126]})", {}, "does not fit"},
      {image, "Reshape", R"({"target_shape": [0]})", {}, "does not fit"},
      {image, "ZeroPadding2D", R"({"padding": [[1, 2], [3, -4]]})", {}, "padding is not"},
      {image, "ZeroPadding2D", R"({"padding": 4096})", {}, "its output is too large"},
      {image, "ReLU", R"({"threshold": 0.5})", {}, "threshold is not 0"},
      {image, "Softmax", R"({"axis": 1})", {}, "axis is not the last"},
      {image, "BatchNormalization", "{}", {}, "no weight moving_mean"},
      {image, "BatchNormalization", R"({"axis": [1]})", {}, "axis is not the last"},
  };
  for (const auto& row : rows) {
    const auto built = Build(row.input, row.class_name, row.config, row.weights);
    ASSERT_FALSE(built) << row.class_name << row.config;
    EXPECT_EQ(built.error().kind, ErrorKind::kInput);
    EXPECT_THAT(built.error().sentence, HasSubstr(row.sentence));
    EXPECT_THAT(built.error().sentence, HasSubstr("layer l (")) << row.config;
  }
}

TEST(KerasLayersTest, AModelMustCompute) {
  EXPECT_FALSE(BuildKerasGraph(Chain({1, 2}, {}), {}));
  EXPECT_FALSE(BuildKerasGraph(Chain({1, 1 << 20, 1 << 20, 1 << 20, 1 << 20}, {}), {}));
}

}  // namespace
}  // namespace host
