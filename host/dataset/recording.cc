// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/recording.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "fmt/format.h"

namespace host {
namespace {

// White space and the control bytes that a terminal leaves at the ends of a line.
std::string_view Trim(std::string_view text) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Exactly three comma-separated fields, or nothing.
std::optional<std::array<std::string_view, 3>> SplitFields(std::string_view line) {
  if (std::ranges::count(line, ',') != 2) return std::nullopt;
  const size_t first = line.find(',');
  const size_t second = line.find(',', first + 1);
  return std::array{Trim(line.substr(0, first)), Trim(line.substr(first + 1, second - first - 1)),
                    Trim(line.substr(second + 1))};
}

std::optional<double> ParseNumber(std::string_view field) {
  if (field.starts_with('+')) field.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return value;
}

bool IsSeparator(std::string_view line) {
  return std::ranges::none_of(line, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

// A line of foreign text, short and printable, for an error.
std::string Quote(std::string_view line) {
  constexpr size_t kMaxQuoted = 60;
  std::string quoted(line.substr(0, kMaxQuoted));
  for (char& c : quoted) {
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return "'" + quoted + (line.size() > kMaxQuoted ? "…'" : "'");
}

}  // namespace

Result<RecordingFileContent> ParseRecordings(std::string_view text, const std::string& name) {
  RecordingFileContent content;
  Recording current;
  size_t rows = 0;
  size_t line_number = 0;
  size_t first_strange_line = 0;
  std::string first_strange;

  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    const bool is_crlf = text.substr(end).starts_with("\r\n");
    text.remove_prefix(std::min(end + (is_crlf ? 2 : 1), text.size()));
    ++line_number;

    const auto fields = SplitFields(line);
    if (!fields) continue;
    AccelerationRow row{};
    bool is_row = true;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::optional<double> value = ParseNumber((*fields)[i]);
      is_row = is_row && value.has_value();
      row[i] = value.value_or(0.0);
    }
    if (is_row) {
      // The windows are float32; a value beyond that would become infinite there.
      const auto fits = [](double v) { return std::fabs(v) <= std::numeric_limits<float>::max(); };
      if (!std::ranges::all_of(row, fits)) {
        return InputError(fmt::format("{} is not a row of finite accelerations", Quote(line)),
                          fmt::format("{}:{}", name, line_number));
      }
      current.push_back(row);
      ++rows;
    } else if (IsSeparator(line)) {
      if (!current.empty()) content.recordings.push_back(std::exchange(current, {}));
    } else if (!current.empty()) {
      return InputError(
          fmt::format("{} stands in the middle of a recording but is neither three numbers nor a "
                      "separator such as -,-,-",
                      Quote(line)),
          fmt::format("{}:{}", name, line_number));
    } else if (first_strange_line == 0) {
      first_strange_line = line_number;
      first_strange = Quote(line);
    }
  }

  if (rows == 0) {
    if (first_strange_line != 0) {
      return InputError(
          fmt::format("no line of this file is a row of three numbers; the first that looks like "
                      "one is {}",
                      first_strange),
          fmt::format("{}:{}", name, first_strange_line));
    }
    return InputError("no line of this file is a row of three comma-separated numbers", name);
  }
  content.dropped_rows = current.size();
  return content;
}

}  // namespace host
