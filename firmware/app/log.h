// SPDX-License-Identifier: Apache-2.0

// Log lines: `INFO |text`, at most 255 characters, printed through the board and, where the wire
// has LOGS messages, handed to whoever sends those. Facts: shared spec platform.md, section 1.6;
// kenning-contract.md, section 5.2.5.
#ifndef FIRMWARE_APP_LOG_H_
#define FIRMWARE_APP_LOG_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "firmware/app/board.h"

namespace firmware {

// One line under construction; what does not fit is cut, foreign bytes that do not print become
// '?'.
class LogLine {
 public:
  explicit LogLine(LogLevel level);

  // Back to the tag alone.
  void Clear();

  LogLine& Text(std::string_view text);
  LogLine& Text(const char* text);  // a literal: its length would be one more argument
  LogLine& Number(uint32_t number);
  // 8 digits, or 16 on a 64-bit board if they are needed.
  LogLine& Hex(uintptr_t number);

  [[nodiscard]] LogLevel level() const { return level_; }
  [[nodiscard]] std::string_view view() const { return {text_.data(), length_}; }
  // Without the tag.
  [[nodiscard]] std::string_view body() const {
    return {text_.data() + body_at_, length_ - body_at_};
  }
  [[nodiscard]] const char* c_str() const { return text_.data(); }

 private:
  LogLine& Digits(uintptr_t number, uint32_t base, ptrdiff_t at_least);

  static constexpr size_t kMaxLength = 255;

  LogLevel level_;
  size_t length_ = 0;
  size_t body_at_ = 0;
  std::array<char, kMaxLength + 1> text_;
};

// Gets every line after it was printed.
class LogSink {
 public:
  virtual void OnLogLine(const LogLine& line) = 0;

 protected:
  ~LogSink() = default;
};

class Log {
 public:
  explicit Log(Board& board) : board_(board) {}

  void set_sink(LogSink* sink) { sink_ = sink; }
  void Write(const LogLine& line);

 private:
  Board& board_;
  LogSink* sink_ = nullptr;
};

}  // namespace firmware

#endif  // FIRMWARE_APP_LOG_H_
