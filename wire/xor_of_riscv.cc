// SPDX-License-Identifier: Apache-2.0

// The checksum on a core with vectors: each received byte goes through here.
#include <riscv_vector.h>

#include "wire/frame.h"

namespace wire {

uint8_t XorOf(base::Bytes bytes) {
  const uint8_t* at = bytes.data();
  vuint8m1_t sum = __riscv_vmv_s_x_u8m1(0, 1);
  for (size_t left = bytes.size(); left != 0;) {
    const size_t count = __riscv_vsetvl_e8m8(left);
    sum = __riscv_vredxor_vs_u8m8_u8m1(__riscv_vle8_v_u8m8(at, count), sum, count);
    at += count;
    left -= count;
  }
  return __riscv_vmv_x_s_u8m1_u8(sum);
}

}  // namespace wire
