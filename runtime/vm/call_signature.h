// SPDX-License-Identifier: Apache-2.0

// Calling convention strings: "0" arguments "_" results, letters i I f r, 'v' for none, C…D for a
// variadic span of tuples (shared spec iree-formats, 2.2). Views point into the string.
#ifndef RUNTIME_VM_CALL_SIGNATURE_H_
#define RUNTIME_VM_CALL_SIGNATURE_H_

#include <cstdint>
#include <string_view>

namespace runtime {

struct CallSignature {
  std::string_view arguments;  // may hold spans
  std::string_view results;    // never

  // False for anything that is not a well formed convention; F (f64) is not supported.
  [[nodiscard]] bool Parse(std::string_view text);
};

// Where the arguments of a call stand among the callee's 32-bit value slots: in order, 64-bit ones
// on even slots. Compilers up to 3.4.0 put the next 32-bit argument into the slot that this leaves
// free (`fill_holes`), later ones leave it unused; nothing in the module says which (measured over
// all releases, docs/iree-releases.md).
class ArgumentSlots {
 public:
  explicit ArgumentSlots(bool fill_holes) : fill_holes_(fill_holes) {}

  // Of the next argument that is no reference; its first slot if it is 64 bits wide.
  uint32_t Take(bool wide);
  // Slots up to the last one taken.
  [[nodiscard]] uint32_t count() const { return count_; }

 private:
  bool fill_holes_;
  uint32_t hole_ = 0;  // 0: none, since slot 0 is never left free
  uint32_t count_ = 0;
};

}  // namespace runtime

#endif  // RUNTIME_VM_CALL_SIGNATURE_H_
