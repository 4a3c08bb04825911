// SPDX-License-Identifier: Apache-2.0

#include "runtime/testing/elf_builder.h"

namespace runtime::testing {
namespace {

// Byte `index` of a value extended with zeroes.
uint8_t ByteOf(uint64_t value, size_t index) {
  return index < sizeof(value) ? static_cast<uint8_t>(value >> 8 * index) : uint8_t{0};
}

class Writer {
 public:
  explicit Writer(bool wide) : word_(wide ? 8 : 4) {}

  std::vector<uint8_t> bytes;
  std::vector<std::pair<size_t, size_t>> relocations;  // offset, addend

  [[nodiscard]] size_t word() const { return word_; }
  size_t Put(uint64_t value, size_t size) {
    const size_t at = bytes.size();
    for (size_t i = 0; i < size; ++i) bytes.push_back(ByteOf(value, i));
    return at;
  }
  size_t Word(uint64_t value) { return Put(value, word_); }
  size_t Pointer(size_t target) {
    relocations.emplace_back(bytes.size(), target);
    return Word(0);
  }
  void Align(size_t alignment) {
    while (bytes.size() % alignment != 0) bytes.push_back(0);
  }
  size_t Text(const std::string& text) {
    const size_t at = bytes.size();
    bytes.insert(bytes.end(), text.begin(), text.end());
    bytes.push_back(0);
    return at;
  }
  void Patch(size_t at, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i) bytes[at + i] = ByteOf(value, i);
  }

 private:
  size_t word_;
};

}  // namespace

std::vector<uint8_t> BuildElf(const ElfSpec& spec) {
  const bool wide = spec.is_64_bit;
  Writer out(wide);
  // Header and two segment headers, filled in at the end.
  const size_t header_size = wide ? 64 : 52;
  const size_t segment_size = wide ? 56 : 32;
  out.bytes.resize(header_size + 2 * segment_size);

  const size_t library_name = out.Text("module_linked");
  std::vector<size_t> names;
  for (const std::string& kernel : spec.kernels) names.push_back(out.Text(kernel));
  out.Align(16);
  std::vector<size_t> functions;
  for (size_t i = 0; i < spec.kernels.size(); ++i) functions.push_back(out.Put(0, 16));
  const size_t query = out.Put(0, 16);

  const size_t header = out.Put(spec.library_version, 4);
  out.Align(out.word());
  out.Pointer(library_name);
  out.Put(0, 8);
  out.Align(8);
  const size_t function_table = out.bytes.size();
  for (const size_t function : functions) out.Pointer(function);
  const size_t name_table = out.bytes.size();
  for (const size_t name : names) out.Pointer(name);
  const size_t attributes = out.bytes.size();
  const size_t attribute_size =
      spec.library_version <= 4 ? 4 : (spec.library_version == 5 ? 72 : 64);
  for (size_t i = 0; i < spec.kernels.size() * attribute_size; ++i) out.bytes.push_back(0);
  out.Align(8);

  out.Pointer(header);
  out.Word(spec.import_count);
  out.Word(0);
  out.Word(spec.kernels.size());
  out.Pointer(function_table);
  out.Pointer(attributes);
  if (spec.library_version >= 6) {
    out.Word(0);
    out.Word(0);
  }
  if (spec.with_names) {
    out.Pointer(name_table);
  } else {
    out.Word(0);
  }
  for (int i = 0; i < 10; ++i) out.Word(0);

  const size_t strings = out.bytes.size();
  out.Text("");
  const size_t query_name = out.Text("iree_hal_executable_library_query") - strings;
  const size_t strings_size = out.bytes.size() - strings;
  out.Align(8);
  const size_t symbol_size = wide ? 24 : 16;
  const size_t symbols = out.bytes.size();
  out.bytes.resize(symbols + 2 * symbol_size);
  out.Patch(symbols + symbol_size, query_name, 4);
  out.Patch(symbols + symbol_size + (wide ? 8 : 4), query, out.word());
  out.Patch(symbols + symbol_size + (wide ? 6 : 14), 1, 2);
  const size_t hash = out.Put(1, 4);
  out.Put(2, 4);
  out.Align(8);
  const size_t relas = out.bytes.size();
  const uint32_t type = spec.relocation_type != 0 ? spec.relocation_type : (wide ? 8 : 3);
  const auto relocations = out.relocations;
  for (const auto& [offset, addend] : relocations) {
    out.Word(offset);
    out.Word(type);
    out.Word(addend);
  }
  const size_t relas_size = out.bytes.size() - relas;
  const size_t dynamic = out.bytes.size();
  const std::pair<uint64_t, uint64_t> tags[] = {{4, hash},           {5, strings},
                                                {6, symbols},        {7, relas},
                                                {8, relas_size},     {9, 3 * out.word()},
                                                {10, strings_size},  {11, symbol_size},
                                                {spec.extra_tag, 1}, {0, 0}};
  for (const auto& [tag, value] : tags) {
    if (tag == 0 && value != 0) continue;
    out.Word(tag);
    out.Word(value);
  }
  const size_t total = out.bytes.size();

  out.Patch(0, 0x464C457F, 4);
  out.Patch(4, wide ? 2 : 1, 1);
  out.Patch(5, 1, 1);
  out.Patch(16, 3, 2);
  out.Patch(18, wide ? 62 : 243, 2);
  out.Patch(wide ? 32 : 28, header_size, out.word());
  out.Patch(wide ? 54 : 42, segment_size, 2);
  out.Patch(wide ? 56 : 44, 2, 2);
  const size_t segment_fields[] = {header_size, header_size + segment_size};
  const size_t starts[] = {0, dynamic};
  const size_t sizes[] = {total, total - dynamic};
  for (int i = 0; i < 2; ++i) {
    const size_t at = segment_fields[i];
    out.Patch(at, i == 0 ? 1 : 2, 4);
    out.Patch(at + (wide ? 8 : 4), starts[i], out.word());
    out.Patch(at + (wide ? 16 : 8), starts[i], out.word());
    out.Patch(at + (wide ? 32 : 16), sizes[i], out.word());
    out.Patch(at + (wide ? 40 : 20), sizes[i], out.word());
  }
  return out.bytes;
}

}  // namespace runtime::testing
