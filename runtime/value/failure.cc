// SPDX-License-Identifier: Apache-2.0

#include "runtime/value/failure.h"

#include <algorithm>

namespace runtime {
namespace {

// Texts of all messages, each ended by a NUL (pointers would cost as much as short texts), with the
// pairs of bytes that come often replaced by one byte each, again and again: half of what they take
// otherwise.
constexpr uint8_t kFirstPair = 0x80;  // bytes from here on stand for a pair
constexpr uint32_t kRareTimes = 3;    // a pair that comes less often is left

template <size_t kSize>
struct Packing {
  uint8_t bytes[kSize] = {};
  size_t size = kSize;
  uint8_t pairs[2 * (0x100 - kFirstPair)] = {};  // two bytes each
  size_t pair_count = 0;

  consteval explicit Packing(const char (&texts)[kSize]) {
    for (size_t i = 0; i < kSize; ++i) bytes[i] = static_cast<uint8_t>(texts[i]);
    while (2 * pair_count < std::size(pairs) && PackMostFrequent()) {
    }
  }

 private:
  // Never with a NUL, which ends a text.
  consteval bool PackMostFrequent() {
    uint16_t times[0x10000] = {};
    size_t best = 0;
    for (size_t i = 1; i < size; ++i) {
      if (bytes[i - 1] == 0 || bytes[i] == 0) continue;
      const size_t pair = bytes[i - 1] << 8 | bytes[i];
      if (++times[pair] > times[best]) best = pair;
    }
    if (times[best] < kRareTimes) return false;
    const auto first = static_cast<uint8_t>(best >> 8);
    const auto second = static_cast<uint8_t>(best);
    size_t to = 0;
    for (size_t from = 0; from < size; ++to) {
      const bool found = bytes[from] == first && from + 1 < size && bytes[from + 1] == second;
      bytes[to] = found ? static_cast<uint8_t>(kFirstPair + pair_count) : bytes[from];
      from += found ? 2 : 1;
    }
    size = to;
    pairs[2 * pair_count] = first;
    pairs[2 * pair_count + 1] = second;
    ++pair_count;
    return true;
  }
};

constexpr Packing kPacking =
#define MESSAGE(name, status, text) text "\0"
    Packing(
#include "runtime/value/messages.def"
    );
#undef MESSAGE
constexpr auto kTexts = [] {
  std::array<uint8_t, kPacking.size> texts;
  std::copy_n(kPacking.bytes, texts.size(), texts.begin());
  return texts;
}();
constexpr auto kPairs = [] {
  std::array<uint8_t, 2 * kPacking.pair_count> pairs;
  std::copy_n(kPacking.pairs, pairs.size(), pairs.begin());
  return pairs;
}();

// A byte each: the general ones of module 0 are below 0x80, the runtime's of module 1 are not.
constexpr uint8_t CodeOf(base::Status status) { return static_cast<uint8_t>(status); }
constexpr base::Status StatusOf(uint8_t code) {
  return static_cast<base::Status>(code | (code & 0x80) << 1);
}
constexpr uint8_t kCodes[] = {
#define MESSAGE(name, status, text) CodeOf(base::Status::k##status),
#include "runtime/value/messages.def"
#undef MESSAGE
};
#define MESSAGE(name, status, text) \
  static_assert(StatusOf(CodeOf(base::Status::k##status)) == base::Status::k##status);
#include "runtime/value/messages.def"
#undef MESSAGE

}  // namespace

void Failure::Clear() {
  status_ = base::Status::kOk;
  byte_offset_ = kNoOffset;
  Shorten(0);
}

Failure& Failure::Begin(Message message) {
  return Begin(message, StatusOf(kCodes[static_cast<size_t>(message)]));
}

Failure& Failure::Begin(Message message, base::Status status) {
  Clear();
  status_ = status;
  const uint8_t* text = kTexts.data();
  for (auto left = static_cast<size_t>(message); left != 0; ++text) {
    if (*text == '\0') --left;
  }
  for (; *text != '\0'; ++text) Unpack(*text);
  return *this;
}

// As deep as pairs of pairs go: at most as many as the longest text has letters.
void Failure::Unpack(uint8_t packed) {
  if (packed >= kFirstPair) {
    const uint8_t* pair = &kPairs[2u * (packed - kFirstPair)];
    Unpack(pair[0]);
    Unpack(pair[1]);
  } else {
    Append(static_cast<char>(packed));
  }
}

base::Status Failure::Set(base::Status status, std::string_view text) {
  Clear();
  status_ = status;
  return Text(text).status();
}

}  // namespace runtime
