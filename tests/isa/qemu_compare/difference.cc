// SPDX-License-Identifier: Apache-2.0

#include "tests/isa/qemu_compare/difference.h"

#include <algorithm>
#include <span>
#include <sstream>

namespace qemu_compare {
namespace {

void CompareWords(std::ostream& os, const char* name, std::span<const uint32_t> ours,
                  std::span<const uint32_t> qemu) {
  for (size_t i = 0; i < ours.size(); ++i) {
    if (ours[i] == qemu[i]) continue;
    os << "\n  " << name << i << ": ours 0x" << std::hex << ours[i] << ", QEMU 0x" << qemu[i]
       << std::dec;
  }
}

}  // namespace

std::string Differences(const ResultRecord& our_result, const ResultRecord& qemu_result) {
  std::ostringstream os;
  const struct {
    const char* name;
    uint32_t ours, qemu;
  } rows[] = {{"trapped", our_result.trapped, qemu_result.trapped},
              {"vl", our_result.vl, qemu_result.vl},
              {"vtype", our_result.vtype, qemu_result.vtype},
              {"vstart", our_result.vstart, qemu_result.vstart},
              {"fcsr", our_result.fcsr, qemu_result.fcsr},
              {"vcsr", our_result.vcsr, qemu_result.vcsr},
              {"window hash", our_result.window_hash, qemu_result.window_hash}};
  for (const auto& row : rows) {
    if (row.ours != row.qemu) {
      os << "\n  " << row.name << ": ours 0x" << std::hex << row.ours << ", QEMU 0x" << row.qemu
         << std::dec;
    }
  }
  CompareWords(os, "x", our_result.x, qemu_result.x);
  CompareWords(os, "f", our_result.f, qemu_result.f);
  for (uint32_t reg = 0; reg < 32; ++reg) {
    const uint8_t* ours = our_result.v.data() + reg * kVlenBytes;
    const uint8_t* qemu = qemu_result.v.data() + reg * kVlenBytes;
    const auto [at, other] = std::mismatch(ours, ours + kVlenBytes, qemu);
    if (at != ours + kVlenBytes) {
      os << "\n  v" << reg << " byte " << (at - ours) << ": ours 0x" << std::hex << int{*at}
         << ", QEMU 0x" << int{*other} << std::dec;
    }
  }
  return os.str();
}

}  // namespace qemu_compare
