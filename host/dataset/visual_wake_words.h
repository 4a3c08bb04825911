// SPDX-License-Identifier: Apache-2.0

// Photographs with or without a person, from a folder laid out like COCO
// (kenning-contract, section 3.4): <root>/annotations/instances_<type>.json and <root>/<type>/*.
//
// A photograph counts if the boxes of the wanted class cover more than area_threshold of it; boxes
// that overlap count twice, as in the reference. Annotations are hostile: size-limited, and a file
// name may not leave its folder. What is missing is unpacked or downloaded (coco_source.h).
//
// Errors are of kind kInput and name the file. Cost: only photographs of the test subset are read;
// the other samples have no bytes.
#ifndef HOST_DATASET_VISUAL_WAKE_WORDS_H_
#define HOST_DATASET_VISUAL_WAKE_WORDS_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "host/dataset/dataset.h"
#include "host/dataset/person_image.h"
#include "host/error/error.h"

namespace host {

// Names and defaults are the scenario's (kenning-contract, section 2.2).
struct VisualWakeWordsParameters {
  std::filesystem::path dataset_root;
  std::string dataset_type = "val2017";
  bool download_dataset = false;
  std::string coco_url = {};  // instead of the COCO site
  std::string objects_class = "person";
  double area_threshold = 0.005;
  PersonImageSteps steps = {};
  double split_fraction_test = 0.2;
  std::optional<double> split_fraction_val = std::nullopt;
  uint32_t split_seed = 1234;
};

struct AnnotatedImage {
  std::string file_name;
  uint32_t label = 0;
};

// In the order of the file. `name` is the place of errors.
[[nodiscard]] Result<std::vector<AnnotatedImage>> ParseAnnotations(std::string_view json,
                                                                   const std::string& name,
                                                                   std::string_view objects_class,
                                                                   double area_threshold);

[[nodiscard]] Result<Dataset> LoadVisualWakeWords(const VisualWakeWordsParameters& parameters,
                                                  const DatasetProgress& progress = {},
                                                  const std::stop_token& stop = {});

}  // namespace host

#endif  // HOST_DATASET_VISUAL_WAKE_WORDS_H_
