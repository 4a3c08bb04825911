// SPDX-License-Identifier: Apache-2.0

#include "host/device/simulated_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/try.h"
#include "board/springbok/memory_map.h"
#include "host/input/read_file.h"
#include "host/terminal/interrupt.h"
#include "sim/machine/machine.h"

namespace host {
namespace {

constexpr size_t kMaxFirmwareBytes = size_t{64} << 20;
// How far the machine runs before log, limit and stop request are looked at: about 10 ms of work.
constexpr uint64_t kSliceInstructions = 2'000'000;
// A device that is idle lets its own time-outs fire (200 ms between the frames of a message, 5 ms
// inside one) and then answers or never will.
constexpr uint64_t kIdlePatienceUs = 300'000;
constexpr double kNanosecondsPerSecond = 1e9;

struct LevelRow {
  sim::LogLevel device;
  LogLevel shown;
};
constexpr auto kLevels = std::to_array<LevelRow>({
    {sim::LogLevel::kError, LogLevel::kError},
    {sim::LogLevel::kWarning, LogLevel::kWarning},
    {sim::LogLevel::kInfo, LogLevel::kRenode},
    {sim::LogLevel::kDebug, LogLevel::kDebug},
    {sim::LogLevel::kNoisy, LogLevel::kDebug},
});

LogLevel ShownLevel(sim::LogLevel level) {
  const auto* row = std::ranges::find(kLevels, level, &LevelRow::device);
  return row == kLevels.end() ? LogLevel::kDebug : row->shown;
}

class SimulatedDevice : public Device {
 public:
  SimulatedDevice(const sim::MachineConfig& config, std::string firmware, Log& log,
                  std::stop_token stop)
      : machine_(config), firmware_(std::move(firmware)), log_(log), stop_(std::move(stop)) {}

  Result<> Load(base::Bytes elf) {
    const auto loaded = machine_.LoadElf(elf);
    if (!loaded) {
      return InputError(loaded.error().sentence,
                        fmt::format("{}@{:#x}", firmware_, loaded.error().offset));
    }
    memory_parts_ = MemoryPartsOf(*loaded);
    return {};
  }

  [[nodiscard]] std::string name() const override { return "built-in simulator"; }

  Result<> Start(std::string_view ready_text, double limit_s) override {
    machine_.Boot();
    const double deadline = ClockSeconds() + limit_s;
    ready_text_ = ready_text;
    while (!ready_) {
      const sim::Halt halt =
          RunSlice({.max_instructions = SliceUntil(deadline), .idle_patience_us = 0});
      if (ready_) break;
      if (stop_.stop_requested()) return InterruptedError("starting the device");
      if (halt.reason != sim::HaltReason::kInstructionLimit) {
        return Ended(halt, fmt::format("before its log said '{}'", ready_text));
      }
      if (ClockSeconds() >= deadline) {
        return RunError(fmt::format("the log did not say '{}' within {:.0f} s of virtual time",
                                    ready_text, limit_s),
                        name());
      }
    }
    return {};
  }

  Result<> Write(base::Bytes bytes) override {
    machine_.WriteUart(bytes);
    return {};
  }

  Result<size_t> Read(base::MutableBytes into, double limit_s) override {
    const double deadline = ClockSeconds() + limit_s;
    sim::RunLimits limits;
    while (received_.empty()) {
      if (stop_.stop_requested()) return InterruptedError("waiting for the device");
      limits.max_instructions = SliceUntil(deadline);
      const sim::Halt halt = RunSlice(limits);
      if (!received_.empty()) break;
      switch (halt.reason) {
        case sim::HaltReason::kInstructionLimit:
        case sim::HaltReason::kUartFull:
          if (ClockSeconds() >= deadline) return 0;
          break;
        case sim::HaltReason::kIdle:
          if (limits.idle_patience_us != 0) {
            return RunError("the device waits for more bytes and will not answer", name());
          }
          limits.idle_patience_us = kIdlePatienceUs;
          break;
        default:
          return Ended(halt, "while an answer was expected");
      }
    }
    const size_t count = std::min(into.size(), received_.size());
    std::copy_n(received_.begin(), count, into.begin());
    received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }

  [[nodiscard]] std::vector<MemoryPart> MemoryParts() const override { return memory_parts_; }

  void DropUnread() override { received_.clear(); }

  [[nodiscard]] double ClockSeconds() const override {
    return static_cast<double>(machine_.virtual_time_ns()) / kNanosecondsPerSecond;
  }
  [[nodiscard]] bool clock_is_virtual() const override { return true; }

  std::vector<std::string> TakeComplaints() override { return std::exchange(complaints_, {}); }

  [[nodiscard]] std::optional<sim::Profile> Counters() const override {
    return machine_.TakeProfile();
  }

  [[nodiscard]] std::optional<sim::CodeProfile> CodeCounters() const override {
    return machine_.TakeCodeProfile();
  }

  void BeginMeasurement() override {
    const uint64_t width_ns = machine_.TakeProfile().bin_width_ns;
    if (width_ns == 0) return;
    const uint64_t into_bin = machine_.virtual_time_ns() % width_ns;
    if (into_bin != 0) machine_.AdvanceIdleTime(width_ns - into_bin);
  }

 private:
  // Not beyond the deadline, so that a limit ends at the same instruction everywhere.
  [[nodiscard]] uint64_t SliceUntil(double deadline) const {
    constexpr double kInstructionsPerSecond = board::springbok::kInstructionsPerMicrosecond * 1e6;
    const double left = std::max(0.0, deadline - ClockSeconds()) * kInstructionsPerSecond;
    return std::min(static_cast<uint64_t>(left) + 1, kSliceInstructions);
  }

  sim::Halt RunSlice(const sim::RunLimits& limits) {
    const sim::Halt halt = machine_.Run(limits);
    const std::vector<uint8_t> bytes = machine_.ReadUart();
    received_.insert(received_.end(), bytes.begin(), bytes.end());
    ForwardLog();
    return halt;
  }

  void ForwardLog() {
    uint64_t dropped = 0;
    for (const sim::LogLine& line : machine_.TakeLog(&dropped)) {
      if (!ready_ && !ready_text_.empty() && line.message.contains(ready_text_)) ready_ = true;
      if (line.level == sim::LogLevel::kError) complaints_.push_back(line.message);
      log_.Write(ShownLevel(line.level), fmt::format("{}: {}", line.sender, line.message));
    }
    if (dropped > 0) log_.Warning(fmt::format("{} lines of the device's log were lost", dropped));
  }

  std::unexpected<Error> Ended(const sim::Halt& halt, std::string_view when) {
    std::string sentence = fmt::format("the device stopped ({}) at {:#010x} {}",
                                       sim::Name(halt.reason), halt.pc, when);
    if (halt.reason == sim::HaltReason::kFault) {
      sentence += fmt::format(": trap {} on {:#010x}", static_cast<uint32_t>(halt.trap.cause),
                              halt.trap.tval);
    }
    Error error{ErrorKind::kRun, std::move(sentence), name(), {}};
    for (std::string& complaint : TakeComplaints()) {
      error.causes.push_back({ErrorKind::kRun, "the device says: " + complaint, {}, {}});
    }
    return std::unexpected(std::move(error));
  }

  std::vector<MemoryPart> memory_parts_;
  sim::Machine machine_;
  std::string firmware_;
  Log& log_;
  std::stop_token stop_;
  std::string ready_text_;
  bool ready_ = false;
  std::vector<uint8_t> received_;
  std::vector<std::string> complaints_;
};

}  // namespace

Result<std::unique_ptr<Device>> MakeSimulatedDevice(const SimulatorOptions& options, Log& log,
                                                    std::stop_token stop) {
  const std::vector<uint8_t> elf =
      TRY(ReadFile(options.firmware, kMaxFirmwareBytes, "the firmware"));
  sim::MachineConfig config;
  config.bin_width_us =
      std::max(1u, static_cast<uint32_t>(std::lround(options.profiler_interval_ms * 1000)));
  config.call_graph = options.call_graph;
  config.core = options.core;
  if (!options.sensor_feed.empty()) {
    config.sensor = sim::SensorConfig{.feed = options.sensor_feed, .repeat = -1};
  }
  auto device =
      std::make_unique<SimulatedDevice>(config, options.firmware.string(), log, std::move(stop));
  TRY(device->Load(elf));
  return device;
}

}  // namespace host
