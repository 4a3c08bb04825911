// SPDX-License-Identifier: Apache-2.0

// Which function an address belongs to: symbols of the firmware, kernels of announced executables,
// and, where neither tells, targets of calls that were seen. A function without a size reaches to
// the next one. Numbers never change; 0 is "unknown". Bounded by kMaxFunctions.
#ifndef SIM_PROFILE_FUNCTION_TABLE_H_
#define SIM_PROFILE_FUNCTION_TABLE_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/hart/bus.h"

namespace sim {

struct CodeSymbol {
  std::string name;  // as in the ELF; C++ names are demangled for showing
  GuestAddr address = 0;
  uint32_t size_bytes = 0;  // 0: to the next symbol
};

struct Function {
  std::string name;
  uint32_t unit = 0;  // see insn_histogram.h
  GuestAddr address = 0;
  uint32_t size_bytes = 0;  // 0: to the next function
  bool is_kernel = false;
};

class FunctionTable {
 public:
  static constexpr size_t kMaxFunctions = 1u << 17;

  FunctionTable() : functions_{{.name = "[unknown]"}} {}

  // Firmware functions; replaces those that were there. Of several at one address the first counts.
  void SetSymbols(std::span<const CodeSymbol> symbols);
  // The same without what belongs to executables. Numbers differ.
  [[nodiscard]] FunctionTable FirmwareOnly() const;
  // Returns its number, or 0 if the table is full.
  uint32_t AddKernel(uint32_t unit, std::string_view name, GuestAddr address);
  // The function that holds the address, or 0.
  [[nodiscard]] uint32_t At(uint32_t unit, GuestAddr address) const;
  // As At for the target of a call. Where only a function without a known end holds it (kernels:
  // exports say where one begins), it becomes a function of its own, named after its address.
  [[nodiscard]] uint32_t AtCallTarget(uint32_t unit, GuestAddr address);

  [[nodiscard]] const std::vector<Function>& functions() const { return functions_; }

 private:
  uint32_t Add(Function function);

  std::vector<Function> functions_;
  std::map<uint64_t, uint32_t> starts_;  // unit and address
};

}  // namespace sim

#endif  // SIM_PROFILE_FUNCTION_TABLE_H_
