// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/coco_source.h"

#include <array>
#include <fstream>
#include <system_error>

#include "base/try.h"
#include "fmt/format.h"
#include "host/dataset/archive_reader.h"
#include "host/resource/http_file.h"

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAnnotationsArchive = "annotations_trainval2017.zip";

// One archive, and the files of it that are wanted: all of a folder, or one of them.
struct Part {
  std::string archive;  // name in the folder
  std::string path;     // on the server
  std::string folder;   // in the archive and below the root
  std::string file;     // empty: all
  [[nodiscard]] fs::path Target(const fs::path& root) const {
    return file.empty() ? root / folder : root / folder / file;
  }
};

std::unexpected<Error> NotWritten(const fs::path& path) {
  return RunError("cannot be written; is there room on the disk?", path.string());
}

struct Unpacked {
  uint64_t files = 0;
  uint64_t bytes = 0;
};

Result<> WriteEntry(archive* reader, const std::string& name, const fs::path& path,
                    const CocoLimits& limits, Unpacked* done) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  std::array<char, 1 << 16> chunk;
  uint64_t size = 0;
  for (;;) {
    const la_ssize_t count = archive_read_data(reader, chunk.data(), chunk.size());
    if (count < 0) return ArchiveFault(reader, name);
    if (count == 0) break;
    size += static_cast<uint64_t>(count);
    done->bytes += static_cast<uint64_t>(count);
    if (size > limits.file_bytes || done->bytes > limits.total_bytes) {
      return InputError("unpacks to more than COCO has; this is not the archive of the COCO site",
                        name);
    }
    stream.write(chunk.data(), count);
  }
  stream.close();
  if (!stream) return NotWritten(path);
  if (++done->files > limits.files) {
    return InputError(fmt::format("more than {} files", limits.files), name);
  }
  return {};
}

// The wanted files of the archive into `folder`, which is new.
Result<Unpacked> UnpackInto(const fs::path& path, const Part& part, const fs::path& folder,
                            const DatasetProgress& progress, const CocoLimits& limits) {
  const std::string name = path.string();
  const ArchiveReader reader = NewArchiveReader();
  if (!reader) return RunError("no memory to read an archive", name);
  if (archive_read_open_filename(reader.get(), name.c_str(), 1 << 16) != ARCHIVE_OK) {
    return ArchiveFault(reader.get(), name);
  }
  Unpacked done;
  for (uint64_t entries = 0;; ++entries) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    if (status < ARCHIVE_WARN) return ArchiveFault(reader.get(), name);
    if (entries > limits.files) {
      return InputError(fmt::format("more than {} entries", limits.files), name);
    }
    const char* text = archive_entry_pathname(entry);
    if (text == nullptr) return InputError("an entry has no readable name", name);
    const std::string place = fmt::format("{}: {}", name, Printable(text));
    const auto components = SafeComponents(text);
    if (!components) return InputError("the entry's path leaves the archive", place);
    if (!IsPlainEntry(entry)) return InputError("the entry is a link or a device", place);
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    if (components->size() != 2 || (*components)[0] != part.folder) continue;
    if (!part.file.empty() && (*components)[1] != part.file) continue;
    TRY(WriteEntry(reader.get(), place, folder / (*components)[1], limits, &done));
    if (progress) progress("Unpacking", done.bytes, 0);
  }
  if (done.files != 0) return done;
  return InputError(fmt::format("there is no {}/{} in this archive", part.folder,
                                part.file.empty() ? "*" : part.file),
                    name);
}

// By way of a hidden folder, so that what has its name is whole.
Result<> Unpack(const CocoSource& source, const Part& part, const DatasetProgress& progress,
                const CocoLimits& limits) {
  const fs::path folder = source.root / fmt::format(".{}.part", part.archive);
  std::error_code failure;
  fs::remove_all(folder, failure);
  fs::create_directories(folder, failure);
  if (failure) return NotWritten(folder);
  const auto unpacked = UnpackInto(source.root / part.archive, part, folder, progress, limits);
  std::error_code ignored;
  if (unpacked) {
    const fs::path target = part.Target(source.root);
    fs::create_directories(target.parent_path(), failure);
    fs::rename(part.file.empty() ? folder : folder / part.file, target, failure);
    if (failure) {
      fs::remove_all(folder, ignored);
      return NotWritten(target);
    }
  }
  fs::remove_all(folder, ignored);
  if (!unpacked) return std::unexpected(unpacked.error());
  return {};
}

Result<> DownloadPart(const CocoSource& source, const Part& part, const DatasetProgress& progress,
                      const std::stop_token& stop) {
  std::error_code failure;
  fs::create_directories(source.root, failure);
  if (failure) return NotWritten(source.root);
  const std::string url = fmt::format("{}/{}", source.url, part.path);
  const std::string step = fmt::format("Downloading {}", part.archive);
  const TransferLimits limits = TRY(LimitsFromEnvironment());
  const auto transferred = DownloadToFile(
      url, source.root / part.archive, limits,
      [&](uint64_t done, uint64_t total) {
        if (progress) progress(step, done, total);
      },
      stop);
  if (transferred) return {};
  Error error = transferred.error().error;
  error.causes.push_back(
      {ErrorKind::kRun,
       fmt::format("run the command again to go on where it stopped; without a network, put {} "
                   "(or {}/ unpacked) there",
                   part.archive, part.folder),
       source.root.string(),
       {}});
  return std::unexpected(std::move(error));
}

}  // namespace

Result<> EnsureCoco(const CocoSource& source, const DatasetProgress& progress,
                    const std::stop_token& stop, const CocoLimits& limits) {
  if (source.type.empty() || source.type.starts_with('.') ||
      source.type.find('/') != std::string::npos) {
    return InputError(fmt::format("'{:.100}' is no part of COCO", source.type), "dataset_type");
  }
  const Part parts[] = {
      {std::string(kAnnotationsArchive), fmt::format("annotations/{}", kAnnotationsArchive),
       "annotations", fmt::format("instances_{}.json", source.type)},
      {fmt::format("{}.zip", source.type), fmt::format("zips/{}.zip", source.type), source.type,
       ""},
  };
  for (const Part& part : parts) {
    std::error_code ignored;
    const fs::path target = part.Target(source.root);
    if (fs::exists(target, ignored)) continue;
    const fs::path archive = source.root / part.archive;
    const bool was_there = fs::exists(archive, ignored);
    if (!was_there && !source.may_download) {
      return InputError(
          fmt::format("not there, and download_dataset is false; unpack {} of COCO 2017 into "
                      "dataset_root, or put it there as it is",
                      part.archive),
          target.string());
    }
    if (!was_there) TRY(DownloadPart(source, part, progress, stop));
    TRY(Unpack(source, part, progress, limits));
    // What was downloaded here has served its purpose; what the user put there stays.
    if (!was_there) fs::remove(archive, ignored);
  }
  return {};
}

}  // namespace host
