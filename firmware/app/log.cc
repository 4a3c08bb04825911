// SPDX-License-Identifier: Apache-2.0

#include "firmware/app/log.h"

#include <array>

namespace firmware {
namespace {

constexpr std::array<const char*, 5> kTags = {"ERROR |", "WARN |", "INFO |", "DEBUG |", "NOISY |"};

}  // namespace

LogLine::LogLine(LogLevel level) : level_(level) {
  Text(kTags[static_cast<size_t>(level)]);
  body_at_ = length();
}

void Log::Write(const LogLine& line) {
  board_.Print(line.level(), line.c_str(), 0);
  if (sink_ != nullptr) sink_->OnLogLine(line);
}

}  // namespace firmware
