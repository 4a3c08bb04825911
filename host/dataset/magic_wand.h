// SPDX-License-Identifier: Apache-2.0

// The Magic Wand gesture recordings as windows of accelerometer samples
// (kenning-contract, sections 2.2 and 3.1 to 3.3).
//
// `dataset_root` is a folder with wing/ ring/ slope/ negative/ (each holding *.txt recordings), a
// folder that holds the upstream data.tar.gz instead, or such an archive itself (it is read in
// place, never unpacked). If the folder is missing or empty and download_dataset is set, the
// upstream archive is fetched into it first, read as a whole, and only then kept.
//
// On purpose not as the predecessor: nothing that lies in dataset_root is ever deleted (it removes
// a folder whose checksum file is missing, hand-made data included), files are visited in sorted
// order, and the padding noise comes from a seeded generator, so that two runs give the same bytes.
//
// Errors are of kind kInput and name file and line; kRun for a download that fails. Cost: the whole
// set is held in memory (the real one: about 1 MB of windows).
#ifndef HOST_DATASET_MAGIC_WAND_H_
#define HOST_DATASET_MAGIC_WAND_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "host/dataset/dataset.h"
#include "host/error/error.h"

namespace host {

inline constexpr std::string_view kMagicWandUrl =
    "http://download.tensorflow.org/models/tflite/magic_wand/data.tar.gz";

// Names and defaults are the scenario's (kenning-contract, section 2.2); noise_seed is ours.
struct MagicWandParameters {
  std::filesystem::path dataset_root;
  bool download_dataset = true;         // only if dataset_root does not exist or is empty
  bool force_download_dataset = false;  // fetch again and use that; replaces only data.tar.gz
  double split_fraction_test = 0.2;
  std::optional<double> split_fraction_val = std::nullopt;
  uint32_t split_seed = 1234;
  int window_size = 128;   // rows of a window
  int window_shift = 128;  // a multiple of window_size
  int noise_level = 20;    // padding noise lies in [-noise_level / 2, noise_level / 2]
  uint32_t noise_seed = 0;
  std::string url = std::string(kMagicWandUrl);
  double reduce_dataset = 1.0;  // keep this fraction of the samples of each subset, order kept
};

[[nodiscard]] Result<Dataset> LoadMagicWand(const MagicWandParameters& parameters,
                                            const DatasetProgress& progress = {},
                                            const std::stop_token& stop = {});

}  // namespace host

#endif  // HOST_DATASET_MAGIC_WAND_H_
