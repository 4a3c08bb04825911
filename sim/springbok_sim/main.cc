// SPDX-License-Identifier: Apache-2.0

// springbok-sim: one machine, one UART, files of counters. See --help.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/isa/disassembler.h"
#include "sim/machine/machine.h"
#include "sim/profile/callgrind.h"
#include "sim/profile/folded_stacks.h"
#include "sim/profile/profile_json.h"
#include "sim/profile/renode_dump.h"
#include "sim/profile/top_table.h"
#include "sim/springbok_sim/debugger.h"
#include "sim/springbok_sim/options.h"
#include "sim/springbok_sim/print.h"
#include "sim/springbok_sim/pty.h"
#include "sim/springbok_sim/session.h"
#include "sim/trace/tracer.h"

namespace sim {
namespace {

constexpr int kGood = 0;
constexpr int kRunFailed = 1;
constexpr int kWrongInput = 2;

constexpr size_t kMaxFirmwareBytes = 256u << 20;

int Complain(const std::string& sentence, int exit_code) {
  Print(stderr, "springbok-sim: {}\n", sentence);
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
    Print(stdout, "\n{:08x} <{}>:\n", function.address, function.name);
    for (uint32_t offset = 0; offset + 4 <= function.size_bytes; offset += 4) {
      const uint32_t address = function.address + offset;
      const uint8_t* bytes = machine.bus().Ram(address, 4);
      if (bytes == nullptr) break;
      const uint32_t word = static_cast<uint32_t>(bytes[0] | bytes[1] << 8 | bytes[2] << 16) |
                            static_cast<uint32_t>(bytes[3]) << 24;
      Print(stdout, "{:08x}:\t{:08x}\t{}\n", address, word, Disassemble(word, address));
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
    case HaltReason::kObserver:
    case HaltReason::kWaiting:
    case HaltReason::kUartFull:
      return Complain(fmt::format("the guest stopped: {}", Name(halt.reason)), kRunFailed);
  }
  return kRunFailed;
}

// Each file that was asked for, and the table. False: a file could not be written; it is named on
// stderr.
bool WriteResults(const Options& options, const Machine& machine) {
  const bool code_wanted = options.counters || options.callgrind || options.folded || options.top;
  if (!code_wanted && !options.renode_dump) return true;
  const Profile profile = machine.TakeProfile();
  const CodeProfile code = code_wanted ? machine.TakeCodeProfile() : CodeProfile{};
  struct Output {
    const std::optional<std::string>& path;
    std::function<void(std::ostream&)> write;
  };
  const Output outputs[] = {
      {options.counters, [&](std::ostream& out) { out << ProfileJson(profile, &code); }},
      {options.callgrind, [&](std::ostream& out) { WriteCallgrind(code, options.firmware, out); }},
      {options.folded, [&](std::ostream& out) { WriteFoldedStacks(code, out); }},
      {options.renode_dump,
       [&](std::ostream& out) { WriteRenodeDump(profile, options.dump_layout, out); }},
  };
  bool good = true;
  for (const Output& output : outputs) {
    if (!output.path || WriteFile(*output.path, output.write)) continue;
    Complain("cannot write " + *output.path, kRunFailed);
    good = false;
  }
  if (options.top) {
    WriteTopTable(profile, code, options.top_rows, std::cout);
    std::cout.flush();
  }
  return good;
}

// Boots, or goes on from a snapshot. Not kGood: it said why.
int StartMachine(const Options& options, Machine& machine) {
  if (!options.restore) {
    machine.Boot();
    return kGood;
  }
  const auto bytes = ReadFile(*options.restore);
  if (!bytes) return Complain("cannot read " + *options.restore, kWrongInput);
  const auto snapshot = Snapshot::FromFile(*bytes);
  if (!snapshot) {
    return Complain(fmt::format("{}@0x{:x}: {}", *options.restore, snapshot.error().offset,
                                snapshot.error().sentence),
                    kWrongInput);
  }
  if (machine.Restore(*snapshot)) return kGood;
  return Complain(
      fmt::format("{}: the machine that was saved has --vlen {}, vector unit {} and {} "
                  "sensor; this one differs",
                  *options.restore, snapshot->core.vlen_bits,
                  static_cast<int>(snapshot->core.vector), snapshot->has_sensor ? "a" : "no"),
      kWrongInput);
}

void SaveMachine(const std::string& path, const Machine& machine) {
  const auto snapshot = machine.Save();
  const bool written = snapshot && WriteFile(path, [&](std::ostream& out) {
                         const std::vector<uint8_t> file = snapshot->ToFile();
                         out.write(reinterpret_cast<const char*>(file.data()),
                                   static_cast<std::streamsize>(file.size()));
                       });
  if (!written) {
    Complain("cannot write " + path, kRunFailed);
    return;
  }
  Print(stderr, "springbok-sim: saved {} after {} instructions\n", path, machine.instructions());
}

int Main(int argc, char** argv) {
  std::variant<Options, int> parsed = ParseOptions(argc, argv, KN_VERSION);
  if (const int* exit_code = std::get_if<int>(&parsed)) return *exit_code;
  Options& options = std::get<Options>(parsed);

  const auto firmware = ReadFile(options.firmware);
  if (!firmware) return Complain("cannot read " + options.firmware, kWrongInput);
  if (options.sensor_feed) {
    const auto text = ReadFile(*options.sensor_feed);
    if (!text) return Complain("cannot read " + *options.sensor_feed, kWrongInput);
    auto feed = ParseSensorFeed({reinterpret_cast<const char*>(text->data()), text->size()});
    if (!feed) {
      return Complain(
          fmt::format("{}:{}: {}", *options.sensor_feed, feed.error().line, feed.error().sentence),
          kWrongInput);
    }
    options.sensor.feed = *std::move(feed);
    options.machine.sensor = std::move(options.sensor);
  }
  Machine machine(options.machine);
  const auto loaded = machine.LoadElf(*firmware);
  if (!loaded) {
    return Complain(fmt::format("{}@0x{:x}: {}", options.firmware, loaded.error().offset,
                                loaded.error().sentence),
                    kWrongInput);
  }
  if (options.disassemble) return PrintCode(machine, *loaded);

  std::FILE* log = options.log ? std::fopen(options.log->c_str(), "w") : stderr;
  if (log == nullptr) {
    return Complain("cannot write " + options.log.value_or("the log"), kWrongInput);
  }
  StopSignals signals;
  std::optional<Pty> pty;
  if (options.uart_pty) {
    auto opened = Pty::Open(*options.uart_pty, options.force);
    if (!opened) return Complain(opened.error(), kWrongInput);
    pty.emplace(std::move(*opened));
  }
  if (const int failed = StartMachine(options, machine); failed != kGood) return failed;
  SessionOptions how{.log_level = options.log_level,
                     .max_instructions = options.max_instructions,
                     .time = options.time,
                     .after_model = options.snapshot_after_model};
  if (options.uart_input) {
    auto input = ReadFile(*options.uart_input);
    if (!input) return Complain("cannot read " + *options.uart_input, kWrongInput);
    how.uart_input = *std::move(input);
  }
  if (options.save_snapshot) {
    how.at_rest = [&] { SaveMachine(*options.save_snapshot, machine); };
  }
  std::unique_ptr<Debugger> debugger;
  if (options.gdb_port) {
    auto listening = Debugger::Listen(&machine, *options.gdb_port);
    if (!listening) return Complain(listening.error(), kWrongInput);
    debugger = *std::move(listening);
    Print(stderr, "springbok-sim: waiting for GDB on 127.0.0.1:{}\n", debugger->port());
  }
  std::FILE* trace = nullptr;
  std::optional<Tracer> tracer;
  if (options.trace) {
    trace = *options.trace == "-" ? stdout : std::fopen(options.trace->c_str(), "w");
    if (trace == nullptr) return Complain("cannot write " + *options.trace, kWrongInput);
    machine.Observe(&tracer.emplace(&machine, options.trace_filter, trace));
    how.trace = trace;
  }
  Session session(how, &machine, pty ? &*pty : nullptr, &signals, log, debugger.get());
  const SessionEnd end = session.Run();
  const bool trace_failed =
      trace != nullptr && (std::fflush(trace) != 0 || std::ferror(trace) != 0);
  int exit_code = trace_failed ? Complain("cannot write " + *options.trace, kRunFailed)
                               : ExitCodeOf(end, machine);
  if (trace != nullptr && trace != stdout) std::fclose(trace);
  debugger.reset();
  pty.reset();
  if (!WriteResults(options, machine)) exit_code = kRunFailed;
  if (log != stderr) std::fclose(log);
  return exit_code;
}

}  // namespace
}  // namespace sim

int main(int argc, char** argv) { return sim::Main(argc, argv); }
