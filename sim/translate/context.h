// SPDX-License-Identifier: Apache-2.0

// What generated code and the C++ around it share.
#ifndef SIM_TRANSLATE_CONTEXT_H_
#define SIM_TRANSLATE_CONTEXT_H_

#include <cstdint>

#include "sim/fp/wide_loop.h"
#include "sim/hart/block.h"

namespace sim::translate {

// Lies at the start of CodeMemory's data; reached RIP-relatively.
struct Context {
  static constexpr uint32_t kJumps = 1024;

  // An indirect jump to key & 0xffff'ffff from a block whose exit domain is key >> 32 goes to
  // `code`.
  struct Jump {
    uint64_t key;
    const uint8_t* code;
  };

  // Instructions retired at the end of the running block = limit - budget. A block begins only if
  // the budget covers it.
  int64_t limit;
  int64_t budget;    // here while C++ runs, else in a register
  uint64_t stop_at;  // hart.stop_at at entry
  // Of the first two memories in the bus's order, not yet in their counts.
  AccessCount counts[2];
  // Behind the call that left generated code, if one did.
  const uint8_t* left_at;
  // Host registers, by number, as `spill` found them.
  uint32_t x_hosts[16];
  uint32_t f_hosts[16];
  alignas(64) Jump jumps[kJumps];

  // For hosts without mask registers: bit of each element in its byte, word or dword of a chunk;
  // and which byte of four has the bits of each byte element.
  static constexpr uint32_t kChunkBytes = 32;
  struct ElementBits {
    alignas(kChunkBytes) uint8_t bytes[kChunkBytes];
    uint16_t words[kChunkBytes / 2];
    uint32_t dwords[kChunkBytes / 4];
    uint8_t byte_of[kChunkBytes];
    // And the lower half of each element of 16 and of 32 bits.
    uint16_t low_bytes[kChunkBytes / 2];
    uint32_t low_words[kChunkBytes / 4];
  } element_bits;
  // Results of an instruction that are not in the register group yet: 8 registers of 1024 bits.
  alignas(64) uint8_t results[8 * 1024 / 8];
};

[[nodiscard]] constexpr Context::ElementBits MakeElementBits() {
  Context::ElementBits bits = {};
  for (uint32_t i = 0; i < Context::kChunkBytes; ++i) {
    bits.bytes[i] = static_cast<uint8_t>(1u << i % 8);
    bits.byte_of[i] = static_cast<uint8_t>(i / 8);
    if (i < Context::kChunkBytes / 2) {
      bits.words[i] = static_cast<uint16_t>(1u << i);
      bits.low_bytes[i] = 0x00FF;
    }
    if (i < Context::kChunkBytes / 4) {
      bits.dwords[i] = 1u << i;
      bits.low_words[i] = 0x0000'FFFF;
    }
  }
  return bits;
}

// Between two linked blocks lies a crossing that the observer is told of.
struct Crossing {
  uint32_t from;
  uint32_t to;
  GuestAddr pc;
};

// What does not change while code lives.
struct Target {
  Hart* hart;
  Context* context;
  const Memory* memory;         // the first in the bus's order
  const Memory* second_memory;  // may be nullptr
  bool may_misalign;
  bool counts;  // false only to measure what counting costs
  HostSimd simd;
  VectorState* type_scratch;  // to decode a vtype
  const uint8_t* code;        // where CodeMemory's code starts
  const uint8_t* leave;       // rax = Exit*
  // Called: leaves by the exit behind the call; `spill` saves the registers before.
  const uint8_t* leave_here;
  const uint8_t* spill;
  // rsi = Block*, edx = index; leaves as leave_here if the handler returned false.
  const uint8_t* call;
  const uint8_t* cross;           // rsi = Crossing*
  const uint8_t* second_load[3];  // by log2 of the width: eax = address -> value; carry: failed
};

}  // namespace sim::translate

#endif  // SIM_TRANSLATE_CONTEXT_H_
