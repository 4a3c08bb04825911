// SPDX-License-Identifier: Apache-2.0

// The module inside a VMFB as typed views: functions, imports, exports, rodata, globals. Both
// flatbuffer layouts (A: bytecode 13, B: 14 and later) look the same from outside.
//
// The caller keeps the file alive; it need not be aligned here. Failure: a status with the place in
// `failure`. Cost: Open is constant, each accessor a few loads; nothing is cached or copied.
// Facts: shared spec iree-formats, sections 0 and 1.1.
#ifndef RUNTIME_VMFB_MODULE_FILE_H_
#define RUNTIME_VMFB_MODULE_FILE_H_

#include <cstdint>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status.h"
#include "runtime/value/failure.h"
#include "runtime/vmfb/container.h"
#include "runtime/vmfb/flatbuffer.h"

namespace runtime {

inline constexpr uint32_t kOldestBytecode = 13;
inline constexpr uint32_t kNewestBytecode = 17;

struct FunctionBody {
  uint32_t offset;  // inside the bytecode
  uint32_t length;
  uint16_t value_registers;  // 32-bit slots
  uint16_t ref_registers;
};

struct ImportDef {
  std::string_view name;  // "hal.device.allocator"
  std::string_view calling_convention;
  bool optional;
};

struct ExportDef {
  std::string_view name;
  std::string_view calling_convention;
  uint32_t ordinal;  // of the internal function; checked
};

class ModuleFile {
 public:
  // Checks container, version and tables.
  [[nodiscard]] base::Status Open(base::Bytes file, Failure& failure);

  [[nodiscard]] const Container& container() const { return container_; }
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] uint32_t bytecode_major() const { return bytecode_version_ >> 16; }
  [[nodiscard]] uint32_t bytecode_minor() const { return bytecode_version_ & 0xFFFF; }
  [[nodiscard]] bool has_block_markers() const { return bytecode_major() >= 14; }
  [[nodiscard]] base::Bytes bytecode() const { return bytecode_; }
  // Of a byte of the file.
  [[nodiscard]] uint32_t FileOffset(const uint8_t* byte) const;
  [[nodiscard]] uint32_t global_bytes() const { return global_bytes_; }
  [[nodiscard]] uint32_t global_refs() const { return global_refs_; }

  [[nodiscard]] uint32_t function_count() const { return functions_.count; }
  [[nodiscard]] uint32_t import_count() const { return imports_.count; }
  [[nodiscard]] uint32_t export_count() const { return exports_.count; }
  [[nodiscard]] uint32_t rodata_count() const { return rodata_.count; }
  [[nodiscard]] uint32_t type_count() const { return types_.count; }

  [[nodiscard]] base::Result<FunctionBody> FunctionAt(uint32_t ordinal) const;
  [[nodiscard]] base::Result<ImportDef> ImportAt(uint32_t ordinal) const;
  [[nodiscard]] base::Result<ExportDef> ExportAt(uint32_t ordinal) const;
  [[nodiscard]] base::Result<base::Bytes> RodataAt(uint32_t ordinal) const;

  // Calling convention of an internal function; empty if the module does not record one (layout A
  // records it for exports only).
  [[nodiscard]] base::Result<std::string_view> CallingConvention(uint32_t function) const;
  // Value of a reflection attribute of an internal function; empty if absent.
  [[nodiscard]] base::Result<std::string_view> Attribute(uint32_t function,
                                                         std::string_view key) const;
  // Highest minimum version that a dependency asks for; 0 without dependencies.
  [[nodiscard]] base::Result<uint32_t> HalMinimumVersion() const;

 private:
  enum class Layout : uint8_t { kA, kB };
  [[nodiscard]] uint32_t SignatureOf(flatbuffer::Reader& reader, uint32_t function) const;
  [[nodiscard]] bool ReadTables(flatbuffer::Reader& reader, uint32_t root);

  base::Bytes file_;
  base::Bytes flatbuffer_;
  Container container_ = {};
  Layout layout_ = Layout::kA;
  uint32_t bytecode_version_ = 0;
  uint32_t global_bytes_ = 0;
  uint32_t global_refs_ = 0;
  std::string_view name_;
  base::Bytes bytecode_;
  flatbuffer::Vector types_;
  flatbuffer::Vector dependencies_;
  flatbuffer::Vector imports_;
  flatbuffer::Vector exports_;
  flatbuffer::Vector signatures_;  // layout B
  flatbuffer::Vector rodata_;
  flatbuffer::Vector functions_;
};

}  // namespace runtime

#endif  // RUNTIME_VMFB_MODULE_FILE_H_
