// SPDX-License-Identifier: Apache-2.0

// What went wrong, in words, without a heap: a fixed text that the firmware logs and `kenning info`
// prints. The words are messages.def's; names behind them come from the module and are cut to fit.
#ifndef RUNTIME_VALUE_FAILURE_H_
#define RUNTIME_VALUE_FAILURE_H_

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "base/text_line.h"

namespace runtime {

enum class Message : uint8_t {
#define MESSAGE(name, status, text) k##name,
#include "runtime/value/messages.def"
#undef MESSAGE
};

class Failure : public base::TextLine {
 public:
  static constexpr uint32_t kNoOffset = UINT32_MAX;

  [[nodiscard]] base::Status status() const { return status_; }
  // Offset of the offending byte in the file, or kNoOffset.
  [[nodiscard]] uint32_t byte_offset() const { return byte_offset_; }
  void set_byte_offset(uint32_t offset) { byte_offset_ = offset; }
  [[nodiscard]] std::string_view text() const { return view(); }

  void Clear();

  // Replaces what was there. Set returns the message's status, so that `return failure.Set(…)`
  // reads well; Begin lets more text follow.
  base::Status Set(Message message) { return Begin(message).status(); }
  base::Status Set(Message message, std::string_view name) {
    return Begin(message).Text(name).status();
  }
  Failure& Begin(Message message);
  // With another status than the message's own: of what caused it, named by somebody else.
  Failure& Begin(Message message, base::Status status);
  base::Status Set(base::Status status, std::string_view text);

 private:
  void Unpack(uint8_t packed);

  base::Status status_ = base::Status::kOk;
  uint32_t byte_offset_ = kNoOffset;
};

}  // namespace runtime

#endif  // RUNTIME_VALUE_FAILURE_H_
