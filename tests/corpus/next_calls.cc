// SPDX-License-Identifier: Apache-2.0

// Whether calls in a row answer as calls alone: one simulated device gets DATA, PROCESS, OUTPUT
// again and again and may do each call from what the first one did; another gets its specification
// and an empty MODEL in between, which makes it run the bytecode each time and keeps the model's
// variables. Their answers must be equal, call by call.
//
//   next-calls FIRMWARE.elf MODEL.vmfb FUNCTION [4x8xf32,i32]
//
// Prints the instructions of the first and of the last call on the first device. Exit code 1: an
// answer differs, 2: the device does not take the model or the arguments.

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/session.h"

namespace {

using bench::Bytes;
using bench::Result;
using enum wire::MessageType;

// In this order: repeated, changed, back again.
constexpr std::array kSeeds = {1u, 1u, 2u, 3u, 3u, 1u, 2u};
constexpr uint32_t kUnknownExtent = 3;

// "4x8xf32", "?xi8", or a scalar like "i32".
std::optional<wire::TensorSpec> Parse(std::string_view text) {
  wire::TensorSpec tensor;
  tensor.shape_known = true;
  tensor.element_count = 1;
  for (size_t end = text.find('x'); end != text.npos; end = text.find('x')) {
    uint32_t extent = kUnknownExtent;
    (void)std::from_chars(text.data(), text.data() + end, extent);
    tensor.dims[tensor.rank++] = extent;
    tensor.element_count *= extent;
    text.remove_prefix(end + 1);
  }
  const size_t digits = text.find_first_of("0123456789");
  uint8_t bits = 0;
  if (digits == text.npos) return {};
  (void)std::from_chars(text.data() + digits, text.data() + text.size(), bits);
  const auto code = text.starts_with("bf")  ? wire::TypeCode::kBfloat
                    : text.starts_with("f") ? wire::TypeCode::kFloat
                    : text.starts_with("u") ? wire::TypeCode::kUint
                                            : wire::TypeCode::kInt;
  tensor.type = {code, bits};
  return tensor;
}

Bytes Inputs(const wire::IoSpec& spec, uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes;
  for (uint32_t i = 0; i < spec.input_count; ++i) {
    const wire::TensorSpec& tensor = spec.inputs[i];
    for (uint32_t element = 0; element < tensor.element_count; ++element) {
      // Small whole numbers: loops over them end, and they are indices that exist.
      std::array<uint8_t, 8> value = {static_cast<uint8_t>(1 + random() % 2)};
      if (tensor.type.code == wire::TypeCode::kFloat && tensor.type.bits == 32) {
        const auto number = std::uniform_real_distribution<float>(0.1f, 2.0f)(random);
        std::memcpy(value.data(), &number, sizeof(number));
      }
      bytes.insert(bytes.end(), value.begin(), value.begin() + tensor.type.bytes());
    }
  }
  return bytes;
}

// The answer, or why there is none: a model may refuse an argument, on both devices.
Bytes Call(bench::Session& session, const wire::IoSpec& spec, uint32_t seed) {
  const auto failed = [](const std::string& text) { return Bytes(text.begin(), text.end()); };
  if (spec.input_count > 0) {
    if (auto done = session.Request(kData, Inputs(spec, seed)); !done) return failed(done.error());
  }
  if (auto done = session.Request(kProcess); !done) return failed(done.error());
  if (auto done = session.Request(kOutput); !done) return failed(done.error());
  return {session.answer().begin(), session.answer().end()};
}

Result<std::string> Compare(std::span<char* const> arguments) {
  const auto firmware = bench::ReadFile(arguments[0]);
  const auto model = bench::ReadFile(arguments[1]);
  if (!firmware) return std::unexpected(firmware.error());
  if (!model) return std::unexpected(model.error());
  wire::IoSpec spec;
  spec.output_count = 1;
  spec.outputs[0] = *Parse("1xf32");  // the device sends whatever the module gives
  std::string_view list = arguments.size() > 3 ? arguments[3] : "";
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    const auto tensor = Parse(list.substr(0, end));
    if (!tensor) return std::unexpected(fmt::format("no tensor: {}", list.substr(0, end)));
    spec.inputs[spec.input_count++] = *tensor;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  Bytes encoded(wire::kMaxIoSpecBytes);
  if (!spec.entry_function.Assign(arguments[2])) return std::unexpected("the name is too long");
  const auto size = wire::EncodeIoSpec(wire::Generation::kLegacy, spec, encoded);
  if (!size) return std::unexpected("the specification cannot be encoded");
  encoded.resize(*size);

  const sim::MachineConfig config;
  bench::Session in_a_row(config);
  bench::Session alone(config);
  for (bench::Session* session : {&in_a_row, &alone}) {
    if (auto done = session->Start(*firmware); !done) return std::unexpected(done.error());
    if (auto done = session->Request(kIoSpec, encoded); !done) return std::unexpected(done.error());
    if (auto done = session->Request(kModel, *model); !done) return std::unexpected(done.error());
  }
  std::array<uint64_t, kSeeds.size()> instructions = {};
  for (size_t i = 0; i < kSeeds.size(); ++i) {
    if (i > 0) {
      if (auto done = alone.Request(kIoSpec, encoded); !done) return std::unexpected(done.error());
      if (auto done = alone.Request(kModel); !done) return std::unexpected(done.error());
    }
    const uint64_t before = in_a_row.machine().instructions();
    const Bytes first = Call(in_a_row, spec, kSeeds[i]);
    instructions[i] = in_a_row.machine().instructions() - before;
    if (first != Call(alone, spec, kSeeds[i])) return fmt::format("call {} differs", i + 1);
  }
  return fmt::format("same {} {}", instructions.front(), instructions.back());
}

}  // namespace

int main(int argc, char** argv) {
  Result<std::string> found =
      std::unexpected("usage: next-calls FIRMWARE MODEL FUNCTION [TENSOR,...]");
  if (argc == 4 || argc == 5) found = Compare({argv + 1, static_cast<size_t>(argc - 1)});
  if (!found) {
    fmt::print(stderr, "next-calls: {}\n", found.error());
    return 2;
  }
  fmt::print("{}\n", *found);
  return found->starts_with("same") ? 0 : 1;
}
