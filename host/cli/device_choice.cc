// SPDX-License-Identifier: Apache-2.0

#include "host/cli/device_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/try.h"
#include "host/cli/profile_files.h"
#include "host/device/launched_device.h"
#include "host/device/serial_device.h"
#include "host/device/simulated_device.h"
#include "host/input/read_file.h"
#include "host/scenario/nearest_name.h"
#include "sim/machine/sensor_feed.h"

namespace host::cli {
namespace {

struct PlaceRow {
  std::string_view name;
  Place place;
};
// What --simulator takes besides the path of a UART.
constexpr auto kPlaces = std::to_array<PlaceRow>({
    {"builtin", Place::kBuiltin},
    {"qemu", Place::kQemu},
    {"qemu-rv64", Place::kQemuRv64},
    {"renode", Place::kRenode},
});

namespace fs = std::filesystem;

constexpr double kMaxTimeoutSeconds = 86'400;
constexpr size_t kMaxFeedBytes = size_t{256} << 20;

struct WireRow {
  std::string_view name;
  wire::Generation generation;
};
constexpr std::string_view kAsk = "auto";
constexpr auto kWires = std::to_array<WireRow>({
    {kAsk, wire::Generation::kLegacy},  // of the built-in simulator: the one with least overhead
    {"legacy", wire::Generation::kLegacy},
    {"header8", wire::Generation::kHeader8},
    {"header12", wire::Generation::kHeader12},
});

struct VectorUnitRow {
  std::string_view name;
  sim::VectorUnit unit;
};
constexpr auto kVectorUnits = std::to_array<VectorUnitRow>({
    {"none", sim::VectorUnit::kNone},
    {"zve32x", sim::VectorUnit::kZve32x},
    {"zve32f", sim::VectorUnit::kZve32f},
});

// Checked before against the names above, by the option's and the key's choices.
sim::VectorUnit VectorUnitNamed(std::string_view name) {
  const auto* row = std::ranges::find(kVectorUnits, name, &VectorUnitRow::name);
  return row == kVectorUnits.end() ? sim::VectorUnit::kZve32f : row->unit;
}

// A platform block, or a RenodeRuntime: both describe a simulated Springbok.
void ApplySimulator(const Block& block, std::string_view ready_key, DeviceChoice* choice,
                    Log& log) {
  if (!block.IsNull("runtime_binary_path")) {
    const std::string& firmware = block.Text("runtime_binary_path");
    std::error_code ignored;
    if (IsPredecessorFirmware(firmware) && !std::filesystem::exists(firmware, ignored)) {
      log.Info(
          fmt::format("runtime_binary_path {} is the predecessor's; the firmware built with "
                      "this program is used instead",
                      firmware));
    } else {
      choice->firmware = firmware;
    }
  }
  choice->profiler_interval_ms = block.Number("profiler_interval_step");
  choice->profiler = !block.Flag("disable_profiler");
  if (!block.IsNull("profiler_dump_path")) choice->profiler_dump = block.Text("profiler_dump_path");
  if (!block.IsNull("platform_resc_path")) {
    const std::string& script = block.Text("platform_resc_path");
    // Scripts that a URI names stay where they are: ours do the same.
    if (!script.contains("://")) choice->renode_script = script;
  }
  if (!choice->renode_script.empty() && !block.IsNull("resc_dependencies")) {
    const std::vector<std::string>& files = block.TextList("resc_dependencies");
    choice->renode_dependencies = {files.begin(), files.end()};
  }
  if (!block.IsNull("post_start_commands")) {
    choice->post_start_commands = block.TextList("post_start_commands");
  }
  choice->core.vlen_bits = static_cast<uint32_t>(block.Integer("vlen"));
  choice->core.vector = VectorUnitNamed(block.Text("vector"));
  choice->ready_text = block.IsNull(ready_key) ? std::string() : block.Text(ready_key);
}

void ApplySensor(const Block& block, std::string_view batches_key, DeviceChoice* choice) {
  if (block.IsNull("sensor")) return;
  choice->sensor.name = block.Text("sensor");
  choice->sensor.batches = static_cast<uint64_t>(block.Integer(batches_key));
}

void ApplyScenario(const Scenario& scenario, DeviceChoice* choice, Log& log) {
  if (scenario.platform) {
    const Block& platform = *scenario.platform;
    choice->place = platform.Flag("simulated") ? Place::kBuiltin : Place::kAttached;
    choice->opcode_counters = !platform.Flag("disable_opcode_counters");
    ApplySensor(platform, "number_of_batches", choice);
    if (!platform.IsNull("uart_port")) choice->port = platform.Text("uart_port");
    if (!platform.IsNull("uart_baudrate")) choice->baudrate = platform.Integer("uart_baudrate");
    choice->start_limit_s = static_cast<double>(platform.Integer("runtime_init_timeout"));
    ApplySimulator(platform, "runtime_init_log_msg", choice, log);
  } else if (scenario.runtime) {
    const bool renode = scenario.runtime->schema->class_name() == "RenodeRuntime";
    choice->place = renode ? Place::kBuiltin : Place::kAttached;
    if (renode) {
      ApplySensor(*scenario.runtime, "batches_count", choice);
      ApplySimulator(*scenario.runtime, "runtime_log_init_msg", choice, log);
    }
  }
  if (scenario.protocol) {
    choice->port = scenario.protocol->Text("port");
    choice->baudrate = scenario.protocol->Integer("baudrate");
    const int64_t timeout_s = scenario.protocol->Integer("timeout");
    if (timeout_s > 0) choice->connection.answer_limit_s = static_cast<double>(timeout_s);
  }
}

}  // namespace

Result<double> SecondsOf(const Arguments& arguments, std::string_view option) {
  const std::string text = arguments.One(option);
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !(seconds > 0) ||
      seconds > kMaxTimeoutSeconds) {
    return InputError(fmt::format("argument {}: '{}' is not a number of seconds", option, text));
  }
  return seconds;
}

Result<> SettleWire(Device& device, DeviceChoice* choice, Log& log) {
  if (!choice->ask_for_wire) return {};
  choice->connection.generation = TRY(ProbeWire(device, choice->probe_limit_s));
  log.Info(fmt::format("The device speaks the wire format {}",
                       wire::GenerationName(choice->connection.generation)));
  return {};
}

Result<DeviceChoice> ChooseDevice(const Arguments& arguments, const Scenario* scenario, Log& log) {
  DeviceChoice choice;
  if (scenario != nullptr) ApplyScenario(*scenario, &choice, log);
  if (arguments.Has("--firmware")) {
    choice.firmware = arguments.One("--firmware");
    choice.qemu_firmware = choice.firmware;
  }
  if (arguments.Has("--simulator")) {
    const std::string where = arguments.One("--simulator");
    const auto* row = std::ranges::find(kPlaces, where, &PlaceRow::name);
    if (row != kPlaces.end()) {
      choice.place = row->place;
    } else if (where.contains('/')) {
      choice.place = Place::kAttached;
      choice.port = where;
    } else {
      std::vector<std::string_view> names;
      for (const PlaceRow& known : kPlaces) names.push_back(known.name);
      return InputError(fmt::format(
          "argument --simulator: '{}' is none of {}, nor the path of a UART (with a '/' in it){}",
          where, fmt::join(names, ", "), Suggestion(where, names)));
    }
  }
  if (choice.place == Place::kAttached && choice.port.empty()) {
    return InputError(
        "no port of a device is named; the platform's 'uart_port' or --simulator PATH does it");
  }
  if (!sim::IsPossible(choice.core)) {
    return InputError(fmt::format("'vlen': {} is not 128, 256, 512 or 1024", choice.core.vlen_bits),
                      scenario != nullptr ? scenario->path : std::string());
  }
  choice.call_graph = NeedsCallGraph(arguments);
  if (arguments.Has("--vlen")) {
    choice.core.vlen_bits = static_cast<uint32_t>(std::stoul(arguments.One("--vlen")));
  }
  if (arguments.Has("--vector")) {
    choice.core.vector = VectorUnitNamed(arguments.One("--vector"));
  }
  if (arguments.Has("--sensor-feed")) {
    if (!choice.sensor.is_used()) {
      return InputError("argument --sensor-feed: the scenario names no sensor");
    }
    choice.sensor.feed_file = arguments.One("--sensor-feed");
  }
  const bool has_sensor = choice.place == Place::kBuiltin || choice.place == Place::kRenode ||
                          choice.place == Place::kAttached;
  if (choice.sensor.is_used() && !has_sensor) {
    return InputError(
        fmt::format("QEMU's machine has no {}; leave out --simulator qemu", choice.sensor.name));
  }
  if (arguments.Has("--wire")) {
    choice.connection.generation =
        std::ranges::find(kWires, arguments.One("--wire"), &WireRow::name)->generation;
  }
  choice.ask_for_wire = arguments.One("--wire") == kAsk && choice.place != Place::kBuiltin;
  if (arguments.Has("--timeout")) {
    const double limit_s = TRY(SecondsOf(arguments, "--timeout"));
    choice.connection.answer_limit_s = limit_s;
    choice.connection.connect_limit_s = limit_s;
    choice.probe_limit_s = limit_s;
  }
  if (arguments.Has("--start-timeout")) {
    const double limit_s = TRY(SecondsOf(arguments, "--start-timeout"));
    choice.start_limit_s = limit_s;
    choice.renode_connect_limit_s = limit_s;
    choice.renode_command_limit_s = limit_s;
  }
  return choice;
}

Result<SensorFeed> FeedOf(const SensorChoice& choice, const Dataset& dataset) {
  if (!choice.feed_file.empty()) {
    const std::vector<uint8_t> text =
        TRY(ReadFile(choice.feed_file, kMaxFeedBytes, "the sensor's samples"));
    auto feed = sim::ParseSensorFeed({reinterpret_cast<const char*>(text.data()), text.size()});
    if (feed) return *std::move(feed);
    return InputError(feed.error().sentence,
                      fmt::format("{}:{}", choice.feed_file.string(), feed.error().line));
  }
  SensorFeed feed;
  for (const size_t index : dataset.test_order) {
    const std::vector<uint8_t>& bytes = dataset.samples[index].bytes;
    std::array<float, 3> sample;
    if (bytes.size() % sizeof(sample) != 0) {
      return InputError(
          "the data set's samples are not accelerations; name some with --sensor-feed");
    }
    for (size_t at = 0; at < bytes.size(); at += sizeof(sample)) {
      std::memcpy(sample.data(), &bytes[at], sizeof(sample));
      std::array<int16_t, 3>& fed = feed.emplace_back();
      std::ranges::transform(sample, fed.begin(), [](float value) {
        // NaN becomes the lower bound.
        return static_cast<int16_t>(value > -32768.0f ? std::min(std::round(value), 32767.0f)
                                                      : -32768.0f);
      });
    }
  }
  if (feed.empty()) return InputError("the data set has no test samples to feed the sensor with");
  return feed;
}

namespace {

Result<std::unique_ptr<Device>> MakeRenode(const DeviceChoice& choice, const fs::path& firmware,
                                           const SensorFeed& feed, const InstallLayout& layout,
                                           Log& log, std::stop_token stop) {
  RenodeOptions options{.program = TRY(FindRenode()),
                        .firmware = firmware,
                        .script = choice.renode_script,
                        .dependencies = choice.renode_dependencies,
                        .post_start_commands = choice.post_start_commands,
                        .uart = choice.port,
                        .sensor_feed = feed,
                        .opcode_counters = choice.opcode_counters,
                        .profiler = choice.profiler,
                        .dump_path = choice.profiler_dump,
                        .profiler_interval_ms = choice.profiler_interval_ms,
                        .write_limit_s = choice.connection.answer_limit_s,
                        .connect_limit_s = choice.renode_connect_limit_s,
                        .command_limit_s = choice.renode_command_limit_s};
  if (options.script.empty()) {
    // Our own description, on Renode's stock core; it takes the terminal's path.
    options.uart.clear();
    const bool sensor = choice.sensor.is_used();
    options.script =
        TRY(layout.Platform(sensor ? "springbok_accelerometer.resc" : "springbok.resc"));
    for (const char* name : {"springbok.repl", "springbok_accelerometer.repl", "springbok.resc",
                             "springbok_custom3.py"}) {
      options.dependencies.push_back(TRY(layout.Platform(name)));
    }
  }
  return MakeRenodeDevice(options, log, std::move(stop));
}

}  // namespace

Result<std::unique_ptr<Device>> StartDevice(const DeviceChoice& choice, const SensorFeed& feed,
                                            const InstallLayout& layout, Log& log,
                                            std::stop_token stop) {
  const bool sensor = choice.sensor.is_used();
  fs::path firmware = choice.firmware;
  if (firmware.empty() && (choice.place == Place::kBuiltin || choice.place == Place::kRenode)) {
    firmware = TRY(layout.Firmware("springbok", sensor ? "firmware_sensor" : "firmware"));
  }
  std::unique_ptr<Device> device;
  switch (choice.place) {
    case Place::kBuiltin:
      device = TRY(MakeSimulatedDevice({.firmware = firmware,
                                        .profiler_interval_ms = choice.profiler_interval_ms,
                                        .call_graph = choice.call_graph,
                                        .core = choice.core,
                                        .sensor_feed = feed},
                                       log, std::move(stop)));
      break;
    case Place::kQemu:
    case Place::kQemuRv64: {
      const fs::path script = TRY(layout.Platform("qemu-virt.sh"));
      device = TRY(MakeQemuDevice({.script = script,
                                   .firmware = choice.qemu_firmware,
                                   .rv64 = choice.place == Place::kQemuRv64,
                                   .write_limit_s = choice.connection.answer_limit_s},
                                  log, std::move(stop)));
      break;
    }
    case Place::kRenode:
      device = TRY(MakeRenode(choice, firmware, feed, layout, log, std::move(stop)));
      break;
    case Place::kAttached:
      device = TRY(OpenSerialDevice(choice.port, choice.baudrate, choice.connection.answer_limit_s,
                                    std::move(stop)));
      break;
  }
  TRY(device->Start(choice.ready_text, choice.start_limit_s));
  return device;
}

}  // namespace host::cli
