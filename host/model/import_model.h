// SPDX-License-Identifier: Apache-2.0

// From a trained model's file to what the compiler and the session need: MLIR text in the `linalg`
// dialect, in the spelling that every IREE release from 20230209.425 on compiles, with the entry
// function `main`, and the I/O specification. Batch size is 1.
//
// Keras HDF5 (.h5, .hdf5, .keras of the HDF5 kind), Sequential or Functional graphs; TFLite, int8
// and float32 (the tables of tflite_operators.h have the operators). The file is hostile: every
// fault is an Error of kind kInput that names the file and, where there is one, the layer. A layer
// kind that is not read is named together with the route that has it. Cost: the weights twice in
// memory, then their hexadecimal text.
#ifndef HOST_MODEL_IMPORT_MODEL_H_
#define HOST_MODEL_IMPORT_MODEL_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/error/error.h"
#include "host/model/io_specification.h"
#include "host/model/keras_file.h"

namespace host {

struct ImportedModel {
  std::string mlir;
  IoSpecification io;             // names, shapes, types from the model itself; no class names
  std::string framework;          // "keras", "tflite"
  std::string framework_version;  // as the file says; empty if it does not
  uint64_t parameter_count = 0;
  std::vector<std::string> notes;  // for the log, e.g. layers that do nothing in inference
};

// `time_limit` is for the HDF5 library, which may not come to an end with a damaged file.
[[nodiscard]] Result<ImportedModel> ImportModel(
    const std::filesystem::path& path, std::chrono::milliseconds time_limit = kKerasReadLimit);

// The specification that is sent to the device and written beside the model: `<path>.json` if that
// file exists and agrees with the imported tensors (class names, alternative shapes and names come
// from it), otherwise the model's own with `class_names` put on the output. A file that contradicts
// the model is an error.
[[nodiscard]] Result<IoSpecification> SpecificationFor(const ImportedModel& model,
                                                       const std::filesystem::path& path,
                                                       const std::vector<std::string>& class_names);

}  // namespace host

#endif  // HOST_MODEL_IMPORT_MODEL_H_
