// SPDX-License-Identifier: Apache-2.0

#include "host/session/evaluation.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "host/input/tensor.h"

namespace host {

Result<uint32_t> PredictedClass(base::Bytes scores, wire::ElementType type, size_t class_count) {
  if (scores.size() != class_count * type.bytes()) {
    return RunError(fmt::format("the device returned {} bytes; {} classes need {}", scores.size(),
                                class_count, class_count * type.bytes()));
  }
  std::optional<uint32_t> best;
  double best_score = 0;
  for (uint32_t i = 0; i < class_count; ++i) {
    const double score = ElementAt(type, scores, i);
    if (std::isnan(score) || (best && score <= best_score)) continue;
    best = i;
    best_score = score;
  }
  if (!best) return RunError("no score that the device returned is a number");
  return *best;
}

}  // namespace host
