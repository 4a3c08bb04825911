// Calling convention strings: "0" arguments "_" results, letters i I f r, 'v' for none, C…D for a
// variadic span of tuples (shared spec iree-formats, 2.2). Views point into the string.
#ifndef RUNTIME_VM_CALL_SIGNATURE_H_
#define RUNTIME_VM_CALL_SIGNATURE_H_

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace runtime {

struct CallSignature {
  std::string_view arguments;  // may hold spans
  std::string_view results;    // never

  // kVmInvalidBytecode for anything that is not a well formed convention; F (f64) is not supported.
  [[nodiscard]] static base::Result<CallSignature> Parse(std::string_view text);
};

}  // namespace runtime

#endif  // RUNTIME_VM_CALL_SIGNATURE_H_
