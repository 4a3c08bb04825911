// SPDX-License-Identifier: Apache-2.0

// Register operands of one translated instruction, by position (1 is the first). What the verifier
// proved makes the accesses unchecked.
#ifndef RUNTIME_VM_OPERANDS_H_
#define RUNTIME_VM_OPERANDS_H_

#include <cstdint>

#include "runtime/vm/object.h"
#include "runtime/vm/opcode.h"

namespace runtime {

inline constexpr uint32_t kMoveBit = 1;  // of a reference cell: the register gives its reference up

// A value register, or the half of one, by its cell.
inline uint32_t& ValueAt(uint8_t* values, uint32_t cell) {
  return *reinterpret_cast<uint32_t*>(values + cell);
}

inline Object*& RefAt(uint8_t* refs, uint32_t cell) {
  return *reinterpret_cast<Object**>(refs + (cell & ~kMoveBit));
}

// What the register holds, as a reference of the caller's own.
inline Object* TakeRef(uint8_t* refs, uint16_t cell) {
  Object*& slot = RefAt(refs, cell);
  Object* object = slot;
  if ((cell & kMoveBit) != 0) {
    slot = nullptr;
  } else {
    ObjectStore::Retain(object);
  }
  return object;
}

struct Operands {
  const uint16_t* cells;
  uint8_t* values;
  uint8_t* refs;

  [[nodiscard]] Op op() const { return static_cast<Op>(cells[0]); }
  [[nodiscard]] int32_t& I32(int n) const { return Value<int32_t>(n); }
  [[nodiscard]] uint32_t& U32(int n) const { return Value<uint32_t>(n); }
  [[nodiscard]] int64_t& I64(int n) const { return Value<int64_t>(n); }
  [[nodiscard]] uint64_t& U64(int n) const { return Value<uint64_t>(n); }
  [[nodiscard]] float& F32(int n) const { return Value<float>(n); }
  [[nodiscard]] Object*& Ref(int n) const { return RefAt(refs, cells[n]); }
  [[nodiscard]] Object* Take(int n) const { return TakeRef(refs, cells[n]); }

 private:
  template <typename T>
  [[nodiscard]] T& Value(int n) const {
    return *reinterpret_cast<T*>(values + cells[n]);
  }
};

}  // namespace runtime

#endif  // RUNTIME_VM_OPERANDS_H_
