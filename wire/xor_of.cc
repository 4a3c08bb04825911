// SPDX-License-Identifier: Apache-2.0

#include <cstring>
#include <memory>

#include "wire/frame.h"

namespace wire {

uint8_t XorOf(base::Bytes bytes) {
  const uint8_t* at = bytes.data();
  const uint8_t* const end = at + bytes.size();
  const auto word = [](const uint8_t* from) {
    uint32_t value;
    std::memcpy(&value, std::assume_aligned<sizeof(value)>(from), sizeof(value));
    return value;
  };
  uint32_t words = 0;
  for (; at != end && reinterpret_cast<uintptr_t>(at) % 4 != 0; ++at) words ^= *at;
  for (; end - at >= 32; at += 32) {
    words ^= word(at) ^ word(at + 4) ^ word(at + 8) ^ word(at + 12) ^ word(at + 16) ^
             word(at + 20) ^ word(at + 24) ^ word(at + 28);
  }
  for (; end - at >= 4; at += 4) words ^= word(at);
  for (; at != end; ++at) words ^= *at;
  words ^= words >> 16;
  return static_cast<uint8_t>(words ^ words >> 8);
}

}  // namespace wire
