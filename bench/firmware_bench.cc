// SPDX-License-Identifier: Apache-2.0

// What the firmware itself costs, for one model: instructions of loading, of an inference outside
// the kernels and per kernel, of a received byte on each wire; memory; stack. Everything is counted
// on the simulator and exact. Prints one JSON object.
//
//   firmware_bench FIRMWARE.elf MODEL.vmfb INPUT.raw 1x128x3x1xf32 1x4xf32 [stack|functions]
//
// "stack" runs instruction by instruction to see the deepest stack outside kernels (small models).
// "functions" prints instead which functions of the image the instructions of one inference, and of
// one upload on each wire, are in.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/session.h"
#include "wire/statistics.h"

namespace bench {
namespace {

constexpr uint32_t kCodeEnd = 0x3300'0000;  // firmware lies below, kernels in data memory above

// Instructions of a function and all it called; the names are those of the image's symbols.
uint64_t Inclusive(const sim::CodeProfile& profile, std::string_view name) {
  uint64_t most = 0;
  for (const sim::FunctionCount& count : profile.functions) {
    if (count.function.name.find(name) != std::string::npos) {
      most = std::max(most, count.inclusive);
    }
  }
  return most;
}

// Zeroed data and stack.
uint64_t StaticBytes(const sim::LoadedElf& image) {
  const auto address = [&](std::string_view name) -> uint64_t {
    const auto symbol = std::ranges::find(image.symbols, name, &sim::ElfSymbol::name);
    return symbol == image.symbols.end() ? 0 : symbol->address;
  };
  return address("bss_end") - address("bss_begin") + address("stack_end") - address("stack_begin");
}

// Instructions by function that `after` has more than `before`; kernels lie behind kCodeEnd.
std::string Functions(const sim::CodeProfile& before, const sim::CodeProfile& after) {
  std::map<std::string, uint64_t> counts;
  for (const sim::FunctionCount& count : after.functions) {
    if (count.function.address < kCodeEnd) counts[count.function.name] += count.instructions;
  }
  for (const sim::FunctionCount& count : before.functions) {
    if (count.function.address < kCodeEnd) counts[count.function.name] -= count.instructions;
  }
  std::vector<std::pair<uint64_t, std::string>> rows;
  for (const auto& [name, count] : counts) {
    if (count != 0) rows.emplace_back(count, name);
  }
  std::ranges::sort(rows, std::greater());
  std::string text;
  for (const auto& [count, name] : rows) text += fmt::format("{:>10}  {}\n", count, name);
  return text;
}

struct Upload {
  double per_byte = 0;  // of payload, from its first byte to the begin of loading
  std::string functions;
};

// All that the device runs while it receives the model, except for loading it.
Result<Upload> MeasureUpload(const Bytes& firmware, const Bytes& model, const char* input,
                             const char* output, wire::Generation generation) {
  using enum wire::MessageType;
  const auto spec = EncodedIoSpec(input, output, generation);
  if (!spec) return std::unexpected(spec.error());
  sim::MachineConfig config;
  config.log_level = sim::LogLevel::kNoisy;  // announcements
  Session session(config, generation);
  if (auto done = session.Start(firmware); !done) return std::unexpected(done.error());
  if (generation != wire::Generation::kLegacy) {
    if (auto done = session.Request(kPing); !done) return std::unexpected(done.error());
  }
  if (auto done = session.Request(kIoSpec, *spec); !done) return std::unexpected(done.error());
  const sim::CodeProfile before = session.machine().TakeCodeProfile();
  const uint64_t start = session.machine().instructions();
  if (auto done = session.Request(kModel, model); !done) return std::unexpected(done.error());
  const uint64_t total = session.machine().instructions() - start;
  const sim::Profile profile = session.machine().TakeProfile();
  if (profile.spans.size() != 1) return std::unexpected("no announcements");
  return Upload{static_cast<double>(total - profile.spans[0].instructions) /
                    static_cast<double>(model.size()),
                Functions(before, session.machine().TakeCodeProfile())};
}

Result<std::string> Measure(std::span<char* const> arguments) {
  const auto firmware = ReadFile(arguments[0]);
  const auto model = ReadFile(arguments[1]);
  const auto input = ReadFile(arguments[2]);
  const auto spec = EncodedIoSpec(arguments[3], arguments[4]);
  if (!firmware) return std::unexpected(firmware.error());
  if (!model) return std::unexpected(model.error());
  if (!input) return std::unexpected(input.error());
  if (!spec) return std::unexpected(spec.error());
  const std::string_view option = arguments.size() > 5 ? arguments[5] : "";
  const bool watches_stack = option == "stack";
  std::array<Upload, wire::kGenerationCount> uploads;
  for (size_t i = 0; i < uploads.size(); ++i) {
    auto upload = MeasureUpload(*firmware, *model, arguments[3], arguments[4],
                                static_cast<wire::Generation>(i));
    if (!upload) return std::unexpected(upload.error());
    uploads[i] = *std::move(upload);
  }

  sim::MachineConfig config;
  config.log_level = sim::LogLevel::kNoisy;  // announcements
  config.call_graph = true;
  Session session(config);
  if (auto done = session.Start(*firmware); !done) return std::unexpected(done.error());
  // Of a device that waits for a request: every request starts from here.
  uint32_t stack_base = session.machine().hart().x[2];
  uint32_t stack_lowest = stack_base;
  if (watches_stack) {
    session.set_watch([&](sim::Hart& hart) {
      if (hart.pc >= kCodeEnd) return;
      stack_lowest = std::min(stack_lowest, hart.x[2]);
      stack_base = std::max(stack_base, hart.x[2]);
    });
  }
  using enum wire::MessageType;
  if (auto done = session.Request(kIoSpec, *spec); !done) return std::unexpected(done.error());
  if (auto done = session.Request(kModel, *model); !done) return std::unexpected(done.error());
  const sim::CodeProfile loading = session.machine().TakeCodeProfile();
  // The inference that is measured follows one on other data, as in a run over a data set.
  const Bytes zeroes(input->size());
  for (auto done :
       {session.Request(kData, *input), session.Request(kProcess), session.Request(kOutput)}) {
    if (!done) return std::unexpected(done.error());
  }
  const Bytes answer(session.answer().begin(), session.answer().end());
  for (auto done : {session.Request(kData, zeroes), session.Request(kProcess),
                    session.Request(kData, *input)}) {
    if (!done) return std::unexpected(done.error());
  }
  const sim::CodeProfile before = session.machine().TakeCodeProfile();
  if (auto done = session.Request(kProcess); !done) return std::unexpected(done.error());
  if (option == "functions") {
    std::string text = fmt::format("one inference, with its request and answer:\n{}",
                                   Functions(before, session.machine().TakeCodeProfile()));
    for (size_t i = 0; i < uploads.size(); ++i) {
      text +=
          fmt::format("upload and load, {} wire:\n{}",
                      wire::GenerationName(static_cast<wire::Generation>(i)), uploads[i].functions);
    }
    return text;
  }
  if (auto done = session.Request(kOutput); !done) return std::unexpected(done.error());
  if (!std::ranges::equal(answer, session.answer())) {
    return std::unexpected("the same input has another answer");
  }
  if (auto done = session.Request(kStats); !done) return std::unexpected(done.error());
  std::array<uint32_t, 6> memory = {};
  if (session.answer().size() != sizeof(memory)) return std::unexpected("no statistics");
  std::memcpy(memory.data(), session.answer().data(), sizeof(memory));

  const sim::Profile profile = session.machine().TakeProfile();
  const sim::Span* load = nullptr;
  const sim::Span* inference = nullptr;
  const sim::Span* first = nullptr;
  for (const sim::Span& span : profile.spans) {
    (span.name == "model_load" ? load : inference) = &span;
    if (first == nullptr) first = inference;
  }
  if (load == nullptr || inference == nullptr) return std::unexpected("no announcements");
  // Images as they were announced; static data and stack as the image's symbols say.
  uint64_t image_bytes = 0;
  uint32_t image_start = 0;
  for (const sim::LogLine& line : session.machine().TakeLog()) {
    if (line.message == "kernel.image") image_start = line.number;
    if (line.message == "kernel.limit") image_bytes += line.number - image_start;
  }
  const uint64_t static_bytes = StaticBytes(session.image());
  if (static_bytes == 0) return std::unexpected("the image has no symbols");
  std::string kernels;
  for (const sim::KernelDelta& delta : inference->kernels) {
    kernels += fmt::format("{}{{\"name\": \"{}\", \"calls\": {}, \"instructions\": {}}}",
                           kernels.empty() ? "" : ", ", profile.kernels[delta.kernel].name,
                           delta.calls, delta.instructions);
  }
  return fmt::format(
      "{{\"load\": {}, \"verify\": {}, \"place\": {}, "
      "\"receive_legacy\": {:.3f}, \"receive_header8\": {:.3f}, \"receive_header12\": {:.3f}, "
      "\"inference\": {}, \"in_kernels\": {}, \"outside\": {}, "
      "\"first_outside\": {}, \"stack_bytes\": {}, "
      "\"model_bytes\": {}, \"host_bytes_peak\": {}, \"device_bytes_peak\": {}, "
      "\"kernel_image_bytes\": {}, \"static_bytes\": {}, "
      "\"kernels\": [{}]}}",
      load->instructions, Inclusive(loading, "Translator::Translate"),
      Inclusive(loading, "hal::ExecutableCreate"), uploads[0].per_byte, uploads[1].per_byte,
      uploads[2].per_byte, inference->instructions, inference->kernel_instructions,
      inference->instructions - inference->kernel_instructions,
      first->instructions - first->kernel_instructions,
      watches_stack ? stack_base - stack_lowest : 0, model->size(), memory[0], memory[3],
      image_bytes, static_bytes, kernels);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Result<std::string> json = std::unexpected(
      "usage: firmware_bench FIRMWARE MODEL INPUT IN_TENSOR OUT_TENSOR [stack|functions]");
  if (argc == 6 || argc == 7) {
    json = bench::Measure({argv + 1, static_cast<size_t>(argc - 1)});
  }
  if (!json) {
    fmt::print(stderr, "firmware_bench: {}\n", json.error());
    return 1;
  }
  fmt::print("{}\n", *json);
  return 0;
}
