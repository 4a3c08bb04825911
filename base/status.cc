// SPDX-License-Identifier: Apache-2.0

#include "base/status.h"

namespace base {

std::string_view StatusText(Status status) {
  switch (status) {
#define STATUS(name, number, text) \
  case Status::k##name:            \
    return text;
#include "base/status.def"
#undef STATUS
  }
  return "unknown status";
}

std::string_view StatusName(Status status) {
  switch (status) {
#define STATUS(name, number, text) \
  case Status::k##name:            \
    return #name;
#include "base/status.def"
#undef STATUS
  }
  return "Unknown";
}

}  // namespace base
