// SPDX-License-Identifier: Apache-2.0

// For tests of vector instructions: a hart with one memory, and instructions by name and fields.
#ifndef SIM_VECTOR_TEST_HART_H_
#define SIM_VECTOR_TEST_HART_H_

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <vector>

#include "sim/hart/bus.h"
#include "sim/hart/hart.h"
#include "sim/isa/insn.h"
#include "sim/vector/vector.h"

namespace sim {

struct TestHart {
  static constexpr GuestAddr kRamBase = 0x1000;
  static constexpr uint32_t kRamBytes = 0x4000;

  Bus bus;
  Hart hart;

  explicit TestHart(uint32_t vlen_bytes = 64) {
    bus.AddMemory("ram", kRamBase, kRamBytes);
    bus.SetPolicies(MisalignedPolicy::kTrap, UnmappedPolicy::kFault);
    hart.bus = &bus;
    hart.v.vlen_bytes = vlen_bytes;
    hart.Reset(kRamBase);
    hart.mstatus |= kMstatusFs | kMstatusVs;
  }

  // SEW in bits; LMUL as 2^lmul_shift; vl as given.
  void Configure(uint32_t sew, int lmul_shift, uint32_t vl) {
    const uint32_t vsew = sew == 8 ? 0 : sew == 16 ? 1 : 2;
    SetVtype(hart.v, vsew << 3 | (static_cast<uint32_t>(lmul_shift) & 7));
    hart.v.vl = vl;
  }

  // Fields as the manual names them: vd/rd, vs2/rs2, vs1/rs1/imm5. nf is fields - 1.
  static uint32_t Encode(Op op, uint32_t vd, uint32_t vs2, uint32_t vs1, bool vm = true,
                         uint32_t nf = 0) {
    const InsnInfo& info = Info(op);
    uint32_t fields =
        vd << 7 | (vs1 & 31) << 15 | (vs2 & 31) << 20 | (vm ? 1u << 25 : 0) | nf << 29;
    return info.encoding.match | (fields & ~info.encoding.mask);
  }

  bool Execute(uint32_t word) {
    const DecodedInsn insn = Decode(word, hart.pc);
    if (insn.op == Op::kIllegal) return hart.RaiseIllegal(insn);
    return VectorHandler(insn.op)(hart, insn);
  }
  bool Execute(Op op, uint32_t vd, uint32_t vs2, uint32_t vs1, bool vm = true, uint32_t nf = 0) {
    return Execute(Encode(op, vd, vs2, vs1, vm, nf));
  }

  template <typename T>
  void Set(uint32_t reg, std::initializer_list<T> values) {
    std::memcpy(hart.v.Reg(reg), values.begin(), values.size() * sizeof(T));
  }
  template <typename T>
  void Fill(uint32_t reg, T value, uint32_t registers = 1) {
    for (size_t i = 0; i < registers * hart.v.vlen_bytes / sizeof(T); ++i) {
      std::memcpy(hart.v.Reg(reg) + i * sizeof(T), &value, sizeof(T));
    }
  }
  template <typename T>
  [[nodiscard]] T Get(uint32_t reg, uint32_t i) const {
    T value;
    std::memcpy(&value, hart.v.Reg(reg) + i * sizeof(T), sizeof(T));
    return value;
  }
  template <typename T>
  [[nodiscard]] std::vector<T> Get(uint32_t reg, uint32_t first, uint32_t count) const {
    std::vector<T> values;
    for (uint32_t i = first; i < first + count; ++i) values.push_back(Get<T>(reg, i));
    return values;
  }

  [[nodiscard]] std::span<uint8_t> Ram() { return {bus.Ram(kRamBase, 1), kRamBytes}; }
  [[nodiscard]] const AccessCount& Counts() const { return bus.memories().front()->count; }
};

}  // namespace sim

#endif  // SIM_VECTOR_TEST_HART_H_
