// SPDX-License-Identifier: Apache-2.0

#include <cstring>
#include <memory>

#include "sim/hart/bus.h"
#include "sim/hart/hart.h"
#include "sim/hart/interpreter.h"
#include "sim/translate/translator.h"
#include "sim/vector/vector.h"
#include "tests/isa/qemu_compare/runners.h"

namespace qemu_compare {
namespace {

constexpr uint64_t kInstructionLimit = uint64_t{1} << 36;
constexpr uint32_t kA0 = 10, kA1 = 11, kA2 = 12, kA7 = 17;

uint32_t RoundUpToLine(size_t bytes) {
  constexpr uint32_t kLine = 1u << sim::Memory::kCodeLineShift;
  return (static_cast<uint32_t>(bytes) + kLine - 1) / kLine * kLine;
}

// The few Linux system calls of the guest program.
class LinuxCalls : public sim::Environment {
 public:
  void Simprint(sim::Hart&, uint32_t, sim::GuestAddr, uint32_t) override {}
  void HostRequest(sim::Hart&) override {}
  void Finish(sim::Hart&) override {}
  void UnknownCustom(sim::Hart&, uint32_t) override {}
  void WaitForInterrupt(sim::Hart&) override {}
  uint64_t TimeTicks(uint64_t) override { return 0; }
  uint32_t PendingInterrupts(uint64_t) override { return 0; }

  bool EnvironmentCall(sim::Hart& hart) override {
    switch (hart.x[kA7]) {
      case kCallSigaction:
        std::memcpy(&hart.mtvec, hart.bus->Ram(hart.x[kA1], 4), 4);
        hart.x[kA0] = 0;
        return true;
      case kCallWrite: {
        const uint8_t* bytes = hart.bus->Ram(hart.x[kA1], hart.x[kA2]);
        if (bytes == nullptr) return false;
        outcome.output.insert(outcome.output.end(), bytes, bytes + hart.x[kA2]);
        hart.x[kA0] = hart.x[kA2];
        return true;
      }
      case kCallExit:
        exited = true;
        if (hart.x[kA0] != 0) outcome.error = "the guest program failed";
        hart.RequestStop();
        return true;
      default:
        return false;
    }
  }

  RunOutcome outcome;
  bool exited = false;
};

class OneDomain : public sim::CodeObserver {
 public:
  uint32_t DomainOf(sim::GuestAddr) override { return 0; }
  void Cross(uint32_t, uint32_t, sim::GuestAddr, uint64_t) override {}
};

}  // namespace

RunOutcome RunOnHart(const GuestImage& image, Engine engine) {
  sim::Bus bus;
  // QEMU's user mode does misaligned accesses silently.
  bus.SetPolicies(sim::MisalignedPolicy::kAllow, sim::UnmappedPolicy::kFault);
  bus.AddMemory("data", kDataBase, RoundUpToLine(image.data_bytes));
  bus.AddMemory("code", kCodeBase, RoundUpToLine(image.code.size()));
  std::memcpy(bus.Ram(kCodeBase, 1), image.code.data(), image.code.size());
  std::memcpy(bus.Ram(kDataBase, 1), image.data.data(), image.data.size());
  LinuxCalls calls;
  OneDomain domain;
  sim::Hart hart;
  hart.bus = &bus;
  hart.environment = &calls;
  hart.v.vlen_bytes = kVlenBytes;
  hart.Reset(kCodeBase);
  hart.mstatus |= sim::kMstatusFs | sim::kMstatusVs;
  hart.stop_at = kInstructionLimit;
  std::unique_ptr<sim::translate::Translator> translator;  // outlives what it runs for
  sim::Interpreter interpreter(&hart, &bus, &domain);
  if (engine == Engine::kTranslator) {
    translator = sim::translate::Translator::Create(&hart, &bus, &domain, {});
    interpreter.SetRunner(translator.get(), 0);
  }
  const sim::InterpreterExit exit = interpreter.Run();
  if (exit == sim::InterpreterExit::kDoubleFault) {
    calls.outcome.error = "double fault at pc " + std::to_string(hart.pc);
  } else if (!calls.exited) {
    calls.outcome.error = "the guest program did not end";
  }
  return calls.outcome;
}

}  // namespace qemu_compare
