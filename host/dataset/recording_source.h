// SPDX-License-Identifier: Apache-2.0

// The recording files of a gesture set, read whole into memory from a folder or from an archive.
//
// An archive is hostile: it is never unpacked to disk here, entries that are links or devices or
// that leave the archive (`..`, absolute) refuse the whole archive, and number of entries, size of
// each and size of all are limited, so a decompression bomb ends early. Names are checked before
// anything is read. Only `<class>/<file>.txt` counts, at the top or below one leading folder; the
// rest (`._*` twins, checkpoints) is passed over.
#ifndef HOST_DATASET_RECORDING_SOURCE_H_
#define HOST_DATASET_RECORDING_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host {

struct RecordingFile {
  std::string class_name;
  std::string file_name;  // without a folder; ends in .txt
  std::string text;
  std::string place;  // for errors: the path, or "archive: entry"
};

// More than any honest gesture set needs (the real one: 38 files, 1.4 MB).
struct SourceLimits {
  uint64_t entries = 10'000;
  uint64_t file_bytes = 16ull << 20;
  uint64_t total_bytes = 256ull << 20;
};

// All files of one class stand together in the order of `classes`, sorted by name within.
// Fails (kInput) if a class has no folder or no recording file.
[[nodiscard]] Result<std::vector<RecordingFile>> ReadRecordingFolder(
    const std::filesystem::path& root, std::span<const std::string> classes,
    const SourceLimits& limits = {});
[[nodiscard]] Result<std::vector<RecordingFile>> ReadRecordingArchive(
    const std::filesystem::path& archive, std::span<const std::string> classes,
    const SourceLimits& limits = {});
// The same from memory; `name` is the place of errors.
[[nodiscard]] Result<std::vector<RecordingFile>> ReadRecordingArchive(
    std::span<const uint8_t> bytes, const std::string& name, std::span<const std::string> classes,
    const SourceLimits& limits = {});

}  // namespace host

#endif  // HOST_DATASET_RECORDING_SOURCE_H_
