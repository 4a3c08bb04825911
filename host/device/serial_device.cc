// SPDX-License-Identifier: Apache-2.0

#include "host/device/serial_device.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/try.h"
#include "host/terminal/interrupt.h"

namespace host {
namespace {

using Clock = std::chrono::steady_clock;

struct BaudRow {
  int64_t baudrate;
  speed_t speed;
};
constexpr auto kBaudRates = std::to_array<BaudRow>({
    {1200, B1200},
    {2400, B2400},
    {4800, B4800},
    {9600, B9600},
    {19200, B19200},
    {38400, B38400},
    {57600, B57600},
    {115200, B115200},
    {230400, B230400},
    {460800, B460800},
    {921600, B921600},
    {1000000, B1000000},
    {2000000, B2000000},
    {3000000, B3000000},
    {4000000, B4000000},
});

// How often a wait looks whether a stop was requested.
constexpr auto kStopCheckInterval = std::chrono::milliseconds(100);

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string SystemText() { return std::strerror(errno); }

class SerialDevice : public Device {
 public:
  SerialDevice(FileDescriptor fd, std::string port, double write_limit_s, std::stop_token stop)
      : fd_(std::move(fd)),
        port_(std::move(port)),
        write_limit_s_(write_limit_s),
        stop_(std::move(stop)) {}

  [[nodiscard]] std::string name() const override { return port_; }

  Result<> Start(std::string_view /*ready_text*/, double /*limit_s*/) override { return {}; }

  Result<> Write(base::Bytes bytes) override {
    while (!bytes.empty()) {
      if (!TRY(WaitFor(POLLOUT, write_limit_s_, "writing to the port"))) {
        return RunError(fmt::format("the port took no byte for {:g} s; is anything reading the "
                                    "other end?",
                                    write_limit_s_),
                        port_);
      }
      const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno != EAGAIN && errno != EINTR) {
        return RunError("cannot write: " + SystemText(), port_);
      }
      bytes = bytes.subspan(static_cast<size_t>(std::max<ssize_t>(written, 0)));
    }
    return {};
  }

  Result<size_t> Read(base::MutableBytes into, double limit_s) override {
    if (!TRY(WaitFor(POLLIN, limit_s, "waiting for the device"))) return 0;
    const ssize_t count = ::read(fd_.get(), into.data(), into.size());
    // A pty whose other end was closed gives EIO, a vanished USB adapter ENXIO or 0 bytes.
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      return RunError("the device is gone: " + SystemText(), port_);
    }
    if (count == 0) return RunError("the device is gone: end of file", port_);
    return static_cast<size_t>(std::max<ssize_t>(count, 0));
  }

  void DropUnread() override { ::tcflush(fd_.get(), TCIFLUSH); }

  [[nodiscard]] double ClockSeconds() const override {
    return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
  }
  [[nodiscard]] bool clock_is_virtual() const override { return false; }

 private:
  // False when the limit has passed.
  Result<bool> WaitFor(short events, double limit_s, std::string_view doing) {
    const auto limit =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limit_s));
    const Clock::time_point deadline = Clock::now() + limit;
    for (;;) {
      if (stop_.stop_requested()) return InterruptedError(doing);
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) return false;
      pollfd polled{.fd = fd_.get(), .events = events, .revents = 0};
      const int ready =
          ::poll(&polled, 1, static_cast<int>(std::min(left, kStopCheckInterval).count()));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return RunError("cannot wait: " + SystemText(), port_);
    }
  }

  FileDescriptor fd_;
  std::string port_;
  double write_limit_s_;
  std::stop_token stop_;
};

Result<> MakeRaw(int fd, speed_t speed, const std::string& port) {
  termios settings{};
  if (::tcgetattr(fd, &settings) != 0) {
    return RunError("is not a serial port or pseudo-terminal: " + SystemText(), port);
  }
  ::cfmakeraw(&settings);
  settings.c_cflag &= ~static_cast<tcflag_t>(CSTOPB | CRTSCTS | HUPCL);
  settings.c_cflag |= CLOCAL | CREAD;
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 0;
  ::cfsetispeed(&settings, speed);
  ::cfsetospeed(&settings, speed);
  if (::tcsetattr(fd, TCSANOW, &settings) != 0) {
    return RunError("cannot be set to raw 8N1: " + SystemText(), port);
  }
  ::tcflush(fd, TCIFLUSH);
  return {};
}

}  // namespace

Result<std::unique_ptr<Device>> OpenSerialDevice(const std::string& port, int64_t baudrate,
                                                 double write_limit_s, std::stop_token stop) {
  const auto* row = std::ranges::find(kBaudRates, baudrate, &BaudRow::baudrate);
  if (row == kBaudRates.end()) {
    return InputError(fmt::format("{} is not a baud rate this system knows", baudrate), port);
  }
  FileDescriptor fd(::open(port.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) return RunError("cannot be opened: " + SystemText(), port);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return RunError("is in use by another program", port);
  }
  TRY(MakeRaw(fd.get(), row->speed, port));
  return std::make_unique<SerialDevice>(std::move(fd), port, write_limit_s, std::move(stop));
}

}  // namespace host
