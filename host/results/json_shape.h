// SPDX-License-Identifier: Apache-2.0

// A look at a JSON text before a tree is built from it: refuses shapes that cost far more memory or
// time than their size suggests (deep nesting, huge objects in a tree with linear key search,
// millions of empty containers). Tolerates anything else; the parser judges the grammar.
// One pass, memory bounded by the depth limit.
#ifndef HOST_RESULTS_JSON_SHAPE_H_
#define HOST_RESULTS_JSON_SHAPE_H_

#include <cstddef>
#include <string_view>

namespace host {

struct JsonShapeLimits {
  size_t depth = 64;
  size_t object_members = 4096;
  size_t containers = 1'000'000;
  size_t values = 16'000'000;
};

struct JsonShapeFault {
  const char* sentence = nullptr;  // nullptr: the shape is acceptable
  size_t offset = 0;               // byte at which the limit was passed
};

[[nodiscard]] JsonShapeFault CheckJsonShape(std::string_view json, const JsonShapeLimits& limits);

}  // namespace host

#endif  // HOST_RESULTS_JSON_SHAPE_H_
