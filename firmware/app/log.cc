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
  for (const char c : text) {
    if (length_ == kMaxLength) break;
    text_[length_++] = c >= ' ' && c <= '~' ? c : '?';
  }
  text_[length_] = '\0';
  return *this;
}

LogLine& LogLine::Text(const char* text) { return Text(std::string_view(text)); }

LogLine& LogLine::Number(uint32_t number) { return Digits(number, 10, 1); }

LogLine& LogLine::Hex(uintptr_t number) {
  return Text("0x").Digits(number, 16, number > UINT32_MAX ? 16 : 8);
}

LogLine& LogLine::Digits(uintptr_t number, uint32_t base, ptrdiff_t at_least) {
  std::array<char, 16> digits;
  auto first = digits.end();
  do {
    *--first = "0123456789ABCDEF"[number % base];
    number /= base;
  } while (number != 0 || digits.end() - first < at_least);
  return Text({first, digits.end()});
}

void Log::Write(const LogLine& line) {
  board_.Print(line.level(), line.c_str(), 0);
  if (sink_ != nullptr) sink_->OnLogLine(line);
}

}  // namespace firmware
