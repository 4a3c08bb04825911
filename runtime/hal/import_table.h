// Every import that modules of the 31 releases use or declare, one row per name and calling
// convention; a release is never asked for. Facts: shared spec iree-formats, 3.2.
#ifndef RUNTIME_HAL_IMPORT_TABLE_H_
#define RUNTIME_HAL_IMPORT_TABLE_H_

#include <span>
#include <string_view>

#include "runtime/vm/import.h"

namespace runtime {

// For the verifier. `find` costs one hash of the two strings and one comparison.
extern const ImportTable kHalImports;

[[nodiscard]] std::span<const ImportRow> ImportRows();

}  // namespace runtime

#endif  // RUNTIME_HAL_IMPORT_TABLE_H_
