// SPDX-License-Identifier: Apache-2.0

#include "host/device/launched_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/try.h"
#include "host/device/serial_device.h"
#include "host/terminal/interrupt.h"

namespace host {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr int64_t kBaudrate = 115200;  // of a terminal, which has none
// A wait for bytes is cut into pieces, so that the end of the program is noticed.
constexpr double kReadSliceSeconds = 1;

}  // namespace

Result<> LaunchedDevice::Launch(const std::vector<std::string>& command) {
  program_.emplace(TRY(BackgroundProcess::Start(command, folder_.path() / "output.log")));
  return {};
}

Result<> LaunchedDevice::AwaitReady(std::string_view text, double limit_s) {
  ready_text_ = text;
  ready_ = text.empty();
  const auto deadline = Clock::now() + std::chrono::duration<double>(limit_s);
  std::error_code ignored;
  while (true) {
    ReadLog();
    if (ready_ && std::filesystem::exists(uart_, ignored)) break;
    if (stop_.stop_requested()) return InterruptedError("starting the device");
    if (!program_ || !program_->Running()) return Broken("ended before the firmware was ready");
    if (Clock::now() >= deadline) {
      return Broken(fmt::format("the log did not say '{}' within {:g} s", text, limit_s));
    }
    std::this_thread::sleep_for(kPoll);
  }
  line_ = TRY(OpenSerialDevice(uart_.string(), kBaudrate, write_limit_s_, stop_));
  return {};
}

Result<size_t> LaunchedDevice::Read(base::MutableBytes into, double limit_s) {
  const auto deadline = Clock::now() + std::chrono::duration<double>(limit_s);
  while (true) {
    const double left_s = std::chrono::duration<double>(deadline - Clock::now()).count();
    const size_t count = TRY(line_->Read(into, std::clamp(left_s, 0.0, kReadSliceSeconds)));
    ReadLog();
    if (count != 0 || left_s <= kReadSliceSeconds) return count;
    if (!program_ || !program_->Running()) return Broken("ended while an answer was expected");
  }
}

double LaunchedDevice::ClockSeconds() const {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

std::vector<std::string> LaunchedDevice::TakeComplaints() {
  ReadLog();
  return std::exchange(complaints_, {});
}

std::unexpected<Error> LaunchedDevice::Broken(std::string sentence) {
  Error error{ErrorKind::kRun, std::move(sentence), name_, {}};
  for (std::string& complaint : TakeComplaints()) {
    error.causes.push_back({ErrorKind::kRun, "the device says: " + complaint, {}, {}});
  }
  if (const std::string words = program_ ? program_->LastWords() : ""; !words.empty()) {
    error.causes.push_back({ErrorKind::kRun, "it printed: " + words, {}, {}});
  }
  return std::unexpected(std::move(error));
}

// Lines carry the firmware's own tags, wherever the simulator puts them.
void LaunchedDevice::ReadLog() {
  for (const std::string& raw : device_log_.NewLines()) {
    const std::string line = PrintableText(raw);
    if (!ready_ && line.contains(ready_text_)) ready_ = true;
    const bool bad = line.contains("ERROR |");
    if (bad) complaints_.push_back(line);
    log_.Write(bad ? LogLevel::kError : LogLevel::kRenode, line);
  }
}

namespace {

class QemuDevice : public LaunchedDevice {
 public:
  QemuDevice(QemuOptions options, ScratchFolder folder, Log& log, std::stop_token stop)
      : LaunchedDevice(options.rv64 ? "QEMU (virt, RV64)" : "QEMU (virt, RV32)",
                       options.write_limit_s, std::move(folder), log, std::move(stop)),
        options_(std::move(options)) {}

  Result<> Start(std::string_view ready_text, double limit_s) override {
    std::vector<std::string> command = {options_.script.string(), "--uart", uart_.string(), "--log",
                                        log_file_.string()};
    if (options_.rv64) command.emplace_back("--rv64");
    if (!options_.firmware.empty()) {
      command.insert(command.end(), {"--firmware", options_.firmware.string()});
    }
    TRY(Launch(command));
    return AwaitReady(ready_text, limit_s);
  }

 private:
  QemuOptions options_;
};

}  // namespace

Result<std::unique_ptr<Device>> MakeQemuDevice(const QemuOptions& options, Log& log,
                                               std::stop_token stop) {
  return std::make_unique<QemuDevice>(options, TRY(ScratchFolder::Make()), log, std::move(stop));
}

}  // namespace host
