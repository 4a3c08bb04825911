// SPDX-License-Identifier: Apache-2.0

#include "host/model/linalg_writer.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Graph OneOp(const Shape& input, Op op) { return {{{"x", input}}, {std::move(op)}, {{"y", 1}}}; }

// Numbers are compared elsewhere (models/checks/check_import.py); here is what the text must say.
TEST(LinalgWriterTest, WritesOneFunction) {
  const Graph graph =
      OneOp({1, 3}, {"d", {0}, {1, 2}, MatrixProductOp{{1, 2, 3, 4, 5, 6}, {0.5f, -0.5f}}});
  EXPECT_EQ(WriteLinalg(graph),
            R"(func.func @main(%input: tensor<1x3xf32>) -> tensor<1x2xf32> {
  // d
  %v0 = arith.constant dense<"0x0000803F0000004000004040000080400000A0400000C040"> : tensor<3x2xf32>
  %v1 = arith.constant dense<"0x0000003F000000BF"> : tensor<2xf32>
  %v2 = tensor.empty() : tensor<1x2xf32>
  %v3 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%v1 : tensor<2xf32>) outs(%v2 : tensor<1x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<1x2xf32>
  %v4 = linalg.matmul ins(%input, %v0 : tensor<1x3xf32>, tensor<3x2xf32>) outs(%v3 : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %v4 : tensor<1x2xf32>
}
)");
}

TEST(LinalgWriterTest, OneElementIsWrittenAsANumber) {
  const Graph graph = OneOp({1, 1}, {"d", {0}, {1, 1}, MatrixProductOp{{1}, {2}}});
  const std::string text = WriteLinalg(graph);
  EXPECT_THAT(text, HasSubstr("dense<0x3F800000> : tensor<1x1xf32>"));
  EXPECT_THAT(text, HasSubstr("dense<0x40000000> : tensor<1xf32>"));
}

TEST(LinalgWriterTest, PaddingIsPartOfTheText) {
  const Window window{{2, 2}, {2, 2}, {1, 1}, {{0, 0}, {1, 1}}};
  const Graph max =
      OneOp({1, 3, 3, 1}, {"p", {0}, {1, 2, 2, 1}, PoolingOp{PoolingKind::kMax, window}});
  EXPECT_THAT(WriteLinalg(max), HasSubstr("0xFF800000 : f32"));  // -infinity
  EXPECT_THAT(WriteLinalg(max), HasSubstr("low[0, 0, 0, 0] high[0, 1, 1, 0]"));
  const Graph average =
      OneOp({1, 3, 3, 1}, {"p", {0}, {1, 2, 2, 1}, PoolingOp{PoolingKind::kAverage, window}});
  // 1/2, 1 along either axis: what lies under the window at the edges.
  EXPECT_THAT(WriteLinalg(average), HasSubstr("0x0000003F0000803F"));
}

TEST(LinalgWriterTest, LayerNamesCannotEndTheirComment) {
  const Graph graph = OneOp({1, 2}, {"r\n}\nfunc.func @evil() {\r\x1b[1m",
                                     {0},
                                     {1, 2},
                                     ActivationOp{ActivationKind::kRectifier}});
  const std::string text = WriteLinalg(graph);
  EXPECT_THAT(text, HasSubstr("// r?}?func.func @evil() {??[1m\n"));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(LinalgWriterTest, SeveralInputsAndOutputs) {
  const Graph graph{{{"a", {1, 2, 3}}, {"b", {1, 1, 3}}},
                    {{"sum", {0, 1}, {1, 2, 3}, CombineOp{CombineKind::kAdd}}},
                    {{"sum", 2}, {"b", 1}}};
  const std::string text = WriteLinalg(graph);
  EXPECT_THAT(text, HasSubstr("@main(%input0: tensor<1x2x3xf32>, %input1: tensor<1x1x3xf32>) -> "
                              "(tensor<1x2x3xf32>, tensor<1x1x3xf32>)"));
  EXPECT_THAT(text, HasSubstr("affine_map<(d0, d1, d2) -> (d0, d2)>"));  // b's row is repeated
  EXPECT_THAT(text, HasSubstr(", %input1 : tensor<1x2x3xf32>, tensor<1x1x3xf32>\n"));
}

}  // namespace
}  // namespace host
