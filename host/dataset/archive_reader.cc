// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/archive_reader.h"

#include <algorithm>

#include "fmt/format.h"

namespace host {

ArchiveReader NewArchiveReader() {
  ArchiveReader reader(archive_read_new());
  if (reader) {
    archive_read_support_filter_gzip(reader.get());
    archive_read_support_filter_bzip2(reader.get());
    archive_read_support_filter_xz(reader.get());
    archive_read_support_format_tar(reader.get());
    archive_read_support_format_zip(reader.get());
  }
  return reader;
}

std::unexpected<Error> ArchiveFault(archive* reader, const std::string& name) {
  const char* text = archive_error_string(reader);
  return InputError(
      fmt::format("not a readable archive: {}", text != nullptr ? text : "unknown fault"), name);
}

std::optional<std::vector<std::string>> SafeComponents(std::string_view path) {
  if (path.starts_with('/') || path.find('\0') != std::string_view::npos ||
      path.find('\\') != std::string_view::npos) {
    return std::nullopt;
  }
  std::vector<std::string> components;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view component = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (component == "..") return std::nullopt;
    if (!component.empty() && component != ".") components.emplace_back(component);
  }
  return components;
}

bool IsPlainEntry(archive_entry* entry) {
  const auto type = archive_entry_filetype(entry);
  return archive_entry_hardlink(entry) == nullptr && (type == AE_IFREG || type == AE_IFDIR);
}

std::string Printable(std::string_view text) {
  std::string printable(text.substr(0, 200));
  for (char& c : printable) {
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return printable;
}

}  // namespace host
