// SPDX-License-Identifier: Apache-2.0

// A line of text under construction, without a heap: for logs and for what went wrong. What does
// not fit is cut; bytes that are not printable ASCII, which come from foreign files, become '?'.
#ifndef BASE_TEXT_LINE_H_
#define BASE_TEXT_LINE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace base {

// To derive from: the chaining functions return what they were called on.
class TextLine {
 public:
  static constexpr size_t kMaxLength = 255;  // a LOGS message tells its length in a byte

  [[nodiscard]] std::string_view view() const { return {text_.data(), length_}; }
  [[nodiscard]] const char* c_str() const { return text_.data(); }
  [[nodiscard]] size_t length() const { return length_; }

  template <typename Self>
  Self&& Text(this Self&& self, std::string_view text) {
    self.Append(text);
    return std::forward<Self>(self);
  }
  // A literal: its length would be one more argument.
  template <typename Self>
  Self&& Text(this Self&& self, const char* text) {
    self.Append(text);
    return std::forward<Self>(self);
  }
  // Radix 10, or 16: 0x in front.
  template <typename Self>
  Self&& Number(this Self&& self, uint32_t number, uint32_t radix = 10) {
    self.AppendNumber(number, radix, 1);
    return std::forward<Self>(self);
  }
  // An address or a word of bits: 0x and at least 8 digits.
  template <typename Self>
  Self&& Hex(this Self&& self, uintptr_t number) {
    self.AppendNumber(number, 16, 8);
    return std::forward<Self>(self);
  }

 protected:
  // To what it was when it had this length.
  void Shorten(size_t length);
  void Append(char letter);

 private:
  void Append(std::string_view text);
  void Append(const char* text);
  void AppendNumber(uintptr_t number, uint32_t radix, uint32_t least_digits);

  size_t length_ = 0;
  std::array<char, kMaxLength + 1> text_ = {};  // ended by a NUL
};

}  // namespace base

#endif  // BASE_TEXT_LINE_H_
