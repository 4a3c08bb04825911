// SPDX-License-Identifier: Apache-2.0

#include "host/device/renode_text.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace host {
namespace {

constexpr char kTelnetCommand = '\xFF';
constexpr char kSubnegotiationBegin = '\xFA';
constexpr char kSubnegotiationStop = '\xF0';
constexpr char kEscapeCharacter = '\x1B';
// A monitor that prints more than this without a prompt is not waited for.
constexpr size_t kMaxText = 16u << 20;

bool TakesOption(char command) { return command >= '\xFB' && command <= '\xFE'; }  // WILL .. DONT

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// "(name) " alone on the last line; the blank may be missing.
std::optional<size_t> PromptAt(std::string_view text) {
  const size_t line = text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1;
  const std::string_view last = Trimmed(text.substr(line));
  if (last.size() < 3 || last.front() != '(' || last.back() != ')') return std::nullopt;
  if (last.find_first_of("() ", 1) != last.size() - 1) return std::nullopt;
  return line;
}

}  // namespace

void MonitorStream::Add(std::string_view bytes) {
  for (const char c : bytes) {
    switch (state_) {
      case State::kText:
        if (c == kTelnetCommand) {
          state_ = State::kTelnet;
        } else if (c == kEscapeCharacter) {
          state_ = State::kEscape;
        } else if (c == '\b' || c == '\x7F') {
          if (!text_.empty() && text_.back() != '\n') text_.pop_back();
        } else if ((static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\t') &&
                   text_.size() < kMaxText) {
          text_ += c;
        }
        break;
      case State::kTelnet:
        state_ = TakesOption(c)              ? State::kTelnetOption
                 : c == kSubnegotiationBegin ? State::kSubnegotiation
                                             : State::kText;
        break;
      case State::kTelnetOption:
        state_ = State::kText;
        break;
      case State::kSubnegotiation:
        if (c == kTelnetCommand) state_ = State::kSubnegotiationEnd;
        break;
      case State::kSubnegotiationEnd:
        state_ = c == kSubnegotiationStop ? State::kText : State::kSubnegotiation;
        break;
      case State::kEscape:
        state_ = c == '[' ? State::kSequence : State::kText;
        break;
      case State::kSequence:  // ends with a letter or one of @[\]^_`{|}~
        if (c >= '@' && c <= '~') state_ = State::kText;
        break;
    }
  }
}

std::optional<std::string> MonitorStream::TakeAnswer(std::string_view command) {
  const std::optional<size_t> prompt = PromptAt(text_);
  if (!prompt) return std::nullopt;
  std::string answer = std::exchange(text_, {}).substr(0, *prompt);
  const size_t echo = command.empty() ? std::string::npos : answer.find(command);
  if (echo != std::string::npos) answer.erase(0, echo + command.size());
  return std::string(Trimmed(answer));
}

std::optional<std::string> FindMonitorError(std::string_view answer) {
  constexpr std::string_view kBeginnings[] = {"There was an error executing command",
                                              "No such command or device",
                                              "Error ",
                                              "Error:",
                                              "Could not ",
                                              "Parameters did not match",
                                              "Bad parameters",
                                              "No such file"};
  for (const std::string_view line : Lines(answer)) {
    for (const std::string_view beginning : kBeginnings) {
      if (Trimmed(line).starts_with(beginning)) return std::string(Trimmed(answer));
    }
  }
  return std::nullopt;
}

std::vector<sim::OpcodeCount> ParseOpcodeTable(std::string_view text) {
  std::vector<sim::OpcodeCount> rows;
  for (std::string_view line : Lines(text)) {
    line = Trimmed(line);
    if (line.size() < 2 || line.front() != '|' || line.back() != '|') continue;
    const size_t middle = line.find('|', 1);
    if (middle + 1 >= line.size()) continue;
    const std::string_view name = Trimmed(line.substr(1, middle - 1));
    const std::string_view number = Trimmed(line.substr(middle + 1, line.size() - middle - 2));
    uint64_t count = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), count);
    if (error != std::errc() || end != number.data() + number.size() || name.empty()) continue;
    rows.push_back({std::string(name), count});
  }
  return rows;
}

std::optional<double> ParseVirtualTime(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  for (size_t colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':', colon + 1)) {
    size_t start = colon;
    while (start > 0 && kDigits.contains(text[start - 1])) --start;
    std::string_view rest = text.substr(start);
    double parts[3] = {};
    bool good = start < colon;
    for (int i = 0; good && i < 3; ++i) {
      const auto format = std::chars_format::fixed;
      const auto [end, error] =
          std::from_chars(rest.data(), rest.data() + rest.size(), parts[i], format);
      good = error == std::errc() && !rest.starts_with('-') &&
             (i == 2 || (end != rest.data() + rest.size() && *end == ':'));
      if (good) rest.remove_prefix(static_cast<size_t>(end - rest.data()) + (i < 2 ? 1 : 0));
    }
    if (good) return (parts[0] * 60 + parts[1]) * 60 + parts[2];
  }
  return std::nullopt;
}

std::string MonitorPath(std::string_view path) {
  std::string escaped = "@";
  for (const char c : path) {
    if (c == ' ' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace host
