// SPDX-License-Identifier: Apache-2.0

// Archives of recordings from memory, under small limits so that a bomb shows as time or memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "host/dataset/recording_source.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::string> classes = {"wing", "ring"};
  const host::SourceLimits limits{.entries = 50, .file_bytes = 1 << 16, .total_bytes = 1 << 18};
  const auto files = host::ReadRecordingArchive({data, size}, "fuzz.tar", classes, limits);
  if (!files) return 0;
  for (const host::RecordingFile& file : *files) {
    if (file.text.size() > limits.file_bytes || file.file_name.find('/') != std::string::npos) {
      std::abort();
    }
  }
  return 0;
}
