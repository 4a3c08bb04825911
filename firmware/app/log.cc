#include "firmware/app/log.h"

#include <algorithm>

namespace firmware {
namespace {

constexpr std::array<std::string_view, 5> kTags = {"ERROR |", "WARN |", "INFO |", "DEBUG |",
                                                   "NOISY |"};

}  // namespace

LogLine::LogLine(LogLevel level) : level_(level) {
  text_[0] = '\0';
  Text(kTags[static_cast<size_t>(level)]);
  body_at_ = length_;
}

LogLine& LogLine::Text(std::string_view text) {
  for (char c : text.substr(0, kMaxLength - length_)) {
    text_[length_++] = c >= ' ' && c < '\x7F' ? c : '?';
  }
  text_[length_] = '\0';
  return *this;
}

LogLine& LogLine::Number(uint64_t number) {
  std::array<char, 20> digits;
  auto first = digits.end();
  // 64-bit division is a call on the target; log lines rarely need it.
  while (number > UINT32_MAX) {
    *--first = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  auto low = static_cast<uint32_t>(number);
  do {
    *--first = static_cast<char>('0' + low % 10);
    low /= 10;
  } while (low != 0);
  return Text({first, digits.end()});
}

LogLine& LogLine::Hex(uint32_t number) {
  std::array<char, 8> digits;
  for (size_t i = digits.size(); i-- > 0; number >>= 4) digits[i] = "0123456789ABCDEF"[number & 15];
  return Text("0x").Text({digits.data(), digits.size()});
}

void Log::Write(const LogLine& line) {
  board_.Print(line.level(), line.c_str(), 0);
  if (sink_ != nullptr) sink_->OnLogLine(line);
}

}  // namespace firmware
