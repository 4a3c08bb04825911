// SPDX-License-Identifier: Apache-2.0

#include "host/model/keras_test_file.h"

#include <hdf5.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace host {
namespace {

hid_t Check(hid_t id) {
  if (id < 0) std::abort();
  return id;
}

void WriteText(hid_t object, const char* name, const std::string& text, bool is_fixed) {
  const hid_t type = Check(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, is_fixed ? std::max<size_t>(text.size(), 1) : H5T_VARIABLE);
  const hid_t space = Check(H5Screate(H5S_SCALAR));
  const hid_t attribute = Check(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
  const char* pointer = text.c_str();
  H5Awrite(attribute, type, is_fixed ? static_cast<const void*>(pointer) : &pointer);
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

void WriteNames(hid_t object, const char* name, const std::vector<std::string>& names) {
  size_t width = 1;
  for (const std::string& each : names) width = std::max(width, each.size());
  std::string all;
  for (std::string each : names) {
    each.resize(width, '\0');
    all += each;
  }
  const hid_t type = Check(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, width);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  const hsize_t count = names.size();
  const hid_t space = Check(H5Screate_simple(1, &count, nullptr));
  const hid_t attribute = Check(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
  if (count != 0) H5Awrite(attribute, type, all.data());
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

void WriteWeight(hid_t group, const KerasWeight& weight, TestDefect defect) {
  const std::vector<hsize_t> shape(weight.shape.begin(), weight.shape.end());
  const hid_t space =
      Check(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
  const hid_t type = defect == TestDefect::kIntegerWeights ? H5T_STD_I32LE : H5T_IEEE_F32LE;
  const hid_t properties = Check(H5Pcreate(H5P_DATASET_CREATE));
  if (defect == TestDefect::kExternalStorage) {
    H5Pset_external(properties, "/etc/hostname", 0, weight.values.size() * sizeof(float));
  }
  const hid_t dataset = Check(
      H5Dcreate2(group, weight.name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT));
  if (defect != TestDefect::kExternalStorage) {
    H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, weight.values.data());
  }
  H5Dclose(dataset);
  H5Pclose(properties);
  H5Sclose(space);
}

}  // namespace

void WriteKerasTestFile(const std::filesystem::path& path, const KerasFile& content,
                        TestDefect defect) {
  const hid_t file = Check(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  if (defect == TestDefect::kConfigIsNumber) {
    WriteNames(file, "keras_version", {content.keras_version});
    const hid_t space = Check(H5Screate(H5S_SCALAR));
    H5Aclose(
        Check(H5Acreate2(file, "model_config", H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT)));
    H5Sclose(space);
  } else if (defect == TestDefect::kWeightsOnly) {
    WriteNames(file, "layer_names", {"d"});
  } else if (defect != TestDefect::kNoConfig) {
    WriteText(file, "keras_version", content.keras_version, false);
    WriteText(file, "model_config", content.model_config, defect == TestDefect::kFixedLengthConfig);
  }
  const hid_t weights =
      Check(H5Gcreate2(file, "model_weights", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  std::vector<std::string> layer_names;
  for (const KerasLayerWeights& layer : content.layers) {
    layer_names.push_back(layer.layer);
    const hid_t outer =
        Check(H5Gcreate2(weights, layer.layer.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    const hid_t inner =
        Check(H5Gcreate2(outer, layer.layer.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    std::vector<std::string> names;
    for (const KerasWeight& weight : layer.weights) {
      names.push_back(layer.layer + "/" + weight.name);
      if (defect == TestDefect::kMissingDataset) continue;
      if (defect == TestDefect::kExternalLink) {
        H5Lcreate_external("/etc/hostname", "/x", inner, weight.name.c_str(), H5P_DEFAULT,
                           H5P_DEFAULT);
        continue;
      }
      WriteWeight(inner, weight, defect);
    }
    WriteNames(outer, "weight_names", names);
    H5Gclose(inner);
    H5Gclose(outer);
  }
  WriteNames(weights, "layer_names", layer_names);
  H5Gclose(weights);
  H5Fclose(file);
}

KerasFile SmallKerasModel() {
  KerasFile file;
  file.model_config = R"({"class_name": "Sequential", "config": {"name": "m", "layers": [
      {"class_name": "InputLayer",
       "config": {"batch_input_shape": [null, 3], "dtype": "float32", "name": "x"}},
      {"class_name": "Dense", "config": {"name": "d", "units": 2, "activation": "linear"}}]}})";
  file.keras_version = "2.15.0";
  file.layers = {
      {"x", {}},
      {"d", {{"kernel:0", "d", {3, 2}, {1, 2, 3, 4, 5, 6}}, {"bias:0", "d", {2}, {0.5, -0.5}}}}};
  return file;
}

}  // namespace host
