#include "host/cli/device_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/try.h"
#include "host/device/serial_device.h"
#include "host/device/simulated_device.h"

namespace host::cli {
namespace {

constexpr std::string_view kBuiltin = "builtin";
constexpr double kMaxTimeoutSeconds = 86'400;

struct WireRow {
  std::string_view name;
  wire::Generation generation;
};
// Our firmware understands all of them; 'auto' takes the one with the least overhead.
constexpr auto kWires = std::to_array<WireRow>({
    {"auto", wire::Generation::kLegacy},
    {"legacy", wire::Generation::kLegacy},
    {"header8", wire::Generation::kHeader8},
    {"header12", wire::Generation::kHeader12},
});

// A platform block, or a RenodeRuntime: both describe a simulated Springbok.
void ApplySimulator(const Block& block, std::string_view ready_key, DeviceChoice* choice,
                    Log& log) {
  if (!block.IsNull("runtime_binary_path")) {
    const std::string& firmware = block.Text("runtime_binary_path");
    if (firmware.contains("://")) {
      log.Warning(
          fmt::format("runtime_binary_path {} is not fetched; the firmware built with this "
                      "program is used instead",
                      firmware));
    } else {
      choice->firmware = firmware;
    }
  }
  choice->profiler_interval_ms = block.Number("profiler_interval_step");
  choice->ready_text = block.IsNull(ready_key) ? std::string() : block.Text(ready_key);
}

void ApplyScenario(const Scenario& scenario, DeviceChoice* choice, Log& log) {
  if (scenario.platform) {
    const Block& platform = *scenario.platform;
    choice->builtin_simulator = platform.Flag("simulated");
    if (!platform.IsNull("uart_port")) choice->port = platform.Text("uart_port");
    if (!platform.IsNull("uart_baudrate")) choice->baudrate = platform.Integer("uart_baudrate");
    choice->start_limit_s = static_cast<double>(platform.Integer("runtime_init_timeout"));
    ApplySimulator(platform, "runtime_init_log_msg", choice, log);
  } else if (scenario.runtime) {
    choice->builtin_simulator = scenario.runtime->schema->class_name() == "RenodeRuntime";
    if (choice->builtin_simulator) {
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

Result<DeviceChoice> ChooseDevice(const Arguments& arguments, const Scenario* scenario, Log& log) {
  DeviceChoice choice;
  if (scenario != nullptr) ApplyScenario(*scenario, &choice, log);
  if (arguments.Has("--firmware")) choice.firmware = arguments.One("--firmware");
  if (arguments.Has("--simulator")) {
    const std::string where = arguments.One("--simulator");
    choice.builtin_simulator = where == kBuiltin;
    if (!choice.builtin_simulator) {
      if (!where.contains('/')) {
        return InputError(
            fmt::format("argument --simulator: '{}' is neither 'builtin' nor the "
                        "path of a UART",
                        where));
      }
      choice.port = where;
    }
  }
  if (arguments.Has("--wire")) {
    choice.connection.generation =
        std::ranges::find(kWires, arguments.One("--wire"), &WireRow::name)->generation;
  }
  if (arguments.Has("--timeout")) {
    const std::string text = arguments.One("--timeout");
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || !(seconds > 0) ||
        seconds > kMaxTimeoutSeconds) {
      return InputError(fmt::format("argument --timeout: '{}' is not a number of seconds", text));
    }
    choice.connection.answer_limit_s = seconds;
  }
  return choice;
}

Result<std::unique_ptr<Device>> StartDevice(const DeviceChoice& choice, const InstallLayout& layout,
                                            Log& log, std::stop_token stop) {
  std::unique_ptr<Device> device;
  if (choice.builtin_simulator) {
    SimulatorOptions options{choice.firmware, choice.profiler_interval_ms};
    if (options.firmware.empty()) options.firmware = TRY(layout.Firmware());
    device = TRY(MakeSimulatedDevice(options, log, std::move(stop)));
  } else {
    device = TRY(OpenSerialDevice(choice.port, choice.baudrate, std::move(stop)));
  }
  TRY(device->Start(choice.ready_text, choice.start_limit_s));
  return device;
}

}  // namespace host::cli
