// SPDX-License-Identifier: Apache-2.0

// Another emulator to compare with: a child process whose UART is its standard input and output.
#ifndef BENCH_PROCESS_DEVICE_H_
#define BENCH_PROCESS_DEVICE_H_

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

namespace bench {

class ProcessDevice {
 public:
  ProcessDevice() = default;
  ~ProcessDevice();  // kills the child
  ProcessDevice(const ProcessDevice&) = delete;
  ProcessDevice& operator=(const ProcessDevice&) = delete;
  [[nodiscard]] std::expected<void, std::string> Start(std::span<char* const> command);

  void Write(std::span<const uint8_t> bytes);
  // Waits until it has said something; empty: it will not.
  [[nodiscard]] std::vector<uint8_t> Read();

 private:
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
};

// Processor time of this thread, which other work on the machine disturbs least.
[[nodiscard]] double ThreadSeconds();

}  // namespace bench

#endif  // BENCH_PROCESS_DEVICE_H_
