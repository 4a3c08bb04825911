// SPDX-License-Identifier: Apache-2.0

// Small guest programs for tests, assembled from the instruction rows: no cross assembler needed.
#ifndef SIM_MACHINE_TESTING_PROGRAM_H_
#define SIM_MACHINE_TESTING_PROGRAM_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/isa/encoder.h"

namespace sim::testing {

enum Reg : uint32_t { kZero, kRa, kSp, kGp, kTp, kT0, kT1, kT2, kS0, kS1, kA0, kA1, kA2, kA3 };

inline constexpr uint32_t kCode = 0x3200'0000;
inline constexpr uint32_t kData = 0x3400'0000;
inline constexpr uint32_t kUart = 0x4000'0000;
inline constexpr uint32_t kClintBase = 0x0200'0000;

class Program {
 public:
  explicit Program(uint32_t base = kCode) : base_(base) {}

  Program& Add(Op op, const Operands& operands = {}) {
    words_.push_back(Encode(op, operands));
    return *this;
  }
  Program& Word(uint32_t word) {
    words_.push_back(word);
    return *this;
  }
  Program& Li(uint32_t rd, uint32_t value) {
    const auto low = static_cast<int32_t>(value << 20) >> 20;
    Add(Op::kLui, {.rd = rd, .imm = static_cast<int32_t>(value - static_cast<uint32_t>(low))});
    return Add(Op::kAddi, {.rd = rd, .rs1 = rd, .imm = low});
  }
  Program& Store(uint32_t address, uint32_t value) {  // word; clobbers t0 and t1
    return Li(kT0, address).Li(kT1, value).Add(Op::kSw, {.rs1 = kT0, .rs2 = kT1});
  }
  Program& Load(uint32_t rd, uint32_t address) {
    return Li(rd, address).Add(Op::kLw, {.rd = rd, .rs1 = rd});
  }
  Program& Csrw(uint32_t number, uint32_t rs1) {
    return Add(Op::kCsrrw, {.rs1 = rs1, .imm = static_cast<int32_t>(number)});
  }
  Program& Csrr(uint32_t rd, uint32_t number) {
    return Add(Op::kCsrrs, {.rd = rd, .imm = static_cast<int32_t>(number)});
  }
  // simprint with a text placed behind the code by Elf(); clobbers a0 .. a2.
  Program& Print(uint32_t level, const std::string& text, uint32_t number) {
    Li(kA0, level);
    texts_[words_.size()] = text;
    Li(kA1, 0);
    Li(kA2, number);
    return Add(Op::kSimprint, {.rd = kA0, .rs1 = kA1, .rs2 = kA2});
  }
  Program& Finish() { return Add(Op::kFinish); }
  Program& JumpTo(uint32_t address) {
    return Add(Op::kJal, {.imm = static_cast<int32_t>(address - here())});
  }

  [[nodiscard]] uint32_t here() const { return base_ + 4 * static_cast<uint32_t>(words_.size()); }
  [[nodiscard]] const std::vector<uint32_t>& words() const { return words_; }

  // An executable with one segment.
  [[nodiscard]] std::vector<uint8_t> Elf() const {
    std::vector<uint32_t> words = words_;
    std::vector<uint8_t> strings;
    for (const auto& [index, text] : texts_) {
      const uint32_t address = here() + static_cast<uint32_t>(strings.size());
      Program li(base_);
      li.Li(kA1, address);
      words[index] = li.words()[0];
      words[index + 1] = li.words()[1];
      strings.insert(strings.end(), text.begin(), text.end());
      strings.push_back(0);
    }
    std::vector<uint8_t> content;
    for (uint32_t word : words) Put32(content, word);
    content.insert(content.end(), strings.begin(), strings.end());

    const auto size = static_cast<uint32_t>(content.size());
    std::vector<uint8_t> elf = {0x7f, 'E', 'L', 'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    Put32(elf, 2 | 243u << 16);  // executable, RISC-V
    Put32(elf, 1);
    Put32(elf, base_);  // entry
    Put32(elf, 52);     // program headers
    Put32(elf, 0);
    Put32(elf, 0);
    Put32(elf, 52 | 32u << 16);
    Put32(elf, 1);  // one segment, no sections
    Put32(elf, 0);
    for (uint32_t field : {1u, 84u, base_, base_, size, size, 7u, 4u}) Put32(elf, field);
    elf.insert(elf.end(), content.begin(), content.end());
    return elf;
  }

 private:
  static void Put32(std::vector<uint8_t>& bytes, uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(value >> 8 * i));
  }

  uint32_t base_;
  std::vector<uint32_t> words_;
  std::map<size_t, std::string> texts_;
};

}  // namespace sim::testing

#endif  // SIM_MACHINE_TESTING_PROGRAM_H_
