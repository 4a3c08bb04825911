// Measures the simulator and the firmware on it: what one model costs to load and to run, and how
// fast the simulator runs that, or any image. Prints one JSON object.
//
//   sim_bench model FIRMWARE.elf MODEL.vmfb INPUT.raw 1x128x3x1xf32 1x4xf32
//   sim_bench image IMAGE.elf INSTRUCTIONS
//
// Counts come from the announcements of the firmware and are exact; times are wall-clock times of
// the shortest of several runs, since other work on the machine can only add to them.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <expected>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/machine/machine.h"
#include "wire/client.h"
#include "wire/io_spec.h"

namespace bench {
namespace {

using Bytes = std::vector<uint8_t>;
using Clock = std::chrono::steady_clock;
template <typename T>
using Result = std::expected<T, std::string>;

constexpr double kShortestMeasurementSeconds = 1.0;
constexpr int kFewestRuns = 5;
constexpr uint64_t kInstructionLimit = 2'000'000'000;

Result<Bytes> ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::unexpected(fmt::format("cannot read {}", path));
  return Bytes(std::istreambuf_iterator<char>(stream), {});
}

// "1x128x3x1xf32" as a tensor.
std::optional<wire::TensorSpec> ParseTensor(std::string_view text) {
  wire::TensorSpec tensor;
  tensor.shape_known = true;
  tensor.element_count = 1;
  for (size_t end = text.find('x'); end != text.npos; end = text.find('x')) {
    uint32_t dim = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + end, dim);
    if (error != std::errc{} || stop != text.data() + end || tensor.rank == wire::kMaxRank)
      return {};
    tensor.dims[tensor.rank++] = dim;
    tensor.element_count *= dim;
    text.remove_prefix(end + 1);
  }
  if (text == "f32") {
    tensor.type = {wire::TypeCode::kFloat, 32};
  } else if (text == "i8") {
    tensor.type = {wire::TypeCode::kInt, 8};
  } else {
    return {};
  }
  return tensor;
}

// One device with one client, joined in memory.
class Session {
 public:
  Session() : machine_(sim::MachineConfig{}), client_({}, answer_) {}

  Result<void> Start(const Bytes& firmware) {
    if (auto loaded = machine_.LoadElf(firmware); !loaded) {
      return std::unexpected(loaded.error().sentence);
    }
    machine_.Boot();
    return machine_.Run({.max_instructions = kInstructionLimit}).reason == sim::HaltReason::kIdle
               ? Result<void>{}
               : std::unexpected("the firmware does not wait for requests");
  }

  // Sends a request and lets the device run until it has answered.
  Result<void> Request(wire::MessageType type, base::Bytes payload = {}) {
    const std::string_view name = wire::InfoOf(type).name;
    if (client_.Start(type, payload) != base::Status::kOk) {
      return std::unexpected(fmt::format("{} cannot be sent", name));
    }
    std::array<uint8_t, 4096> chunk;
    while (const size_t size = client_.Produce(chunk)) machine_.WriteUart({chunk.data(), size});
    while (client_.state() == wire::ClientState::kWaiting) {
      const sim::Halt halt = machine_.Run({.max_instructions = kInstructionLimit});
      const Bytes received = machine_.ReadUart();
      if (received.empty()) {
        return std::unexpected(fmt::format("no answer to {}: {}", name, Name(halt.reason)));
      }
      (void)client_.Consume(received);
    }
    if (client_.state() != wire::ClientState::kAnswered || !client_.answer().success) {
      return std::unexpected(fmt::format("{} was refused", name));
    }
    return {};
  }

  sim::Machine& machine() { return machine_; }

 private:
  Bytes answer_ = Bytes(1u << 20);
  sim::Machine machine_;
  wire::Client client_;
};

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Result<wire::IoSpec> MakeIoSpec(std::string_view input, std::string_view output) {
  const auto input_tensor = ParseTensor(input);
  const auto output_tensor = ParseTensor(output);
  if (!input_tensor || !output_tensor) {
    return std::unexpected("a tensor is written like 1x128x3x1xf32");
  }
  wire::IoSpec spec;
  spec.input_count = spec.output_count = 1;
  spec.inputs[0] = *input_tensor;
  spec.outputs[0] = *output_tensor;
  if (!spec.entry_function.Assign("module.main") || !spec.model_name.Assign("module")) {
    return std::unexpected("the names do not fit");
  }
  return spec;
}

Result<std::string> MeasureModel(std::span<char* const> arguments) {
  auto firmware = ReadFile(arguments[0]);
  if (!firmware) return std::unexpected(firmware.error());
  auto model = ReadFile(arguments[1]);
  if (!model) return std::unexpected(model.error());
  auto input = ReadFile(arguments[2]);
  if (!input) return std::unexpected(input.error());
  auto spec = MakeIoSpec(arguments[3], arguments[4]);
  if (!spec) return std::unexpected(spec.error());
  Bytes encoded(wire::kMaxIoSpecBytes);
  const auto encoded_size = wire::EncodeIoSpec(wire::Generation::kLegacy, *spec, encoded);
  if (!encoded_size) return std::unexpected("the I/O specification cannot be encoded");
  encoded.resize(*encoded_size);

  Session session;
  if (auto done = session.Start(*firmware); !done) return std::unexpected(done.error());
  using enum wire::MessageType;
  for (auto done : {session.Request(kIoSpec, encoded), session.Request(kModel, *model),
                    session.Request(kData, *input), session.Request(kProcess)}) {
    if (!done) return std::unexpected(done.error());
  }
  double shortest_seconds = 1e9;
  uint64_t instructions = 0;
  const auto begin = Clock::now();
  for (int run = 0; run < kFewestRuns || SecondsSince(begin) < kShortestMeasurementSeconds; ++run) {
    const uint64_t before = session.machine().instructions();
    const auto start = Clock::now();
    if (auto done = session.Request(kProcess); !done) return std::unexpected(done.error());
    shortest_seconds = std::min(shortest_seconds, SecondsSince(start));
    instructions = session.machine().instructions() - before;
  }

  std::string json = "{";
  for (const sim::Span& span : session.machine().TakeProfile().spans) {
    // The first of each; later inferences cost the same.
    const std::string key = fmt::format("\"{}\"", span.name);
    if (json.find(key) != json.npos) continue;
    json += fmt::format("{}: {{\"instructions\": {}, \"kernel_instructions\": {}}}, ", key,
                        span.instructions, span.kernel_instructions);
  }
  return json + fmt::format("\"seconds\": {:.9f}, \"instructions_per_second\": {:.0f}}}",
                            shortest_seconds, static_cast<double>(instructions) / shortest_seconds);
}

Result<std::string> MeasureImage(std::span<char* const> arguments) {
  auto image = ReadFile(arguments[0]);
  if (!image) return std::unexpected(image.error());
  const uint64_t instructions = std::strtoull(arguments[1], nullptr, 10);
  double shortest_seconds = 1e9;
  for (int run = 0; run < kFewestRuns; ++run) {
    sim::Machine machine(sim::MachineConfig{});
    if (auto loaded = machine.LoadElf(*image); !loaded) {
      return std::unexpected(loaded.error().sentence);
    }
    machine.Boot();
    const auto start = Clock::now();
    const sim::Halt halt = machine.Run({.max_instructions = instructions});
    shortest_seconds = std::min(shortest_seconds, SecondsSince(start));
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
  const std::span<char* const> arguments(argv + 1, static_cast<size_t>(argc - 1));
  std::expected<std::string, std::string> json = std::unexpected(
      "usage: sim_bench model FIRMWARE MODEL INPUT IN_TENSOR OUT_TENSOR | image ELF INSTRUCTIONS");
  if (arguments.size() == 6 && std::string_view(arguments[0]) == "model") {
    json = bench::MeasureModel(arguments.subspan(1));
  } else if (arguments.size() == 3 && std::string_view(arguments[0]) == "image") {
    json = bench::MeasureImage(arguments.subspan(1));
  }
  if (!json) {
    fmt::print(stderr, "sim_bench: {}\n", json.error());
    return 1;
  }
  fmt::print("{}\n", *json);
  return 0;
}
