// SPDX-License-Identifier: Apache-2.0

#include "host/model/io_specification.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// kenning-contract, section 4.3.
constexpr char kMagicWand[] =
    R"({"input":[{"name":"input_1","shape":[[1,128,3],[1,128,3,1]],"dtype":"float32"}],)"
    R"("processed_input":[{"name":"input_1","shape":[1,128,3,1],"dtype":"float32"}],)"
    R"("output":[{"name":"out_layer","shape":[1,4],"dtype":"float32",)"
    R"("class_names":["wing","ring","slope","negative"]}]})";

TEST(IoSpecificationTest, ReadsAndWritesTheContractsText) {
  const auto specification = ParseIoSpecification(kMagicWand, "m.json");
  ASSERT_TRUE(specification) << specification.error().Format();
  EXPECT_THAT(specification->input[0].shapes,
              ElementsAre(ElementsAre(1, 128, 3), ElementsAre(1, 128, 3, 1)));
  EXPECT_THAT(specification->device_input()[0].shapes, ElementsAre(ElementsAre(1, 128, 3, 1)));
  EXPECT_THAT(specification->output[0].class_names,
              ElementsAre("wing", "ring", "slope", "negative"));
  EXPECT_EQ(FormatIoSpecification(*specification), kMagicWand);
}

TEST(IoSpecificationTest, QuantisedTensorsSurviveWritingAndReading) {
  IoSpecification specification;
  TensorSpecification tensor;
  tensor.name = "input";
  tensor.shapes = {{1, -1}};
  tensor.dtype = "int8";
  tensor.prequantized_dtype = "float32";
  tensor.scale = 0.007843137718737125;
  tensor.zero_point = -1;
  specification.input = specification.output = specification.processed_output = {tensor};
  specification.entry_func = "module.tf2onnx";
  const auto again = ParseIoSpecification(FormatIoSpecification(specification), "m.json");
  ASSERT_TRUE(again) << again.error().Format();
  EXPECT_EQ(*again, specification);
  EXPECT_EQ(again->device_input(), again->input);
}

TEST(IoSpecificationTest, ReadsTheReferencesFiles) {
  const char* shared = std::getenv("KN_SHARED");
  const fs::path folder =
      fs::path(shared != nullptr ? shared : "../shared") / "spec/kenning/vectors";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is absent (set KN_SHARED)";
  for (const char* name :
       {"magic-wand-rv32.vmfb.json", "person-rv32.vmfb.json", "person_detect.tflite.json"}) {
    const auto specification = ReadIoSpecification(folder / name);
    EXPECT_TRUE(specification) << specification.error().Format();
  }
}

TEST(IoSpecificationTest, FaultsHaveFileAndPointer) {
  const std::string good = R"({"name": "x", "shape": [1], "dtype": "int8"})";
  const std::string output = R"("output": [)" + good + "]";
  const struct {
    std::string json;
    const char* formatted;
  } rows[] = {
      {"", "m.json: not valid JSON"},
      {"[]", "m.json#: not an object"},
      {"{}", "m.json#/input: missing"},
      {R"({"input": [], )" + output + "}", "m.json#/input: not a list of 1"},
      {R"({"input": 3, )" + output + "}", "m.json#/input: not a list"},
      {R"({"inputs": [], )" + output + "}", "m.json#/inputs: unknown key"},
      {R"({"input": [3], )" + output + "}", "m.json#/input/0: not an object"},
      {R"({"input": [{"shape": [1], "dtype": "int8", "x": 1}], )" + output + "}",
       "m.json#/input/0/x: unknown key"},
      {R"({"input": [{"shape": [1], "dtype": "int7"}], )" + output + "}",
       "m.json#/input/0/dtype: 'int7' is not a known type"},
      {R"({"input": [{"dtype": "int8"}], )" + output + "}", "m.json#/input/0/shape: missing"},
      {R"({"input": [{"shape": [1]}], )" + output + "}", "m.json#/input/0/dtype: missing"},
      {R"({"input": [{"shape": [0], "dtype": "int8"}], )" + output + "}",
       "m.json#/input/0/shape: an extent"},
      {R"({"input": [{"shape": [[1], [-2]], "dtype": "int8"}], )" + output + "}",
       "m.json#/input/0/shape/1: an extent"},
      {R"({"input": [{"shape": [1.5], "dtype": "int8"}], )" + output + "}",
       "m.json#/input/0/shape: an extent"},
      {R"({"input": [{"shape": [18446744073709551615], "dtype": "int8"}], )" + output + "}",
       "m.json#/input/0/shape: "},
      {R"({"input": [{"shape": [1,1,1,1,1,1,1,1,1], "dtype": "int8"}], )" + output + "}",
       "m.json#/input/0/shape: not a list of at most 8"},
      {R"({"input": [)" + good + R"(], "entry_func": 1, )" + output + "}",
       "m.json#/entry_func: not text"},
      {R"({"input": [)" + good +
           R"(], "output": [{"shape": [1], "dtype": "int8", "class_names": [1]}]})",
       "m.json#/output/0/class_names: a name is not text"},
  };
  for (const auto& row : rows) {
    const auto specification = ParseIoSpecification(row.json, "m.json");
    ASSERT_FALSE(specification) << row.json;
    EXPECT_EQ(specification.error().kind, ErrorKind::kInput);
    EXPECT_THAT(specification.error().Format(), HasSubstr(row.formatted)) << row.json;
  }
}

TEST(IoSpecificationTest, WritingReplacesWhole) {
  const fs::path path = fs::path(testing::TempDir()) / "io_specification_test.json";
  const auto specification = ParseIoSpecification(kMagicWand, "m.json");
  ASSERT_TRUE(specification);
  ASSERT_TRUE(WriteIoSpecification(*specification, path));
  const auto again = ReadIoSpecification(path);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *specification);
  fs::remove(path);
  EXPECT_FALSE(WriteIoSpecification(*specification, "/nonexistent/x.json"));
  EXPECT_FALSE(ReadIoSpecification("/nonexistent/x.json"));
}

TEST(IoSpecificationTest, NamesThatAreNotUtf8DoNotThrow) {
  IoSpecification specification;
  TensorSpecification tensor;
  tensor.name = "\xff\xfe";
  tensor.shapes = {{1}};
  tensor.dtype = "int8";
  specification.input = specification.output = {tensor};
  EXPECT_TRUE(ParseIoSpecification(FormatIoSpecification(specification), "m.json"));
}

}  // namespace
}  // namespace host
