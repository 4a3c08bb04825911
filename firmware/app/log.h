// SPDX-License-Identifier: Apache-2.0

// Log lines: `INFO |text`, at most 255 characters, printed through the board and, where the wire
// has LOGS messages, handed to whoever sends those. Facts: shared spec platform.md, section 1.6;
// kenning-contract.md, section 5.2.5.
#ifndef FIRMWARE_APP_LOG_H_
#define FIRMWARE_APP_LOG_H_

#include <cstdint>
#include <string_view>

#include "base/text_line.h"
#include "firmware/app/board.h"

namespace firmware {

class LogLine : public base::TextLine {
 public:
  explicit LogLine(LogLevel level);

  // Back to the tag alone.
  void Clear() { Shorten(body_at_); }

  [[nodiscard]] LogLevel level() const { return level_; }
  // Without the tag.
  [[nodiscard]] std::string_view body() const { return {c_str() + body_at_, length() - body_at_}; }

 private:
  LogLevel level_;
  size_t body_at_;
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
