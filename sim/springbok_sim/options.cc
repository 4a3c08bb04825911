#include "sim/springbok_sim/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

namespace sim {
namespace {

constexpr int kWrongUse = 2;

constexpr const char* kDescription =
    "springbok-sim runs firmware of the Springbok core (RV32IMF + Zve32f, VLEN 512): boots the "
    "ELF\n"
    "through the control block, gives its UART a terminal, and counts every instruction.\n"
    "Virtual time runs at 10 ns an instruction; a guest that waits for bytes costs no host time.";

constexpr const char* kExamples =
    "Examples:\n"
    "  springbok-sim firmware.elf --uart-pty /tmp/uart        serve a host tool until Ctrl-C\n"
    "  springbok-sim firmware.elf --counters run.json         run until idle, write the counters\n"
    "  springbok-sim firmware.elf --disassemble | less        show the code\n"
    "\n"
    "Exit code: 0 main returned 0, the guest waits for bytes nobody can send, or a signal asked "
    "to\n"
    "stop; 1 the run failed (fault, main returned something else, instruction limit); 2 wrong use "
    "or\n"
    "unusable input. Counters are written in every case but 2.";

}  // namespace

std::variant<Options, int> ParseOptions(int argc, char** argv) {
  Options options;
  CLI::App app(kDescription);
  app.footer(kExamples);
  app.option_defaults()->always_capture_default();

  app.add_option("firmware", options.firmware, "ELF32 executable to run")->required();
  app.add_option("--uart-pty", options.uart_pty,
                 "make PATH a terminal that is the guest's UART; removed on exit")
      ->type_name("PATH");
  app.add_flag("--force", options.force, "replace PATH if it is an old link or terminal");
  app.add_option("--counters", options.counters, "write counters, kernels, spans, bins as JSON")
      ->type_name("FILE");
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
  app.add_option("--vlen", options.machine.vlen_bits, "vector register length in bits")
      ->check(CLI::IsMember({128, 256, 512, 1024}));
  bool integer_only = false;
  app.add_flag("--zve32x", integer_only, "vector unit without floating point");
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
  options.machine.zve32f = !integer_only;
  options.machine.misaligned =
      allow_misaligned ? MisalignedPolicy::kAllow : MisalignedPolicy::kTrap;
  options.machine.unmapped = fault_unmapped ? UnmappedPolicy::kFault : UnmappedPolicy::kReadZero;
  options.machine.bin_width_us = bin_ms * 1000;
  return options;
}

}  // namespace sim
