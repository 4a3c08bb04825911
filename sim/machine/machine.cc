// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/machine.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "board/springbok/memory_map.h"
#include "sim/hart/interpreter.h"
#include "sim/hart/state_stream.h"
#include "sim/isa/count_slot.h"
#include "sim/isa/renode_names.h"
#include "sim/machine/clint.h"
#include "sim/machine/control_block.h"
#include "sim/machine/log_text.h"
#include "sim/machine/pl011.h"
#include "sim/machine/sensor_platform.h"
#include "sim/profile/profiler.h"
#include "sim/translate/translator.h"

namespace sim {
namespace {

namespace map = board::springbok;

constexpr uint64_t kNanosecondsPerInstruction = 1000 / map::kInstructionsPerMicrosecond;
constexpr uint32_t kSoftwareInterrupt = 3;
constexpr uint32_t kTimerInterrupt = 7;

// 24 MHz ticks from nanoseconds and back (rounded up), by 24e6/1e9 = 3/125; no product overflows
// below 195 years of virtual time.
static_assert(map::kClockHz == 24'000'000);
constexpr uint64_t TicksAt(uint64_t ns) { return ns / 125 * 3 + ns % 125 * 3 / 125; }
constexpr uint64_t NanosecondsOf(uint64_t ticks) {
  if (ticks > UINT64_MAX / 125) return UINT64_MAX;
  return (ticks * 125 + 2) / 3;
}

constexpr uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

}  // namespace

Engine DefaultEngine() {
  const char* wanted = std::getenv("KN_ENGINE");
  const bool interpret = wanted != nullptr && std::string_view(wanted) == "interpreter";
  return interpret ? Engine::kInterpreter : Engine::kTranslator;
}

std::string_view Name(HaltReason reason) {
  switch (reason) {
    case HaltReason::kIdle:
      return "idle";
    case HaltReason::kInstructionLimit:
      return "instruction limit";
    case HaltReason::kFinished:
      return "finished";
    case HaltReason::kHostRequest:
      return "host request";
    case HaltReason::kHalted:
      return "halted";
    case HaltReason::kWaiting:
      return "waiting for an interrupt that cannot come";
    case HaltReason::kFault:
      return "fault";
    case HaltReason::kUartFull:
      return "UART output full";
    case HaltReason::kObserver:
      return "stopped by its observer";
  }
  return "unknown";
}

// Everything of one machine, at a fixed address: devices and interpreter point into it.
struct Machine::State final : Environment, CoreControl, TimeSource, UartOwner {
  explicit State(const MachineConfig& machine_config);

  Halt Run(const RunLimits& limits);

  // Environment
  void Simprint(Hart& hart, uint32_t level, GuestAddr text, uint32_t number) override;
  void HostRequest(Hart& hart) override;
  void Finish(Hart& hart) override;
  void UnknownCustom(Hart& hart, uint32_t word) override;
  void WaitForInterrupt(Hart& hart) override;
  bool EnvironmentCall(Hart& hart) override;
  uint64_t TimeTicks(uint64_t retired) override { return TicksAt(TimeAt(retired)); }
  uint32_t PendingInterrupts(uint64_t retired) override;
  // TimeSource
  uint64_t TicksNow() override { return TicksAt(TimeAt(hart.retired_at_access)); }
  void TimerChanged() override { hart.RequestStop(); }
  // UartOwner
  void UartNeedsAttention() override { hart.RequestStop(); }
  // CoreControl
  void HaltCore() override;
  void ResetCore(uint32_t pc_offset) override;
  void ResumeCore() override { running = true; }
  void FillMemory(bool instruction_memory, uint32_t start, uint32_t end) override;

  [[nodiscard]] uint64_t TimeAt(uint64_t retired) const {
    return retired * kNanosecondsPerInstruction + idle_ns;
  }
  [[nodiscard]] uint64_t Now() const { return TimeAt(hart.instructions_retired); }
  [[nodiscard]] Profiler::Now ProfileNow(uint64_t retired) const;
  [[nodiscard]] uint64_t ExceptionsTaken() const;
  void PassTime(uint64_t ns);
  void Log(LogLevel level, uint64_t retired, std::string_view sender, std::string text,
           std::string message, uint32_t number = 0);
  void Warn(std::string_view sender, std::string text);
  [[nodiscard]] static bool WorthALine(uint64_t* seen);
  bool TakeInterrupt();
  [[nodiscard]] uint64_t RetiredAtTime(uint64_t ns) const;
  [[nodiscard]] bool WakeAtTimer();
  [[nodiscard]] Profile MakeProfile() const;
  void Exchange(StateStream& s);
  [[nodiscard]] bool Accepts(const Snapshot& snapshot) const;
  [[nodiscard]] bool Restore(const Snapshot& snapshot);

  MachineConfig config;
  Pl011 uart{this, kIdlePolls, kUartOutputLimit};
  Clint clint{this};
  ControlBlock control{this};
  Bus bus;
  Hart hart;
  Profiler profiler;
  Interpreter interpreter;
  std::unique_ptr<translate::Translator> translator;  // nullptr: the interpreter alone

  bool running = false;
  HaltReason stopped_because = HaltReason::kHalted;  // while !running
  bool waiting = false;                              // executed wfi
  uint64_t idle_ns = 0;                              // virtual time without instructions
  std::array<uint64_t, 16> interrupts{};             // taken, by number
  uint64_t counted_from = 0;                         // retired before the last restore
  uint64_t models_ready = 0;
  std::vector<LogLine> log;
  uint64_t log_dropped = 0;
  uint64_t unmapped_accesses = 0;
  uint64_t unknown_custom = 0;
  uint64_t sensor_complaints = 0;
  std::optional<SensorPlatform> sensor;
};

namespace {

std::string NodeName(uint32_t base) {
  for (const map::AddressRange& range : map::kAddressMap) {
    if (range.base == base) return std::string(range.name);
  }
  return {};
}

// The fastest is first: a memory that was asked for, else data memory, where most accesses go.
Bus MakeBus(const MachineConfig& config, Clint* clint, Pl011* uart, ControlBlock* control) {
  Bus bus;
  for (const MemoryConfig& extra : config.extra_memories) {
    bus.AddMemory(extra.name, extra.base, extra.size_bytes);
  }
  bus.AddMemory(NodeName(map::kDTCM_BASE), map::kDTCM_BASE, map::kDTCM_SIZE);
  for (const map::AddressRange& range : map::kAddressMap) {
    if (!range.is_memory || range.base == map::kDTCM_BASE) continue;
    bus.AddMemory(std::string(range.name), range.base, range.size_bytes);
  }
  bus.AddDevice(NodeName(map::kCLINT_BASE), map::kCLINT_BASE, map::kCLINT_SIZE, clint);
  bus.AddDevice(NodeName(map::kUART0_BASE), map::kUART0_BASE, map::kUART0_SIZE, uart);
  bus.AddDevice(NodeName(map::kCONTROL_BLOCK_BASE), map::kCONTROL_BLOCK_BASE,
                map::kCONTROL_BLOCK_SIZE, control);
  bus.SetPolicies(config.misaligned, config.unmapped);
  return bus;
}

}  // namespace

Machine::State::State(const MachineConfig& machine_config)
    : config(machine_config),
      bus(MakeBus(machine_config, &clint, &uart, &control)),
      profiler(&hart, &bus, uint64_t{machine_config.bin_width_us} * 1000,
               machine_config.call_graph),
      interpreter(&hart, &bus, &profiler) {
  bus.on_unmapped = [this](GuestAddr addr, bool is_write) {
    if (!WorthALine(&unmapped_accesses)) return;
    Warn("sysbus", std::string(is_write ? "Write to" : "Read from") +
                       " non existing peripheral at " + HexText(addr));
  };
  if (auto wanted = std::exchange(config.sensor, {})) {
    const auto warn = [this](std::string_view sender, std::string sentence) {
      if (WorthALine(&sensor_complaints)) Warn(sender, std::move(sentence));
    };
    sensor.emplace(*std::move(wanted), warn, &bus);
  }
  hart.bus = &bus;
  hart.environment = this;
  hart.Configure(config.core);
  hart.Reset(map::kITCM_BASE);
  if (config.engine == Engine::kTranslator) {
    translator = translate::Translator::Create(
        &hart, &bus, &profiler, {.counts = config.counts, .measure = config.measure_translation});
    interpreter.SetRunner(translator.get(), config.hot_block);
  }
}

// --- time ---

uint64_t Machine::State::ExceptionsTaken() const {
  uint64_t sum = 0;
  for (uint64_t count : interpreter.exceptions()) sum += count;
  for (uint64_t count : interrupts) sum += count;
  return sum;
}

Profiler::Now Machine::State::ProfileNow(uint64_t retired) const {
  return {.retired = retired, .time_ns = TimeAt(retired), .exceptions = ExceptionsTaken()};
}

void Machine::State::PassTime(uint64_t ns) {
  idle_ns = SaturatingAdd(idle_ns, ns);
  profiler.Advance(ProfileNow(hart.instructions_retired));
}

// The first retired count at which virtual time is >= ns.
uint64_t Machine::State::RetiredAtTime(uint64_t ns) const {
  if (ns <= idle_ns) return 0;
  const uint64_t running_ns = ns - idle_ns;
  return running_ns / kNanosecondsPerInstruction +
         (running_ns % kNanosecondsPerInstruction != 0 ? 1 : 0);
}

// --- what the guest asks for ---

void Machine::State::Log(LogLevel level, uint64_t retired, std::string_view sender,
                         std::string text, std::string message, uint32_t number) {
  if (level > config.log_level) return;
  if (log.size() >= kLogLimit) {
    ++log_dropped;
    return;
  }
  log.push_back({.level = level,
                 .virtual_time_ns = TimeAt(retired),
                 .sender = std::string(sender),
                 .text = std::move(text),
                 .message = std::move(message),
                 .number = number});
}

// A guest gone wild repeats itself millions of times: after the first lines only each doubling is
// told, and the others cost nothing.
bool Machine::State::WorthALine(uint64_t* seen) {
  constexpr uint64_t kAll = 64;
  ++*seen;
  return *seen <= kAll || std::has_single_bit(*seen);
}

void Machine::State::Warn(std::string_view sender, std::string text) {
  std::string message = text;
  Log(LogLevel::kWarning, hart.retired_at_access, sender, std::move(text), std::move(message));
}

void Machine::State::Simprint(Hart& h, uint32_t level, GuestAddr text, uint32_t number) {
  std::string message;
  for (uint32_t i = 0; i < kSimprintMaxLength; ++i) {
    const uint8_t* byte = bus.Ram(text + i, 1);
    if (byte == nullptr || *byte == 0) break;
    message += static_cast<char>(*byte & 0x7f);
  }
  if (level > static_cast<uint32_t>(LogLevel::kNoisy)) {
    Log(LogLevel::kError, h.retired_at_access, "cpu",
        "simprint with an unknown level " + std::to_string(level), message);
    return;
  }
  if (level == static_cast<uint32_t>(LogLevel::kNoisy)) {
    bool code_changed = false;
    if (message == "model.ready") ++models_ready;
    profiler.Announce(message, number, ProfileNow(h.retired_at_access), &code_changed);
    if (code_changed) bus.code_written = true;  // blocks carry their domain: decode them anew
  }
  const auto log_level = static_cast<LogLevel>(level);
  if (log_level > config.log_level) return;
  Log(log_level, h.retired_at_access, "cpu", SimprintText(message, number), message, number);
}

void Machine::State::HostRequest(Hart&) {
  stopped_because = HaltReason::kHostRequest;
  control.OnHostRequest();
}

void Machine::State::Finish(Hart&) {
  stopped_because = HaltReason::kFinished;
  control.OnFinish();
}

void Machine::State::UnknownCustom(Hart& h, uint32_t word) {
  if (!WorthALine(&unknown_custom)) return;
  Log(LogLevel::kError, h.retired_at_access, "cpu", "Unknown custom instruction " + HexText(word),
      {});
}

void Machine::State::WaitForInterrupt(Hart& h) {
  waiting = true;
  h.RequestStop();
}

bool Machine::State::EnvironmentCall(Hart&) { return false; }

uint32_t Machine::State::PendingInterrupts(uint64_t retired) {
  const bool timer = TimeTicks(retired) >= clint.compare();
  return (clint.software_pending() ? 1u << kSoftwareInterrupt : 0) |
         (timer ? 1u << kTimerInterrupt : 0);
}

void Machine::State::HaltCore() {
  running = false;
  hart.RequestStop();
}

void Machine::State::ResetCore(uint32_t pc_offset) {
  hart.Reset(map::kITCM_BASE + pc_offset);
  interpreter.ForgetTrap();
  waiting = false;
}

void Machine::State::FillMemory(bool instruction_memory, uint32_t start, uint32_t end) {
  constexpr uint8_t kFill = 0x5A;
  const uint32_t granularity = instruction_memory ? 4 : 64;
  start -= start % granularity;
  end -= end % granularity;
  const uint32_t base = instruction_memory ? map::kITCM_BASE : map::kDTCM_BASE;
  if (end <= start) return;
  if (uint8_t* bytes = bus.Ram(base + start, end - start)) {
    std::memset(bytes, kFill, end - start);
    bus.code_written = true;
  }
}

// --- running ---

bool Machine::State::TakeInterrupt() {
  const uint32_t due = PendingInterrupts(hart.instructions_retired) & hart.mie;
  if ((hart.mstatus & kMstatusMie) == 0 || due == 0) return false;
  // Software before timer (privileged specification, section 3.1.9).
  const uint32_t number =
      (due >> kSoftwareInterrupt & 1) != 0 ? kSoftwareInterrupt : kTimerInterrupt;
  ++interrupts[number];
  interpreter.MarkTrap();
  hart.EnterTrap(1u << 31 | number, 0, hart.pc);
  return true;
}

// After wfi with nothing pending: jumps to the timer if it is enabled. False: nothing can wake.
bool Machine::State::WakeAtTimer() {
  if ((hart.mie >> kTimerInterrupt & 1) == 0) return false;
  const uint64_t wake_ns = NanosecondsOf(clint.compare());
  if (wake_ns == UINT64_MAX) return false;
  if (wake_ns > Now()) PassTime(wake_ns - Now());
  return true;
}

Halt Machine::State::Run(const RunLimits& limits) {
  const uint64_t start = hart.instructions_retired;
  const uint64_t last = SaturatingAdd(start, limits.max_instructions);
  uint64_t patience_ns = SaturatingAdd(0, limits.idle_patience_us) * 1000;
  if (limits.idle_patience_us > UINT64_MAX / 1000) patience_ns = UINT64_MAX;
  const auto halt = [&](HaltReason reason, Trap trap = {}) {
    return Halt{.reason = reason,
                .pc = hart.pc,
                .trap = trap,
                .instructions = hart.instructions_retired - start};
  };
  while (true) {
    profiler.Advance(ProfileNow(hart.instructions_retired));
    if (!running) return halt(stopped_because);
    if (uart.output_full()) return halt(HaltReason::kUartFull);
    if (hart.instructions_retired >= last) return halt(HaltReason::kInstructionLimit);
    if (waiting) {
      if ((PendingInterrupts(hart.instructions_retired) & hart.mie) == 0 && !WakeAtTimer()) {
        return halt(HaltReason::kWaiting);
      }
      waiting = false;
    }
    if (uart.guest_is_idle()) {
      constexpr uint64_t kStepNs = kIdleStepUs * 1000;
      if (patience_ns == 0) return halt(HaltReason::kIdle);
      const uint64_t step = std::min(patience_ns, kStepNs);
      patience_ns -= step;
      PassTime(step);
    }
    TakeInterrupt();
    uint64_t stop_at = std::min(last, RetiredAtTime(profiler.bin_end_ns()));
    if ((hart.mie >> kTimerInterrupt & 1) != 0 && (hart.mstatus & kMstatusMie) != 0 &&
        clint.compare() != UINT64_MAX) {
      const uint64_t timer = RetiredAtTime(NanosecondsOf(clint.compare()));
      if (timer > hart.instructions_retired) stop_at = std::min(stop_at, timer);
    }
    hart.stop_at = std::max(stop_at, hart.instructions_retired + 1);
    switch (interpreter.Run()) {
      case InterpreterExit::kStop:
        break;
      case InterpreterExit::kObserver:
        return halt(HaltReason::kObserver);
      case InterpreterExit::kDoubleFault:
        running = false;
        stopped_because = HaltReason::kFault;
        return halt(HaltReason::kFault, hart.trap);
    }
  }
}

// --- reading ---

Profile Machine::State::MakeProfile() const {
  Profile profile;
  profile.instructions = hart.instructions_retired - counted_from;
  profile.virtual_time_ns = Now();
  std::array<uint64_t, kCountSlots> counts{};
  interpreter.AddOpCounts(counts);
  for (size_t i = 0; i < kCountSlots; ++i) {
    if (counts[i] == 0) continue;
    const CountSlot slot = SlotOf(i);
    profile.opcodes.push_back({MnemonicOf(slot.op, slot.fields), counts[i]});
  }
  profile.renode_opcodes = RenodeView(counts);
  for (const auto& memory : bus.memories()) {
    profile.memories.push_back({memory->name, memory->base, memory->size_bytes, memory->count});
  }
  for (const Bus::MappedDevice& device : bus.devices()) {
    profile.peripherals.push_back({device.name, device.base, device.size_bytes, device.count});
  }
  for (uint32_t cause = 0; cause < interpreter.exceptions().size(); ++cause) {
    const uint64_t count = interpreter.exceptions()[cause];
    if (count != 0) profile.traps.push_back({cause, count});
  }
  for (uint32_t number = 0; number < interrupts.size(); ++number) {
    if (interrupts[number] != 0) profile.traps.push_back({1u << 31 | number, interrupts[number]});
  }
  profiler.AddTo(profile, ProfileNow(hart.instructions_retired));
  return profile;
}

// --- snapshots ---

void Machine::State::Exchange(StateStream& s) {
  constexpr uint64_t kMaxIdleNs = uint64_t{1} << 61;
  hart.Exchange(s);
  clint.Exchange(s);
  uart.Exchange(s);
  control.Exchange(s);
  if (sensor) sensor->Exchange(s);
  s.Field(running);
  s.AtMost(stopped_because, HaltReason::kObserver);
  s.Field(waiting);
  s.AtMost(idle_ns, kMaxIdleNs);
  bool trapped = interpreter.TrappedLast();
  s.Field(trapped);
  if (s.loading()) interpreter.SetTrappedLast(trapped);
  profiler.Exchange(s, {.retired = hart.instructions_retired, .time_ns = Now(), .exceptions = 0});
}

bool Machine::State::Accepts(const Snapshot& snapshot) const {
  return snapshot.core == config.core && snapshot.has_sensor == sensor.has_value() &&
         snapshot.memory != nullptr && snapshot.memory->Fits(bus);
}

bool Machine::State::Restore(const Snapshot& snapshot) {
  if (!Accepts(snapshot)) return false;
  for (auto& memory : bus.memories()) memory->count = {};
  for (Bus::MappedDevice& device : bus.devices()) device.count = {};
  interrupts = {};
  unmapped_accesses = unknown_custom = sensor_complaints = 0;
  log.clear();
  log_dropped = 0;
  StateStream s(snapshot.state);
  Exchange(s);
  if (!s.good() || !s.at_end() || !snapshot.memory->MapInto(bus)) return false;
  counted_from = hart.instructions_retired;
  if (bus.code_written || !interpreter.BlocksAreValid()) interpreter.DropBlocks();
  interpreter.ForgetCounts();
  return true;
}

// --- the public face ---

namespace {

// Functions, and the entry under whatever name it has.
std::vector<CodeSymbol> FunctionSymbols(const LoadedElf& elf) {
  std::vector<CodeSymbol> functions;
  for (const ElfSymbol& symbol : elf.symbols) {
    const bool is_entry = symbol.address == elf.entry && !symbol.name.starts_with('$');
    if (!symbol.is_function && !is_entry) continue;
    functions.push_back({symbol.name, symbol.address, symbol.size_bytes});
  }
  return functions;
}

}  // namespace

Machine::Machine(const MachineConfig& config) : state_(std::make_unique<State>(config)) {}
Machine::~Machine() = default;
Machine::Machine(Machine&&) noexcept = default;
Machine& Machine::operator=(Machine&&) noexcept = default;

std::expected<LoadedElf, ElfError> Machine::LoadElf(std::span<const uint8_t> elf) {
  auto loaded = LoadElfInto(state_->bus, elf);
  if (loaded) state_->profiler.SetSymbols(FunctionSymbols(*loaded));
  DropDecodedCode();
  return loaded;
}

void Machine::Boot() { state_->control.WriteControl(0); }

void Machine::BootAt(uint32_t pc) {
  Boot();
  state_->hart.pc = state_->hart.next_pc = pc;
}

Halt Machine::Run(const RunLimits& limits) { return state_->Run(limits); }

void Machine::WriteUart(std::span<const uint8_t> bytes) { state_->uart.Receive(bytes); }
std::vector<uint8_t> Machine::ReadUart() { return state_->uart.TakeOutput(); }
size_t Machine::uart_input_pending() const { return state_->uart.input_pending(); }
void Machine::AdvanceIdleTime(uint64_t nanoseconds) { state_->PassTime(nanoseconds); }

uint64_t Machine::virtual_time_ns() const { return state_->Now(); }
uint64_t Machine::instructions() const { return state_->hart.instructions_retired; }
double Machine::translation_seconds() const {
  if (state_->translator == nullptr) return 0;
  return 1e-9 * static_cast<double>(state_->translator->statistics().nanoseconds);
}

std::vector<LogLine> Machine::TakeLog(uint64_t* dropped) {
  if (dropped != nullptr) *dropped = state_->log_dropped;
  state_->log_dropped = 0;
  return std::exchange(state_->log, {});
}

Profile Machine::TakeProfile() const { return state_->MakeProfile(); }
CodeProfile Machine::TakeCodeProfile() const {
  return state_->profiler.MakeCodeProfile(state_->interpreter, state_->hart.instructions_retired);
}

void Machine::Observe(InsnObserver* observer) { state_->interpreter.Observe(observer); }
const Function* Machine::FunctionAt(GuestAddr pc) const { return state_->profiler.FunctionAt(pc); }
uint64_t Machine::models_ready() const { return state_->models_ready; }

std::optional<Snapshot> Machine::Save() const {
  Snapshot snapshot{.core = state_->config.core,
                    .has_sensor = state_->sensor.has_value(),
                    .state = {},
                    .memory = MemoryImage::Of(state_->bus)};
  if (snapshot.memory == nullptr) return std::nullopt;
  StateStream s(&snapshot.state);
  state_->Exchange(s);
  return snapshot;
}

bool Machine::Restore(const Snapshot& snapshot) { return state_->Restore(snapshot); }

Hart& Machine::hart() { return state_->hart; }
Bus& Machine::bus() { return state_->bus; }
void Machine::DropDecodedCode() { state_->interpreter.DropBlocks(); }

}  // namespace sim
