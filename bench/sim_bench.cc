// SPDX-License-Identifier: Apache-2.0

// Measures the simulator and the firmware on it: what one model costs to load and to run, and how
// fast the simulator runs that, or any image, or how fast another emulator (COMMAND, whose standard
// input and output are the UART) runs the model. Prints one JSON object.
//
//   sim_bench model FIRMWARE.elf MODEL.vmfb INPUT.raw 1x128x3x1xf32 1x4xf32
//   sim_bench counting FIRMWARE.elf MODEL.vmfb INPUT.raw 1x128x3x1xf32 1x4xf32
//   sim_bench image IMAGE.elf INSTRUCTIONS
//   sim_bench peer MODEL.vmfb INPUT.raw 1x128x3x1xf32 1x4xf32 COMMAND …
//
// Before these, --engine=interpreter chooses the engine.
//
// `counting` gives what counting adds to an inference: two machines, one that counts and one that
// does not, infer in turn; of each such pair the ratio is taken, and of the ratios the median.
// Counts come from the announcements of the firmware and are exact; times are processor times of
// the shortest of several runs, since other work on the machine can only add to them. A peer's time
// is what its guest measured of the inference itself: its processor also polls an empty UART.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/process_device.h"
#include "bench/session.h"
#include "wire/statistics.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kShortestMeasurementSeconds = 1.0;
constexpr int kFewestRuns = 20;
constexpr int kImageRuns = 5;
constexpr int kWarmUpRuns = 40;
constexpr size_t kCountingPairs = 500;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct ModelRun {
  double shortest_seconds = 1e9;    // of one inference
  double first_twenty_seconds = 0;  // loading and 20 inferences
};

// arguments: MODEL INPUT IN_TENSOR OUT_TENSOR. Sends all but the request to infer.
template <typename Request>
Result<void> Prepare(std::span<char* const> arguments, const Request& request,
                     wire::Generation generation = wire::Generation::kLegacy) {
  auto model = ReadFile(arguments[0]);
  if (!model) return std::unexpected(model.error());
  auto input = ReadFile(arguments[1]);
  if (!input) return std::unexpected(input.error());
  auto spec = EncodedIoSpec(arguments[2], arguments[3], generation);
  if (!spec) return std::unexpected(spec.error());
  using enum wire::MessageType;
  for (auto done : {request(kIoSpec, *spec), request(kModel, *model), request(kData, *input)}) {
    if (!done) return std::unexpected(done.error());
  }
  return {};
}

bool EnoughRuns(int runs, Clock::time_point begin) {
  return runs >= kFewestRuns && SecondsSince(begin) >= kShortestMeasurementSeconds;
}

// arguments as Prepare's. request(type, payload) sends and waits, after_each(n) is called behind
// inference n.
template <typename Request, typename AfterEach>
Result<ModelRun> RunModel(std::span<char* const> arguments, const Request& request,
                          const AfterEach& after_each) {
  const double start = ThreadSeconds();
  if (auto done = Prepare(arguments, request); !done) return std::unexpected(done.error());
  ModelRun result;
  const auto begin = Clock::now();
  for (int run = 1; !EnoughRuns(run - 1, begin); ++run) {
    const double before = ThreadSeconds();
    if (auto done = request(wire::MessageType::kProcess, Bytes{}); !done) {
      return std::unexpected(done.error());
    }
    const double after = ThreadSeconds();
    result.shortest_seconds = std::min(result.shortest_seconds, after - before);
    if (run == kFewestRuns) result.first_twenty_seconds = after - start;
    after_each(run);
  }
  return result;
}

Result<std::string> MeasureModel(const sim::MachineConfig& config,
                                 std::span<char* const> arguments) {
  auto firmware = ReadFile(arguments[0]);
  if (!firmware) return std::unexpected(firmware.error());
  Session session(config);
  if (auto done = session.Start(*firmware); !done) return std::unexpected(done.error());
  uint64_t instructions = 0;
  uint64_t before = 0;
  double translating = 0;
  const auto run = RunModel(
      arguments.subspan(1),
      [&](wire::MessageType type, const Bytes& payload) { return session.Request(type, payload); },
      [&](int number) {
        instructions = session.machine().instructions() - before;
        before = session.machine().instructions();
        if (number == kFewestRuns) translating = session.machine().translation_seconds();
      });
  if (!run) return std::unexpected(run.error());

  std::string json = "{";
  for (const sim::Span& span : session.machine().TakeProfile().spans) {
    // The first of each; later inferences cost the same.
    const std::string key = fmt::format("\"{}\"", span.name);
    if (json.find(key) != json.npos) continue;
    json += fmt::format("{}: {{\"instructions\": {}, \"kernel_instructions\": {}}}, ", key,
                        span.instructions, span.kernel_instructions);
  }
  return json + fmt::format(
                    "\"seconds\": {:.9f}, \"instructions_per_second\": {:.0f}, "
                    "\"translation_share\": {:.4f}}}",
                    run->shortest_seconds,
                    static_cast<double>(instructions) / run->shortest_seconds,
                    translating / run->first_twenty_seconds);
}

Result<std::string> MeasureCounting(const sim::MachineConfig& config,
                                    std::span<char* const> arguments) {
  const auto firmware = ReadFile(arguments[0]);
  if (!firmware) return std::unexpected(firmware.error());
  sim::MachineConfig uncounted = config;
  uncounted.counts = false;
  Session sessions[] = {Session(config), Session(uncounted)};
  for (Session& session : sessions) {
    auto done = session.Start(*firmware);
    if (done) {
      done = Prepare(arguments.subspan(1), [&](wire::MessageType type, const Bytes& payload) {
        return session.Request(type, payload);
      });
    }
    if (!done) return std::unexpected(done.error());
  }
  std::vector<double> ratios;
  for (size_t pair = 0; pair < kWarmUpRuns + kCountingPairs; ++pair) {
    double seconds[2];
    for (size_t i : {pair % 2, 1 - pair % 2}) {  // each begins as often as the other
      const double start = ThreadSeconds();
      if (auto done = sessions[i].Request(wire::MessageType::kProcess, Bytes{}); !done) {
        return std::unexpected(done.error());
      }
      seconds[i] = ThreadSeconds() - start;
    }
    if (pair >= kWarmUpRuns) ratios.push_back(seconds[0] / seconds[1]);
  }
  std::ranges::sort(ratios);
  return fmt::format("{{\"cost\": {:.4f}, \"lower_quartile\": {:.4f}, \"upper_quartile\": {:.4f}}}",
                     ratios[kCountingPairs / 2] - 1, ratios[kCountingPairs / 4] - 1,
                     ratios[kCountingPairs * 3 / 4] - 1);
}

// arguments: MODEL INPUT IN_TENSOR OUT_TENSOR COMMAND …
Result<std::string> MeasurePeer(std::span<char* const> arguments) {
  ProcessDevice device;
  if (auto started = device.Start(arguments.subspan(4)); !started) {
    return std::unexpected(started.error());
  }
  Bytes answer(1u << 20);
  constexpr wire::Generation kGeneration = wire::Generation::kHeader12;
  wire::Client client({.generation = kGeneration}, answer);
  const auto request = [&](wire::MessageType type, const Bytes& payload) {
    // On a busy machine its time-out of a byte fires, or it is not up yet: again.
    constexpr int kAttempts = 50;
    Result<void> done;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      done = Exchange(
          client, type, payload, [&](base::Bytes bytes) { device.Write(bytes); },
          [&]() -> Result<Bytes> {
            Bytes received = device.Read();
            if (received.empty()) return std::unexpected("it is silent");
            return received;
          });
      if (done) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return done;
  };
  // The device tells the wire by the greeting.
  auto done = request(wire::MessageType::kPing, {});
  if (done) done = Prepare(arguments, request, kGeneration);
  if (!done) return std::unexpected(done.error());
  uint64_t shortest_ns = UINT64_MAX;
  const auto begin = Clock::now();
  for (int run = 0; !EnoughRuns(run, begin); ++run) {
    for (const auto type : {wire::MessageType::kProcess, wire::MessageType::kStats}) {
      done = request(type, {});
      if (!done) return std::unexpected(done.error());
    }
    const auto statistics = wire::DecodeStatistics(kGeneration, client.answer().payload);
    if (!statistics) return std::unexpected("its statistics cannot be read");
    const auto time = std::ranges::find(statistics->span(), wire::StatisticKind::kInferenceTimeNs,
                                        &wire::Statistic::kind);
    if (time == statistics->span().end()) return std::unexpected("it tells no time of inference");
    shortest_ns = std::min(shortest_ns, time->value);
  }
  return fmt::format("{{\"seconds\": {:.9f}}}", static_cast<double>(shortest_ns) / 1e9);
}

Result<std::string> MeasureImage(const sim::MachineConfig& config,
                                 std::span<char* const> arguments) {
  auto image = ReadFile(arguments[0]);
  if (!image) return std::unexpected(image.error());
  const uint64_t instructions = std::strtoull(arguments[1], nullptr, 10);
  double shortest_seconds = 1e9;
  for (int run = 0; run < kImageRuns; ++run) {
    sim::Machine machine(config);
    if (auto loaded = machine.LoadElf(*image); !loaded) {
      return std::unexpected(loaded.error().sentence);
    }
    machine.Boot();
    const double start = ThreadSeconds();
    const sim::Halt halt = machine.Run({.max_instructions = instructions});
    shortest_seconds = std::min(shortest_seconds, ThreadSeconds() - start);
    if (halt.reason != sim::HaltReason::kInstructionLimit) {
      return std::unexpected(fmt::format("the image stopped: {}", Name(halt.reason)));
    }
  }
  return fmt::format("{{\"seconds\": {:.9f}, \"instructions_per_second\": {:.0f}}}",
                     shortest_seconds, static_cast<double>(instructions) / shortest_seconds);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  std::span<char* const> arguments(argv + 1, static_cast<size_t>(argc - 1));
  sim::MachineConfig config{.measure_translation = true};
  while (!arguments.empty() && std::string_view(arguments[0]).starts_with("--")) {
    if (std::string_view(arguments[0]) == "--engine=interpreter") {
      config.engine = sim::Engine::kInterpreter;
    }
    arguments = arguments.subspan(1);
  }
  std::expected<std::string, std::string> json = std::unexpected(
      "usage: sim_bench model|counting FIRMWARE MODEL INPUT IN_TENSOR OUT_TENSOR | image ELF "
      "INSTRUCTIONS "
      "| peer MODEL INPUT IN_TENSOR OUT_TENSOR COMMAND ...");
  if (arguments.size() == 6 && std::string_view(arguments[0]) == "model") {
    json = bench::MeasureModel(config, arguments.subspan(1));
  } else if (arguments.size() == 6 && std::string_view(arguments[0]) == "counting") {
    json = bench::MeasureCounting(config, arguments.subspan(1));
  } else if (arguments.size() == 3 && std::string_view(arguments[0]) == "image") {
    json = bench::MeasureImage(config, arguments.subspan(1));
  }
  if (arguments.size() > 5 && std::string_view(arguments[0]) == "peer") {
    json = bench::MeasurePeer(arguments.subspan(1));
  }
  if (!json) {
    fmt::print(stderr, "sim_bench: {}\n", json.error());
    return 1;
  }
  fmt::print("{}\n", *json);
  return 0;
}
