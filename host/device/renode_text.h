// SPDX-License-Identifier: Apache-2.0

// What a Renode monitor prints, read: its stream as a terminal shows it, tables of counters, times.
// All of it is foreign text; nothing here fails on any bytes.
// Facts: shared spec platform.md, sections 3.3 and 4.1.
#ifndef HOST_DEVICE_RENODE_TEXT_H_
#define HOST_DEVICE_RENODE_TEXT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/isa/opcode_count.h"

namespace host {

// The stream of the monitor's socket without what steers a terminal: telnet negotiation, escape
// sequences, carriage returns.
class MonitorStream {
 public:
  void Add(std::string_view bytes);

  // What was printed since the last call that gave something, if it ends with a prompt
  // ("(monitor) ", "(springbok) "): the monitor waits for a command. The prompt, and the echo of
  // `command` in front, are left out.
  [[nodiscard]] std::optional<std::string> TakeAnswer(std::string_view command);

  [[nodiscard]] const std::string& pending() const { return text_; }

 private:
  enum class State {
    kText,
    kTelnet,
    kTelnetOption,
    kSubnegotiation,
    kSubnegotiationEnd,
    kEscape,
    kSequence
  };

  State state_ = State::kText;
  std::string text_;
};

// The line that says that a command failed, if there is one.
[[nodiscard]] std::optional<std::string> FindMonitorError(std::string_view answer);

// The rows of GetAllOpcodesCounters, "|vadd.vv|12|", without the header.
[[nodiscard]] std::vector<sim::OpcodeCount> ParseOpcodeTable(std::string_view text);

// Seconds in the first "00:00:01.234567" of the text.
[[nodiscard]] std::optional<double> ParseVirtualTime(std::string_view text);

// `path` as the monitor takes it after '@': blanks and backslashes escaped.
[[nodiscard]] std::string MonitorPath(std::string_view path);

}  // namespace host

#endif  // HOST_DEVICE_RENODE_TEXT_H_
