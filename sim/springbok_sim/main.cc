// springbok-sim: one machine, one UART, files of counters. See --help.
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/isa/disassembler.h"
#include "sim/machine/machine.h"
#include "sim/profile/profile_json.h"
#include "sim/profile/renode_dump.h"
#include "sim/springbok_sim/options.h"
#include "sim/springbok_sim/pty.h"

namespace sim {
namespace {

constexpr int kGood = 0;
constexpr int kRunFailed = 1;
constexpr int kWrongInput = 2;

constexpr size_t kMaxFirmwareBytes = 256u << 20;

// Between looks at signals and at the terminal.
constexpr uint64_t kSliceInstructions = 20'000'000;

// While the guest waits, virtual time runs at a twentieth of wall time: the firmware's 5 ms byte
// time-out becomes 100 ms of silence on the terminal, longer than any pause of a host that is in
// the middle of a write (shared spec platform.md, section 2.1, "pacing").
constexpr int kIdleSlowdown = 20;
constexpr int kShortestWaitMs = 20;
constexpr int kLongestWaitMs = 500;

int Complain(const std::string& sentence, int exit_code) {
  fmt::print(stderr, "springbok-sim: {}\n", sentence);
  return exit_code;
}

std::optional<std::vector<uint8_t>> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return std::nullopt;
  const std::streamoff size = file.tellg();
  if (size < 0 || static_cast<uint64_t>(size) > kMaxFirmwareBytes) return std::nullopt;
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), size);
  if (!file) return std::nullopt;
  return bytes;
}

// Writes a neighbour of `path` and renames it, so that a reader never sees half a file.
bool WriteFile(const std::string& path, const std::function<void(std::ostream&)>& write) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, getpid());
  {
    std::ofstream file(temporary, std::ios::binary);
    write(file);
    file.close();
    if (!file) {
      std::remove(temporary.c_str());
      return false;
    }
  }
  return std::rename(temporary.c_str(), path.c_str()) == 0;
}

// SIGINT and SIGTERM as a descriptor to poll.
class StopSignals {
 public:
  StopSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    descriptor_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    std::signal(SIGPIPE, SIG_IGN);
  }
  ~StopSignals() { close(descriptor_); }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool Arrived() {
    signalfd_siginfo info;
    arrived_ = arrived_ || read(descriptor_, &info, sizeof(info)) == sizeof(info);
    return arrived_;
  }

 private:
  int descriptor_ = -1;
  bool arrived_ = false;
};

class Session {
 public:
  Session(const Options& options, Machine* machine, Pty* pty, std::FILE* log)
      : options_(options), machine_(machine), pty_(pty), log_(log) {}

  int Run();

 private:
  void MoveBytes();
  void WriteLog();
  void Wait(int timeout_ms);
  [[nodiscard]] int ExitCodeOf(const Halt& halt);

  const Options& options_;
  Machine* machine_;
  Pty* pty_;
  std::FILE* log_;
  StopSignals signals_;
  std::vector<uint8_t> output_;  // taken from the guest, not yet taken by the terminal
  uint32_t main_returned_ = 0;
};

void Session::WriteLog() {
  uint64_t dropped = 0;
  const std::vector<LogLine> lines = machine_->TakeLog(&dropped);
  for (const LogLine& line : lines) {
    if (line.message == "main returned: ") main_returned_ = line.number;
    if (line.level > options_.log_level) continue;
    fmt::print(log_, "{}\n", line.Format());
  }
  if (dropped != 0) fmt::print(log_, "({} more lines were dropped)\n", dropped);
  if (!lines.empty()) std::fflush(log_);
}

void Session::MoveBytes() {
  const std::vector<uint8_t> fresh = machine_->ReadUart();
  output_.insert(output_.end(), fresh.begin(), fresh.end());
  if (pty_ == nullptr) {
    std::fwrite(output_.data(), 1, output_.size(), stdout);
    std::fflush(stdout);
    output_.clear();
    return;
  }
  const size_t written = pty_->Write(output_);
  output_.erase(output_.begin(), output_.begin() + static_cast<ptrdiff_t>(written));
  const std::vector<uint8_t> input = pty_->Read();
  if (!input.empty()) machine_->WriteUart(input);
}

// Until the terminal has bytes (or room for ours), a signal comes, or the time is over.
void Session::Wait(int timeout_ms) {
  pollfd descriptors[] = {{.fd = signals_.descriptor(), .events = POLLIN, .revents = 0},
                          {.fd = pty_->descriptor(),
                           .events = static_cast<short>(POLLIN | (output_.empty() ? 0 : POLLOUT)),
                           .revents = 0}};
  poll(descriptors, std::size(descriptors), timeout_ms);
}

int Session::ExitCodeOf(const Halt& halt) {
  switch (halt.reason) {
    case HaltReason::kFinished:
      if (main_returned_ == 0) return kGood;
      return Complain(fmt::format("main returned {}", main_returned_), kRunFailed);
    case HaltReason::kIdle:
    case HaltReason::kHalted:
    case HaltReason::kHostRequest:
      return kGood;
    case HaltReason::kFault:
      return Complain(fmt::format("the guest trapped in its trap handler: cause {}, address "
                                  "0x{:08x}, value 0x{:08x}",
                                  static_cast<uint32_t>(halt.trap.cause), halt.pc, halt.trap.tval),
                      kRunFailed);
    case HaltReason::kInstructionLimit:
      return Complain(fmt::format("stopped after {} instructions at 0x{:08x}",
                                  machine_->instructions(), halt.pc),
                      kRunFailed);
    case HaltReason::kWaiting:
    case HaltReason::kUartFull:
      return Complain(fmt::format("the guest stopped: {}", Name(halt.reason)), kRunFailed);
  }
  return kRunFailed;
}

int Session::Run() {
  using Clock = std::chrono::steady_clock;
  int wait_ms = kShortestWaitMs;
  uint64_t patience_us = 0;
  while (true) {
    if (signals_.Arrived()) return kGood;
    const uint64_t used = machine_->instructions();
    const uint64_t left = options_.max_instructions - std::min(options_.max_instructions, used);
    const Halt halt = machine_->Run(
        {.max_instructions = std::min(left, kSliceInstructions), .idle_patience_us = patience_us});
    patience_us = 0;
    WriteLog();
    MoveBytes();
    const bool used_up = halt.reason == HaltReason::kInstructionLimit &&
                         machine_->instructions() >= options_.max_instructions;
    if (halt.reason == HaltReason::kInstructionLimit && !used_up) continue;
    if (halt.reason == HaltReason::kUartFull && pty_ == nullptr) continue;
    const bool waits = halt.reason == HaltReason::kIdle || halt.reason == HaltReason::kUartFull;
    if (!waits || pty_ == nullptr) return ExitCodeOf(halt);
    if (machine_->uart_input_pending() != 0) {
      wait_ms = kShortestWaitMs;
      continue;
    }
    const Clock::time_point before = Clock::now();
    Wait(wait_ms);
    const auto waited =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - before);
    const size_t pending = machine_->uart_input_pending();
    MoveBytes();
    if (machine_->uart_input_pending() > pending) {
      wait_ms = kShortestWaitMs;
    } else {
      patience_us = static_cast<uint64_t>(waited.count()) / kIdleSlowdown;
      wait_ms = std::min(wait_ms * 2, kLongestWaitMs);
    }
  }
}

// Prints what lies in executable memory, from each function symbol on, until the next symbol.
int PrintCode(Machine& machine, const LoadedElf& elf) {
  std::vector<ElfSymbol> functions;
  for (const ElfSymbol& symbol : elf.symbols) {
    if (symbol.is_function || symbol.address == elf.entry) functions.push_back(symbol);
  }
  std::sort(functions.begin(), functions.end(),
            [](const ElfSymbol& a, const ElfSymbol& b) { return a.address < b.address; });
  if (functions.empty()) return Complain("the ELF has no function symbols", kWrongInput);
  for (const ElfSymbol& function : functions) {
    fmt::print("\n{:08x} <{}>:\n", function.address, function.name);
    for (uint32_t offset = 0; offset + 4 <= function.size_bytes; offset += 4) {
      const uint32_t address = function.address + offset;
      const uint8_t* bytes = machine.bus().Ram(address, 4);
      if (bytes == nullptr) break;
      const uint32_t word = static_cast<uint32_t>(bytes[0] | bytes[1] << 8 | bytes[2] << 16) |
                            static_cast<uint32_t>(bytes[3]) << 24;
      fmt::print("{:08x}:\t{:08x}\t{}\n", address, word, Disassemble(word, address));
    }
  }
  return kGood;
}

// The counters and the dump. False: a file could not be written; it is named on stderr.
bool WriteResults(const Options& options, const Machine& machine) {
  if (!options.counters && !options.renode_dump) return true;
  const Profile profile = machine.TakeProfile();
  bool good = true;
  if (options.counters &&
      !WriteFile(*options.counters, [&](std::ostream& out) { out << ProfileJson(profile); })) {
    Complain("cannot write " + *options.counters, kRunFailed);
    good = false;
  }
  if (options.renode_dump && !WriteFile(*options.renode_dump, [&](std::ostream& out) {
        WriteRenodeDump(profile, options.dump_layout, out);
      })) {
    Complain("cannot write " + *options.renode_dump, kRunFailed);
    good = false;
  }
  return good;
}

int Main(int argc, char** argv) {
  std::variant<Options, int> parsed = ParseOptions(argc, argv);
  if (const int* exit_code = std::get_if<int>(&parsed)) return *exit_code;
  const Options& options = std::get<Options>(parsed);

  const auto firmware = ReadFile(options.firmware);
  if (!firmware) return Complain("cannot read " + options.firmware, kWrongInput);
  Machine machine(options.machine);
  const auto loaded = machine.LoadElf(*firmware);
  if (!loaded) {
    return Complain(fmt::format("{}@0x{:x}: {}", options.firmware, loaded.error().offset,
                                loaded.error().sentence),
                    kWrongInput);
  }
  if (options.disassemble) return PrintCode(machine, *loaded);

  std::FILE* log = options.log ? std::fopen(options.log->c_str(), "w") : stderr;
  if (log == nullptr) return Complain("cannot write " + *options.log, kWrongInput);
  std::optional<Pty> pty;
  if (options.uart_pty) {
    auto opened = Pty::Open(*options.uart_pty, options.force);
    if (!opened) return Complain(opened.error(), kWrongInput);
    pty.emplace(std::move(*opened));
  }
  machine.Boot();
  int exit_code = Session(options, &machine, pty ? &*pty : nullptr, log).Run();
  pty.reset();
  if (!WriteResults(options, machine)) exit_code = kRunFailed;
  if (log != stderr) std::fclose(log);
  return exit_code;
}

}  // namespace
}  // namespace sim

int main(int argc, char** argv) { return sim::Main(argc, argv); }
