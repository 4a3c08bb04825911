// SPDX-License-Identifier: Apache-2.0

// Runs functions of a VerifiedModule: globals, frames, instructions. Everything the verifier proved
// is relied on here.
//
// The caller keeps module, store and failure alive. Failure: a status, with the import, message or
// function in `failure`; all frames are gone then, globals keep what was stored. Call depth and the
// number of branches, calls and computing instructions are bounded, so every call ends (kernels
// aside).
#ifndef RUNTIME_VM_INTERPRETER_H_
#define RUNTIME_VM_INTERPRETER_H_

#include <array>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "runtime/value/failure.h"
#include "runtime/value/types.h"
#include "runtime/vm/object.h"
#include "runtime/vm/operands.h"
#include "runtime/vm/verified_module.h"

namespace runtime {

// Results of one call by bank; 64-bit values take two slots. The references are the receiver's.
struct RawResults {
  uint32_t value_count = 0;
  uint32_t ref_count = 0;
  std::array<uint32_t, 2 * kMaxValues> values;
  std::array<Object*, kMaxValues> refs;
};

class Interpreter {
 public:
  static constexpr uint32_t kMaxCallDepth = 64;

  Interpreter(const VerifiedModule& module, ObjectStore& store, Failure& failure, void* host,
              uint32_t branch_budget)
      : module_(module),
        store_(store),
        failure_(failure),
        host_(host),
        branch_budget_(branch_budget) {}

  // Makes and zeroes the globals.
  [[nodiscard]] base::Status Start();
  // Releases them.
  void Stop();

  // `values` are slots as the callee's convention lays them out, `refs` are borrowed.
  [[nodiscard]] base::Status Invoke(const FunctionRecord& function,
                                    std::span<const uint32_t> values, std::span<Object* const> refs,
                                    RawResults& results);

 private:
  struct Frame;

  [[nodiscard]] Frame* PushFrame(const FunctionRecord& function);
  void PopFrame();
  [[nodiscard]] base::Status Run(RawResults& results);
  [[nodiscard]] base::Status FailOp(const uint16_t* pc, const uint8_t* values);
  void Remap(const uint16_t* counts, const uint16_t* pair, const Frame& from, const Frame& to);
  [[nodiscard]] base::Status EnterCall(const uint16_t* pc);
  [[nodiscard]] base::Status LeaveCall(const uint16_t* pc, RawResults& results);
  [[nodiscard]] base::Status ImportFailed(base::Status status, const ImportRow& row);
  [[nodiscard]] base::Status InstructionFailed(base::Status status);
  void ReleaseMoved(const uint16_t* rules, const uint16_t* end, uint8_t* refs);
  [[nodiscard]] base::Status RunGlobalOp(const Operands& x);
  [[nodiscard]] base::Status RunGroupOp(const uint16_t* pc, uint8_t* values, uint8_t* refs);

  const VerifiedModule& module_;
  ObjectStore& store_;
  Failure& failure_;
  void* host_;
  uint32_t branch_budget_;
  uint8_t* globals_ = nullptr;
  Object** global_refs_ = nullptr;
  Frame* frame_ = nullptr;
  uint32_t depth_ = 0;
};

}  // namespace runtime

#endif  // RUNTIME_VM_INTERPRETER_H_
