// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/call_signature.h"

namespace runtime {
namespace {

bool IsValueLetter(char c) { return c == 'i' || c == 'I' || c == 'f' || c == 'r'; }

[[gnu::always_inline]] inline bool AreLetters(std::string_view letters, bool spans_allowed) {
  uint32_t span = 0;  // letters of the span at hand, its C included; 0 outside of one
  for (const char c : letters) {
    if (IsValueLetter(c)) {
      if (span != 0) ++span;
    } else if (c == 'C' && spans_allowed && span == 0) {
      span = 1;
    } else if (c == 'D' && span > 1) {
      span = 0;
    } else {
      return false;
    }
  }
  return span == 0;
}

std::string_view WithoutVoid(std::string_view letters) {
  return letters.size() == 1 && letters[0] == 'v' ? std::string_view() : letters;
}

}  // namespace

bool CallSignature::Parse(std::string_view text) {
  const size_t split = text.find('_');
  if (text.empty() || text.front() != '0' || split == std::string_view::npos) return false;
  arguments = WithoutVoid(text.substr(1, split - 1));
  results = WithoutVoid(text.substr(split + 1));
  return AreLetters(arguments, true) && AreLetters(results, false);
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
