// SPDX-License-Identifier: Apache-2.0

// A Springbok machine: hart, memories, CLINT, PL011, control block, counters. The library behind
// springbok-sim and behind the host tool's in-process device.
//
// Single-threaded and deterministic: the same calls give the same state, counters and virtual
// time; no wall clock, no hidden statics, so any number of machines live side by side. Nothing the
// guest does can crash the host, and every buffer the guest fills is bounded.
//
//   sim::Machine machine(sim::MachineConfig{});
//   if (auto loaded = machine.LoadElf(elf_bytes); !loaded) … loaded.error().sentence
//   machine.Boot();
//   machine.Run({});                      // -> kIdle: the guest waits for bytes
//   machine.WriteUart(request);
//   machine.Run({});                      // -> kIdle again: the answer is in ReadUart()
//   machine.Run({.idle_patience_us = 20'000});  // let the guest's own time-outs fire
//
// Virtual time: 10 ns an instruction (100 MIPS), plus the idle time that Run skips. While the guest
// polls an empty UART (kIdlePolls reads of FR with RXFE set and no byte moved in between) it is
// idle: Run returns kIdle at once, or, with idle_patience_us, lets virtual time jump by
// kIdleStepUs a poll until that much idle time has passed, so that a 5 ms time-out of the guest
// costs a few thousand instructions instead of 500,000.
#ifndef SIM_MACHINE_MACHINE_H_
#define SIM_MACHINE_MACHINE_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/hart/bus.h"
#include "sim/hart/hart.h"
#include "sim/machine/adxl345.h"
#include "sim/machine/elf_loader.h"
#include "sim/machine/snapshot.h"
#include "sim/profile/code_profile.h"
#include "sim/profile/profile.h"

namespace sim {

// simprint's levels.
enum class LogLevel : uint8_t { kError, kWarning, kInfo, kDebug, kNoisy };

struct LogLine {
  LogLevel level = LogLevel::kInfo;
  uint64_t virtual_time_ns = 0;
  std::string sender;   // "cpu" for simprint, a node's name for warnings of the machine itself
  std::string text;     // as Renode spells it: simprint: "INFO |Runtime started", 0 (0x0)
  std::string message;  // simprint's string alone; equal to text for other senders
  uint32_t number = 0;  // simprint's number

  // "00:00:00.0012 [INFO] cpu: …", Renode's line with virtual for wall time.
  [[nodiscard]] std::string Format() const;
};

struct MemoryConfig {
  std::string name;
  GuestAddr base = 0;
  uint32_t size_bytes = 0;
};

// How instructions are executed. Registers, memory, counters and virtual time are the same.
enum class Engine : uint8_t {
  kTranslator,   // hot blocks run as host code; where the host cannot, the interpreter
  kInterpreter,  // the portable reference
};

// kTranslator unless the environment says KN_ENGINE=interpreter.
[[nodiscard]] Engine DefaultEngine();

struct MachineConfig {
  Engine engine = DefaultEngine();
  bool counts = true;  // false only to measure what counting costs: opcodes and accesses are wrong
  uint64_t hot_block = 32;           // a block begun so often is translated; 0: each at once
  bool measure_translation = false;  // for translation_seconds()
  CoreConfig core = {};
  MisalignedPolicy misaligned = MisalignedPolicy::kTrap;
  UnmappedPolicy unmapped = UnmappedPolicy::kReadZero;
  LogLevel log_level = LogLevel::kDebug;  // lines above it are not kept
  uint32_t bin_width_us = 10'000;
  bool call_graph = false;  // count calls and calling contexts too (TakeCodeProfile)
  std::vector<MemoryConfig> extra_memories = {};  // besides board/springbok/memory_map.def
  std::optional<SensorConfig> sensor = {};        // makes it the sensor platform
};

enum class HaltReason : uint8_t {
  kIdle,              // polls an empty UART
  kInstructionLimit,  // RunLimits::max_instructions used up; Run again to go on
  kFinished,          // `finish`: main returned
  kHostRequest,       // `hostreq`
  kHalted,            // not booted, or frozen through the control block
  kWaiting,           // wfi, and nothing can ever wake it
  kFault,             // a trap inside the first instruction of the trap handler: no way on
  kUartFull,          // kUartOutputLimit bytes unread: ReadUart, then Run again
  kObserver,          // the InsnObserver stopped it; Run goes on
};

[[nodiscard]] std::string_view Name(HaltReason reason);

struct Halt {
  HaltReason reason = HaltReason::kHalted;
  uint32_t pc = 0;
  Trap trap{};                // kFault: the trap that could not be delivered
  uint64_t instructions = 0;  // retired by this Run
};

struct RunLimits {
  uint64_t max_instructions = UINT64_MAX;
  uint64_t idle_patience_us = 0;
};

class InsnObserver;

class Machine {
 public:
  static constexpr uint32_t kIdlePolls = 4;
  static constexpr uint64_t kIdleStepUs = 10;
  static constexpr size_t kUartOutputLimit = 16u << 20;
  static constexpr size_t kLogLimit = 10'000;  // lines kept between two TakeLog

  explicit Machine(const MachineConfig& config);
  ~Machine();
  Machine(Machine&&) noexcept;
  Machine& operator=(Machine&&) noexcept;

  // Places the segments. On error memories are untouched.
  [[nodiscard]] std::expected<LoadedElf, ElfError> LoadElf(std::span<const uint8_t> elf);
  // What post_start_commands of the platform does: CONTROL := 0. The core starts at 0x3200'0000.
  void Boot();
  // Starts at any address (test images).
  void BootAt(uint32_t pc);

  Halt Run(const RunLimits& limits);

  void WriteUart(std::span<const uint8_t> bytes);   // to the guest; never lost
  [[nodiscard]] std::vector<uint8_t> ReadUart();    // from the guest, and forgets them
  [[nodiscard]] size_t uart_input_pending() const;  // bytes the guest has not read yet
  void AdvanceIdleTime(uint64_t nanoseconds);       // virtual time without instructions

  [[nodiscard]] uint64_t virtual_time_ns() const;
  [[nodiscard]] uint64_t instructions() const;
  // Processor time spent on translating so far; 0 unless measured.
  [[nodiscard]] double translation_seconds() const;

  // Lines since the last call; *dropped (may be null) gets how many more there were.
  [[nodiscard]] std::vector<LogLine> TakeLog(uint64_t* dropped = nullptr);

  // Everything counted so far. Costs a walk over the decoded blocks, not per instruction.
  [[nodiscard]] Profile TakeProfile() const;
  // Where instructions were executed. Costs a walk over all code that ever ran.
  [[nodiscard]] CodeProfile TakeCodeProfile() const;

  [[nodiscard]] Hart& hart();
  [[nodiscard]] Bus& bus();
  // Sees instructions one by one; nullptr: nobody. Outlives the machine or its replacement.
  void Observe(InsnObserver* observer);
  // What the firmware's symbols, announced kernels and calls say; nullptr: nothing.
  [[nodiscard]] const Function* FunctionAt(GuestAddr pc) const;
  // "model.ready" announcements since the machine was made.
  [[nodiscard]] uint64_t models_ready() const;

  // Freezes the machine between two Runs. Nothing if the host has no memory for it. Costs a pass
  // over the memories, some milliseconds. Log lines are not part of it.
  [[nodiscard]] std::optional<Snapshot> Save() const;
  // Goes on where a machine of the same configuration was saved, with counters at zero; function
  // symbols stay. Costs microseconds, and a copy of each page at its first write. False: another
  // configuration, nothing has changed.
  [[nodiscard]] bool Restore(const Snapshot& snapshot);

  // After host code changed guest memory that may hold code.
  void DropDecodedCode();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sim

#endif  // SIM_MACHINE_MACHINE_H_
