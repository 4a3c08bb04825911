// SPDX-License-Identifier: Apache-2.0

// Guest registers in host registers, within one block.
//
// A guest register is in memory (struct Hart), in a host register, or a known constant; "dirty"
// means that memory does not have its value yet. The emitter asks for a register to Read, or to
// Prepare for a result; after the instructions that write it, Commit. Between BeginInsn calls no
// register handed out moves. x0 is a constant 0 and never written.
#ifndef SIM_TRANSLATE_REGISTER_CACHE_H_
#define SIM_TRANSLATE_REGISTER_CACHE_H_

#include <asmjit/x86.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace sim::translate {

class RegisterCache {
 public:
  enum class Kind : uint8_t { kInteger, kFloat };

  struct Guest {
    int8_t host = -1;
    bool is_constant = false;
    uint32_t value = 0;
  };

  // memory_offset: of guest register 0 from rbp. kFloat needs AVX.
  RegisterCache(asmjit::x86::Assembler* assembler, Kind kind, int32_t memory_offset);

  // Host registers that a cache of this kind uses.
  [[nodiscard]] static std::span<const uint8_t> Hosts(Kind kind);

  void BeginInsn() { ++now_; }
  [[nodiscard]] bool IsConstant(uint32_t reg) const { return guests_[reg].is_constant; }
  [[nodiscard]] uint32_t Constant(uint32_t reg) const { return guests_[reg].value; }

  // Host register numbers.
  uint32_t Read(uint32_t reg);
  uint32_t Prepare(uint32_t reg);
  void Commit(uint32_t reg);
  void SetConstant(uint32_t reg, uint32_t value);

  // Host registers that hold no guest register; scratch until the next Read or Prepare.
  [[nodiscard]] std::vector<uint32_t> FreeHosts() const;

  // Bit r: memory does not have the value of guest register r.
  [[nodiscard]] uint32_t dirty() const { return dirty_; }
  [[nodiscard]] const Guest& guest(uint32_t reg) const { return guests_[reg]; }
  // Memory is up to date afterwards, registers stay where they are.
  void WriteBackAll();
  // After WriteBackAll: what the caller did may have changed every register.
  void Forget();

  asmjit::x86::Mem Memory(uint32_t reg) const {
    return asmjit::x86::dword_ptr(asmjit::x86::rbp, memory_offset_ + 4 * static_cast<int32_t>(reg));
  }

 private:
  uint32_t Allocate(uint32_t reg);
  void Store(uint32_t reg);

  asmjit::x86::Assembler& a_;
  Kind kind_;
  int32_t memory_offset_;
  std::span<const uint8_t> hosts_;
  std::array<Guest, 32> guests_{};
  uint32_t dirty_ = 0;
  std::array<int8_t, 16> owner_;
  std::array<uint32_t, 16> used_{};
  uint32_t now_ = 1;
};

}  // namespace sim::translate

#endif  // SIM_TRANSLATE_REGISTER_CACHE_H_
