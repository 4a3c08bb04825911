// SPDX-License-Identifier: Apache-2.0

#include "base/text_line.h"

namespace base {

void TextLine::Shorten(size_t length) {
  length_ = length;
  text_[length] = '\0';
}

void TextLine::Append(char letter) {
  if (length_ == kMaxLength) return;
  text_[length_++] = letter >= ' ' && letter <= '~' ? letter : '?';
  text_[length_] = '\0';
}

void TextLine::Append(std::string_view text) {
  for (const char letter : text) Append(letter);
}

void TextLine::Append(const char* text) {
  for (; *text != '\0'; ++text) Append(*text);
}

void TextLine::AppendNumber(uintptr_t number, uint32_t radix, uint32_t least_digits) {
  std::array<char, 2 * sizeof(number) + 4> digits;  // enough for decimal ones
  size_t start = digits.size();
  do {
    digits[--start] = "0123456789ABCDEF"[number % radix];
    number /= radix;
  } while (number != 0 || digits.size() - start < least_digits);
  if (radix == 16) Append("0x");
  Append({digits.data() + start, digits.size() - start});
}

}  // namespace base
