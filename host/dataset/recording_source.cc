// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/recording_source.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <optional>
#include <system_error>
#include <tuple>

#include "base/try.h"
#include "fmt/format.h"
#include "host/dataset/archive_reader.h"

namespace host {
namespace {

bool IsRecordingName(std::string_view name) {
  return name.ends_with(".txt") && !name.starts_with('.');
}

size_t ClassIndex(std::span<const std::string> classes, std::string_view name) {
  return static_cast<size_t>(std::ranges::find(classes, name) - classes.begin());
}

// The order that everything after depends on, and the checks that hold for every source.
Result<std::vector<RecordingFile>> Arrange(std::vector<RecordingFile> files,
                                           std::span<const std::string> classes,
                                           const std::string& name) {
  const auto key = [&](const RecordingFile& file) {
    return std::tuple(ClassIndex(classes, file.class_name), std::string_view(file.file_name));
  };
  std::ranges::sort(files, {}, key);
  const auto twin = std::ranges::adjacent_find(files, {}, key);
  if (twin != files.end()) {
    return InputError(fmt::format("{}/{} occurs twice", twin->class_name, twin->file_name), name);
  }
  for (const std::string& class_name : classes) {
    if (std::ranges::find(files, class_name, &RecordingFile::class_name) == files.end()) {
      return InputError(fmt::format("there is no recording {}/*.txt; a gesture set has a folder "
                                    "for each of: {}",
                                    class_name, fmt::join(classes, ", ")),
                        name);
    }
  }
  return files;
}

std::unexpected<Error> TooBig(const std::string& place, uint64_t limit) {
  return InputError(fmt::format("larger than {} bytes; this is not a set of recordings", limit),
                    place);
}

Result<std::string> ReadTextFile(const std::filesystem::path& path, uint64_t limit_bytes) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return InputError("cannot be opened", path.string());
  std::string text;
  std::array<char, 1 << 16> chunk;
  while (stream.read(chunk.data(), chunk.size()) || stream.gcount() > 0) {
    text.append(chunk.data(), static_cast<size_t>(stream.gcount()));
    if (text.size() > limit_bytes) return TooBig(path.string(), limit_bytes);
  }
  if (stream.bad()) return InputError("cannot be read", path.string());
  return text;
}

Result<std::string> ReadEntry(archive* reader, const std::string& place, const std::string& name,
                              const SourceLimits& limits, uint64_t* total_bytes) {
  std::string text;
  std::array<char, 1 << 16> chunk;
  for (;;) {
    const la_ssize_t count = archive_read_data(reader, chunk.data(), chunk.size());
    if (count < 0) return ArchiveFault(reader, name);
    if (count == 0) return text;
    *total_bytes += static_cast<uint64_t>(count);
    if (text.size() + static_cast<size_t>(count) > limits.file_bytes) {
      return TooBig(place, limits.file_bytes);
    }
    if (*total_bytes > limits.total_bytes) return TooBig(name, limits.total_bytes);
    text.append(chunk.data(), static_cast<size_t>(count));
  }
}

Result<std::vector<RecordingFile>> ReadEntries(archive* reader, const std::string& name,
                                               std::span<const std::string> classes,
                                               const SourceLimits& limits) {
  std::vector<RecordingFile> files;
  uint64_t entries = 0;
  uint64_t total_bytes = 0;
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader, &entry);
    if (status == ARCHIVE_EOF) return Arrange(std::move(files), classes, name);
    if (status < ARCHIVE_WARN) return ArchiveFault(reader, name);
    if (++entries > limits.entries) {
      return InputError(fmt::format("more than {} entries", limits.entries), name);
    }
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr) return InputError("an entry has no readable name", name);
    const std::string place = fmt::format("{}: {}", name, Printable(path));
    const auto components = SafeComponents(path);
    if (!components) return InputError("the entry's path leaves the archive", place);
    if (!IsPlainEntry(entry)) {
      return InputError("the entry is a link or a device; recordings are plain files", place);
    }
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    // Also what is passed over is read here, under the limits: skipping would unpack it unlimited.
    std::string text = TRY(ReadEntry(reader, place, name, limits, &total_bytes));
    if (components->size() < 2 || components->size() > 3) continue;
    const std::string& class_name = (*components)[components->size() - 2];
    const std::string& file_name = components->back();
    if (ClassIndex(classes, class_name) == classes.size() || !IsRecordingName(file_name)) continue;
    files.push_back({class_name, file_name, std::move(text), place});
  }
}

}  // namespace

Result<std::vector<RecordingFile>> ReadRecordingFolder(const std::filesystem::path& root,
                                                       std::span<const std::string> classes,
                                                       const SourceLimits& limits) {
  std::vector<RecordingFile> files;
  uint64_t total_bytes = 0;
  uint64_t entries = 0;
  for (const std::string& class_name : classes) {
    const std::filesystem::path folder = root / class_name;
    std::error_code error;
    auto entry = std::filesystem::directory_iterator(folder, error);
    if (error) {
      return InputError(
          fmt::format("the folder of the class {} cannot be read: {}", class_name, error.message()),
          folder.string());
    }
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      if (++entries > limits.entries) {
        return InputError(fmt::format("more than {} entries", limits.entries), root.string());
      }
      const std::string file_name = entry->path().filename().string();
      if (!IsRecordingName(file_name) || !entry->is_regular_file(error)) continue;
      std::string text = TRY(ReadTextFile(entry->path(), limits.file_bytes));
      total_bytes += text.size();
      if (total_bytes > limits.total_bytes) return TooBig(root.string(), limits.total_bytes);
      files.push_back({class_name, file_name, std::move(text), entry->path().string()});
    }
    if (error) return InputError("cannot be read: " + error.message(), folder.string());
  }
  return Arrange(std::move(files), classes, root.string());
}

Result<std::vector<RecordingFile>> ReadRecordingArchive(const std::filesystem::path& archive_path,
                                                        std::span<const std::string> classes,
                                                        const SourceLimits& limits) {
  const ArchiveReader reader = NewArchiveReader();
  if (!reader) return RunError("no memory to read an archive", archive_path.string());
  constexpr size_t kBlockBytes = 1 << 16;
  if (archive_read_open_filename(reader.get(), archive_path.c_str(), kBlockBytes) != ARCHIVE_OK) {
    return ArchiveFault(reader.get(), archive_path.string());
  }
  return ReadEntries(reader.get(), archive_path.string(), classes, limits);
}

Result<std::vector<RecordingFile>> ReadRecordingArchive(std::span<const uint8_t> bytes,
                                                        const std::string& name,
                                                        std::span<const std::string> classes,
                                                        const SourceLimits& limits) {
  const ArchiveReader reader = NewArchiveReader();
  if (!reader) return RunError("no memory to read an archive", name);
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    return ArchiveFault(reader.get(), name);
  }
  return ReadEntries(reader.get(), name, classes, limits);
}

}  // namespace host
