// SPDX-License-Identifier: Apache-2.0

#include "host/terminal/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace host {
namespace {

struct LevelRow {
  LogLevel level;
  std::string_view name;
  std::string_view colour;  // ANSI SGR parameters
  bool selectable;          // a value of --verbosity
};

constexpr auto kLevels = std::to_array<LevelRow>({
    {LogLevel::kNotSet, "NOTSET", "0", true},
    {LogLevel::kDebug, "DEBUG", "2", true},
    {LogLevel::kInfo, "INFO", "32", true},
    {LogLevel::kRenode, "RENODE", "36", false},
    {LogLevel::kDevice, "DEVICE", "35", false},
    {LogLevel::kWarning, "WARNING", "33", true},
    {LogLevel::kError, "ERROR", "31", true},
    {LogLevel::kCritical, "CRITICAL", "1;31", true},
});

const LevelRow& RowOf(LogLevel level) {
  const auto* row = std::ranges::find(kLevels, level, &LevelRow::level);
  return row == kLevels.end() ? kLevels.front() : *row;
}

std::string_view BaseName(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

std::string LocalTime() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  std::array<char, sizeof("2026-11-22 21:52:39")> text{};
  const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return {text.data(), length};
}

}  // namespace

std::optional<LogLevel> LogLevelFromName(std::string_view name) {
  for (const LevelRow& row : kLevels) {
    if (row.selectable && row.name == name) return row.level;
  }
  return std::nullopt;
}

Log::Log(LogLevel threshold, std::FILE* stream)
    : threshold_(threshold), stream_(stream), is_terminal_(::isatty(::fileno(stream)) == 1) {}

void Log::Write(LogLevel level, std::string_view text, const Place& place) {
  if (!Shows(level)) return;
  const LevelRow& row = RowOf(level);
  const std::string level_text =
      is_terminal_ ? fmt::format("\x1b[{}m{}\x1b[0m", row.colour, row.name) : std::string(row.name);
  const std::string prefix = fmt::format("[{} kenning {}:{}] [{}] ", LocalTime(),
                                         BaseName(place.file_name()), place.line(), level_text);
  const std::lock_guard lock(guard_);
  std::string lines = status_line_.empty() ? "" : "\r\x1b[K";
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    lines += prefix + PrintableText(text.substr(start, end - start)) + "\n";
    start = end + 1;
  }
  lines += status_line_;
  std::fwrite(lines.data(), 1, lines.size(), stream_);
  std::fflush(stream_);
}

void Log::SetStatusLine(std::string_view text) {
  if (!is_terminal_) return;
  const std::lock_guard lock(guard_);
  if (text.empty() && status_line_.empty()) return;
  status_line_ = PrintableText(text);
  const std::string line = "\r\x1b[K" + status_line_;
  std::fwrite(line.data(), 1, line.size(), stream_);
  std::fflush(stream_);
}

std::string PrintableText(std::string_view text) {
  std::string safe(text);
  for (char& c : safe) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) c = '?';
  }
  return safe;
}

}  // namespace host
