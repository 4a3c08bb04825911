// SPDX-License-Identifier: Apache-2.0

#include "host/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace host::report {
namespace {

constexpr size_t kFileNamePartLimit = 100;

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsControl(char c) { return (static_cast<unsigned char>(c) < 0x20) || c == 0x7f; }

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped.append("&amp;");
        break;
      case '<':
        escaped.append("&lt;");
        break;
      case '>':
        escaped.append("&gt;");
        break;
      case '"':
        escaped.append("&quot;");
        break;
      case '\'':
        escaped.append("&#39;");
        break;
      default:
        if (!IsControl(c) || c == '\t' || c == '\n') escaped.push_back(c);
    }
  }
  return escaped;
}

std::string EscapeMarkdown(std::string_view text) {
  constexpr std::string_view kMarkup = "\\`*[]<>#|~$&{}^!";
  std::string escaped;
  escaped.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\r' || c == '\t') {
      escaped.push_back(' ');
      continue;
    }
    if (IsControl(c)) continue;
    // "_" inside a word is not markup, and model names are full of it.
    const bool inside_word =
        i > 0 && i + 1 < text.size() && IsAlphanumeric(text[i - 1]) && IsAlphanumeric(text[i + 1]);
    if (kMarkup.find(c) != std::string_view::npos || (c == '_' && !inside_word)) {
      escaped.push_back('\\');
    }
    escaped.push_back(c);
  }
  return escaped;
}

std::string JsonForScript(const nlohmann::ordered_json& json) {
  const std::string text =
      json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      escaped.append("\\u003c");
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

std::string FileNamePart(std::string_view text) {
  std::string part;
  for (const char c : text.substr(0, kFileNamePartLimit)) {
    const bool safe = IsAlphanumeric(c) || c == '_' || c == '-' || (c == '.' && !part.empty());
    part.push_back(safe ? c : '_');
  }
  return part.empty() ? "_" : part;
}

std::string LabelPart(std::string_view text) {
  std::string part;
  for (const char c : text) {
    if (c == ' ' || c == '_') {
      part.push_back('_');
    } else if (c >= 'A' && c <= 'Z') {
      part.push_back(static_cast<char>(c - 'A' + 'a'));
    } else if (IsAlphanumeric(c)) {
      part.push_back(c);
    }
  }
  return part;
}

std::string Grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string Fixed(double number, int decimals) { return fmt::format("{:.{}f}", number, decimals); }

std::string Percent(double fraction, int decimals) {
  return Fixed(fraction * 100, decimals) + " %";
}

std::string Bytes(uint64_t bytes) {
  if (bytes < 10 * 1024) return Grouped(bytes) + " B";
  const double kib = static_cast<double>(bytes) / 1024;
  if (kib < 1024) return Fixed(kib, 1) + " KiB";
  return Fixed(kib / 1024, 2) + " MiB";
}

Quantity Duration(double seconds) {
  struct Unit {
    double size_s;
    const char* name;
  };
  constexpr Unit kUnits[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}};
  for (const Unit& unit : kUnits) {
    if (std::abs(seconds) < unit.size_s && unit.size_s > 1e-6) continue;
    const double value = seconds / unit.size_s;
    const int decimals = std::abs(value) >= 100 ? 1 : std::abs(value) >= 10 ? 2 : 3;
    return {Fixed(value, decimals), unit.name};
  }
  return {"0", "s"};
}

namespace {

// Rounded; numbers of foreign files may lie beyond what an integer holds.
uint64_t Whole(double value) {
  return static_cast<uint64_t>(std::round(std::clamp(value, 0.0, 1e18)));
}

}  // namespace

std::string MetricText(Unit unit, double value) {
  switch (unit) {
    case Unit::kSeconds: {
      const Quantity quantity = Duration(value);
      return quantity.value + " " + quantity.unit;
    }
    case Unit::kFraction:
      return Percent(value, 2);
    case Unit::kBytes:
      return Bytes(Whole(value));
    case Unit::kCount:
      break;
  }
  return Grouped(Whole(value));
}

}  // namespace host::report
