// SPDX-License-Identifier: Apache-2.0

// For tests: a hart with one memory at kRam and the interpreter, which runs a list of words placed
// at its start. Traps go to kHandler, where an `ecall` that the environment serves ends the run.
#ifndef SIM_HART_TESTING_HART_H_
#define SIM_HART_TESTING_HART_H_

#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "sim/hart/hart.h"
#include "sim/hart/interpreter.h"
#include "sim/isa/encoder.h"
#include "sim/vector/vector.h"

namespace sim::testing {

// Serves every environment call by stopping; keeps quiet about the rest.
class StopAtCall : public Environment {
 public:
  void Simprint(Hart&, uint32_t, GuestAddr, uint32_t) override {}
  void HostRequest(Hart&) override {}
  void Finish(Hart&) override {}
  void UnknownCustom(Hart&, uint32_t) override {}
  void WaitForInterrupt(Hart&) override {}
  uint64_t TimeTicks(uint64_t retired) override { return retired; }
  uint32_t PendingInterrupts(uint64_t) override { return 0; }
  bool EnvironmentCall(Hart& hart) override {
    if (!serve_calls) return false;
    hart.RequestStop();
    return true;
  }
  bool serve_calls = true;
};

class OneDomain : public CodeObserver {
 public:
  uint32_t DomainOf(GuestAddr) override { return 0; }
  void Cross(uint32_t, uint32_t, GuestAddr, uint64_t) override {}
};

struct TestingHart {
  static constexpr GuestAddr kRam = 0x1000, kHandler = 0x1800, kData = 0x2000;
  static constexpr uint32_t kRamBytes = 0x2000;
  static constexpr GuestAddr kEnd = kRam + kRamBytes;

  explicit TestingHart(uint32_t vlen_bytes = 64) {
    bus.AddMemory("ram", kRam, kRamBytes);
    bus.SetPolicies(MisalignedPolicy::kTrap, UnmappedPolicy::kFault);
    hart.bus = &bus;
    hart.environment = &environment;
    hart.Configure({.vlen_bits = 8 * vlen_bytes});
    hart.Reset(kRam);
    hart.mtvec = kHandler;
    hart.mstatus |= kMstatusFs | kMstatusVs;
  }
  TestingHart(const TestingHart&) = delete;
  TestingHart& operator=(const TestingHart&) = delete;

  void Place(GuestAddr address, uint32_t word) { std::memcpy(bus.Ram(address, 4), &word, 4); }

  // Runs the words from kRam on, until one traps or all have retired. True: all have.
  bool Run(std::initializer_list<uint32_t> words) {
    GuestAddr address = kRam;
    for (uint32_t word : words) {
      Place(address, word);
      address += 4;
    }
    Place(address, kStop);
    Place(kHandler, kStop);
    interpreter.DropBlocks();
    hart.pc = kRam;
    // A CSR write may end a run early: an interrupt may have become due.
    while (hart.pc != address + 4 && hart.pc != kHandler + 4) {
      hart.stop_at = hart.instructions_retired + 1000;
      if (interpreter.Run() == InterpreterExit::kDoubleFault) return false;
    }
    return hart.pc == address + 4;
  }

  static constexpr uint32_t kStop = 0x0000'0073;  // ecall

  Bus bus;
  StopAtCall environment;
  OneDomain domain;
  Hart hart;
  Interpreter interpreter{&hart, &bus, &domain};
};

}  // namespace sim::testing

#endif  // SIM_HART_TESTING_HART_H_
