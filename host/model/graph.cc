// SPDX-License-Identifier: Apache-2.0

#include "host/model/graph.h"

#include <limits>

namespace host {

int64_t ElementCount(const Shape& shape) {
  int64_t count = 1;
  for (int64_t extent : shape) {
    if (__builtin_mul_overflow(count, extent, &count)) return std::numeric_limits<int64_t>::max();
  }
  return count;
}

}  // namespace host
