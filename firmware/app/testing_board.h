// SPDX-License-Identifier: Apache-2.0

// A board in memory: bytes in, bytes and log lines out, traps by longjmp, a clock that steps.
#ifndef FIRMWARE_APP_TESTING_BOARD_H_
#define FIRMWARE_APP_TESTING_BOARD_H_

#include <algorithm>
#include <csetjmp>
#include <cstdint>
#include <string>
#include <vector>

#include "firmware/app/board.h"

namespace firmware::testing {

class MemoryBoard : public Board {
 public:
  std::vector<uint8_t> input;
  std::vector<uint8_t> output;
  std::vector<std::string> lines;      // "0 ERROR |text": level and text
  std::vector<std::string> announced;  // noisy lines, with their number

  Received Receive(base::MutableBytes window) override {
    const size_t n = std::min(window.size(), input.size());
    std::copy_n(input.begin(), n, window.begin());
    input.erase(input.begin(), input.begin() + static_cast<ptrdiff_t>(n));
    return {n, false};
  }

  void Send(base::Bytes bytes) override { output.insert(output.end(), bytes.begin(), bytes.end()); }

  void Print(LogLevel level, const char* text, uint32_t number) override {
    if (level == LogLevel::kNoisy) {
      announced.push_back(std::string(text) + " " + std::to_string(number));
    } else {
      lines.push_back(std::to_string(static_cast<int>(level)) + " " + text);
    }
  }

  uint64_t InstructionCount() override { return instructions_ += 1000; }
  uint64_t TimeNs() override { return InstructionCount() * 10; }

  bool RunGuarded(void (*body)(void*), void* argument, Trap& trap) override {
    std::jmp_buf here;
    std::jmp_buf* const outer = recovery_;
    recovery_ = &here;
    const bool returned = setjmp(here) == 0;
    if (returned) body(argument);
    recovery_ = outer;
    if (!returned) trap = {2, 0x32001234, 0xDEAD};
    return returned;
  }

  // What an illegal instruction does.
  [[noreturn]] static void RaiseTrap() { std::longjmp(*recovery_, 1); }

 private:
  static inline std::jmp_buf* recovery_ = nullptr;
  uint64_t instructions_ = 0;
};

}  // namespace firmware::testing

#endif  // FIRMWARE_APP_TESTING_BOARD_H_
