// SPDX-License-Identifier: Apache-2.0

#include "firmware/app/log.h"

#include <algorithm>

namespace firmware {
namespace {

constexpr std::array<const char*, 5> kTags = {"ERROR |", "WARN |", "INFO |", "DEBUG |", "NOISY |"};

}  // namespace

LogLine::LogLine(LogLevel level) : level_(level) {
  Text(kTags[static_cast<size_t>(level)]);
  body_at_ = length_;
}

void LogLine::Clear() {
  length_ = body_at_;
  text_[length_] = '\0';
}

LogLine& LogLine::Text(std::string_view text) {
  for (char c : text.substr(0, kMaxLength - length_)) {
    text_[length_++] = c >= ' ' && c < '\x7F' ? c : '?';
  }
  text_[length_] = '\0';
  return *this;
}

LogLine& LogLine::Text(const char* text) { return Text(std::string_view(text)); }

LogLine& LogLine::Number(uint32_t number) {
  std::array<char, 10> digits;
  auto first = digits.end();
  do {
    *--first = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return Text({first, digits.end()});
}

LogLine& LogLine::Hex(uintptr_t number) {
  constexpr size_t kShort = 8;
  std::array<char, 2 * sizeof(number)> digits;
  size_t first = digits.size() - kShort;
  if constexpr (sizeof(number) > sizeof(uint32_t)) {
    if (number > UINT32_MAX) first = 0;
  }
  for (size_t i = digits.size(); i-- > first; number >>= 4) {
    digits[i] = "0123456789ABCDEF"[number & 15];
  }
  return Text("0x").Text({digits.data() + first, digits.size() - first});
}

void Log::Write(const LogLine& line) {
  board_.Print(line.level(), line.c_str(), 0);
  if (sink_ != nullptr) sink_->OnLogLine(line);
}

}  // namespace firmware
