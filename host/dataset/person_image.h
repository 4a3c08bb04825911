// SPDX-License-Identifier: Apache-2.0

// From a photograph to the bytes that the person detector receives, step for step as the reference
// does it (kenning-contract, section 3.4): bilinear to the data set's size in 8 bits, the central
// part of it, bilinear to the network's size in single precision, grey, int8.
#ifndef HOST_DATASET_PERSON_IMAGE_H_
#define HOST_DATASET_PERSON_IMAGE_H_

#include <cstdint>
#include <vector>

#include "host/dataset/image_file.h"

namespace host {

struct PersonImageSteps {
  int dataset_width = 416;
  int dataset_height = 416;
  double central_fraction = 0.875;  // in [0.125, 1]
  int width = 96;
  int height = 96;
};

// dataset_width and dataset_height are at least 16, the others at least 1. Gives width * height
// bytes, row by row.
[[nodiscard]] std::vector<uint8_t> PersonImage(const RgbImage& image,
                                               const PersonImageSteps& steps);

}  // namespace host

#endif  // HOST_DATASET_PERSON_IMAGE_H_
