// SPDX-License-Identifier: Apache-2.0

// Every import that modules of the 31 releases use or declare, one row per name and calling
// convention; a release is never asked for. Facts: shared spec iree-formats, 3.2.
#ifndef RUNTIME_HAL_IMPORT_TABLE_H_
#define RUNTIME_HAL_IMPORT_TABLE_H_

#include <span>
#include <string_view>

#include "runtime/vm/import.h"

namespace runtime {

// For the verifier. `find` costs one hash of the two strings and a binary search.
extern const ImportTable kHalImports;

// What the table is made from. Not on the target: there no name of a row is kept.
struct ImportDeclaration {
  const char* name;  // with its module: "hal.fence.await"
  const char* convention;
  ImportFunction function;
  uint8_t shift;
};
[[nodiscard]] std::span<const ImportDeclaration> ImportDeclarations();

}  // namespace runtime

#endif  // RUNTIME_HAL_IMPORT_TABLE_H_
