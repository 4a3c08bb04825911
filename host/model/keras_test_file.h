// SPDX-License-Identifier: Apache-2.0

// For tests: writes Keras HDF5 files, good and bad ones.
#ifndef HOST_MODEL_KERAS_TEST_FILE_H_
#define HOST_MODEL_KERAS_TEST_FILE_H_

#include <filesystem>
#include <string>

#include "host/model/keras_file.h"

namespace host {

enum class TestDefect {
  kNone,
  kNoConfig,           // the attribute model_config is missing
  kConfigIsNumber,     // it is not text
  kWeightsOnly,        // as save_weights writes
  kIntegerWeights,     // weights are int32
  kMissingDataset,     // weight_names names a dataset that is not there
  kExternalLink,       // the first dataset is a link into another file
  kExternalStorage,    // its bytes lie in another file
  kFixedLengthConfig,  // no defect: model_config as a fixed-length text
};

// Weights are stored below `<layer>/<weight name>`. Aborts the test program if HDF5 fails.
void WriteKerasTestFile(const std::filesystem::path& path, const KerasFile& content,
                        TestDefect defect = TestDefect::kNone);

// A Sequential model of one Dense layer "d" with three inputs and two outputs.
[[nodiscard]] KerasFile SmallKerasModel();

}  // namespace host

#endif  // HOST_MODEL_KERAS_TEST_FILE_H_
