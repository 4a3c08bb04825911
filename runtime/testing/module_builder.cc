// SPDX-License-Identifier: Apache-2.0

#include "runtime/testing/module_builder.h"

#include <cstring>

namespace runtime::testing {
namespace {

// Writes parents first and patches their offsets when the children come: every offset points
// forward.
class FlatWriter {
 public:
  std::vector<uint8_t> bytes;

  size_t Put(uint64_t value, int size) {
    const size_t at = bytes.size();
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<uint8_t>(value >> 8 * i));
    return at;
  }
  void Align(size_t alignment) {
    while (bytes.size() % alignment != 0) bytes.push_back(0);
  }
  // A table of `count` 4-byte fields, all present and zero; field i lies at the result + 4 + 4 i.
  size_t Table(uint32_t count) {
    Align(4);
    const size_t vtable = Put(4 + 2 * count, 2);
    Put(4 + 4 * count, 2);
    for (uint32_t i = 0; i < count; ++i) Put(4 + 4 * i, 2);
    Align(4);
    const size_t table = Put(0, 4);
    Patch(table, table - vtable);
    for (uint32_t i = 0; i < count; ++i) Put(0, 4);
    return table;
  }
  static size_t Field(size_t table, uint32_t index) { return table + 4 + 4 * index; }
  // Takes a field out of a table that Table made.
  void Drop(size_t table, uint32_t index) {
    int32_t to_vtable;
    std::memcpy(&to_vtable, &bytes[table], 4);
    const size_t slot = table - static_cast<size_t>(to_vtable) + 4 + 2 * index;
    bytes[slot] = bytes[slot + 1] = 0;
  }
  void Patch(size_t at, uint64_t value) {
    for (int i = 0; i < 4; ++i) bytes[at + i] = static_cast<uint8_t>(value >> 8 * i);
  }
  // Points the offset at `from` to what is written next.
  void PointHere(size_t from) {
    Align(4);
    Patch(from, bytes.size() - from);
  }
  void Bytes(size_t from, const void* data, size_t count, size_t element_size = 1) {
    PointHere(from);
    Put(count, 4);
    const auto* source = static_cast<const uint8_t*>(data);
    bytes.insert(bytes.end(), source, source + count * element_size);
  }
  void String(size_t from, const std::string& text) { Bytes(from, text.data(), text.size()); }
  // A vector of `count` offsets; the result is where the first lies.
  size_t Offsets(size_t from, size_t count) {
    PointHere(from);
    Put(count, 4);
    const size_t first = bytes.size();
    for (size_t i = 0; i < count; ++i) Put(0, 4);
    return first;
  }
  size_t TableAt(size_t from, uint32_t fields) {
    const size_t table = Table(fields);
    Patch(from, table - from);
    return table;
  }
};

void WriteSignature(FlatWriter& out, size_t from, const std::string& convention,
                    const std::string& abi_model) {
  const size_t table = out.TableAt(from, 2);
  out.String(FlatWriter::Field(table, 0), convention);
  const size_t attributes = out.Offsets(FlatWriter::Field(table, 1), abi_model.empty() ? 0 : 1);
  if (abi_model.empty()) return;
  const size_t attribute = out.TableAt(attributes, 2);
  out.String(FlatWriter::Field(attribute, 0), "iree.abi.model");
  out.String(FlatWriter::Field(attribute, 1), abi_model);
}

}  // namespace

std::vector<uint8_t> Build(const ModuleSpec& spec, bool zip) {
  const bool b = spec.bytecode_major >= 14;
  const auto field = [&](uint32_t a_index, uint32_t b_index) { return b ? b_index : a_index; };
  FlatWriter out;
  out.Put(0, 4);
  out.Put(0x45455249, 4);  // "IREE"
  const size_t root = out.TableAt(0, b ? 16 : 14);
  const auto at = [&](uint32_t index) { return FlatWriter::Field(root, index); };
  out.Drop(root, field(2, 3));    // attributes
  out.Drop(root, field(8, 10));   // rwdata
  out.Drop(root, field(13, 15));  // debug database
  out.Patch(at(field(11, 13)), spec.bytecode_major << 16 | spec.bytecode_minor);
  out.String(at(0), spec.name);

  size_t list = out.Offsets(at(field(3, 4)), spec.types.size());
  for (const std::string& type : spec.types) {
    out.String(FlatWriter::Field(out.TableAt(list, 1), 0), type);
    list += 4;
  }
  out.Offsets(at(field(4, 5)), 0);  // dependencies
  list = out.Offsets(at(field(5, 6)), spec.imports.size());
  for (const ModuleSpec::Import& import : spec.imports) {
    const size_t table = out.TableAt(list, 3);
    out.Patch(FlatWriter::Field(table, 2), import.optional ? 2 : 1);
    out.String(FlatWriter::Field(table, 0), import.name);
    WriteSignature(out, FlatWriter::Field(table, 1), import.convention, "");
    list += 4;
  }
  list = out.Offsets(at(field(6, 7)), spec.exports.size());
  for (const ModuleSpec::Export& exported : spec.exports) {
    const size_t table = out.TableAt(list, b ? 2 : 3);
    out.Patch(FlatWriter::Field(table, b ? 1 : 2), static_cast<uint32_t>(exported.function));
    out.String(FlatWriter::Field(table, 0), exported.name);
    const auto function = static_cast<size_t>(exported.function);
    if (!b) {
      WriteSignature(
          out, FlatWriter::Field(table, 1),
          function < spec.functions.size() ? spec.functions[function].convention : "0v_v",
          spec.abi_model);
    }
    list += 4;
  }
  if (b) {
    list = out.Offsets(at(8), spec.functions.size());
    for (const ModuleSpec::Function& function : spec.functions) {
      WriteSignature(out, list, function.convention, spec.abi_model);
      list += 4;
    }
  }
  list = out.Offsets(at(field(7, 9)), spec.rodata.size());
  for (const std::vector<uint8_t>& segment : spec.rodata) {
    const size_t table = out.TableAt(list, 3);
    out.Drop(table, 0);
    out.Drop(table, 1);
    out.Bytes(FlatWriter::Field(table, 2), segment.data(), segment.size());
    list += 4;
  }
  const size_t state = out.TableAt(at(field(9, 11)), 2);
  out.Patch(FlatWriter::Field(state, 0), static_cast<uint32_t>(spec.global_bytes));
  out.Patch(FlatWriter::Field(state, 1), static_cast<uint32_t>(spec.global_refs));

  std::vector<uint8_t> code;
  FlatWriter descriptors;
  for (const ModuleSpec::Function& function : spec.functions) {
    while (code.size() % 8 != 0) code.push_back(0);
    descriptors.Put(code.size(), 4);
    descriptors.Put(function.code.bytes().size(), 4);
    if (b) descriptors.Put(0, 8);
    descriptors.Put(static_cast<uint16_t>(function.value_registers), 2);
    descriptors.Put(static_cast<uint16_t>(function.ref_registers), 2);
    code.insert(code.end(), function.code.bytes().begin(), function.code.bytes().end());
  }
  out.Bytes(at(field(10, 12)), descriptors.bytes.data(), spec.functions.size(), b ? 20 : 12);
  out.Bytes(at(field(12, 14)), code.data(), code.size());

  FlatWriter file;
  if (zip) {
    file.Put(0x04034B50, 4);
    while (file.bytes.size() < 26) file.bytes.push_back(0);
    file.Put(9, 2);
    file.Put(25, 2);
    while (file.bytes.size() < 64) file.bytes.push_back('m');
  }
  file.Put(out.bytes.size(), 4);
  file.bytes.insert(file.bytes.end(), out.bytes.begin(), out.bytes.end());
  return file.bytes;
}

ModuleSpec MainOnly(Code code, std::string convention) {
  ModuleSpec spec;
  spec.functions.push_back({std::move(code), std::move(convention)});
  spec.exports.push_back({"main", 0});
  return spec;
}

Aligned::Aligned(const std::vector<uint8_t>& bytes, size_t alignment)
    : Aligned(bytes.size(), alignment) {
  if (!bytes.empty()) std::memcpy(data_.get(), bytes.data(), bytes.size());
}

Aligned::Aligned(size_t size, size_t alignment)
    : size_(size),
      data_(
          static_cast<uint8_t*>(::operator new(size == 0 ? 1 : size, std::align_val_t{alignment})),
          Delete{alignment}) {}

}  // namespace runtime::testing
