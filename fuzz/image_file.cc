// SPDX-License-Identifier: Apache-2.0

// Image files: whatever is accepted has as many pixels as it says, and can be prepared for a
// network.
#include "host/dataset/image_file.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "host/dataset/person_image.h"

namespace {
constexpr uint64_t kMaxPixels = 1 << 14;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto image = host::DecodeImage(std::span(data, size), "fuzz", kMaxPixels);
  if (!image) return 0;
  if (image->pixels.size() !=
      size_t{3} * static_cast<size_t>(image->width) * static_cast<size_t>(image->height)) {
    std::abort();
  }
  const host::PersonImageSteps steps{
      .dataset_width = 16, .dataset_height = 16, .width = 8, .height = 8};
  if (host::PersonImage(*image, steps).size() != 64) std::abort();
  return 0;
}
