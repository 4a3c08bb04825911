// SPDX-License-Identifier: Apache-2.0

#include "runtime/vmfb/module_file.h"

#include <algorithm>
#include <array>

namespace runtime {
namespace {

using base::Status;
using flatbuffer::Reader;
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
constexpr uint32_t kMaxExports = 1024;  // they are searched

// The value if nothing on the way to it pointed outside.
template <typename T>
base::Result<T> Checked(const Reader& reader, const T& value) {
  if (!reader.ok()) return std::unexpected(Status::kVmfbMalformed);
  return value;
}

}  // namespace

Status ModuleFile::Open(base::Bytes file, Failure& failure) {
  *this = ModuleFile();
  file_ = file;
  const Status located = LocateModule(file, container_);
  if (located != Status::kOk) {
    return failure.Set(located == Status::kVmfbNotAModule ? Message::kNotAModule
                                                          : Message::kFileCutOff);
  }
  flatbuffer_ = file.subspan(container_.flatbuffer_offset, container_.flatbuffer_size);
  Reader reader(flatbuffer_);
  const uint32_t root = reader.Follow(0);
  layout_ = reader.FieldCount(root) >= kLayoutBMinFields ? Layout::kB : Layout::kA;
  bytecode_version_ = reader.Scalar(root, kLayouts[static_cast<size_t>(layout_)].version, 0);
  if (!reader.ok()) return failure.Set(Message::kDamagedTables);
  if (bytecode_major() < kOldestBytecode || bytecode_major() > kNewestBytecode ||
      bytecode_minor() != 0) {
    return failure.Begin(Message::kBytecodeVersion)
        .Number(bytecode_major())
        .Text(".")
        .Number(bytecode_minor())
        .status();
  }
  if (!ReadTables(reader, root)) return failure.Set(Message::kDamagedTables);
  return Status::kOk;
}

bool ModuleFile::ReadTables(Reader& reader, uint32_t root) {
  const ModuleFields& fields = kLayouts[static_cast<size_t>(layout_)];
  name_ = reader.String(root, 0);
  types_ = reader.VectorOf(root, fields.types, kTableOffsetSize);
  dependencies_ = reader.VectorOf(root, fields.dependencies, kTableOffsetSize);
  imports_ = reader.VectorOf(root, fields.imports, kTableOffsetSize);
  exports_ = reader.VectorOf(root, fields.exports, kTableOffsetSize);
  signatures_ = reader.VectorOf(root, fields.signatures, kTableOffsetSize);
  rodata_ = reader.VectorOf(root, fields.rodata, kTableOffsetSize);
  functions_ = reader.VectorOf(root, fields.functions, fields.descriptor_size);
  bytecode_ = reader.BytesOf(reader.VectorOf(root, fields.code, 1));
  if (reader.Field(root, fields.state) != 0) {
    const uint32_t state = reader.SubTable(root, fields.state);
    global_bytes_ = reader.Scalar(state, 0, 0);
    global_refs_ = reader.Scalar(state, 1, 0);
  }
  return reader.ok() && exports_.count <= kMaxExports && global_bytes_ <= INT32_MAX &&
         global_refs_ <= INT32_MAX;
}

uint32_t ModuleFile::FileOffset(const uint8_t* byte) const {
  return static_cast<uint32_t>(byte - file_.data());
}

base::Result<FunctionBody> ModuleFile::FunctionAt(uint32_t ordinal) const {
  if (ordinal >= functions_.count) return std::unexpected(Status::kVmfbMalformed);
  // Layout B has requirements, a reserved field and the block count between length and registers.
  const uint32_t counts = layout_ == Layout::kA ? 8 : 16;
  Reader reader(flatbuffer_);
  const uint32_t descriptor =
      functions_.first + ordinal * kLayouts[static_cast<size_t>(layout_)].descriptor_size;
  const FunctionBody body = {reader.U32(descriptor), reader.U32(descriptor + 4),
                             static_cast<uint16_t>(reader.U16(descriptor + counts)),
                             static_cast<uint16_t>(reader.U16(descriptor + counts + 2))};
  // All four are signed.
  if (body.length == 0 || !base::InBounds(bytecode_.size(), body.offset, body.length) ||
      (body.value_registers | body.ref_registers) > INT16_MAX) {
    return std::unexpected(Status::kVmfbMalformed);
  }
  return body;
}

base::Result<ImportDef> ModuleFile::ImportAt(uint32_t ordinal) const {
  Reader reader(flatbuffer_);
  const uint32_t table = reader.TableAt(imports_, ordinal);
  const ImportDef import = {reader.String(table, 0), reader.String(reader.SubTable(table, 1), 0),
                            (reader.Scalar(table, 2, 1) & kFlagOptional) != 0};
  return Checked(reader, import);
}

base::Result<ExportDef> ModuleFile::ExportAt(uint32_t ordinal) const {
  Reader reader(flatbuffer_);
  const uint32_t table = reader.TableAt(exports_, ordinal);
  const uint32_t function = reader.Scalar(table, layout_ == Layout::kA ? 2 : 1, 0);
  if (function >= function_count()) reader.Fail();
  const uint32_t signature =
      layout_ == Layout::kA ? reader.SubTable(table, 1) : reader.TableAt(signatures_, function);
  return Checked(reader, ExportDef{reader.String(table, 0), reader.String(signature, 0), function});
}

// 0 if the module does not record one.
uint32_t ModuleFile::SignatureOf(Reader& reader, uint32_t function) const {
  if (layout_ == Layout::kB) return reader.TableAt(signatures_, function);
  for (uint32_t i = 0; i < exports_.count && reader.ok(); ++i) {
    const uint32_t table = reader.TableAt(exports_, i);
    if (reader.Scalar(table, 2, 0) == function) return reader.SubTable(table, 1);
  }
  return 0;
}

base::Result<std::string_view> ModuleFile::CallingConvention(uint32_t function) const {
  Reader reader(flatbuffer_);
  const uint32_t signature = SignatureOf(reader, function);
  return Checked(reader, signature != 0 ? reader.String(signature, 0) : std::string_view());
}

base::Result<std::string_view> ModuleFile::Attribute(uint32_t function,
                                                     std::string_view key) const {
  Reader reader(flatbuffer_);
  const uint32_t signature = SignatureOf(reader, function);
  std::string_view value;
  if (signature != 0) {
    const Vector attributes = reader.VectorOf(signature, 1, kTableOffsetSize);
    for (uint32_t i = 0; i < attributes.count && reader.ok(); ++i) {
      const uint32_t attribute = reader.TableAt(attributes, i);
      if (reader.String(attribute, 0) != key) continue;
      value = reader.String(attribute, 1);
      break;
    }
  }
  return Checked(reader, value);
}

base::Result<base::Bytes> ModuleFile::RodataAt(uint32_t ordinal) const {
  Reader reader(flatbuffer_);
  const uint32_t table = reader.TableAt(rodata_, ordinal);
  const uint32_t compression = reader.Field(table, 0);
  if (compression != 0 && (reader.U16(compression) & 0xFF) != 0) {
    return std::unexpected(Status::kVmfbUnsupported);
  }
  if (reader.Field(table, 2) != 0) {
    const base::Bytes embedded = reader.BytesOf(reader.VectorOf(table, 2, 1));
    return Checked(reader, embedded);
  }
  // External: offset and length of 64 bits, absent ones are 0.
  uint32_t words[4] = {};
  for (uint32_t field = 0; field < 2; ++field) {
    const uint32_t position = reader.Field(table, 3 + field);
    if (position == 0) continue;
    words[2 * field] = reader.U32(position);
    words[2 * field + 1] = reader.U32(position + 4);
  }
  const size_t room = file_.size() - std::min<size_t>(container_.rodata_base, file_.size());
  if ((words[1] | words[3]) != 0 || !base::InBounds(room, words[0], words[2])) reader.Fail();
  if (!reader.ok()) return std::unexpected(Status::kVmfbMalformed);
  return file_.subspan(file_.size() - room + words[0], words[2]);
}

base::Result<uint32_t> ModuleFile::HalMinimumVersion() const {
  Reader reader(flatbuffer_);
  uint32_t version = 0;
  for (uint32_t i = 0; i < dependencies_.count && reader.ok(); ++i) {
    const uint32_t table = reader.TableAt(dependencies_, i);
    if (reader.String(table, 0) == "hal") version = reader.Scalar(table, 1, 0);
  }
  return Checked(reader, version);
}

}  // namespace runtime
