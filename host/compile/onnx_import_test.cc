// SPDX-License-Identifier: Apache-2.0

#include "host/compile/onnx_import.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(OnnxImportTest, TheSignatureIsRead) {
  const auto module = ParseImportedOnnx(
      "module {\n  func.func @\"a-graph\"(%arg0: !torch.vtensor<[1,3,8],f32>, %arg1: "
      "!torch.vtensor<[],si64>) -> (!torch.vtensor<[1,10],f32>, !torch.vtensor<[2],ui8>) "
      "attributes {torch.onnx_meta.ir_version = 8 : si64} {\n    %none\n");
  ASSERT_TRUE(module) << module.error().Format();
  ASSERT_EQ(module->inputs.size(), 2u);
  EXPECT_THAT(module->inputs[0].shape, ElementsAre(1, 3, 8));
  EXPECT_EQ(module->inputs[0].dtype, "float32");
  EXPECT_THAT(module->inputs[1].shape, IsEmpty());
  EXPECT_EQ(module->inputs[1].dtype, "int64");
  ASSERT_EQ(module->outputs.size(), 2u);
  EXPECT_EQ(module->outputs[1].dtype, "uint8");
  EXPECT_THAT(module->mlir, HasSubstr("func.func @main(%arg0: "));
}

TEST(OnnxImportTest, WhatCannotBeUsedIsNamed) {
  const struct {
    const char* text;
    const char* sentence;
  } rows[] = {
      {"", "no function"},
      {"func.func @f", "no signature"},
      {"func.func @f() -> () {", "no inputs or no outputs"},
      {"func.func @f(%a: !torch.vtensor<[?,3],f32>) -> !torch.vtensor<[1],f32> {", "[?,3]"},
      {"func.func @f(%a: !torch.vtensor<[0],f32>) -> !torch.vtensor<[1],f32> {", "[0]"},
      {"func.func @f(%a: !torch.vtensor<[1],!torch.str>) -> !torch.vtensor<[1],f32> {", "!torch"},
      {"func.func @f(%a: !torch.vtensor<*,f32>) -> !torch.vtensor<[1],f32> {", "no tensor"},
  };
  for (const auto& row : rows) {
    const auto module = ParseImportedOnnx(row.text);
    ASSERT_FALSE(module) << row.text;
    EXPECT_EQ(module.error().kind, ErrorKind::kInput);
    EXPECT_THAT(module.error().sentence, HasSubstr(row.sentence));
  }
}

TEST(OnnxImportTest, PathsAreToldByTheirEnd) {
  EXPECT_TRUE(IsOnnxPath("a/b.onnx"));
  EXPECT_FALSE(IsOnnxPath("b.onnx.h5"));
}

}  // namespace
}  // namespace host
