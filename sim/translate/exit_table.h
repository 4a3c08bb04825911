// SPDX-License-Identifier: Apache-2.0
// The ways out of generated code, found by where in the code they are.
//
// An exit that is seldom taken costs its block one call of 5 bytes: to a thunk that leaves
// generated code. What has to happen then is written here, and done in C++.
#ifndef SIM_TRANSLATE_EXIT_TABLE_H_
#define SIM_TRANSLATE_EXIT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/hart/block.h"
#include "sim/translate/context.h"
#include "sim/translate/register_cache.h"
#include "sim/translate/vector_type.h"

namespace sim::translate {

enum class ExitKind : uint8_t {
  kJump,      // `target` is next
  kIndirect,  // hart.pc is set
  kHandler,   // hart.next_pc is next
  kBudget,    // the block did not begin: it is longer than the budget
  kGuard,     // the block did not begin: no translation of it fits the state of the hart
  kResume,    // instruction `index` is the interpreter's
  kStopped,   // the handler of instruction `index` returned false
};

struct Exit {
  ExitKind kind;
  uint8_t index = 0;
  uint8_t taken = 0;  // kResume
  // kResume: registers whose values memory does not have, in the table's list.
  uint8_t spilled_count = 0;
  uint32_t first_spilled = 0;
  Block* block = nullptr;
  // Behind the call that led here; nullptr: the code hands over the exit's address instead.
  const uint8_t* behind = nullptr;
  GuestAddr target = 0;
  // kResume, kStopped: accesses of this block to the first memory that are not yet counted.
  uint32_t reads = 0;
  uint32_t writes = 0;
  // kJump: 4-byte displacement of the conditional jump that leads to the call; nullptr: none, the
  // call itself becomes the jump.
  const uint8_t* condition = nullptr;
  // kResume: vl and vtype, if memory does not have them.
  const VectorType* type = nullptr;
  // kResume of a scalar load: where its result is expected, and the registers in the code.
  const uint8_t* loaded = nullptr;
  uint8_t address_host = 0;
  uint8_t result_host = 0;
};

class ExitTable {
 public:
  // Exits that hand over their address.
  Exit* AddDirect(const Exit& exit) { return &direct_.emplace_back(exit); }
  // In the order of `behind`.
  Exit* Add(const Exit& exit) {
    places_.push_back(exit.behind);
    return &called_.emplace_back(exit);
  }
  // Nothing if the code has none there, which it always has.
  [[nodiscard]] Exit* Find(const uint8_t* behind);

  // Notes what of `registers` (guest numbers from `first_guest` on) only the host has.
  void AddSpilled(Exit& exit, const RegisterCache& registers, uint32_t first_guest);
  [[nodiscard]] const VectorType* AddType(const VectorType& type) {
    return &types_.emplace_back(type);
  }
  // Brings the hart up to date from what the thunk saved.
  void WriteBack(const Exit& exit, const Context& context, Hart& hart) const;

  [[nodiscard]] size_t size() const { return direct_.size() + called_.size(); }
  void Clear();

 private:
  struct Spilled {
    uint8_t guest;  // 32 and up: f registers
    int8_t host;    // negative: a constant
    uint32_t value;
  };

  std::deque<Exit> direct_;
  std::deque<Exit> called_;
  std::vector<const uint8_t*> places_;  // `behind` of each, to search in
  std::deque<Spilled> spilled_;
  std::deque<VectorType> types_;
};

}  // namespace sim::translate

#endif  // SIM_TRANSLATE_EXIT_TABLE_H_
