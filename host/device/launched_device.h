// SPDX-License-Identifier: Apache-2.0

// A device in another program that this one starts and ends: the program gives its UART a terminal
// under a path and writes the firmware's log lines to a file. The clock is the host's.
#ifndef HOST_DEVICE_LAUNCHED_DEVICE_H_
#define HOST_DEVICE_LAUNCHED_DEVICE_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "host/device/background_process.h"
#include "host/device/device.h"
#include "host/terminal/log.h"

namespace host {

// The part that every launched simulator has: the line behind a terminal, and the log.
class LaunchedDevice : public Device {
 public:
  [[nodiscard]] std::string name() const override { return name_; }
  Result<> Write(base::Bytes bytes) override { return line_->Write(bytes); }
  Result<size_t> Read(base::MutableBytes into, double limit_s) override;
  void DropUnread() override { line_->DropUnread(); }
  [[nodiscard]] double ClockSeconds() const override;
  [[nodiscard]] bool clock_is_virtual() const override { return false; }
  std::vector<std::string> TakeComplaints() override;

 protected:
  // `write_limit_s` is the line's.
  LaunchedDevice(std::string name, double write_limit_s, ScratchFolder folder, Log& log,
                 std::stop_token stop)
      : name_(std::move(name)),
        folder_(std::move(folder)),
        log_(log),
        stop_(std::move(stop)),
        write_limit_s_(write_limit_s) {}

  [[nodiscard]] Result<> Launch(const std::vector<std::string>& command);
  // Waits until the log has `text`, then opens the line.
  [[nodiscard]] Result<> AwaitReady(std::string_view text, double limit_s);
  // The program ended, or something went wrong in it: with what it said last.
  [[nodiscard]] std::unexpected<Error> Broken(std::string sentence);

  std::string name_;
  ScratchFolder folder_;
  Log& log_;
  std::stop_token stop_;
  std::filesystem::path uart_ = folder_.path() / "uart";
  std::filesystem::path log_file_ = folder_.path() / "device.log";
  std::optional<BackgroundProcess> program_;  // ends before its files vanish

 private:
  void ReadLog();

  double write_limit_s_;
  GrowingLog device_log_{log_file_};
  std::unique_ptr<Device> line_;
  std::string ready_text_;
  bool ready_ = false;
  std::vector<std::string> complaints_;
};

struct QemuOptions {
  std::filesystem::path script;    // platforms/qemu-virt.sh
  std::filesystem::path firmware;  // empty: the script's own
  bool rv64 = false;
  double write_limit_s = 30;  // as OpenSerialDevice()
};

// QEMU's virt machine. kRun if the script or QEMU is missing or ends early.
[[nodiscard]] Result<std::unique_ptr<Device>> MakeQemuDevice(const QemuOptions& options, Log& log,
                                                             std::stop_token stop);

}  // namespace host

#endif  // HOST_DEVICE_LAUNCHED_DEVICE_H_
