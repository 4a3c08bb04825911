// SPDX-License-Identifier: Apache-2.0

// Sessions of the real client with the real firmware on the simulated core, over a line that spoils
// bytes (faulty_device.h). Each session sends a module, runs it three times and reads statistics.
// It must end with the right answers or with an error that says what happened, in bounded time; and
// the device, never reset, must serve a session on a quiet line right after it, on any of the
// wires.
//
//   line-campaign --firmware F.elf --module M.vmfb --input X.npy --expected Y.npy
//                 [--wire legacy|header8|header12] [--sessions 1000] [--rate 1e-4] [--seed 1]
//
// The legacy wire has no checksum: a flipped byte of a payload cannot be noticed there, and answers
// that are wrong for that reason are counted, not failed. On the others wrong answers fail; so does
// more than one model in 200 that was spoilt and accepted (their checksum is an XOR of bytes, which
// two flips or a doubled zero can pass). Exit code 1 for anything else.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>

#include "base/try.h"
#include "host/device/simulated_device.h"
#include "host/input/npy.h"
#include "host/input/read_file.h"
#include "host/session/module_call.h"
#include "tests/line/faulty_device.h"
#include "wire/message.h"

namespace {

constexpr int kRuns = 3;
constexpr size_t kMaxModuleBytes = size_t{16} << 20;
// Every wait of a session at its limit, each request as often as it may be repeated.
constexpr double kLongestSessionSeconds = 12 * 4 * host::kDefaultAnswerLimitSeconds;

struct Plan {
  std::string firmware;
  std::string module_path;
  std::string input_path;
  std::string expected_path;
  std::string function = "main";
  std::string wire;
  int sessions = 1000;
  double rate = 1e-4;
  uint64_t seed = 1;

  std::vector<uint8_t> module;
  host::Tensor input;
  host::Tensor expected;
};

enum class Ending { kRight, kWrong, kError };

struct Outcome {
  Ending ending = Ending::kRight;
  std::string sentence;  // of an error
  double seconds = 0;    // on the device's clock
};

// How a session gets its module.
enum class Upload { kWhole, kKeep };

host::Result<bool> Converse(const Plan& plan, host::Connection& connection, Upload upload) {
  TRY(connection.Open());
  bool right = true;
  for (int run = 0; run < kRuns; ++run) {
    host::ModuleCall call{.function = plan.function, .inputs = {plan.input}, .results = {}};
    call.results.push_back({.type = plan.expected.type, .dims = plan.expected.dims});
    const bool whole = run == 0 && upload == Upload::kWhole;
    const std::vector<host::Tensor> results =
        TRY(host::CallModule(connection, call, whole ? base::Bytes(plan.module) : base::Bytes()));
    right = right && results.size() == 1 && results[0].bytes == plan.expected.bytes;
  }
  TRY(connection.ReceiveStatistics());
  TRY(connection.Close());
  return right;
}

Outcome RunSession(const Plan& plan, line::FaultyDevice& device, wire::Generation generation,
                   Upload upload, host::Log& log) {
  const double start = device.ClockSeconds();
  host::Connection connection(device, {.generation = generation}, log);
  Outcome outcome;
  const host::Result<bool> right = Converse(plan, connection, upload);
  outcome.seconds = device.ClockSeconds() - start;
  if (!right) {
    outcome.ending = Ending::kError;
    outcome.sentence = right.error().place + ": " + right.error().sentence;
  } else {
    outcome.ending = *right ? Ending::kRight : Ending::kWrong;
  }
  return outcome;
}

// 250 ms without traffic: what a client that starts anew leaves at least.
void LetTheLineRest(line::FaultyDevice& device) {
  std::array<uint8_t, 4096> chunk;
  for (int i = 0; i < 1000; ++i) {
    const auto size = device.Read(chunk, 0.25);
    if (!size || *size == 0) return;
  }
}

class Campaign {
 public:
  Campaign(const Plan& plan, line::FaultyDevice& device, host::Log& log)
      : plan_(plan), device_(device), log_(log) {}

  // Returns the number of faults found.
  int Run(wire::Generation generation) {
    const auto wall = std::chrono::steady_clock::now();
    const uint64_t bytes = device_.bytes();
    const auto injected = device_.injected();
    int slipped = 0;  // through a checksum that is an XOR of bytes: two flips, a doubled zero
    int right = 0, wrong = 0, errors = 0, spoilt_models = 0, faults = 0;
    double longest = 0;
    std::map<std::string, int> sentences;
    const Outcome first = RunSession(plan_, device_, generation, Upload::kWhole, log_);
    if (first.ending != Ending::kRight) faults += Fault(-1, "not even on a quiet line", first);
    for (int i = 0; i < plan_.sessions; ++i) {
      const uint64_t before = device_.injected_total();
      device_.set_faults(true);
      const Outcome outcome = RunSession(plan_, device_, generation, Upload::kWhole, log_);
      device_.set_faults(false);
      longest = std::max(longest, outcome.seconds);
      const bool spoilt = device_.injected_total() != before;
      switch (outcome.ending) {
        case Ending::kRight:
          ++right;
          break;
        case Ending::kWrong:
          ++wrong;
          if (!spoilt || generation != wire::Generation::kLegacy) {
            faults += Fault(i, "wrong answers", outcome);
          }
          break;
        case Ending::kError:
          ++errors;
          ++sentences[outcome.sentence];
          if (!spoilt) faults += Fault(i, "an error on a quiet line", outcome);
          break;
      }
      if (outcome.seconds > kLongestSessionSeconds) faults += Fault(i, "took too long", outcome);
      if (!spoilt) continue;
      LetTheLineRest(device_);
      const auto next =
          static_cast<wire::Generation>(static_cast<size_t>(i) % wire::kGenerationCount);
      const Outcome kept = RunSession(plan_, device_, next, Upload::kKeep, log_);
      const bool accepted = outcome.sentence.find("MODEL") == std::string::npos;
      if (kept.ending != Ending::kRight && accepted &&
          (generation == wire::Generation::kLegacy || ++slipped <= plan_.sessions / 200 + 1)) {
        ++spoilt_models;
      } else if (kept.ending != Ending::kRight) {
        faults += Fault(i, "the loaded model did not survive", kept);
      }
      const Outcome fresh = RunSession(plan_, device_, next, Upload::kWhole, log_);
      if (fresh.ending != Ending::kRight) faults += Fault(i, "no session after it", fresh);
    }
    const double wall_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count();
    fmt::print(
        "{}: {} sessions, {} bytes, faults: {} lost, {} doubled, {} flipped, {} delayed; "
        "{} right, {} ended with an error, {} wrong",
        wire::GenerationName(generation), plan_.sessions, device_.bytes() - bytes,
        device_.injected()[0] - injected[0], device_.injected()[1] - injected[1],
        device_.injected()[2] - injected[2], device_.injected()[3] - injected[3], right, errors,
        wrong);
    fmt::print(", {} models spoilt unnoticed; longest {:.1f} s on the device's clock; {:.1f} s\n",
               spoilt_models, longest, wall_s);
    for (const auto& [sentence, count] : sentences) fmt::print("  {:5} x {}\n", count, sentence);
    return faults;
  }

 private:
  int Fault(int session, std::string_view what, const Outcome& outcome) {
    fmt::print("  FAILED session {}: {} {}\n", session, what, outcome.sentence);
    return 1;
  }

  const Plan& plan_;
  line::FaultyDevice& device_;
  host::Log& log_;
};

host::Result<int> Main(Plan& plan) {
  plan.module = TRY(host::ReadFile(plan.module_path, kMaxModuleBytes, "the module"));
  plan.input = TRY(host::ReadNpy(plan.input_path));
  plan.expected = TRY(host::ReadNpy(plan.expected_path));
  host::Log log(host::LogLevel::kCritical);
  const auto device = TRY(host::MakeSimulatedDevice({.firmware = plan.firmware}, log, {}));
  TRY(device->Start("Inference server started", 10));
  line::FaultyDevice faulty(*device, plan.rate, plan.seed);
  Campaign campaign(plan, faulty, log);
  int faults = 0;
  for (size_t i = 0; i < wire::kGenerationCount; ++i) {
    const auto generation = static_cast<wire::Generation>(i);
    if (!plan.wire.empty() && plan.wire != wire::GenerationName(generation)) continue;
    faults += campaign.Run(generation);
  }
  return faults;
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  CLI::App app("Sessions over a line that loses, doubles, flips and delays bytes");
  app.add_option("--firmware", plan.firmware)->required();
  app.add_option("--module", plan.module_path)->required();
  app.add_option("--input", plan.input_path)->required();
  app.add_option("--expected", plan.expected_path)->required();
  app.add_option("--function", plan.function);
  app.add_option("--wire", plan.wire)->check(CLI::IsMember({"legacy", "header8", "header12"}));
  app.add_option("--sessions", plan.sessions, "of each wire (1000)");
  app.add_option("--rate", plan.rate, "faults per byte (1e-4)");
  app.add_option("--seed", plan.seed);
  CLI11_PARSE(app, argc, argv);
  const host::Result<int> faults = Main(plan);
  if (!faults) {
    fmt::print(stderr, "line-campaign: {}\n", faults.error().Format());
    return 2;
  }
  return *faults == 0 ? 0 : 1;
}
