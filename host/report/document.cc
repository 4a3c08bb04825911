// SPDX-License-Identifier: Apache-2.0

#include "host/report/document.h"

namespace host::report {

std::vector<const Figure*> AllFigures(const Document& document) {
  std::vector<const Figure*> figures;
  for (const Section& section : document.sections) {
    for (const Block& block : section.blocks) {
      const auto* group = std::get_if<Figures>(&block);
      if (group == nullptr) continue;
      for (const Figure& figure : group->items) figures.push_back(&figure);
    }
  }
  return figures;
}

}  // namespace host::report
