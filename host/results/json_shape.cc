// SPDX-License-Identifier: Apache-2.0

#include "host/results/json_shape.h"

#include <vector>

namespace host {

JsonShapeFault CheckJsonShape(std::string_view json, const JsonShapeLimits& limits) {
  struct Level {
    bool is_object;
    size_t members;
  };
  std::vector<Level> open;
  size_t containers = 0;
  size_t values = 0;
  bool in_string = false;
  for (size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string) {
      if (c == '\\') {
        ++at;
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    switch (c) {
      case '"':
        in_string = true;
        break;
      case '{':
      case '[':
        open.push_back({.is_object = c == '{', .members = 1});
        if (open.size() > limits.depth) return {"nested too deeply", at};
        if (++containers > limits.containers) return {"too many lists and objects", at};
        break;
      case '}':
      case ']':
        if (!open.empty()) open.pop_back();
        break;
      case ',':
        if (++values > limits.values) return {"too many values", at};
        if (!open.empty() && open.back().is_object &&
            ++open.back().members > limits.object_members) {
          return {"an object has too many members", at};
        }
        break;
      default:
        break;
    }
  }
  return {};
}

}  // namespace host
