// What went wrong, in words, without a heap: a fixed text that the firmware logs and `kenning info`
// prints. Names inside the text come from the module and are cut to fit; foreign bytes that are not
// printable ASCII become '?'.
#ifndef RUNTIME_VALUE_FAILURE_H_
#define RUNTIME_VALUE_FAILURE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace runtime {

class Failure {
 public:
  static constexpr uint32_t kNoOffset = UINT32_MAX;

  [[nodiscard]] base::Status status() const { return status_; }
  // Offset of the offending byte in the file, or kNoOffset.
  [[nodiscard]] uint32_t byte_offset() const { return byte_offset_; }
  [[nodiscard]] std::string_view text() const { return {text_.data(), length_}; }

  void Clear();

  // Replaces what was there; Set returns `status`, so that `return failure.Set(…)` reads well,
  // Begin lets more text follow.
  base::Status Set(base::Status status, std::string_view what, std::string_view name = {},
                   uint32_t byte_offset = kNoOffset) {
    return Begin(status, what, name, byte_offset).status();
  }
  Failure& Begin(base::Status status, std::string_view what, std::string_view name = {},
                 uint32_t byte_offset = kNoOffset);

  Failure& Append(std::string_view text);
  Failure& AppendNumber(uint32_t number);
  Failure& AppendHex(uint32_t number);

 private:
  base::Status status_ = base::Status::kOk;
  uint32_t byte_offset_ = kNoOffset;
  uint16_t length_ = 0;
  std::array<char, 158> text_ = {};
};

}  // namespace runtime

#endif  // RUNTIME_VALUE_FAILURE_H_
