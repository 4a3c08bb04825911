// SPDX-License-Identifier: Apache-2.0

#include "host/model/import_model.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "host/model/keras_test_file.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ImportModelTest : public testing::Test {
 protected:
  ImportModelTest() : path_(fs::path(testing::TempDir()) / "import_model_test.h5") {
    fs::remove(path_.string() + ".json");
  }
  ~ImportModelTest() override {
    fs::remove(path_);
    fs::remove(path_.string() + ".json");
  }
  void Put(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
  const fs::path path_;
};

// The network that the project ships: kenning-contract, section 4.1.
TEST_F(ImportModelTest, ReadsTheShippedMagicWand) {
  const fs::path shipped = "models/magic-wand/magic_wand.h5";
  const auto model = ImportModel(shipped);
  ASSERT_TRUE(model) << model.error().Format();
  EXPECT_EQ(model->parameter_count, 4300u);
  EXPECT_EQ(model->framework, "keras");
  EXPECT_THAT(model->framework_version, StartsWith("3."));
  EXPECT_THAT(model->mlir, StartsWith("func.func @main(%input: tensor<1x128x3x1xf32>) -> "
                                      "tensor<1x4xf32> {\n"));
  const auto specification =
      SpecificationFor(*model, shipped, {"wing", "ring", "slope", "negative"});
  ASSERT_TRUE(specification) << specification.error().Format();
  EXPECT_THAT(specification->input[0].shapes,
              ElementsAre(ElementsAre(1, 128, 3), ElementsAre(1, 128, 3, 1)));
  EXPECT_EQ(specification->output[0].name, "out_layer");
  EXPECT_THAT(specification->output[0].class_names,
              ElementsAre("wing", "ring", "slope", "negative"));
}

TEST_F(ImportModelTest, FormatsAreToldApart) {
  const struct {
    std::string bytes;
    const char* sentence;
  } rows[] = {
      {"", "does not begin with the HDF5 signature"},
      {"hello", "does not begin with the HDF5 signature"},
      {std::string("PK\x03\x04rest", 8), "a .keras archive"},
      {std::string("\x1c\0\0\0TFL3", 8), "a table lies outside of the file"},
      {std::string("\x48\x14\0\0\x08\0\0\0IREE", 12), "an IREE module"},
      {"\x89HDF\r\n\x1a\n", "not a readable HDF5 file"},
  };
  for (const auto& row : rows) {
    Put(row.bytes);
    const auto model = ImportModel(path_);
    ASSERT_FALSE(model) << row.sentence;
    EXPECT_EQ(model.error().kind, ErrorKind::kInput);
    EXPECT_THAT(model.error().place, StartsWith(path_.string()));
    EXPECT_THAT(model.error().sentence, HasSubstr(row.sentence));
  }
  EXPECT_FALSE(ImportModel("/nonexistent.h5"));
}

TEST_F(ImportModelTest, FaultsOfConfigurationAndLayersNameTheFile) {
  KerasFile file = SmallKerasModel();
  file.model_config = R"({"class_name": "Sequential", "config": {"layers": [
      {"class_name": "LSTM", "config": {"name": "memory", "batch_input_shape": [null, 3]}}]}})";
  WriteKerasTestFile(path_, file);
  const auto model = ImportModel(path_);
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().Format(), StartsWith(path_.string() + ": layer memory (LSTM): "));
  file.model_config = "{";
  WriteKerasTestFile(path_, file);
  EXPECT_FALSE(ImportModel(path_));
}

TEST_F(ImportModelTest, SpecificationBesideTheModelMustFitIt) {
  WriteKerasTestFile(path_, SmallKerasModel());
  const auto model = ImportModel(path_);
  ASSERT_TRUE(model) << model.error().Format();
  const auto own = SpecificationFor(*model, path_, {"no", "yes"});
  ASSERT_TRUE(own);
  EXPECT_EQ(own->output[0].name, "d");
  EXPECT_THAT(own->output[0].class_names, ElementsAre("no", "yes"));
  EXPECT_FALSE(SpecificationFor(*model, path_, {"one", "two", "three"}));

  const struct {
    const char* json;
    bool fits;
  } rows[] = {
      {R"({"input":[{"name":"a","shape":[1,3],"dtype":"float32"}],
           "output":[{"name":"b","shape":[-1,2],"dtype":"float32"}]})",
       true},
      {R"({"input":[{"name":"a","shape":[1,4],"dtype":"float32"}],
           "output":[{"name":"b","shape":[1,2],"dtype":"float32"}]})",
       false},
      {R"({"input":[{"name":"a","shape":[1,3],"dtype":"int8"}],
           "output":[{"name":"b","shape":[1,2],"dtype":"float32"}]})",
       false},
      {R"({"input":[{"name":"a","shape":[1,3],"dtype":"float32"}],
           "output":[{"name":"b","shape":[1,2],"dtype":"float32"},
                     {"name":"c","shape":[1,2],"dtype":"float32"}]})",
       false},
      {"{", false},
  };
  for (const auto& row : rows) {
    std::ofstream(path_.string() + ".json") << row.json;
    const auto specification = SpecificationFor(*model, path_, {"no", "yes"});
    EXPECT_EQ(specification.has_value(), row.fits) << row.json;
    if (!specification) {
      EXPECT_THAT(specification.error().place, StartsWith(path_.string() + ".json"));
    }
  }
}

}  // namespace
}  // namespace host
