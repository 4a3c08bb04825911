// SPDX-License-Identifier: Apache-2.0

// One simulated device with one client, joined in memory: what the benchmarks talk to.
#ifndef BENCH_SESSION_H_
#define BENCH_SESSION_H_

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <expected>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/machine/machine.h"
#include "wire/client.h"
#include "wire/io_spec.h"

namespace bench {

using Bytes = std::vector<uint8_t>;
template <typename T>
using Result = std::expected<T, std::string>;

inline constexpr uint64_t kInstructionLimit = 2'000'000'000;

inline Result<Bytes> ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::unexpected(fmt::format("cannot read {}", path));
  return Bytes(std::istreambuf_iterator<char>(stream), {});
}

// "1x128x3x1xf32" as a tensor.
inline std::optional<wire::TensorSpec> ParseTensor(std::string_view text) {
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

// Sends a request with write(bytes) and reads with read() -> Result<Bytes> until it is answered.
template <typename Write, typename Read>
Result<void> Exchange(wire::Client& client, wire::MessageType type, base::Bytes payload,
                      const Write& write, const Read& read) {
  const std::string_view name = wire::InfoOf(type).name;
  const base::Status started =
      type == wire::MessageType::kPing ? client.StartConnect() : client.Start(type, payload);
  if (started != base::Status::kOk) {
    return std::unexpected(fmt::format("{} cannot be sent", name));
  }
  std::array<uint8_t, 4096> chunk;
  while (const size_t size = client.Produce(chunk)) write(base::Bytes(chunk.data(), size));
  while (client.state() == wire::ClientState::kWaiting) {
    const Result<Bytes> received = read();
    if (!received)
      return std::unexpected(fmt::format("no answer to {}: {}", name, received.error()));
    (void)client.Consume(*received);
  }
  if (client.state() != wire::ClientState::kAnswered || !client.answer().success) {
    return std::unexpected(fmt::format("{} was refused", name));
  }
  return {};
}

// One device with one client, joined in memory.
class Session {
 public:
  explicit Session(const sim::MachineConfig& config,
                   wire::Generation generation = wire::Generation::kLegacy)
      : machine_(config), client_({.generation = generation}, answer_) {}

  Result<void> Start(const Bytes& firmware) {
    auto loaded = machine_.LoadElf(firmware);
    if (!loaded) return std::unexpected(loaded.error().sentence);
    image_ = *std::move(loaded);
    machine_.Boot();
    return machine_.Run({.max_instructions = kInstructionLimit}).reason == sim::HaltReason::kIdle
               ? Result<void>{}
               : std::unexpected("the firmware does not wait for requests");
  }

  // Sends a request and lets the device run until it has answered.
  Result<void> Request(wire::MessageType type, base::Bytes payload = {}) {
    return Exchange(
        client_, type, payload, [&](base::Bytes bytes) { machine_.WriteUart(bytes); },
        [&]() -> Result<Bytes> {
          const sim::Halt halt = Run();
          Bytes received = machine_.ReadUart();
          if (received.empty()) return std::unexpected(std::string(Name(halt.reason)));
          return received;
        });
  }

  sim::Machine& machine() { return machine_; }
  [[nodiscard]] const sim::LoadedElf& image() const { return image_; }
  // Payload of the last answer.
  [[nodiscard]] base::Bytes answer() const { return client_.answer().payload; }

  // Runs one instruction at a time from now on and calls this before each: slow.
  void set_watch(std::function<void(sim::Hart&)> watch) { watch_ = std::move(watch); }

 private:
  sim::Halt Run() {
    if (!watch_) return machine_.Run({.max_instructions = kInstructionLimit});
    while (true) {
      watch_(machine_.hart());
      const sim::Halt halt = machine_.Run({.max_instructions = 1});
      if (halt.reason != sim::HaltReason::kInstructionLimit) return halt;
    }
  }

  Bytes answer_ = Bytes(1u << 20);
  sim::Machine machine_;
  sim::LoadedElf image_;
  wire::Client client_;
  std::function<void(sim::Hart&)> watch_;
};

inline Result<wire::IoSpec> MakeIoSpec(std::string_view input, std::string_view output) {
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

// The specification of a model with one input and one output, as a wire writes it.
inline Result<Bytes> EncodedIoSpec(std::string_view input, std::string_view output,
                                   wire::Generation generation = wire::Generation::kLegacy) {
  const auto spec = MakeIoSpec(input, output);
  if (!spec) return std::unexpected(spec.error());
  Bytes encoded(wire::kMaxIoSpecBytes);
  const auto size = wire::EncodeIoSpec(generation, *spec, encoded);
  if (!size) return std::unexpected("the I/O specification cannot be encoded");
  encoded.resize(*size);
  return encoded;
}

}  // namespace bench

#endif  // BENCH_SESSION_H_
