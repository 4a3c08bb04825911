// SPDX-License-Identifier: Apache-2.0

// Framing of GDB's remote serial protocol (GDB manual, "Remote Protocol", "Overview"): "$", content
// with '}' escapes, "#", two hex digits of checksum; '+' and '-' answer until NoAck mode; a byte
// 0x03 between packets is the interrupt request. Bytes are foreign: a packet longer than
// kMaxContent or with a bad checksum is answered with '-' and forgotten.
#ifndef SIM_GDB_PACKETS_H_
#define SIM_GDB_PACKETS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sim {

class PacketReader {
 public:
  static constexpr size_t kMaxContent = 0x4000;

  enum class Event : uint8_t { kPacket, kInterrupt, kResend, kBroken };

  // Takes one byte; an event when it completes one. kPacket: content() is valid until the next.
  [[nodiscard]] std::optional<Event> Take(char byte);
  [[nodiscard]] const std::string& content() const { return content_; }

 private:
  enum class State : uint8_t { kIdle, kContent, kEscape, kChecksumHigh, kChecksumLow };

  State state_ = State::kIdle;
  std::string content_;
  uint8_t sum_ = 0;
  uint8_t expected_ = 0;
  bool broken_ = false;
};

[[nodiscard]] std::string MakePacket(std::string_view content);

// 0 .. 15, or -1.
[[nodiscard]] int HexDigit(char c);
// Hex digits from the front of *text, at least one and at most 8 significant ones; they are
// removed.
[[nodiscard]] std::optional<uint32_t> TakeHex(std::string_view* text);
// Removes `word` from the front.
[[nodiscard]] bool TakeWord(std::string_view* text, std::string_view word);
[[nodiscard]] std::string ToHex(std::string_view bytes);
// Nothing unless all are pairs of hex digits.
[[nodiscard]] std::optional<std::string> FromHex(std::string_view digits);

}  // namespace sim

#endif  // SIM_GDB_PACKETS_H_
