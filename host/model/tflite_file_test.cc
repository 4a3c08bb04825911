// SPDX-License-Identifier: Apache-2.0

#include "host/model/tflite_file.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "host/model/tflite_linalg.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

fs::path PersonDetector() {
  const char* shared = std::getenv("KN_SHARED");
  return fs::path(shared != nullptr ? shared : "../shared") /
         "data/person-detection/person_detect.tflite";
}

std::vector<uint8_t> FileBytes(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// kenning-contract, section 4.2.
TEST(TfliteFileTest, ReadsThePersonDetector) {
  if (!fs::exists(PersonDetector())) GTEST_SKIP() << PersonDetector() << " is absent";
  const std::vector<uint8_t> bytes = FileBytes(PersonDetector());
  const auto model = ParseTflite(bytes);
  ASSERT_TRUE(model) << model.error().Format();
  EXPECT_EQ(model->operators.size(), 31u);
  const auto count = [&](TfliteOperatorCode code) {
    return std::ranges::count(model->operators, static_cast<int32_t>(code), &TfliteOperator::code);
  };
  EXPECT_EQ(count(TfliteOperatorCode::kDepthwiseConv2d), 14);
  EXPECT_EQ(count(TfliteOperatorCode::kConv2d), 14);
  EXPECT_EQ(count(TfliteOperatorCode::kSoftmax), 1);
  const TfliteTensor& input = model->tensors[static_cast<size_t>(model->inputs[0])];
  EXPECT_EQ(input.shape, (Shape{1, 96, 96, 1}));
  EXPECT_EQ(input.zero_points, std::vector<int64_t>{-1});
  const auto mlir = WriteTfliteLinalg(*model);
  ASSERT_TRUE(mlir) << mlir.error().Format();
  EXPECT_THAT(*mlir, StartsWith("func.func @main(%input: tensor<1x96x96x1xi8>) -> "
                                "tensor<1x2xi8> {\n"));
}

// Each damaged file is refused or read; under the sanitizers nothing outside of it is touched.
TEST(TfliteFileTest, DamagedFilesNeverReadOutside) {
  if (!fs::exists(PersonDetector())) GTEST_SKIP() << PersonDetector() << " is absent";
  const std::vector<uint8_t> whole = FileBytes(PersonDetector());
  size_t refused = 0;
  for (size_t size = 0; size < whole.size(); size += 1 + size / 8) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    refused += ParseTflite(cut).has_value() ? 0 : 1;
  }
  EXPECT_GT(refused, 20u);
  // The tables stand at the end of this file; each of their words once as a huge number.
  for (size_t at = whole.size() - 20'000; at + 4 <= whole.size(); at += 36) {
    std::vector<uint8_t> changed = whole;
    std::memset(changed.data() + at, 0xff, 4);
    if (const auto model = ParseTflite(changed)) (void)WriteTfliteLinalg(*model);
  }
}

TEST(TfliteFileTest, FaultsNameTheOffset) {
  const struct {
    std::vector<uint8_t> bytes;
    const char* place;
    const char* sentence;
  } rows[] = {
      {{}, "@0x0", "too short"},
      {{8, 0, 0, 0, 'T', 'F', 'L', '2'}, "@0x4", "identifier"},
      {{8, 0, 0, 0, 'T', 'F', 'L', '3'}, "@0x8", "outside of the file"},
      {{8, 0, 0, 0, 'T', 'F', 'L', '3', 0xff, 0xff, 0xff, 0x7f}, "@0x8", "field list"},
      // A table without fields has schema version 0.
      {{12, 0, 0, 0, 'T', 'F', 'L', '3', 4, 0, 4, 0, 4, 0, 0, 0}, "@0xc", "schema version 0"},
  };
  for (const auto& row : rows) {
    const auto model = ParseTflite(row.bytes);
    ASSERT_FALSE(model) << row.sentence;
    EXPECT_EQ(model.error().kind, ErrorKind::kInput);
    EXPECT_EQ(model.error().place, row.place);
    EXPECT_THAT(model.error().sentence, HasSubstr(row.sentence));
  }
}

TEST(TfliteFileTest, OperatorsAreNamed) {
  EXPECT_EQ(TfliteOperatorName(0), "ADD");
  EXPECT_EQ(TfliteOperatorName(32), "CUSTOM");
  EXPECT_EQ(TfliteOperatorName(44), "UNIDIRECTIONAL_SEQUENCE_LSTM");
  EXPECT_EQ(TfliteOperatorName(114), "QUANTIZE");
  EXPECT_EQ(TfliteOperatorName(100'000), "operator 100000");
  EXPECT_EQ(TfliteOperatorName(-1), "operator -1");
}

}  // namespace
}  // namespace host
