// SPDX-License-Identifier: Apache-2.0

// Annotations in COCO's JSON: each accepted image has a plain file name and a label of two.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "host/dataset/visual_wake_words.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto images = host::ParseAnnotations(
      std::string_view(reinterpret_cast<const char*>(data), size), "fuzz", "person", 0.005);
  if (!images) return 0;
  for (const host::AnnotatedImage& image : *images) {
    if (image.label > 1 || image.file_name.empty() ||
        image.file_name.find('/') != std::string::npos) {
      std::abort();
    }
  }
  return 0;
}
