// SPDX-License-Identifier: Apache-2.0

// Log lines for people: `[2026-11-22 21:52:39 kenning session.cc:58] [INFO] text` on stderr, with
// colours on a terminal, in the form that users of Kenning know (contract, section 1.7). Beside the
// usual levels there are RENODE (lines of the simulated machine) and DEVICE (lines the firmware
// sends), both just above INFO.
//
// A Log is passed by reference to whoever has something to say; there is no global one. Threads may
// share one. A line that contains newlines is written as several lines, control characters of
// foreign text are replaced, so no device can write escape sequences to the user's terminal.
// ("\r" is replaced as well.) Never fails: what cannot be written is dropped.
#ifndef HOST_TERMINAL_LOG_H_
#define HOST_TERMINAL_LOG_H_

#include <cstdio>
#include <mutex>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

namespace host {

// The numbers are Python's, so that a threshold compares as users expect.
enum class LogLevel {
  kNotSet = 0,
  kDebug = 10,
  kInfo = 20,
  kRenode = 21,
  kDevice = 22,
  kWarning = 30,
  kError = 40,
  kCritical = 50,
};

// "INFO" -> kInfo; the six names that --verbosity takes. Empty for any other text.
[[nodiscard]] std::optional<LogLevel> LogLevelFromName(std::string_view name);

class Log {
 public:
  using Place = std::source_location;

  // Lines below `threshold` are dropped. `stream` must outlive the Log.
  explicit Log(LogLevel threshold = LogLevel::kInfo, std::FILE* stream = stderr);

  void set_threshold(LogLevel threshold) { threshold_ = threshold; }
  [[nodiscard]] LogLevel threshold() const { return threshold_; }
  [[nodiscard]] bool Shows(LogLevel level) const { return level >= threshold_; }
  [[nodiscard]] bool is_terminal() const { return is_terminal_; }
  [[nodiscard]] std::FILE* stream() const { return stream_; }

  void Write(LogLevel level, std::string_view text, const Place& place = Place::current());

  void Debug(std::string_view text, const Place& place = Place::current()) {
    Write(LogLevel::kDebug, text, place);
  }
  void Info(std::string_view text, const Place& place = Place::current()) {
    Write(LogLevel::kInfo, text, place);
  }
  void Warning(std::string_view text, const Place& place = Place::current()) {
    Write(LogLevel::kWarning, text, place);
  }
  void Error(std::string_view text, const Place& place = Place::current()) {
    Write(LogLevel::kError, text, place);
  }

  // Used by Progress: a line that the next line (of either kind) may overwrite. Only called on
  // terminals. An empty text removes it.
  void SetStatusLine(std::string_view text);

 private:
  LogLevel threshold_;
  std::FILE* stream_;
  bool is_terminal_;
  std::mutex guard_;  // of the status line and what is written
  std::string status_line_;
};

// Foreign text made safe for a terminal: control characters (bytes below 0x20 except tab, and 0x7f)
// become '?'.
[[nodiscard]] std::string PrintableText(std::string_view text);

}  // namespace host

#endif  // HOST_TERMINAL_LOG_H_
