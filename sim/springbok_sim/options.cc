// SPDX-License-Identifier: Apache-2.0

#include "sim/springbok_sim/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>

namespace sim {
namespace {

constexpr int kWrongUse = 2;

constexpr const char* kDescription =
    "springbok-sim runs firmware of the Springbok core (RV32IMF + Zve32f, VLEN 512): boots the "
    "ELF\n"
    "through the control block, gives its UART a terminal, and counts every instruction.\n"
    "Virtual time runs at 10 ns an instruction; a guest that waits for bytes costs no host time.\n"
    "docs/simulator.md explains all of it with examples.";

constexpr const char* kExamples =
    "Examples:\n"
    "  springbok-sim firmware.elf --uart-pty /tmp/uart        serve a host tool until Ctrl-C\n"
    "  springbok-sim firmware.elf --counters run.json         run until idle, write the counters\n"
    "  springbok-sim firmware.elf --top                       where did the instructions go?\n"
    "  springbok-sim firmware.elf --callgrind out.cg          the same for kcachegrind out.cg\n"
    "  springbok-sim firmware.elf --gdb 3333                  wait for `target remote :3333`\n"
    "  springbok-sim firmware.elf --trace - --trace-filter memset\n"
    "                                                         each instruction of one function\n"
    "  springbok-sim firmware.elf --uart-pty /tmp/uart --save-snapshot model.snap "
    "--snapshot-at model\n"
    "  springbok-sim firmware.elf --uart-pty /tmp/uart --restore model.snap\n"
    "                                                         load a model once, run it often\n"
    "  springbok-sim firmware.elf --vlen 256 --vector zve32x  another core\n"
    "  springbok-sim firmware.elf --disassemble | less        show the code\n"
    "  springbok-sim firmware_sensor.elf --sensor-feed FILE --uart-pty /tmp/uart\n"
    "                                                         the model looks at an accelerometer\n"
    "\n"
    "Exit code: 0 main returned 0, the guest waits for bytes nobody can send, or a signal asked "
    "to\n"
    "stop; 1 the run failed (fault, main returned something else, instruction limit); 2 wrong use "
    "or\n"
    "unusable input. Counters are written in every case but 2.";

}  // namespace

std::variant<Options, int> ParseOptions(int argc, char** argv, const std::string& version) {
  Options options;
  CLI::App app(kDescription);
  app.footer(kExamples);
  app.set_version_flag("--version", "springbok-sim " + version);
  app.option_defaults()->always_capture_default();

  app.add_option("firmware", options.firmware, "ELF32 executable to run")->required();
  app.add_option("--uart-pty", options.uart_pty,
                 "make PATH a terminal that is the guest's UART; removed on exit")
      ->type_name("PATH");
  app.add_flag("--force", options.force, "replace PATH if it is an old link or terminal");
  app.add_option("--counters", options.counters,
                 "write counters, functions, kernels, hot blocks, spans, bins as JSON")
      ->type_name("FILE");
  app.add_flag("--top", options.top,
               "print functions, kernels, opcodes and hot blocks, the hottest first");
  app.add_option("--top-rows", options.top_rows, "rows of each table of --top")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--callgrind", options.callgrind,
                 "write a Callgrind profile for KCachegrind or callgrind_annotate")
      ->type_name("FILE");
  app.add_option("--folded", options.folded, "write folded stacks for flame graphs")
      ->type_name("FILE");
  bool call_graph = false;
  app.add_flag("--call-graph", call_graph,
               "count calls and inclusive instructions; switched on by --callgrind and --folded");
  app.add_option("--renode-dump", options.renode_dump,
                 "write Renode's binary profiler dump (large: an entry an access)")
      ->type_name("FILE");
  int slot_bits = 32;
  app.add_option("--dump-slot-bits", slot_bits,
                 "CPU slot width in the dump: 8 before Renode of August 2024, 32 since")
      ->check(CLI::IsMember({8, 32}));
  app.add_option("--log", options.log, "write log lines to FILE as they come; default: stderr")
      ->type_name("FILE");
  const std::map<std::string, LogLevel> levels = {{"error", LogLevel::kError},
                                                  {"warning", LogLevel::kWarning},
                                                  {"info", LogLevel::kInfo},
                                                  {"debug", LogLevel::kDebug},
                                                  {"noisy", LogLevel::kNoisy}};
  std::string level = "info";
  app.add_option("--log-level", level, "least important lines to show")
      ->check(CLI::IsMember({"error", "warning", "info", "debug", "noisy"}));
  app.add_option("--max-instructions", options.max_instructions, "stop after N instructions")
      ->type_name("N")
      ->default_str("no limit");
  app.add_flag("--disassemble", options.disassemble,
               "print the executable's code with symbols instead of running it");
  const std::map<std::string, Engine> engines = {{"translator", Engine::kTranslator},
                                                 {"interpreter", Engine::kInterpreter}};
  std::string engine = options.machine.engine == Engine::kTranslator ? "translator" : "interpreter";
  app.add_option("--engine", engine,
                 "translator: hot code runs as host code; interpreter: the portable reference. "
                 "Results and counters are the same")
      ->check(CLI::IsMember({"translator", "interpreter"}));
  app.add_option("--vlen", options.machine.core.vlen_bits, "vector register length in bits")
      ->check(CLI::IsMember({128, 256, 512, 1024}));
  const std::map<std::string, VectorUnit> units = {{"none", VectorUnit::kNone},
                                                   {"zve32x", VectorUnit::kZve32x},
                                                   {"zve32f", VectorUnit::kZve32f}};
  std::string unit = "zve32f";
  app.add_option("--vector", unit, "vector unit: none, integers only, or with floating point")
      ->check(CLI::IsMember({"none", "zve32x", "zve32f"}));
  app.add_option("--sensor-feed", options.sensor_feed,
                 "add GPIO, I2C and an ADXL345 accelerometer that gives the samples in FILE: three "
                 "integers x y z a line")
      ->type_name("FILE");
  app.add_option("--sensor-repeat", options.sensor.repeat,
                 "how often the feed starts again; -1: for ever")
      ->check(CLI::Range(-1, 1'000'000));
  app.add_option("--gdb", options.gdb_port,
                 "serve GDB on this port of 127.0.0.1 (0: a free one) and wait until it comes")
      ->type_name("PORT");
  app.add_option("--trace", options.trace,
                 "write each executed instruction with what it wrote to FILE; -: standard output")
      ->type_name("FILE");
  std::vector<std::string> filters;
  app.add_option("--trace-filter", filters,
                 "trace only this function (as --top shows it) or 0xFIRST-0xLAST; may be repeated")
      ->type_name("WHAT");
  const std::map<std::string, TimeMode> modes = {{"paced", TimeMode::kPaced},
                                                 {"deterministic", TimeMode::kDeterministic},
                                                 {"real", TimeMode::kRealTime}};
  std::string mode = "paced";
  app.add_option("--time", mode,
                 "paced: run at full speed, and while the guest waits let virtual time follow the "
                 "world's; deterministic: no clock of the host has any influence; real: never "
                 "faster than 10 ns an instruction")
      ->check(CLI::IsMember({"paced", "deterministic", "real"}));
  app.add_option("--uart-input", options.uart_input, "bytes for the guest's UART, before others")
      ->type_name("FILE");
  app.add_option("--save-snapshot", options.save_snapshot,
                 "save the machine when it first waits for bytes; see --snapshot-at")
      ->type_name("FILE");
  std::string at = "boot";
  app.add_option("--snapshot-at", at, "boot: as soon as it waits; model: when a model is loaded")
      ->check(CLI::IsMember({"boot", "model"}));
  app.add_option("--restore", options.restore,
                 "go on from a saved machine; the firmware then only names functions")
      ->type_name("FILE");
  bool allow_misaligned = false;
  app.add_flag("--allow-misaligned", allow_misaligned,
               "perform misaligned data accesses instead of trapping");
  bool fault_unmapped = false;
  app.add_flag("--fault-unmapped", fault_unmapped,
               "trap on accesses that hit nothing instead of reading 0 with a warning");
  uint32_t bin_ms = 10;
  app.add_option("--bin-ms", bin_ms, "width of the counters' time bins in virtual milliseconds")
      ->check(CLI::Range(1, 3'600'000));

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUse;
  }
  options.dump_layout = slot_bits == 8 ? DumpLayout::kSlot8 : DumpLayout::kSlot32;
  options.log_level = levels.at(level);
  // main's return value comes as an INFO line, shown or not.
  options.machine.log_level = std::max(options.log_level, LogLevel::kInfo);
  options.machine.engine = engines.at(engine);
  options.machine.core.vector = units.at(unit);
  options.time = modes.at(mode);
  options.snapshot_after_model = at == "model";
  for (const std::string& filter : filters) {
    if (const auto added = options.trace_filter.Add(filter); !added) {
      std::fprintf(stderr, "springbok-sim: --trace-filter: %s\n", added.error().c_str());
      return kWrongUse;
    }
  }
  if (options.gdb_port && options.trace) {
    std::fputs("springbok-sim: --gdb and --trace exclude each other\n", stderr);
    return kWrongUse;
  }
  options.machine.misaligned =
      allow_misaligned ? MisalignedPolicy::kAllow : MisalignedPolicy::kTrap;
  options.machine.unmapped = fault_unmapped ? UnmappedPolicy::kFault : UnmappedPolicy::kReadZero;
  options.machine.bin_width_us = bin_ms * 1000;
  options.machine.call_graph = call_graph || options.callgrind || options.folded;
  return options;
}

}  // namespace sim
