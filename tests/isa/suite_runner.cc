// SPDX-License-Identifier: Apache-2.0

// Runs one program of a public suite that lies outside the tree and judges it; the run_*.py beside
// this file build the programs. Memory at 0x8000'0000; a program ends by storing to the word at the
// symbol `tohost`: 1 passed, (n << 1) | 1 test n failed.
//
//   isa-suite-runner [options] ELF
//     --vlen N              128, 256, 512 (default) or 1024
//     --allow-misaligned    misaligned data accesses are done, not trapped
//     --engine NAME         both (default): translated at once and interpreted, compared slice by
//     slice
//                           (engine_pair.h); translator (hot blocks); interpreter
//     --signature FILE      writes the words [begin_signature, end_signature), a line each
//     --markers FILE        riscv-vector-tests before self-checking: at each custom-0 word compares
//                           the registers that it names with FILE, what the suite's patched Spike
//                           printed there
//
// Exit code 0 passed, 1 failed, 2 wrong usage; the last line says why.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <expected>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "board/springbok/memory_map.h"
#include "sim/isa/disassembler.h"
#include "sim/isa/encoder.h"
#include "sim/machine/machine.h"
#include "tests/isa/engine_pair.h"

namespace {

constexpr uint32_t kRamBase = 0x8000'0000;
constexpr uint32_t kRamSize = 16u << 20;
constexpr uint64_t kSlice = 10'000;
constexpr uint64_t kLimit = 50'000'000;
constexpr uint32_t kOpcodeMask = 0x7f, kCustom0 = 0x0b;
constexpr size_t kMaxReported = 5;

struct Options {
  uint32_t vlen = 512;
  bool allow_misaligned = false;
  std::string engine = "both";
  std::string signature;
  std::string markers;
  std::string image;
};

// What the patched Spike printed: for each marker the 32-bit words of its registers, then vxsat if
// the marker asks for it. A line that ends a marker holds "---"; others hold one value as 0x….
std::vector<std::vector<uint32_t>> ReadMarkers(const std::string& path) {
  std::vector<std::vector<uint32_t>> markers(1);
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("---")) {
      markers.emplace_back();
    } else if (const size_t hex = line.find("0x"); hex != std::string::npos) {
      markers.back().push_back(
          static_cast<uint32_t>(std::strtoul(line.c_str() + hex, nullptr, 16)));
    }
  }
  markers.pop_back();
  return markers;
}

class SuiteRun {
 public:
  explicit SuiteRun(const Options& options) : options_(options) {
    const sim::MachineConfig config{
        .engine =
            options.engine == "interpreter" ? sim::Engine::kInterpreter : sim::Engine::kTranslator,
        .core = {.vlen_bits = options.vlen},
        .misaligned =
            options.allow_misaligned ? sim::MisalignedPolicy::kAllow : sim::MisalignedPolicy::kTrap,
        .unmapped = sim::UnmappedPolicy::kFault,
        .extra_memories = {{"ram", kRamBase, kRamSize}}};
    if (options.engine == "both") {
      pair_.emplace(config);
    } else {
      alone_.emplace(config);
    }
  }

  // Empty: passed; otherwise what went wrong.
  std::string Run();
  [[nodiscard]] size_t markers_compared() const { return marker_; }

 private:
  // The one that is judged.
  sim::Machine& machine() { return pair_ ? pair_->machine() : *alone_; }
  template <typename Action>
  void OnEach(const Action& action) {
    pair_ ? pair_->Both(action) : action(*alone_);
  }
  [[nodiscard]] std::string RunToTheEnd();
  // Each custom-0 word of the suite becomes a `hostreq`, at which the machine stops.
  void ReplaceMarkers();
  void Resume();
  // Compares at the marker before `pc`.
  void CompareMarker(uint32_t pc);
  [[nodiscard]] uint32_t WordAt(uint32_t address) {
    return base::LoadLe<uint32_t>(machine().bus().Ram(address, 4));
  }
  [[nodiscard]] std::string InstructionBefore(uint32_t pc);
  [[nodiscard]] std::string WriteSignature();

  const Options& options_;
  std::optional<isa::EnginePair> pair_;
  std::optional<sim::Machine> alone_;
  std::map<std::string, uint32_t> symbols_;
  std::map<uint32_t, uint32_t> marker_words_;  // by address
  std::vector<std::vector<uint32_t>> expected_;
  size_t marker_ = 0;
  std::vector<std::string> differences_;
  size_t difference_count_ = 0;
};

// What the host does when it has served a `hostreq`: CONTROL := 0 lets the core go on.
void SuiteRun::Resume() {
  constexpr uint32_t kControl = board::springbok::kCONTROL_BLOCK_BASE + 0x0C;
  OnEach([](sim::Machine& machine) {
    sim::Trap trap{};
    (void)machine.bus().Store(kControl, 4, 0, &trap);
  });
}

void SuiteRun::ReplaceMarkers() {
  expected_ = ReadMarkers(options_.markers);
  if (expected_.empty()) return;  // a program that checks itself; its code holds data, too
  const uint32_t hostreq = sim::Encode(sim::Op::kHostreq, {});
  // The linker script puts tohost between code and data.
  for (uint32_t address = kRamBase; address < symbols_["tohost"]; address += 4) {
    const uint32_t word = WordAt(address);
    if ((word & kOpcodeMask) != kCustom0) continue;
    marker_words_[address] = word;
    OnEach([&](sim::Machine& machine) { base::StoreLe(machine.bus().Ram(address, 4), hostreq); });
  }
  OnEach([](sim::Machine& machine) { machine.DropDecodedCode(); });
}

// The last vector instruction but the stores and configurations that carry its result out.
std::string SuiteRun::InstructionBefore(uint32_t pc) {
  for (uint32_t address = pc - 8; address > pc - 400 && address > kRamBase; address -= 4) {
    const sim::DecodedInsn insn = sim::Decode(WordAt(address), address);
    if (insn.op == sim::Op::kIllegal || sim::Info(insn.op).extension != sim::Extension::kV)
      continue;
    const std::string_view name = sim::Info(insn.op).mnemonic;
    if (name.starts_with("vset") || name.starts_with("vse")) continue;
    return fmt::format("0x{:08x}: {}", address, sim::Disassemble(insn.word, address));
  }
  return "?";
}

// The word's rs1 field is the first register; rs2 holds their number and, in bit 0, whether vxsat
// follows.
void SuiteRun::CompareMarker(uint32_t pc) {
  const sim::DecodedInsn marker = sim::Decode(marker_words_[pc - 4], pc - 4);
  const sim::VectorState& v = machine().hart().v;
  std::vector<uint32_t> ours;
  for (uint32_t reg = marker.rs1; reg < marker.rs1 + (marker.rs2 >> 1u); ++reg) {
    for (uint32_t byte = 0; byte < v.vlen_bytes; byte += 4) {
      ours.push_back(base::LoadLe<uint32_t>(v.Reg(reg % 32) + byte));
    }
  }
  if ((marker.rs2 & 1) != 0) ours.push_back(v.vxsat);
  const size_t index = marker_++;
  if (index >= expected_.size() || ours == expected_[index]) return;
  if (++difference_count_ > kMaxReported) return;
  std::string text = fmt::format("marker {}, {}", index, InstructionBefore(pc));
  const std::vector<uint32_t>& spike = expected_[index];
  for (size_t i = 0; i < std::max(ours.size(), spike.size()); ++i) {
    if (i < ours.size() && i < spike.size() && ours[i] == spike[i]) continue;
    text += fmt::format("; v{} word {}: ours {}, Spike {}", marker.rs1 + i / (v.vlen_bytes / 4),
                        i % (v.vlen_bytes / 4),
                        i < ours.size() ? fmt::format("0x{:x}", ours[i]) : "nothing",
                        i < spike.size() ? fmt::format("0x{:x}", spike[i]) : "nothing");
    break;
  }
  differences_.push_back(text);
}

std::string SuiteRun::WriteSignature() {
  if (!symbols_.contains("begin_signature") || !symbols_.contains("end_signature")) {
    return "the image has no symbols begin_signature and end_signature";
  }
  std::ofstream file(options_.signature);
  for (uint32_t a = symbols_["begin_signature"]; a < symbols_["end_signature"]; a += 4) {
    file << fmt::format("{:08x}\n", WordAt(a));
  }
  return file ? "" : "cannot write " + options_.signature;
}

std::string SuiteRun::Run() {
  std::ifstream file(options_.image, std::ios::binary);
  const std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(file)), {});
  std::expected<sim::LoadedElf, sim::ElfError> loaded;
  OnEach([&](sim::Machine& machine) { loaded = machine.LoadElf(bytes); });
  if (!loaded) return loaded.error().sentence;
  for (const sim::ElfSymbol& symbol : loaded->symbols) symbols_[symbol.name] = symbol.address;
  if (machine().bus().Ram(symbols_["tohost"], 4) == nullptr)
    return "the image has no symbol tohost";
  if (!options_.markers.empty()) ReplaceMarkers();
  OnEach([&](sim::Machine& machine) { machine.BootAt(loaded->entry); });
  const std::string problem = RunToTheEnd();
  const std::string difference = pair_ ? pair_->Difference() : "";
  return difference.empty() ? problem : difference;
}

std::string SuiteRun::RunToTheEnd() {
  while (machine().instructions() < kLimit) {
    const sim::RunLimits slice{.max_instructions = kSlice};
    const sim::Halt halt = pair_ ? pair_->Run(slice) : alone_->Run(slice);
    if (halt.instructions == 0) return "the machine makes no progress";
    if (halt.reason == sim::HaltReason::kHostRequest && marker_words_.contains(halt.pc - 4)) {
      CompareMarker(halt.pc);
      Resume();
      continue;
    }
    const uint32_t word = WordAt(symbols_["tohost"]);
    if (word == 1) break;
    if (word != 0) return fmt::format("test {} failed", word >> 1);
    if (halt.reason != sim::HaltReason::kInstructionLimit) {
      return fmt::format("stopped at 0x{:08x}: {}", halt.pc, sim::Name(halt.reason));
    }
  }
  if (machine().instructions() >= kLimit) return "no result after the instruction limit";
  if (!options_.signature.empty()) return WriteSignature();
  if (!options_.markers.empty() && marker_ != expected_.size()) {
    return fmt::format("reached {} markers, Spike {}", marker_, expected_.size());
  }
  if (difference_count_ == 0) return {};
  std::string text = fmt::format("{} markers differ", difference_count_);
  for (const std::string& difference : differences_) text += "\n  " + difference;
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Runs one program of a public RISC-V suite on the simulator and judges it."};
  app.add_option("--vlen", options.vlen, "bits of a vector register")
      ->check(CLI::IsMember({128, 256, 512, 1024}));
  app.add_flag("--allow-misaligned", options.allow_misaligned);
  app.add_option("--engine", options.engine, "what runs it")
      ->check(CLI::IsMember({"both", "translator", "interpreter"}));
  app.add_option("--signature", options.signature, "where to write the signature");
  app.add_option("--markers", options.markers, "what Spike printed at the markers");
  app.add_option("image", options.image)->required()->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  SuiteRun run(options);
  const std::string problem = run.Run();
  const std::string markers =
      options.markers.empty() ? "" : fmt::format(" {} markers", run.markers_compared());
  fmt::print("{} {}{}{}{}\n", problem.empty() ? "pass" : "FAIL", options.image, markers,
             problem.empty() ? "" : ": ", problem);
  return problem.empty() ? 0 : 1;
}
