// SPDX-License-Identifier: Apache-2.0

// vl, vtype and vxrm as far as code may rely on them, with the member names of VectorState so that
// the legality rules (sim/vector/legality.h) take either.
#ifndef SIM_TRANSLATE_VECTOR_TYPE_H_
#define SIM_TRANSLATE_VECTOR_TYPE_H_

#include <cstdint>

#include "sim/hart/hart.h"

namespace sim::translate {

struct VectorType {
  uint32_t vl = 0;
  uint32_t vtype = 0;
  bool vill = true;
  uint8_t sew_shift = 0;
  int8_t lmul_shift = 0;
  uint8_t vxrm = 0;

  [[nodiscard]] static VectorType Of(const VectorState& v) {
    return {v.vl, v.vtype, v.vill, v.sew_shift, v.lmul_shift, v.vxrm};
  }
  [[nodiscard]] bool operator==(const VectorType&) const = default;
  // As the 8 bytes of VectorState::vl and vtype.
  [[nodiscard]] uint64_t Key() const { return vl | uint64_t{vtype} << 32; }
  // As the 4 bytes from VectorState::vill on.
  [[nodiscard]] uint32_t Decoded() const {
    return (vill ? 1u : 0u) | uint32_t{sew_shift} << 8 |
           uint32_t{static_cast<uint8_t>(lmul_shift)} << 16;
  }
};

}  // namespace sim::translate

#endif  // SIM_TRANSLATE_VECTOR_TYPE_H_
