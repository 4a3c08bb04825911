// SPDX-License-Identifier: Apache-2.0

// A JPEG, PNG or BMP file as 8-bit RGB. The file is hostile: size and number of pixels are limited,
// a JPEG may have only so many scans, and what the libraries refuse is an Error of kind kInput with
// the given name as place. Grey becomes equal R, G, B; transparency is dropped. Of BMP what is not
// compressed is read: 8 bits with a palette, 24 and 32 bits.
// Cost: three bytes a pixel.
#ifndef HOST_DATASET_IMAGE_FILE_H_
#define HOST_DATASET_IMAGE_FILE_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "host/error/error.h"

namespace host {

inline constexpr uint64_t kMaxImageFileBytes = 64ull << 20;
inline constexpr uint64_t kMaxImagePixels = 64ull << 20;

struct RgbImage {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;  // height x width x 3
};

[[nodiscard]] Result<RgbImage> DecodeImage(std::span<const uint8_t> bytes, const std::string& name,
                                           uint64_t max_pixels = kMaxImagePixels);
[[nodiscard]] Result<RgbImage> ReadImage(const std::filesystem::path& path);

}  // namespace host

#endif  // HOST_DATASET_IMAGE_FILE_H_
