#include "host/model/tflite_linalg.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::HasSubstr;

constexpr auto kInt8 = static_cast<int8_t>(TfliteType::kInt8);
constexpr auto kInt32 = static_cast<int8_t>(TfliteType::kInt32);
constexpr uint8_t kBytes[64] = {1, 2, 3, 4};

TfliteTensor Activation(Shape shape, float scale = 0.5f, int64_t zero_point = 3) {
  return {"x", kInt8, std::move(shape), {scale}, {zero_point}, 0, {}};
}

// One operator: tensor 0 is the input, 1 the output, the rest constants.
TfliteModel One(TfliteOperatorCode code, TfliteTensor input, TfliteTensor output,
                std::vector<TfliteTensor> constants = {}) {
  TfliteModel model{"", 0, 1, {std::move(input), std::move(output)}, {}};
  TfliteOperator op{code, {0}, {1}, {}};
  for (TfliteTensor& constant : constants) {
    op.inputs.push_back(static_cast<int32_t>(model.tensors.size()));
    model.tensors.push_back(std::move(constant));
  }
  model.operators = {op};
  return model;
}

TfliteTensor Weights(Shape shape) {
  const auto size = static_cast<size_t>(ElementCount(shape));
  return {"w", kInt8, std::move(shape), {0.25f}, {0}, 0, std::span(kBytes).first(size)};
}

// A bias of rank 1 whose quantized_dimension is 3, as the real person detector has it.
TfliteTensor Bias(int64_t channels) {
  return {"b",
          kInt32,
          {channels},
          {0.1f},
          {0},
          3,
          std::span(kBytes).first(4 * static_cast<size_t>(channels))};
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
  average.operators[0].code = TfliteOperatorCode::kAveragePool2d;
  const struct {
    TfliteModel model;
    const char* text;
  } rows[] = {
      {Convolution(), "tensor.expand_shape"},
      {One(TfliteOperatorCode::kFullyConnected, Activation({1, 2}), Activation({1, 3}),
           {Weights({3, 2}), Bias(3)}),
       "linalg.matmul"},
      {One(TfliteOperatorCode::kReshape, Activation({1, 4}), Activation({1, 2, 2})),
       "tensor.collapse_shape"},
      {softmax, "math.ctlz"},
      {add, "%scaled_b"},
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
      {"only int8 networks", [](TfliteModel& m) { m.tensors[0].type = 0; }},
      {"not quantised with one scale", [](TfliteModel& m) { m.tensors[0].scales = {-1.0f}; }},
      {"zero point outside", [](TfliteModel& m) { m.tensors[1].zero_points = {128}; }},
      {"operator 0 (CONV_2D): weights", [](TfliteModel& m) { m.tensors[2].data = {}; }},
      {"quantised symmetrically", [](TfliteModel& m) { m.tensors[2].zero_points = {1}; }},
      {"3 scales along dimension 0", [](TfliteModel& m) { m.tensors[2].scales = {1, 1, 1}; }},
      {"four dimensions", [](TfliteModel& m) { m.tensors[2].shape = {2, 2}; }},
      {"is not 2 int32 constants", [](TfliteModel& m) { m.tensors[3].shape = {1}; }},
      {"the output's shape is", [](TfliteModel& m) { m.tensors[1].shape = {1, 3, 3, 2}; }},
      {"fused activation 4", [](TfliteModel& m) { m.operators[0].options.activation = 4; }},
      {"out of range", [](TfliteModel& m) { m.operators[0].options.stride_width = 0; }},
      {"padding kind 2", [](TfliteModel& m) { m.operators[0].options.is_valid_padding = 2; }},
      {"inputs and 1 outputs", [](TfliteModel& m) { m.operators[0].inputs = {0}; }},
      {"the first input is a constant", [](TfliteModel& m) { m.operators[0].inputs[0] = 2; }},
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

}  // namespace
}  // namespace host
