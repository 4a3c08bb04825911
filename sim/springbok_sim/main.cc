// springbok-sim: one machine, one UART, files of counters. See --help.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
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
#include "sim/springbok_sim/session.h"

namespace sim {
namespace {

constexpr int kGood = 0;
constexpr int kRunFailed = 1;
constexpr int kWrongInput = 2;

constexpr size_t kMaxFirmwareBytes = 256u << 20;

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

int ExitCodeOf(const SessionEnd& end, const Machine& machine) {
  if (end.by_signal) return kGood;
  const Halt& halt = end.halt;
  switch (halt.reason) {
    case HaltReason::kFinished:
      if (end.main_returned == 0) return kGood;
      return Complain(fmt::format("main returned {}", end.main_returned), kRunFailed);
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
      return Complain(
          fmt::format("stopped after {} instructions at 0x{:08x}", machine.instructions(), halt.pc),
          kRunFailed);
    case HaltReason::kWaiting:
    case HaltReason::kUartFull:
      return Complain(fmt::format("the guest stopped: {}", Name(halt.reason)), kRunFailed);
  }
  return kRunFailed;
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
  StopSignals signals;
  std::optional<Pty> pty;
  if (options.uart_pty) {
    auto opened = Pty::Open(*options.uart_pty, options.force);
    if (!opened) return Complain(opened.error(), kWrongInput);
    pty.emplace(std::move(*opened));
  }
  machine.Boot();
  Session session({.log_level = options.log_level, .max_instructions = options.max_instructions},
                  &machine, pty ? &*pty : nullptr, &signals, log);
  int exit_code = ExitCodeOf(session.Run(), machine);
  pty.reset();
  if (!WriteResults(options, machine)) exit_code = kRunFailed;
  if (log != stderr) std::fclose(log);
  return exit_code;
}

}  // namespace
}  // namespace sim

int main(int argc, char** argv) { return sim::Main(argc, argv); }
