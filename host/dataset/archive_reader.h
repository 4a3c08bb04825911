// SPDX-License-Identifier: Apache-2.0

// What every reader of a hostile archive needs: the formats that are read at all, and the checks of
// an entry before its bytes are looked at.
#ifndef HOST_DATASET_ARCHIVE_READER_H_
#define HOST_DATASET_ARCHIVE_READER_H_

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host {

struct ArchiveCloser {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using ArchiveReader = std::unique_ptr<archive, ArchiveCloser>;

// gzip, bzip2, xz and plain tar or zip: what data sets are shipped in. Formats that libarchive also
// knows but that would only widen what hostile bytes can reach are left out. Null without memory.
[[nodiscard]] ArchiveReader NewArchiveReader();

// kInput with the library's words.
[[nodiscard]] std::unexpected<Error> ArchiveFault(archive* reader, const std::string& name);

// The components of an entry's path; nothing if the path leaves the archive.
[[nodiscard]] std::optional<std::vector<std::string>> SafeComponents(std::string_view path);

// A file or a folder, not a link or a device.
[[nodiscard]] bool IsPlainEntry(archive_entry* entry);

// Foreign names in errors must not reach a terminal as they are.
[[nodiscard]] std::string Printable(std::string_view text);

}  // namespace host

#endif  // HOST_DATASET_ARCHIVE_READER_H_
