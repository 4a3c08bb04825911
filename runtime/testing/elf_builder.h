// SPDX-License-Identifier: Apache-2.0

// A kernel ELF without code: header, one segment, dynamic table, one relocation per pointer, and a
// library table with kernels. For either class; what a test wants broken it edits afterwards.
#ifndef RUNTIME_TESTING_ELF_BUILDER_H_
#define RUNTIME_TESTING_ELF_BUILDER_H_

#include <cstdint>
#include <string>
#include <vector>

namespace runtime::testing {

struct ElfSpec {
  bool is_64_bit = false;
  uint32_t library_version = 6;
  std::vector<std::string> kernels = {"first_kernel", "second_kernel"};
  bool with_names = true;
  uint32_t import_count = 0;
  uint32_t relocation_type = 0;  // 0: the right one
  uint32_t extra_tag = 0;        // a dynamic tag to add; 0 for none
};

[[nodiscard]] std::vector<uint8_t> BuildElf(const ElfSpec& spec);

}  // namespace runtime::testing

#endif  // RUNTIME_TESTING_ELF_BUILDER_H_
