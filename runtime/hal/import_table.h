// Every import that modules of the 31 releases use or declare, one row per name and calling
// convention; a release is never asked for. Facts: shared spec iree-formats, 3.2.
#ifndef RUNTIME_HAL_IMPORT_TABLE_H_
#define RUNTIME_HAL_IMPORT_TABLE_H_

#include <span>
#include <string_view>

#include "runtime/vm/import.h"

namespace runtime {

// A row, or nullptr. Cost: one hash of the two strings and one comparison.
[[nodiscard]] const ImportRow* FindImport(std::string_view name, std::string_view convention);

[[nodiscard]] std::span<const ImportRow> ImportRows();

}  // namespace runtime

#endif  // RUNTIME_HAL_IMPORT_TABLE_H_
