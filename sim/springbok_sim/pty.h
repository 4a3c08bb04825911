// SPDX-License-Identifier: Apache-2.0

// The host's end of the guest's UART: a pseudo-terminal whose slave is reachable under a path.
// The link is made by Open and removed by the destructor, if it is still ours. Raw mode, no
// blocking: reading and writing move what they can.
#ifndef SIM_SPRINGBOK_SIM_PTY_H_
#define SIM_SPRINGBOK_SIM_PTY_H_

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

namespace sim {

class Pty {
 public:
  // Makes `path` a link to a new terminal. An existing path is refused unless `force`, and even
  // then only a link or a terminal is replaced. The error is a sentence.
  [[nodiscard]] static std::expected<Pty, std::string> Open(const std::string& path, bool force);
  Pty(Pty&& other) noexcept;
  Pty& operator=(Pty&&) = delete;
  ~Pty();

  [[nodiscard]] int descriptor() const { return master_; }
  // What has arrived, at most 64 KiB; empty if nothing.
  [[nodiscard]] std::vector<uint8_t> Read();
  // How many bytes the terminal took.
  [[nodiscard]] size_t Write(std::span<const uint8_t> bytes);

 private:
  Pty(int master, int slave, std::string path, std::string target)
      : master_(master), slave_(slave), path_(std::move(path)), target_(std::move(target)) {}

  int master_;
  int slave_;  // kept open, so that a client may come and go without a hang-up
  std::string path_;
  std::string target_;
};

}  // namespace sim

#endif  // SIM_SPRINGBOK_SIM_PTY_H_
