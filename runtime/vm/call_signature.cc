// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/call_signature.h"

#include "base/try.h"

namespace runtime {
namespace {

using base::Status;

bool IsValueLetter(char c) { return c == 'i' || c == 'I' || c == 'f' || c == 'r'; }

// "v" or "" is none; returns the letters or an error.
base::Result<std::string_view> CheckLetters(std::string_view letters, bool spans_allowed) {
  if (letters == "v") return std::string_view();
  bool in_span = false;
  size_t tuple_size = 0;
  for (const char c : letters) {
    if (IsValueLetter(c)) {
      ++tuple_size;
    } else if (c == 'C' && spans_allowed && !in_span) {
      in_span = true;
      tuple_size = 0;
    } else if (c == 'D' && in_span && tuple_size != 0) {
      in_span = false;
    } else {
      return std::unexpected(Status::kVmInvalidBytecode);
    }
  }
  if (in_span) return std::unexpected(Status::kVmInvalidBytecode);
  return letters;
}

}  // namespace

base::Result<CallSignature> CallSignature::Parse(std::string_view text) {
  const size_t split = text.find('_');
  if (text.empty() || text.front() != '0' || split == std::string_view::npos) {
    return std::unexpected(Status::kVmInvalidBytecode);
  }
  CallSignature signature;
  signature.arguments = TRY(CheckLetters(text.substr(1, split - 1), true));
  signature.results = TRY(CheckLetters(text.substr(split + 1), false));
  return signature;
}

uint32_t ArgumentSlots::Take(bool wide) {
  uint32_t slot = count_;
  if (!wide && hole_ != 0) {
    slot = hole_;
    hole_ = 0;
    return slot;
  }
  if (wide && slot % 2 != 0) {
    if (fill_holes_) hole_ = slot;
    ++slot;
  }
  count_ = slot + (wide ? 2 : 1);
  return slot;
}

}  // namespace runtime
