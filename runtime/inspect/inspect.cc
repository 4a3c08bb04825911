// SPDX-License-Identifier: Apache-2.0

#include "runtime/inspect/inspect.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "runtime/hal/import_table.h"
#include "runtime/kernel/elf.h"
#include "runtime/kernel/library.h"
#include "runtime/runtime.h"
#include "runtime/vmfb/module_file.h"

namespace runtime::inspect {
namespace {

using base::Status;

constexpr size_t kTrialArena = size_t{16} << 20;  // what the Springbok data memory holds

// Memory at a boundary that std::vector does not promise.
class AlignedBytes {
 public:
  AlignedBytes(size_t size, size_t alignment)
      : size_(size),
        alignment_(alignment),
        data_(static_cast<uint8_t*>(::operator new(size, std::align_val_t{alignment}))) {
    std::memset(data_, 0, size);
  }
  ~AlignedBytes() { ::operator delete(data_, std::align_val_t{alignment_}); }
  AlignedBytes(const AlignedBytes&) = delete;
  AlignedBytes& operator=(const AlignedBytes&) = delete;
  [[nodiscard]] base::MutableBytes bytes() { return {data_, size_}; }

 private:
  size_t size_;
  size_t alignment_;
  uint8_t* data_;
};

struct Generation {
  uint32_t bytecode_major;
  const char* import_name;  // a module that imports this, with this convention …
  const char* convention;
  const char* releases;  // … came from one of these
};

// Most telling rows first; a row without an import speaks for the version alone.
constexpr Generation kGenerations[] = {
    {13, nullptr, nullptr, "20230209 … 20230228"},
    {16, nullptr, nullptr, "3.10.0"},
    {17, "hal.executable.lookup.function", "0rr_I", "3.12.0 … 3.13.0"},
    {17, "hal.executable.create", "0rIrrr_r", "3.11.0"},
    {17, nullptr, nullptr, "3.11.0 … 3.13.0"},
    {15, "hal.executable.create", "0rIrrr_r", "3.4.0 … 3.9.0"},
    {15, "hal.executable.create", "0rrrr_r", "20240828 … 3.3.0"},
    {15, "hal.devices.get", "0i_r", "20231218 … 20240724"},
    {15, "hal.allocator.allocate", "0rIiiI_r", "20231004 … 20231113"},
    {15, "hal.ex.shared_device", "0v_r", "20230404 … 20231113"},
    {15, nullptr, nullptr, "20230404 … 3.9.0"},
};

std::string GuessGeneration(const Report& report) {
  for (const Generation& row : kGenerations) {
    if (row.bytecode_major != report.bytecode_major) continue;
    if (row.import_name == nullptr) return row.releases;
    for (const Import& import : report.imports) {
      if (import.name == row.import_name && import.calling_convention == row.convention) {
        return row.releases;
      }
    }
  }
  return "unknown";
}

void ReadTables(const ModuleFile& module, Report& report) {
  for (uint32_t i = 0; i < module.import_count(); ++i) {
    const auto import = module.ImportAt(i);
    if (!import) {
      report.problems.emplace_back("import " + std::to_string(i) + " is unreadable");
      continue;
    }
    report.imports.push_back(
        {std::string(import->name), std::string(import->calling_convention),
         kHalImports.find(import->name, import->calling_convention) != nullptr});
  }
  for (uint32_t i = 0; i < module.rodata_count(); ++i) {
    const auto bytes = module.RodataAt(i);
    if (!bytes) {
      report.problems.emplace_back("rodata segment " + std::to_string(i) + " is unreadable");
      continue;
    }
    report.rodata_size_bytes += static_cast<uint32_t>(bytes->size());
  }
}

void ReadExecutable(base::Bytes elf, Report& report) {
  Executable executable;
  executable.file_size_bytes = static_cast<uint32_t>(elf.size());
  Failure failure;
  ElfSummary summary;
  if (CheckElf(elf, summary, failure) != Status::kOk) {
    executable.machine = "unknown";
    report.problems.emplace_back(failure.text());
    report.executables.push_back(std::move(executable));
    return;
  }
  executable.machine = MachineName(summary.machine);
  executable.image_size_bytes = summary.image_size;
  AlignedBytes memory(summary.image_size, kFileAlignment);
  KernelImage image;
  image.bytes = memory.bytes();
  image.base_address = kFileAlignment;
  Library library(image);
  if (PlaceElf(elf, summary, image, failure) != Status::kOk ||
      library.FindUncalled(failure) != Status::kOk) {
    report.problems.emplace_back(failure.text());
  } else {
    executable.library_version = library.version();
    executable.library_name = library.name();
    LibraryKernel kernel;
    for (uint32_t i = 0; i < library.kernel_count(); ++i) {
      executable.kernels.emplace_back(library.ReadKernel(i, kernel) ? kernel.name : "");
    }
  }
  report.executables.push_back(std::move(executable));
}

void ReadExecutables(const ModuleFile& module, Report& report) {
  constexpr uint32_t kElfMagic = 0x464C457F;
  for (uint32_t i = 0; i < module.rodata_count(); ++i) {
    const auto bytes = module.RodataAt(i);
    if (bytes && base::ReadAt<uint32_t>(*bytes, 0).value_or(0) == kElfMagic) {
      ReadExecutable(*bytes, report);
    }
  }
}

void ReadExports(const ModuleFile& module, const Runtime* runtime, Report& report) {
  for (uint32_t i = 0; i < module.export_count(); ++i) {
    const auto exported = module.ExportAt(i);
    if (!exported) {
      report.problems.emplace_back("export " + std::to_string(i) + " is unreadable");
      continue;
    }
    Export result;
    result.name = exported->name;
    result.calling_convention = exported->calling_convention;
    result.declaration = module.Attribute(exported->ordinal, "iree.abi.declaration").value_or("");
    FunctionInfo info;
    if (runtime != nullptr && runtime->Describe(Function{i}, info) == Status::kOk) {
      result.arguments.assign(info.arguments.begin(), info.arguments.begin() + info.argument_count);
      result.results.assign(info.results.begin(), info.results.begin() + info.result_count);
    }
    report.exports.push_back(std::move(result));
  }
}

std::optional<Machine> CommonMachine(const std::vector<Executable>& executables) {
  for (const Machine machine : {Machine::kRiscV32, Machine::kRiscV64, Machine::kX8664}) {
    if (!executables.empty() &&
        std::ranges::all_of(executables, [name = MachineName(machine)](const Executable& row) {
          return row.machine == name;
        })) {
      return machine;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string MachineName(Machine machine) {
  switch (machine) {
    case Machine::kRiscV32:
      return "riscv32";
    case Machine::kRiscV64:
      return "riscv64";
    case Machine::kX8664:
      return "x86-64";
  }
  return "unknown";
}

Report Inspect(base::Bytes file, std::optional<Machine> firmware) {
  Report report;
  AlignedBytes copy(file.size() + 1, kFileAlignment);
  if (!file.empty()) std::memcpy(copy.bytes().data(), file.data(), file.size());
  const base::MutableBytes bytes = copy.bytes().first(file.size());

  AlignedBytes arena(kTrialArena, 4096);
  Runtime runtime;
  report.load_status = runtime.Load(bytes, arena.bytes(), {.kernel_mode = KernelMode::kSkip});
  if (report.load_status == Status::kOk) {
    report.arena_bytes_after_load = runtime.arena_bytes_used();
  } else {
    report.load_failure = runtime.failure().text();
  }

  ModuleFile module;
  Failure failure;
  if (module.Open(bytes, failure) != Status::kOk) {
    report.problems.emplace_back(failure.text());
    return report;
  }
  report.module_name = module.name();
  report.bytecode_major = module.bytecode_major();
  report.bytecode_minor = module.bytecode_minor();
  report.function_count = module.function_count();
  report.bytecode_size_bytes = static_cast<uint32_t>(module.bytecode().size());
  report.rodata_segment_count = module.rodata_count();
  report.global_bytes = module.global_bytes();
  report.global_ref_count = module.global_refs();
  report.zip = module.container().zip;
  ReadTables(module, report);
  report.compiler_generation = GuessGeneration(report);
  ReadExports(module, runtime.loaded() ? &runtime : nullptr, report);
  ReadExecutables(module, report);
  report.kernels_for = CommonMachine(report.executables);
  // The firmware runs what it was built for; the trial load, which runs nothing, takes any machine.
  const std::string runs = MachineName(firmware.value_or(
      report.kernels_for == Machine::kRiscV64 ? Machine::kRiscV64 : Machine::kRiscV32));
  for (const Executable& executable : report.executables) {
    if (executable.machine == runs || report.load_status != Status::kOk) continue;
    report.load_status = Status::kKernelElfUnsupported;
    report.load_failure = "kernels are for " + executable.machine + ", the firmware runs " + runs;
  }
  return report;
}

std::string TypeText(const ValueInfo& info) {
  switch (info.kind) {
    case ValueKind::kI32:
      return "i32";
    case ValueKind::kI64:
      return "i64";
    case ValueKind::kF32:
      return "f32";
    case ValueKind::kTensor:
      break;
  }
  std::string text;
  if (!info.shape_known) {
    text = "…x";
  } else {
    for (uint32_t i = 0; i < info.rank; ++i) {
      text += info.dims[i] == ValueInfo::kDynamic ? "?" : std::to_string(info.dims[i]);
      text += 'x';
    }
  }
  const auto prefix = [&]() -> std::string {
    switch (info.type.kind()) {
      case NumericalKind::kInteger:
        return "i";
      case NumericalKind::kSigned:
        return "si";
      case NumericalKind::kUnsigned:
        return "ui";
      case NumericalKind::kBoolean:
        return "bool";
      case NumericalKind::kFloatAny:
      case NumericalKind::kFloatIeee:
        return "f";
      case NumericalKind::kFloatBrain:
        return "bf";
      case NumericalKind::kComplex:
        return "complex";
      case NumericalKind::kOpaque:
        break;
    }
    return "";
  }();
  if (!info.type.known() || prefix.empty()) return text + "unknown";
  return text + prefix + std::to_string(info.type.bits());
}

}  // namespace runtime::inspect
