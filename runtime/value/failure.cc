#include "runtime/value/failure.h"

namespace runtime {

void Failure::Clear() {
  status_ = base::Status::kOk;
  byte_offset_ = kNoOffset;
  length_ = 0;
}

Failure& Failure::Begin(base::Status status, std::string_view what, std::string_view name,
                        uint32_t byte_offset) {
  status_ = status;
  byte_offset_ = byte_offset;
  length_ = 0;
  Append(what);
  return name.empty() ? *this : Append(": ").Append(name);
}

Failure& Failure::Append(std::string_view text) {
  for (const char c : text) {
    if (length_ == text_.size()) break;
    text_[length_++] = c >= ' ' && c <= '~' ? c : '?';
  }
  return *this;
}

Failure& Failure::AppendNumber(uint32_t number) {
  std::array<char, 10> digits;
  size_t start = digits.size();
  do {
    digits[--start] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return Append({digits.data() + start, digits.size() - start});
}

Failure& Failure::AppendHex(uint32_t number) {
  Append("0x");
  int shift = 28;
  while (shift > 0 && (number >> shift) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) {
    const uint32_t digit = number >> shift & 0xF;
    const char c = static_cast<char>(digit < 10 ? '0' + digit : 'a' + digit - 10);
    Append({&c, 1});
  }
  return *this;
}

}  // namespace runtime
