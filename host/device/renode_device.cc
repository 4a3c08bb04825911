// SPDX-License-Identifier: Apache-2.0

#include "host/device/renode_device.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include "base/try.h"
#include "host/device/launched_device.h"
#include "host/device/renode_dump_reader.h"
#include "host/device/renode_text.h"
#include "host/terminal/interrupt.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kPoll = std::chrono::milliseconds(100);

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Socket {
 public:
  Socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// A port that nothing listens on now.
Result<uint16_t> FreePort() {
  const Socket socket;
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return RunError(fmt::format("no port for Renode's monitor: {}", std::strerror(errno)));
  }
  return ntohs(address.sin_port);
}

// "$springbok_repl" for "springbok.repl".
std::string VariableOf(const fs::path& file) {
  std::string name = "$";
  for (const char c : file.filename().string()) {
    name += c == '.' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

class RenodeDevice : public LaunchedDevice {
 public:
  RenodeDevice(RenodeOptions options, ScratchFolder folder, Log& log, std::stop_token stop)
      : LaunchedDevice("Renode", options.write_limit_s, std::move(folder), log, std::move(stop)),
        options_(std::move(options)) {
    if (!options_.uart.empty()) uart_ = options_.uart;
    dump_ = options_.dump_path.empty() ? folder_.path() / "profiler.dump" : options_.dump_path;
  }

  ~RenodeDevice() override {
    if (connected_ && program_ && program_->Running()) (void)Execute("quit", 1);
  }

  Result<> Start(std::string_view ready_text, double limit_s) override {
    const uint16_t port = TRY(FreePort());
    TRY(Launch({options_.program.string(), "--disable-xwt", "--plain", "--hide-log", "-P",
                std::to_string(port)}));
    TRY(Connect(port));
    if (!options_.sensor_feed.empty()) {
      std::ofstream feed(FeedPath());
      for (const auto& [x, y, z] : options_.sensor_feed) feed << fmt::format("{} {} {}\n", x, y, z);
      if (!feed.flush()) return RunError("cannot be written", FeedPath().string());
    }
    for (const std::string& command : StartCommands()) TRY(Execute(command));
    return AwaitReady(ready_text, limit_s);
  }

  // Virtual time, as the machine tells it; the host's where it does not.
  [[nodiscard]] double ClockSeconds() const override {
    if (virtual_clock_) {
      if (const auto answer = Execute("machine ElapsedVirtualTime")) {
        if (const auto seconds = ParseVirtualTime(*answer)) return *seconds;
      }
      if (!clock_warned_) log_.Warning("Renode does not tell its virtual time; host time is used");
      clock_warned_ = true;
      virtual_clock_ = false;
    }
    return LaunchedDevice::ClockSeconds();
  }
  [[nodiscard]] bool clock_is_virtual() const override { return virtual_clock_; }

  [[nodiscard]] std::optional<sim::Profile> Counters() const override {
    if (!options_.opcode_counters && !options_.profiler) return std::nullopt;
    sim::Profile profile;
    profile.virtual_time_ns = static_cast<uint64_t>(std::llround(ClockSeconds() * 1e9));
    profile.bin_width_ns = BinWidth();
    if (!options_.opcode_counters) return profile;
    const auto answer = Execute("sysbus.cpu GetAllOpcodesCounters");
    if (!answer) {
      log_.Warning("no opcode counters: " + answer.error().Format());
      return std::nullopt;
    }
    profile.renode_opcodes = ParseOpcodeTable(*answer);
    if (profile.renode_opcodes.empty()) log_.Warning("Renode's opcode counters are empty");
    return profile;
  }

  Result<std::optional<sim::Profile>> Finish() override {
    TRY(Execute("pause"));
    TRY(Execute("Clear"));  // closes the dump
    if (!options_.profiler) return std::nullopt;
    std::ifstream file(dump_, std::ios::binary);
    if (!file) return RunError("Renode's profiler wrote no dump", dump_.string());
    auto profile = ReadRenodeDump(file, BinWidth());
    if (!profile) {
      return std::unexpected(Error{ErrorKind::kRun,
                                   "Renode's profiler dump cannot be read",
                                   dump_.string(),
                                   {std::move(profile).error()}});
    }
    return *std::move(profile);
  }

 private:
  [[nodiscard]] fs::path FeedPath() const { return folder_.path() / "feed.data"; }
  [[nodiscard]] uint64_t BinWidth() const {
    return std::max<uint64_t>(
        1000, static_cast<uint64_t>(std::llround(options_.profiler_interval_ms * 1e6)));
  }

  [[nodiscard]] std::vector<std::string> StartCommands() const {
    std::vector<std::string> commands = {
        "logFile " + MonitorPath(log_file_.string()),
        "$bin=" + MonitorPath(fs::absolute(options_.firmware).string()),
        fmt::format("$uart=\"{}\"", uart_.string()),
    };
    for (const fs::path& file : options_.dependencies) {
      commands.push_back(VariableOf(file) + "=" + MonitorPath(fs::absolute(file).string()));
    }
    if (!options_.sensor_feed.empty()) {
      commands.push_back("$feed=" + MonitorPath(FeedPath().string()));
    }
    commands.push_back("include " + MonitorPath(fs::absolute(options_.script).string()));
    if (options_.profiler) {
      commands.push_back("machine EnableProfiler " + MonitorPath(fs::absolute(dump_).string()));
    }
    commands.emplace_back("start");
    commands.insert(commands.end(), options_.post_start_commands.begin(),
                    options_.post_start_commands.end());
    return commands;
  }

  Result<> Connect(uint16_t port) {
    const auto deadline = Clock::now() + std::chrono::duration<double>(options_.connect_limit_s);
    const sockaddr_in address = Loopback(port);
    while (true) {
      Socket socket;
      if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
          0) {
        monitor_ = std::move(socket);
        break;
      }
      if (stop_.stop_requested()) return InterruptedError("starting Renode");
      if (!program_ || !program_->Running())
        return Broken("ended before its monitor could be reached");
      if (Clock::now() >= deadline) {
        return Broken(fmt::format("its monitor could not be reached within {:g} s",
                                  options_.connect_limit_s));
      }
      std::this_thread::sleep_for(kPoll);
    }
    connected_ = true;
    TRY(AwaitPrompt({}, options_.connect_limit_s));
    return {};
  }

  // Sends a line, waits for the next prompt; what was printed between.
  Result<std::string> Execute(const std::string& command) const {
    return Execute(command, options_.command_limit_s);
  }
  Result<std::string> Execute(const std::string& command, double limit_s) const {
    const std::string line = command + "\n";
    if (::send(monitor_.get(), line.data(), line.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(line.size())) {
      return RunError(fmt::format("the monitor is gone: {}", std::strerror(errno)), Place(command));
    }
    log_.Debug(fmt::format("Renode: {}", command));
    std::string answer = TRY(AwaitPrompt(command, limit_s));
    if (const auto complaint = FindMonitorError(answer)) {
      return RunError("the monitor refused: " + PrintableText(*complaint), Place(command));
    }
    return answer;
  }

  Result<std::string> AwaitPrompt(const std::string& command, double limit_s) const {
    const auto deadline = Clock::now() + std::chrono::duration<double>(limit_s);
    while (true) {
      if (auto answer = stream_.TakeAnswer(command)) return *std::move(answer);
      if (stop_.stop_requested()) return InterruptedError("talking to Renode's monitor");
      if (Clock::now() >= deadline) {
        return RunError(fmt::format("the monitor gave no prompt within {:g} s", limit_s),
                        Place(command));
      }
      pollfd polled{.fd = monitor_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&polled, 1, static_cast<int>(kPoll.count())) <= 0) continue;
      std::array<char, 1 << 14> chunk;
      const ssize_t count = ::recv(monitor_.get(), chunk.data(), chunk.size(), 0);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return RunError("the monitor closed its connection", Place(command));
      stream_.Add({chunk.data(), static_cast<size_t>(count)});
    }
  }

  [[nodiscard]] static std::string Place(const std::string& command) {
    return command.empty() ? "Renode" : fmt::format("Renode, '{}'", command);
  }

  RenodeOptions options_;
  fs::path dump_;
  Socket monitor_;
  bool connected_ = false;
  // Questions to the monitor do not change the device.
  mutable MonitorStream stream_;
  mutable bool virtual_clock_ = true;
  mutable bool clock_warned_ = false;
};

Result<fs::path> Program(const fs::path& path, const char* variable) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0) return path;
  return RunError(fmt::format("{} names no program", variable), path.string());
}

}  // namespace

Result<fs::path> FindRenode() {
  for (const char* variable : {"RENODE", "PYRENODE_BIN"}) {
    if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') {
      return Program(value, variable);
    }
  }
  if (const char* value = std::getenv("PYRENODE_PKG"); value != nullptr && *value != '\0') {
    const fs::path package = value;
    std::error_code ignored;
    if (fs::is_directory(package, ignored)) return Program(package / "renode", "PYRENODE_PKG");
    return RunError("is a packed package: unpack it and set RENODE to the program inside",
                    package.string());
  }
  const char* search = std::getenv("PATH");
  std::string_view folders = search == nullptr ? "" : search;
  while (!folders.empty()) {
    const size_t end = std::min(folders.find(':'), folders.size());
    const fs::path candidate = fs::path(folders.substr(0, end)) / "renode";
    folders.remove_prefix(std::min(end + 1, folders.size()));
    if (auto found = Program(candidate, "PATH")) return found;
  }
  return RunError(
      "Renode is not installed: set RENODE to the program, or PYRENODE_PKG to an unpacked package, "
      "or leave out --simulator renode for the built-in simulator");
}

Result<std::unique_ptr<Device>> MakeRenodeDevice(const RenodeOptions& options, Log& log,
                                                 std::stop_token stop) {
  return std::make_unique<RenodeDevice>(options, TRY(ScratchFolder::Make()), log, std::move(stop));
}

}  // namespace host
