// SPDX-License-Identifier: Apache-2.0

// How native functions appear to the interpreter. A row is one name with one calling convention;
// the same function may serve several rows whose arguments are shifted by an affinity. The verifier
// has matched every call with the row's convention, so argument kinds and counts are facts here;
// null references and object types are not.
#ifndef RUNTIME_VM_IMPORT_H_
#define RUNTIME_VM_IMPORT_H_

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "runtime/value/failure.h"
#include "runtime/vm/object.h"
#include "runtime/vm/operands.h"

namespace runtime {

struct Call;
using ImportFunction = base::Status (*)(Call& call);

struct ImportRow {
  uint32_t hash;        // of its name and a module's convention
  uint16_t convention;  // place in ImportTable::conventions
  uint8_t function;     // in ImportTable::functions; kNoFunction: does nothing and gives nothing,
                        // so that it is not called
  uint8_t shift;        // meaning is the function's: where its arguments moved to

  static constexpr uint8_t kNoFunction = 0;
};

// What a reference argument has to be. No type: anything, null included.
struct RefRule {
  const ObjectType* type = nullptr;
  bool nullable = false;
};

struct ImportTable {
  // The row for a name with its module ("hal.fence.await") and the module's plain convention, or
  // nullptr.
  const ImportRow* (*find)(std::string_view name, std::string_view convention);
  const ImportRow* rows;  // all of them
  // "iCrD_i", each with a NUL, where another lower-case letter than r stands for a reference with a
  // rule; the version in front, 0, is left out.
  const char* conventions;
  const ImportFunction* functions;
  const RefRule* rules;  // by letter - 'a'
};

// Cells of an import call in front of its arguments, and what stands beside its count of references
// to check if any of them is to be released (translator.h).
inline constexpr uint32_t kImportCallHeader = 8;
inline constexpr uint32_t kAnyMoved = 0x8000;

// Most results, and variadic spans, that an import of any table has.
inline constexpr uint32_t kMaxImportResults = 2;
inline constexpr uint32_t kMaxImportSpans = 2;

// One call in flight. Arguments are numbered flattened: the items of a span follow one another.
struct Call {
  // Cells in front of the arguments: results then span lengths.
  static constexpr int kResultCells = -4;
  static constexpr int kSpanCells = -2;

  [[nodiscard]] int32_t I32(uint32_t index) const {
    return *reinterpret_cast<const int32_t*>(values + arguments[index]);
  }
  [[nodiscard]] uint32_t U32(uint32_t index) const { return static_cast<uint32_t>(I32(index)); }
  [[nodiscard]] int64_t I64(uint32_t index) const {
    return *reinterpret_cast<const int64_t*>(values + arguments[index]);
  }
  // So many i32 arguments from `first` on.
  void Words(uint32_t first, uint32_t count, uint32_t* words) const {
    for (; count != 0; --count) *words++ = U32(first++);
  }
  [[nodiscard]] uint64_t U64(uint32_t index) const { return static_cast<uint64_t>(I64(index)); }
  // An offset, or a length of which -1 means kRest.
  [[nodiscard]] uint32_t Size(uint32_t index) const { return ClampSize(U64(index)); }
  [[nodiscard]] uint32_t Length(uint32_t index) const { return ClampLength(U64(index)); }
  // Where the value of an argument lies, or of a result, little-endian.
  [[nodiscard]] const uint8_t* Slot(uint32_t index) const { return values + arguments[index]; }
  [[nodiscard]] uint8_t* ResultSlot(uint32_t result) { return values + ResultCell(result); }
  [[nodiscard]] Object* AnyRef(uint32_t index) const {
    return *reinterpret_cast<Object**>(refs + arguments[index]);
  }
  // An argument whose type the row's convention declares.
  template <typename T>
  [[nodiscard]] T* Get(uint32_t index) const {
    return static_cast<T*>(AnyRef(index));
  }
  // 0 if the row has no such span.
  [[nodiscard]] uint32_t SpanLength(uint32_t span) const {
    return arguments[kSpanCells + static_cast<int>(span)];
  }

  void SetI32(uint32_t result, int32_t value) {
    *reinterpret_cast<int32_t*>(ResultSlot(result)) = value;
  }
  void SetI64(uint32_t result, int64_t value) {
    *reinterpret_cast<int64_t*>(ResultSlot(result)) = value;
  }
  // Hands over the caller's reference as the first result. Stored after moved arguments were
  // released, so that a result may replace an argument in the same register.
  void SetRef(Object* object) {
    ref_result = object;
    ref_cell = ResultCell(0);
  }
  // The same with a new object: nullptr if there was no memory for it.
  [[nodiscard, gnu::noinline]] base::Status Give(Object* object) {
    SetRef(object);
    return object != nullptr ? base::Status::kOk : base::Status::kOutOfMemory;
  }
  [[nodiscard]] uint16_t ResultCell(uint32_t result) const {
    return arguments[kResultCells + static_cast<int>(result)];
  }

  const uint16_t* arguments;
  uint8_t* values;
  uint8_t* refs;
  Object* ref_result;
  uint16_t ref_cell;
  const ImportRow* row;
  ObjectStore& store;
  Failure& failure;
  void* host;  // whose imports these are
};

}  // namespace runtime

#endif  // RUNTIME_VM_IMPORT_H_
