// SPDX-License-Identifier: Apache-2.0

#include "host/model/tflite_linalg.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr auto kInt8 = static_cast<int8_t>(TfliteType::kInt8);
constexpr auto kInt32 = static_cast<int8_t>(TfliteType::kInt32);
constexpr uint8_t kBytes[64] = {1, 2, 3, 4};

TfliteTensor Activation(Shape shape, float scale = 0.5f, int64_t zero_point = 3) {
  return {"x", kInt8, std::move(shape), {scale}, {zero_point}, 0, false, {}};
}

// One operator: tensor 0 is the input, 1 the output, the rest constants.
TfliteModel One(TfliteOperatorCode code, TfliteTensor input, TfliteTensor output,
                std::vector<TfliteTensor> constants = {}) {
  TfliteModel model{"", {0}, {1}, {std::move(input), std::move(output)}, {}};
  TfliteOperator op{static_cast<int32_t>(code), "", {0}, {1}, 0, {}};
  for (TfliteTensor& constant : constants) {
    op.inputs.push_back(static_cast<int32_t>(model.tensors.size()));
    model.tensors.push_back(std::move(constant));
  }
  model.operators = {op};
  return model;
}

TfliteTensor Weights(Shape shape) {
  const auto size = static_cast<size_t>(ElementCount(shape));
  return {"w", kInt8, std::move(shape), {0.25f}, {0}, 0, false, std::span(kBytes).first(size)};
}

// A bias of rank 1 whose quantized_dimension is 3, as the real person detector has it.
TfliteTensor Bias(int64_t channels) {
  return {"b", kInt32, {channels}, {0.1f},
          {0}, 3,      false,      std::span(kBytes).first(4 * static_cast<size_t>(channels))};
}

TfliteModel Convolution() {
  return One(TfliteOperatorCode::kConv2d, Activation({1, 2, 2, 2}), Activation({1, 2, 2, 2}),
             {Weights({2, 1, 1, 2}), Bias(2)});
}

TEST(TfliteLinalgTest, WritesEachOperator) {
  TfliteModel softmax =
      One(TfliteOperatorCode::kSoftmax, Activation({1, 4}), Activation({1, 4}, 1.0f / 256, -128));
  softmax.operators[0].options.beta = 1;
  TfliteModel add = One(TfliteOperatorCode::kAdd, Activation({1, 4}), Activation({1, 4}));
  add.operators[0].inputs.push_back(0);
  TfliteModel pool =
      One(TfliteOperatorCode::kMaxPool2d, Activation({1, 4, 4, 1}), Activation({1, 2, 2, 1}));
  pool.operators[0].options.stride_width = 2;
  pool.operators[0].options.stride_height = 2;
  TfliteModel average = pool;
  average.operators[0].code = static_cast<int32_t>(TfliteOperatorCode::kAveragePool2d);
  const struct {
    TfliteModel model;
    const char* text;
  } rows[] = {
      {Convolution(), "tensor.expand_shape"},
      {One(TfliteOperatorCode::kFullyConnected, Activation({1, 2}), Activation({1, 3}),
           {Weights({3, 2}), Bias(3)}),
       "linalg.matmul"},
      {One(TfliteOperatorCode::kReshape, Activation({1, 4}), Activation({1, 2, 2})),
       "\"tensor.expand_shape\""},
      {softmax, "math.ctlz"},
      {add, "arith.constant 20 : i32"},
      {pool, "linalg.pooling_nhwc_max"},
      {average, "linalg.pooling_nhwc_sum"},
  };
  for (const auto& row : rows) {
    const auto mlir = WriteTfliteLinalg(row.model);
    ASSERT_TRUE(mlir) << row.text << ": " << mlir.error().Format();
    EXPECT_THAT(*mlir, HasSubstr(row.text));
  }
}

// The zero point is folded into the bias: 0x04030201 - 3 * (1 + 2) = 0x040301F8.
TEST(TfliteLinalgTest, FoldsTheZeroPointIntoTheBias) {
  const auto mlir = WriteTfliteLinalg(One(TfliteOperatorCode::kFullyConnected, Activation({1, 2}),
                                          Activation({1, 1}), {Weights({1, 2}), Bias(1)}));
  ASSERT_TRUE(mlir) << mlir.error().Format();
  EXPECT_THAT(*mlir, HasSubstr("arith.constant 67305976 : i32"));
}

TEST(TfliteLinalgTest, WhatDoesNotFitNamesTheOperator) {
  const struct {
    const char* sentence;
    void (*damage)(TfliteModel&);
  } rows[] = {
      {"tensor x is float32, not int8", [](TfliteModel& m) { m.tensors[1].type = 0; }},
      {"tensor x is uint8; of uint8", [](TfliteModel& m) { m.tensors[0].type = 3; }},
      {"x is int16, which is not read", [](TfliteModel& m) { m.tensors[0].type = 7; }},
      {"tensor x is type 99", [](TfliteModel& m) { m.tensors[1].type = 99; }},
      {"a batch of 1", [](TfliteModel& m) { m.tensors[1].shape[0] = -1; }},
      {"not quantised with one scale", [](TfliteModel& m) { m.tensors[0].scales = {-1.0f}; }},
      {"zero point outside", [](TfliteModel& m) { m.tensors[1].zero_points = {128}; }},
      {"tensor w is used before it is", [](TfliteModel& m) { m.tensors[2].data = {}; }},
      {"quantised symmetrically", [](TfliteModel& m) { m.tensors[2].zero_points = {1}; }},
      {"3 scales along dimension 0", [](TfliteModel& m) { m.tensors[2].scales = {1, 1, 1}; }},
      {"four dimensions", [](TfliteModel& m) { m.tensors[2].shape = {2, 2}; }},
      {"is not 2 int32 constants", [](TfliteModel& m) { m.tensors[3].shape = {1}; }},
      {"has 3 places where", [](TfliteModel& m) { m.tensors[1].shape = {1, 3, 3, 2}; }},
      {"fused activation 4", [](TfliteModel& m) { m.operators[0].options.activation = 4; }},
      {"out of range", [](TfliteModel& m) { m.operators[0].options.stride_width = 0; }},
      {"padding kind 2", [](TfliteModel& m) { m.operators[0].options.is_valid_padding = 2; }},
      {"1 inputs and 1 outputs", [](TfliteModel& m) { m.operators[0].inputs = {0}; }},
      {"2 outputs instead of 1",
       [](TfliteModel& m) {
         m.tensors.push_back(m.tensors[1]);
         m.operators[0].outputs.push_back(4);
       }},
      {"is computed twice", [](TfliteModel& m) { m.operators.push_back(m.operators[0]); }},
      {"options are those of another", [](TfliteModel& m) { m.operators[0].options_type = 5; }},
      {"is a constant or there twice", [](TfliteModel& m) { m.inputs = {0, 0}; }},
      {"no operator computes", [](TfliteModel& m) { m.operators.clear(); }},
  };
  for (const auto& row : rows) {
    TfliteModel model = Convolution();
    row.damage(model);
    const auto mlir = WriteTfliteLinalg(model);
    ASSERT_FALSE(mlir) << row.sentence;
    EXPECT_EQ(mlir.error().kind, ErrorKind::kInput);
    EXPECT_THAT(mlir.error().sentence, HasSubstr(row.sentence));
  }
}

// Everything that is missing at once, and the way that has it.
TEST(TfliteLinalgTest, OperatorsThatAreNotReadAreNamedTogether) {
  TfliteModel model = Convolution();
  for (const auto& [code, custom] :
       {std::pair(16, ""), std::pair(32, "Magic\n"), std::pair(16, ""), std::pair(5000, "")}) {
    TfliteOperator op = model.operators[0];
    op.code = code;
    op.custom_code = custom;
    model.operators.push_back(op);
  }
  const auto mlir = WriteTfliteLinalg(model);
  ASSERT_FALSE(mlir);
  EXPECT_THAT(
      mlir.error().sentence,
      AllOf(HasSubstr("CUSTOM Magic?, LSTM, operator 5000 are not read"), HasSubstr("tf2onnx")));
}

// Several inputs and outputs become arguments and results in the file's order.
TEST(TfliteLinalgTest, ModelsMayHaveSeveralEnds) {
  TfliteModel model = One(TfliteOperatorCode::kAdd, Activation({1, 4}), Activation({1, 4}));
  model.tensors.push_back(Activation({1, 4}));
  model.operators[0].inputs.push_back(2);
  model.inputs = {2, 0};
  model.outputs = {1, 0};
  const auto mlir = WriteTfliteLinalg(model);
  ASSERT_TRUE(mlir) << mlir.error().Format();
  EXPECT_THAT(*mlir, HasSubstr("func.func @main(%input0: tensor<1x4xi8>, %input1: "
                               "tensor<1x4xi8>) -> (tensor<1x4xi8>, tensor<1x4xi8>) {"));
  EXPECT_THAT(*mlir, HasSubstr(", %input1 : tensor<1x4xi8>, tensor<1x4xi8>\n"));
}

// Worst-case sums that twice the multiplier's product could not hold take the longer spelling
// instead of being refused.
TEST(TfliteLinalgTest, LargeMultipliersAreNotRefused) {
  TfliteModel model = Convolution();
  const auto shifts = [](const std::string& text) {
    size_t count = 0;
    for (size_t at = text.find("arith.cmpi sgt"); at != std::string::npos;
         at = text.find("arith.cmpi sgt", at + 1)) {
      ++count;
    }
    return count;
  };
  const auto plain = WriteTfliteLinalg(model);
  ASSERT_TRUE(plain);
  EXPECT_EQ(shifts(*plain), 0u);
  model.tensors[1].scales = {1e-6f};
  const auto wide = WriteTfliteLinalg(model);
  ASSERT_TRUE(wide) << wide.error().Format();
  EXPECT_EQ(shifts(*wide), 1u);
}

// Half-precision weights become constants, and their operator goes.
TEST(TfliteLinalgTest, ConvertedConstantsAreFolded) {
  static constexpr uint16_t kHalves[] = {0x3c00, 0xc000, 0x0001, 0x7c00};  // 1, -2, 2^-24, inf
  TfliteModel model =
      One(TfliteOperatorCode::kFullyConnected, Activation({1, 4}), Activation({1, 1}));
  for (TfliteTensor& tensor : model.tensors) tensor.type = 0;
  model.tensors.push_back({"half",
                           static_cast<int8_t>(TfliteType::kFloat16),
                           {1, 4},
                           {},
                           {},
                           0,
                           false,
                           {reinterpret_cast<const uint8_t*>(kHalves), sizeof(kHalves)}});
  model.tensors.push_back({"whole", 0, {1, 4}, {}, {}, 0, false, {}});
  TfliteOperator convert{
      static_cast<int32_t>(TfliteOperatorCode::kDequantize), "", {2}, {3}, 0, {}};
  model.operators[0].inputs.push_back(3);
  model.operators.insert(model.operators.begin(), convert);
  const auto mlir = WriteTfliteLinalg(model);
  ASSERT_TRUE(mlir) << mlir.error().Format();
  EXPECT_THAT(*mlir, HasSubstr("0x0000803F000000C0000080330000807F"));
}

// What the converter makes of a dilated convolution with an open batch: the shapes of the file say
// a batch of 1 where four parts of the picture stand one after another.
TEST(TfliteLinalgTest, OpenBatchesFollowFromTheInput) {
  static constexpr int32_t kBlock[] = {2, 2};
  static constexpr int32_t kNone[] = {0, 0, 0, 0};
  const auto ints = [](std::span<const int32_t> values, Shape shape) {
    return TfliteTensor{"i",
                        kInt32,
                        std::move(shape),
                        {},
                        {},
                        0,
                        false,
                        {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()}};
  };
  TfliteModel model = One(TfliteOperatorCode::kSpaceToBatchNd, Activation({1, 4, 4, 2}),
                          Activation({1, 2, 2, 2}), {ints(kBlock, {2}), ints(kNone, {2, 2})});
  EXPECT_FALSE(WriteTfliteLinalg(model));
  model.tensors[1].has_open_batch = true;
  model.tensors.push_back(Activation({1, 4, 4, 2}));
  model.tensors.back().has_open_batch = true;
  TfliteOperator back = model.operators[0];
  back.code = static_cast<int32_t>(TfliteOperatorCode::kBatchToSpaceNd);
  back.inputs[0] = 1;
  back.outputs = {4};
  model.operators.push_back(back);
  model.outputs = {4};
  const auto mlir = WriteTfliteLinalg(model);
  ASSERT_TRUE(mlir) << mlir.error().Format();
  EXPECT_THAT(*mlir, HasSubstr("tensor<4x2x2x2xi8>"));
}

// Operators that only compute a shape which is known anyway may be of any kind.
TEST(TfliteLinalgTest, WhatOnlyComputesAShapeIsLeftOut) {
  TfliteModel model = One(TfliteOperatorCode::kReshape, Activation({1, 4}), Activation({1, 2, 2}));
  model.tensors.push_back({"shape", kInt32, {3}, {}, {}, 0, false, {}});
  model.operators[0].inputs.push_back(2);
  TfliteOperator unknown = model.operators[0];
  unknown.code = 5000;
  unknown.inputs = {0};
  unknown.outputs = {2};
  model.operators.insert(model.operators.begin(), unknown);
  const auto mlir = WriteTfliteLinalg(model);
  ASSERT_TRUE(mlir) << mlir.error().Format();
  model.outputs = {2};
  EXPECT_FALSE(WriteTfliteLinalg(model));
}

}  // namespace
}  // namespace host
