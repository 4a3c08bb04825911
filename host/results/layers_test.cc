// SPDX-License-Identifier: Apache-2.0

#include "host/results/layers.h"

#include "gtest/gtest.h"

namespace host {
namespace {

struct NameRow {
  const char* kernel;
  uint32_t ordinal;
  const char* operation;
  const char* shape;
  const char* types;
  const char* family;
};

// Names as compilers of 2023 to 2026 write them.
TEST(Layers, DispatchNames) {
  const NameRow rows[] = {
      {"main_dispatch_0", 0, "", "", "", "other"},
      {"main_dispatch_0_slow_memcpy", 0, "slow_memcpy", "", "", "data movement"},
      {"main_dispatch_10_generic_1x24x24x16", 10, "generic", "1x24x24x16", "", "elementwise"},
      {"main_dispatch_1_conv_2d_nhwc_hwcf_1x128x3x8x4x3x1_f32", 1, "conv_2d_nhwc_hwcf",
       "1x128x3x8x4x3x1", "f32", "convolution"},
      {"main_dispatch_1_depthwise_conv_2d_nhwc_hwc_q_1x16x16x8x3x3_i8xi8xi32xi32xi32", 1,
       "depthwise_conv_2d_nhwc_hwc_q", "1x16x16x8x3x3", "i8xi8xi32xi32xi32",
       "depthwise convolution"},
      {"main_dispatch_10_matmul_transpose_b_576x32x16_i8xi8xi32", 10, "matmul_transpose_b",
       "576x32x16", "i8xi8xi32", "matrix product"},
      {"tf2onnx$async_dispatch_12_matmul_like_32x24x24x32_f32", 12, "matmul_like", "32x24x24x32",
       "f32", "matrix product"},
      {"main_dispatch_8_elementwise_4_f32", 8, "elementwise", "4", "f32", "elementwise"},
      {"main_dispatch_3_elementwise_Dx4_f32", 3, "elementwise", "Dx4", "f32", "elementwise"},
      {"main_dispatch_2_pooling_nhwc_max_1x42x1x8x3x3_f32", 2, "pooling_nhwc_max", "1x42x1x8x3x3",
       "f32", "pooling"},
  };
  for (const NameRow& row : rows) {
    SCOPED_TRACE(row.kernel);
    const auto name = ParseDispatchName(row.kernel);
    ASSERT_TRUE(name);
    EXPECT_EQ(name->ordinal, row.ordinal);
    EXPECT_EQ(name->operation, row.operation);
    EXPECT_EQ(name->shape, row.shape);
    EXPECT_EQ(name->types, row.types);
    EXPECT_EQ(OperationFamily(name->operation), row.family);
  }
}

TEST(Layers, OtherNamesSayNothing) {
  for (const char* name : {"", "kernel at 0x34001000", "main_dispatch_", "main_dispatch_x",
                           "main_dispatch_99999999999", "main_dispatch_1x"}) {
    EXPECT_FALSE(ParseDispatchName(name)) << name;
  }
}

TEST(Layers, InTheOrderOfTheProgram) {
  SimulatorProfile profile;
  profile.kernels = {{"main_dispatch_10_slow_memcpy", {}, 5, {}},
                     {"nameless", {}, 9, {}},
                     {"main_dispatch_2_matmul_1x4_f32", {}, 7, {}}};
  const std::vector<LayerCount> layers = LayersOf(profile);
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].kernel->instructions, 7u);
  EXPECT_EQ(layers[0].family, "matrix product");
  EXPECT_EQ(layers[1].name.ordinal, 10u);
}

}  // namespace
}  // namespace host
