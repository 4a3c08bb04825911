// SPDX-License-Identifier: Apache-2.0

// Everything `kenning info` prints about a VMFB, found without running it. Host only.
// The caller guarantees nothing about `file`. An unreadable part is named in `problems`, the
// readable rest is still filled in. Cost: a trial load with kernels skipped, in a temporary arena.
#ifndef RUNTIME_INSPECT_INSPECT_H_
#define RUNTIME_INSPECT_INSPECT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/status.h"
#include "runtime/kernel/elf.h"
#include "runtime/value/types.h"

namespace runtime::inspect {

struct Import {
  std::string name;                // "hal.command_buffer.dispatch"
  std::string calling_convention;  // "0rriiii_v"
  bool implemented;
};

struct Export {
  std::string name;
  std::string calling_convention;
  std::string declaration;  // as the compiler wrote it; empty before 20231218
  std::vector<ValueInfo> arguments;
  std::vector<ValueInfo> results;
};

struct Executable {
  std::string machine;            // "riscv32", "riscv64", "x86-64", "machine 62"
  uint32_t file_size_bytes = 0;   // the ELF
  uint32_t image_size_bytes = 0;  // the span it takes in memory
  uint32_t library_version = 0;   // 3 … 6
  std::string library_name;
  std::vector<std::string> kernels;  // names, "" where the module has none
};

struct Report {
  std::string module_name;
  std::string compiler_generation;  // "20240828 … 3.3.0": releases whose modules look like this
  uint32_t bytecode_major = 0;
  uint32_t bytecode_minor = 0;
  uint32_t function_count = 0;
  uint32_t bytecode_size_bytes = 0;
  uint32_t rodata_size_bytes = 0;
  uint32_t rodata_segment_count = 0;
  uint32_t global_bytes = 0;
  uint32_t global_ref_count = 0;
  bool zip = false;
  std::vector<Import> imports;
  std::vector<Export> exports;
  std::vector<Executable> executables;
  std::optional<Machine> kernels_for;  // the one machine of all executables; none: no such machine
  std::vector<std::string> problems;

  base::Status load_status = base::Status::kOk;  // of the trial load for the firmware
  std::string load_failure;                      // its words; empty if it loads
  uint64_t arena_bytes_after_load = 0;  // program, objects and kernel images; tensors come on top
};

// `firmware`: the machine of the device that the module is meant for; absent: RISC-V of the width
// that the module's kernels have.
[[nodiscard]] Report Inspect(base::Bytes file, std::optional<Machine> firmware = {});

// "riscv32", …: one spelling for every place that names a machine.
[[nodiscard]] std::string MachineName(Machine machine);

// "1x96x96x1xi8", "?xf32", "i32": one spelling for every place that shows a type.
[[nodiscard]] std::string TypeText(const ValueInfo& info);

}  // namespace runtime::inspect

#endif  // RUNTIME_INSPECT_INSPECT_H_
