// SPDX-License-Identifier: Apache-2.0
// One inference of a model on a pair of machines that must agree every few instructions
// (engine_pair.h): the firmware boots, receives and loads the model, infers, answers.
//
//   engine-pair-session FIRMWARE MODEL INPUT IN_TENSOR OUT_TENSOR   INPUT holds raw tensor bytes, a
//                                                   tensor is written like 1x128x3x1xf32
//
// Exit code 0: they agree; 1: they differ, or the device did not answer; 2: wrong usage.
#include <fmt/format.h>

#include <string>

#include "bench/session.h"
#include "tests/isa/engine_pair.h"

namespace isa {
namespace {

using bench::Bytes;
using bench::Result;

constexpr uint64_t kLimit = 200'000'000;

Result<Bytes> Answer(EnginePair& pair) {
  const sim::Halt halt = pair.Run({.max_instructions = kLimit});
  std::vector<Bytes> received;
  pair.Both([&](sim::Machine& machine) { received.push_back(machine.ReadUart()); });
  if (!pair.Difference().empty()) return std::unexpected(pair.Difference());
  if (received[0] != received[1]) return std::unexpected("the bytes on the UART differ");
  if (received[0].empty()) return std::unexpected(std::string(Name(halt.reason)));
  return received[0];
}

Result<uint64_t> Infer(char** arguments) {
  const auto firmware = bench::ReadFile(arguments[0]);
  const auto model = bench::ReadFile(arguments[1]);
  const auto input = bench::ReadFile(arguments[2]);
  for (const auto* file : {&firmware, &model, &input}) {
    if (!*file) return std::unexpected(file->error());
  }
  const auto spec = bench::EncodedIoSpec(arguments[3], arguments[4]);
  if (!spec) return std::unexpected(spec.error());
  EnginePair pair({});
  bool loaded = true;
  pair.Both([&](sim::Machine& machine) {
    loaded = loaded && machine.LoadElf(*firmware).has_value();
    machine.Boot();
  });
  if (!loaded) return std::unexpected("the firmware cannot be loaded");
  (void)pair.Run({.max_instructions = kLimit});
  Bytes answer(1u << 20);
  wire::Client client({}, answer);
  const auto request = [&](wire::MessageType type, const Bytes& payload) {
    return bench::Exchange(
        client, type, payload,
        [&](base::Bytes bytes) {
          pair.Both([&](sim::Machine& machine) { machine.WriteUart(bytes); });
        },
        [&] { return Answer(pair); });
  };
  using enum wire::MessageType;
  const std::pair<wire::MessageType, Bytes> requests[] = {
      {kIoSpec, *spec}, {kModel, *model}, {kData, *input}, {kProcess, {}}, {kOutput, {}}};
  for (const auto& [type, payload] : requests) {
    if (auto done = request(type, payload); !done) return std::unexpected(done.error());
  }
  return pair.comparisons();
}

}  // namespace
}  // namespace isa

int main(int argc, char** argv) {
  if (argc != 6) {
    fmt::print(stderr, "usage: engine-pair-session FIRMWARE MODEL INPUT IN_TENSOR OUT_TENSOR\n");
    return 2;
  }
  const auto comparisons = isa::Infer(argv + 1);
  if (!comparisons) {
    fmt::print(stderr, "engine-pair-session: {}\n", comparisons.error());
    return 1;
  }
  fmt::print("{} comparisons agree\n", *comparisons);
  return 0;
}
