#include "runtime/vmfb/module_file.h"

#include <array>
#include <cstring>

#include "base/try.h"

namespace runtime {
namespace {

using base::Status;
using flatbuffer::Table;
using flatbuffer::Vector;

// Field numbers of BytecodeModuleDef, the only table whose numbering differs between the layouts.
struct ModuleFields {
  uint8_t types, dependencies, imports, exports, signatures, rodata, state, functions, version,
      code;
  uint8_t descriptor_size;
};
constexpr uint8_t kAbsent = 0xFF;
constexpr std::array<ModuleFields, 2> kLayouts = {{
    {3, 4, 5, 6, kAbsent, 7, 9, 10, 11, 12, 12},
    {4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 20},
}};
constexpr uint32_t kLayoutBMinFields = 15;

constexpr uint32_t kTableOffsetSize = 4;
constexpr uint32_t kFlagOptional = 2;

base::Result<std::string_view> AttributeOf(const Table& signature, std::string_view key) {
  const Vector attributes = TRY(signature.VectorOf(1, kTableOffsetSize));
  for (uint32_t i = 0; i < attributes.size(); ++i) {
    const Table attribute = TRY(attributes.TableAt(i));
    if (TRY(attribute.String(0)) == key) return attribute.String(1);
  }
  return std::string_view();
}

}  // namespace

Status ModuleFile::Open(base::Bytes file, Failure& failure) {
  *this = ModuleFile();
  file_ = file;
  const auto container = LocateModule(file);
  if (!container) {
    return failure.Set(container.error(), container.error() == Status::kVmfbNotAModule
                                              ? "no module at the start of the file"
                                              : "module is longer than the file");
  }
  container_ = *container;
  flatbuffer_ = file.subspan(container_.flatbuffer_offset, container_.flatbuffer_size);
  const auto root = Table::Root(flatbuffer_);
  if (!root) {
    return failure.Set(root.error(), "root table is damaged", {},
                       static_cast<uint32_t>(container_.flatbuffer_offset));
  }
  layout_ = root->field_count() >= kLayoutBMinFields ? Layout::kB : Layout::kA;
  const auto version = root->Scalar<uint32_t>(kLayouts[static_cast<size_t>(layout_)].version, 0);
  if (!version) return failure.Set(version.error(), "bytecode version is unreadable");
  bytecode_version_ = *version;
  if (bytecode_major() < kOldestBytecode || bytecode_major() > kNewestBytecode ||
      bytecode_minor() != 0) {
    return failure.Begin(Status::kVmfbUnsupported, "bytecode version ")
        .AppendNumber(bytecode_major())
        .Append(".")
        .AppendNumber(bytecode_minor())
        .Append(", supported are 13.0 to 17.0")
        .status();
  }
  if (const auto tables = ReadTables(*root); !tables) {
    return failure.Set(tables.error(), "module tables are damaged");
  }
  return Status::kOk;
}

base::Result<void> ModuleFile::ReadTables(const Table& root) {
  const ModuleFields& fields = kLayouts[static_cast<size_t>(layout_)];
  name_ = TRY(root.String(0));
  types_ = TRY(root.VectorOf(fields.types, kTableOffsetSize));
  dependencies_ = TRY(root.VectorOf(fields.dependencies, kTableOffsetSize));
  imports_ = TRY(root.VectorOf(fields.imports, kTableOffsetSize));
  exports_ = TRY(root.VectorOf(fields.exports, kTableOffsetSize));
  if (fields.signatures != kAbsent) {
    signatures_ = TRY(root.VectorOf(fields.signatures, kTableOffsetSize));
  }
  rodata_ = TRY(root.VectorOf(fields.rodata, kTableOffsetSize));
  functions_ = TRY(root.VectorOf(fields.functions, fields.descriptor_size));
  bytecode_ = TRY(root.VectorOf(fields.code, 1)).bytes();
  if (root.Has(fields.state)) {
    const Table state = TRY(root.SubTable(fields.state));
    const auto bytes = TRY(state.Scalar<int32_t>(0, 0));
    const auto refs = TRY(state.Scalar<int32_t>(1, 0));
    if (bytes < 0 || refs < 0) return std::unexpected(Status::kVmfbMalformed);
    global_bytes_ = static_cast<uint32_t>(bytes);
    global_refs_ = static_cast<uint32_t>(refs);
  }
  return {};
}

uint32_t ModuleFile::bytecode_file_offset() const {
  return static_cast<uint32_t>(bytecode_.data() - file_.data());
}

base::Result<FunctionBody> ModuleFile::FunctionAt(uint32_t ordinal) const {
  if (ordinal >= functions_.size()) return std::unexpected(Status::kVmfbMalformed);
  const uint8_t* descriptor = functions_.Element(ordinal);
  const auto offset = base::LoadLe<int32_t>(descriptor);
  const auto length = base::LoadLe<int32_t>(descriptor + 4);
  // Layout B has requirements, a reserved field and the block count in between.
  const uint8_t* counts = descriptor + (layout_ == Layout::kA ? 8 : 16);
  const auto value_registers = base::LoadLe<int16_t>(counts);
  const auto ref_registers = base::LoadLe<int16_t>(counts + 2);
  if (offset < 0 || length <= 0 || value_registers < 0 || ref_registers < 0 ||
      !base::InBounds(bytecode_.size(), static_cast<uint32_t>(offset),
                      static_cast<uint32_t>(length))) {
    return std::unexpected(Status::kVmfbMalformed);
  }
  return FunctionBody{static_cast<uint32_t>(offset), static_cast<uint32_t>(length),
                      static_cast<uint16_t>(value_registers), static_cast<uint16_t>(ref_registers)};
}

base::Result<ImportDef> ModuleFile::ImportAt(uint32_t ordinal) const {
  const Table table = TRY(imports_.TableAt(ordinal));
  ImportDef import;
  import.name = TRY(table.String(0));
  const Table signature = TRY(table.SubTable(1));
  import.calling_convention = TRY(signature.String(0));
  import.optional = (TRY(table.Scalar<uint32_t>(2, 1)) & kFlagOptional) != 0;
  return import;
}

base::Result<ExportDef> ModuleFile::ExportAt(uint32_t ordinal) const {
  const Table table = TRY(exports_.TableAt(ordinal));
  ExportDef result;
  result.name = TRY(table.String(0));
  const auto function = TRY(table.Scalar<int32_t>(layout_ == Layout::kA ? 2 : 1, 0));
  if (function < 0 || static_cast<uint32_t>(function) >= function_count()) {
    return std::unexpected(Status::kVmfbMalformed);
  }
  result.ordinal = static_cast<uint32_t>(function);
  const Table signature =
      TRY(layout_ == Layout::kA ? table.SubTable(1) : signatures_.TableAt(result.ordinal));
  result.calling_convention = TRY(signature.String(0));
  return result;
}

base::Result<Table> ModuleFile::SignatureOf(uint32_t function) const {
  if (layout_ == Layout::kB) return signatures_.TableAt(function);
  for (uint32_t i = 0; i < exports_.size(); ++i) {
    const Table table = TRY(exports_.TableAt(i));
    if (TRY(table.Scalar<int32_t>(2, 0)) == static_cast<int32_t>(function)) {
      return table.SubTable(1);
    }
  }
  return Table();
}

base::Result<std::string_view> ModuleFile::CallingConvention(uint32_t function) const {
  const Table signature = TRY(SignatureOf(function));
  return signature.String(0);
}

base::Result<std::string_view> ModuleFile::Attribute(uint32_t function,
                                                     std::string_view key) const {
  return AttributeOf(TRY(SignatureOf(function)), key);
}

base::Result<base::Bytes> ModuleFile::RodataAt(uint32_t ordinal) const {
  const Table table = TRY(rodata_.TableAt(ordinal));
  if (TRY(table.Scalar<uint8_t>(0, 0)) != 0) return std::unexpected(Status::kVmfbUnsupported);
  if (table.Has(2)) return TRY(table.VectorOf(2, 1)).bytes();
  const auto offset = TRY(table.Scalar<uint64_t>(3, 0));
  const auto length = TRY(table.Scalar<uint64_t>(4, 0));
  const auto bytes = base::SliceAt(
      file_.subspan(container_.rodata_base < file_.size() ? container_.rodata_base : file_.size()),
      offset, length);
  if (!bytes) return std::unexpected(Status::kVmfbMalformed);
  return *bytes;
}

base::Result<uint32_t> ModuleFile::HalMinimumVersion() const {
  uint32_t version = 0;
  for (uint32_t i = 0; i < dependencies_.size(); ++i) {
    const Table table = TRY(dependencies_.TableAt(i));
    if (TRY(table.String(0)) != "hal") continue;
    version = TRY(table.Scalar<uint32_t>(1, 0));
  }
  return version;
}

}  // namespace runtime
