// SPDX-License-Identifier: Apache-2.0

#include "sim/gdb/packets.h"

namespace sim {
namespace {

constexpr char kDigits[] = "0123456789abcdef";
constexpr char kInterruptByte = 0x03;
constexpr char kEscapeByte = '}';
constexpr uint8_t kEscapeXor = 0x20;

}  // namespace

std::optional<PacketReader::Event> PacketReader::Take(char byte) {
  const auto value = static_cast<uint8_t>(byte);
  switch (state_) {
    case State::kIdle:
      if (byte == kInterruptByte) return Event::kInterrupt;
      if (byte == '-') return Event::kResend;
      if (byte == '$') {
        state_ = State::kContent;
        content_.clear();
        sum_ = 0;
        broken_ = false;
      }
      return std::nullopt;  // '+', and whatever else stands between packets
    case State::kContent:
      if (byte == '#') {
        state_ = State::kChecksumHigh;
        return std::nullopt;
      }
      if (byte == '$') {  // the end of the last one was lost
        content_.clear();
        sum_ = 0;
        broken_ = false;
        return std::nullopt;
      }
      sum_ = static_cast<uint8_t>(sum_ + value);
      if (byte == kEscapeByte) {
        state_ = State::kEscape;
        return std::nullopt;
      }
      break;
    case State::kEscape:
      sum_ = static_cast<uint8_t>(sum_ + value);
      byte = static_cast<char>(value ^ kEscapeXor);
      state_ = State::kContent;
      break;
    case State::kChecksumHigh: {
      const int digit = HexDigit(byte);
      broken_ = broken_ || digit < 0;
      expected_ = static_cast<uint8_t>((digit & 15) << 4);
      state_ = State::kChecksumLow;
      return std::nullopt;
    }
    case State::kChecksumLow: {
      const int digit = HexDigit(byte);
      state_ = State::kIdle;
      const auto expected = static_cast<uint8_t>(expected_ | (digit & 15));
      return broken_ || digit < 0 || expected != sum_ ? Event::kBroken : Event::kPacket;
    }
  }
  if (content_.size() < kMaxContent) {
    content_ += byte;
  } else {
    broken_ = true;
  }
  return std::nullopt;
}

std::string MakePacket(std::string_view content) {
  std::string packet = "$";
  uint8_t sum = 0;
  const auto put = [&](char c) {
    packet += c;
    sum = static_cast<uint8_t>(sum + static_cast<uint8_t>(c));
  };
  for (const char c : content) {
    if (c == '$' || c == '#' || c == kEscapeByte || c == '*') {
      put(kEscapeByte);
      put(static_cast<char>(static_cast<uint8_t>(c) ^ kEscapeXor));
    } else {
      put(c);
    }
  }
  packet += '#';
  packet += kDigits[sum >> 4];
  packet += kDigits[sum & 15];
  return packet;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<uint32_t> TakeHex(std::string_view* text) {
  uint64_t value = 0;
  size_t digits = 0;
  while (digits < text->size() && HexDigit((*text)[digits]) >= 0) {
    value = value << 4 | static_cast<uint64_t>(HexDigit((*text)[digits++]));
    if (value > UINT32_MAX) return std::nullopt;
  }
  if (digits == 0) return std::nullopt;
  text->remove_prefix(digits);
  return static_cast<uint32_t>(value);
}

bool TakeWord(std::string_view* text, std::string_view word) {
  if (!text->starts_with(word)) return false;
  text->remove_prefix(word.size());
  return true;
}

std::string ToHex(std::string_view bytes) {
  std::string digits;
  digits.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    digits += kDigits[static_cast<uint8_t>(byte) >> 4];
    digits += kDigits[static_cast<uint8_t>(byte) & 15];
  }
  return digits;
}

std::optional<std::string> FromHex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    const int high = HexDigit(digits[i]);
    const int low = HexDigit(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

}  // namespace sim
