// SPDX-License-Identifier: Apache-2.0

// The raw content of a Keras HDF5 file: the model's configuration as JSON text and the weights of
// each layer, before any of it has a meaning.
//
// The HDF5 library is not safe on hostile files (it is written for trusted ones, and the versions
// in distributions have known memory faults), so it runs in a child process with limits on memory,
// CPU time and answer size; a file that crashes or hangs it becomes an Error like any other.
#ifndef HOST_MODEL_KERAS_FILE_H_
#define HOST_MODEL_KERAS_FILE_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/error/error.h"

namespace host {

struct KerasWeight {
  std::string name;   // last component, without ":0": "kernel", "bias", "moving_mean", …
  std::string owner;  // what is before it: of a model that is a layer, its layer comes last
  std::vector<uint64_t> shape;
  std::vector<float> values;  // product of shape, C order
};

struct KerasLayerWeights {
  std::string layer;
  std::vector<KerasWeight> weights;
};

struct KerasFile {
  std::string model_config;   // JSON text
  std::string keras_version;  // empty if the file does not say
  std::vector<KerasLayerWeights> layers;
};

// Limits on what an honest model for a device with a few MB of memory can hold.
inline constexpr uint64_t kMaxKerasFileBytes = 512ull << 20;
inline constexpr uint64_t kMaxKerasConfigBytes = 16ull << 20;
inline constexpr uint64_t kMaxKerasParameters = 64ull << 20;
inline constexpr uint64_t kMaxKerasLayers = 4096;
inline constexpr uint64_t kMaxWeightsOfLayer = 4096;  // a model may be a layer

inline constexpr std::chrono::milliseconds kKerasReadLimit = std::chrono::seconds(60);

// Errors are of kind kInput with the path as place; kRun if no child process can be started.
[[nodiscard]] Result<KerasFile> ReadKerasFile(
    const std::filesystem::path& path, std::chrono::milliseconds time_limit = kKerasReadLimit);

}  // namespace host

#endif  // HOST_MODEL_KERAS_FILE_H_
