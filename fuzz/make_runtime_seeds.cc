// SPDX-License-Identifier: Apache-2.0

// Writes the seeds of `vmfb` and `kernel_elf` below a folder (fuzz/corpus): small modules of each
// bytecode version that call many imports, and kernel images of each library version.
#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/hal/import_table.h"
#include "runtime/testing/elf_builder.h"
#include "runtime/testing/module_builder.h"
#include "runtime/vm/opcode.h"

namespace {

using runtime::testing::BuildElf;
using runtime::testing::Code;
using runtime::testing::I;
using runtime::testing::ImportOrdinal;
using runtime::testing::ModuleSpec;
using runtime::testing::R;

void Write(const std::filesystem::path& path, const std::vector<uint8_t>& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

// Where Prelude puts an object that keeps the rule of a convention's letter; 10 stays null.
uint16_t RegisterFor(char letter) {
  switch (letter) {
    case 'b':
    case 'o':
      return 1;
    case 'w':
      return 2;
    case 'd':
      return 3;
    case 'c':
      return 0;
    case 'x':
      return 4;
    case 'm':
    case 'n':
      return 5;
    case 's':
      return 6;
    case 'l':
      return 7;
    default:
      return 10;
  }
}

std::vector<ModuleSpec::Import> PreludeImports() {
  return {{"hal.allocator.allocate", "0riiI_r"},
          {"hal.buffer_view.create", "0rIIiiCID_r"},
          {"hal.command_buffer.create", "0riii_r"},
          {"hal.executable.create", "0rrrr_r"},
          {"hal.descriptor_set_layout.create", "0riCiiiD_r"},
          {"hal.pipeline_layout.create", "0riCrD_r"},
          {"hal.command_buffer.create", "0riiIi_r"}};
}

// One object of each kind, through these imports.
void Prelude(Code& code) {
  code.ConstI64(64, I(0)).ConstI64(0, I(2)).ConstI32(0x11, I(4)).ConstI32(4, I(5));
  code.ConstI64(16, I(6)).ConstI32(0x21000020, I(8)).ConstI32(0, I(9)).ConstI32(1, I(10));
  code.U8(0x11).U32(0).U16(R(5)).U8(0x11).U32(2).U16(R(8)).U8(0x11).U32(1).U16(R(9));
  code.Call(ImportOrdinal(0), {R(10), I(9), I(9), I(0)}, {R(1)});
  code.CallVariadic(ImportOrdinal(1), {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 1},
                    {R(1), I(2), I(0), I(8), I(10), I(6)}, {R(2)});
  code.Call(ImportOrdinal(2), {R(10), I(4), I(10), I(9)}, {R(3)});
  code.Call(ImportOrdinal(3), {R(10), R(5), R(8), R(10)}, {R(4)});
  code.CallVariadic(ImportOrdinal(4), {0xFFFF, 0xFFFF, 1}, {R(10), I(9), I(9), I(9), I(9)}, {R(6)});
  code.CallVariadic(ImportOrdinal(5), {0xFFFF, 0xFFFF, 1}, {R(10), I(10), R(6)}, {R(7)});
  code.Call(ImportOrdinal(6), {R(10), I(4), I(10), I(2), I(9)}, {R(0)});
}

// A call of one import with what Prelude made, every span holding one tuple. `convention` is the
// table's, with the letters of rules.
void CallRow(Code& code, uint32_t ordinal, const std::string& convention) {
  const std::string arguments = convention.substr(1, convention.find('_') - 1);
  const std::string results = convention.substr(convention.find('_') + 1);
  std::vector<uint16_t> segments;
  std::vector<uint16_t> registers;
  bool in_span = false;
  int strings = 0;
  const auto next = [&](char letter) {
    if (letter == 'I') return I(2);  // 0, but the length of a fill or copy may be it
    if (letter == 'i' || letter == 'f') return I(9);  // 0
    if (letter != 'm') return R(RegisterFor(letter));
    // The kernel's name beside an executable, else the format and then the ELF.
    if (arguments.find('x') != std::string::npos) return R(9);
    return R(strings++ == 0 ? 5 : 8);
  };
  for (const char letter : arguments) {
    if (letter == 'C' || letter == 'D') {
      in_span = letter == 'C';
      if (in_span) segments.push_back(1);
    } else if (letter != 'v') {
      if (!in_span) segments.push_back(0xFFFF);
      registers.push_back(next(letter));
    }
  }
  const bool variadic = arguments.find('C') != std::string::npos;
  code.U8(variadic ? 0x59 : 0x58).U32(ImportOrdinal(ordinal));
  const auto list = [&](const std::vector<uint16_t>& entries) {
    if (code.position() % 2 != 0) code.U8(0);
    code.U16(static_cast<uint32_t>(entries.size()));
    for (const uint16_t entry : entries) code.U16(entry);
  };
  if (variadic) list(segments);
  list(registers);
  std::vector<uint16_t> into;
  for (const char letter : results) {
    if (letter == 'v') continue;
    into.push_back(letter == 'r' ? R(11) : I(letter == 'I' ? 12 : 14));
  }
  list(into);
}

std::string Plain(const char* convention) {
  std::string plain = convention;
  for (char& c : plain) {
    if (c >= 'a' && c != 'i' && c != 'f' && c != 'v') c = 'r';
  }
  return plain;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path root = argv[1];
  for (const bool wide : {false, true}) {
    for (const uint32_t version : {3u, 4u, 5u, 6u}) {
      Write(root / "kernel_elf" / (std::to_string(version) + (wide ? ".x86-64" : ".riscv32")),
            BuildElf({.is_64_bit = wide, .library_version = version}));
    }
  }
  // Every import, eight to a module and one to a function, so that none hides behind another's
  // failure; each with an executable and strings at hand.
  const auto rows = runtime::ImportDeclarations();
  for (size_t first = 0; first < rows.size(); first += 8) {
    ModuleSpec spec;
    spec.bytecode_major = 13 + static_cast<uint32_t>(first / 8 % 5);
    spec.imports = PreludeImports();
    for (size_t i = first; i < rows.size() && i < first + 8; ++i) {
      Code code;
      if (spec.bytecode_major > 13) code.Block();
      Prelude(code);
      spec.imports.push_back({rows[i].name, Plain(rows[i].convention)});
      CallRow(code, static_cast<uint32_t>(spec.imports.size() - 1), rows[i].convention);
      code.Return();
      spec.exports.push_back({"f" + std::to_string(i - first), static_cast<int32_t>(i - first)});
      spec.functions.push_back({code, "0v_v", 16, 12});
    }
    for (const std::string text : {"embedded-elf-riscv_32", "second_kernel"}) {
      spec.rodata.emplace_back(text.begin(), text.end());
    }
    spec.rodata.push_back(BuildElf({}));
    spec.global_bytes = 16;
    spec.global_refs = 2;
    Write(root / "vmfb" / ("imports." + std::to_string(first / 8)), Build(spec, first % 16 != 0));
  }
  // Every opcode with registers only, and a loop, a list, a buffer, an internal call.
  Code code;
  code.Block().ConstI64(16, I(0)).ConstI32(1, I(2)).ConstI32(5, I(8));
  for (uint32_t op = 0; op < runtime::kOpcodeRows.size(); ++op) {
    const auto& row = runtime::kOpcodeRows[op];
    const std::string_view letters = runtime::OperandLetters(row.shape);
    if (row.first_version > 17 || letters.empty() ||
        letters.find_first_not_of("iuIoOr") != std::string_view::npos) {
      continue;
    }
    if (op >= runtime::kF32Base) code.U8(runtime::kPrefixF32).U8(op - runtime::kF32Base);
    if (op < runtime::kF32Base) code.U8(op);
    uint16_t ordinal = 0;
    for (const char letter : letters) {
      code.U16(letter == 'r' ? R(ordinal % 4) : I(static_cast<uint16_t>(ordinal % 4 * 2)));
      ++ordinal;
    }
  }
  ModuleSpec spec = runtime::testing::MainOnly(code.Return({I(2)}), "0iIfr_i");
  spec.bytecode_major = 17;
  Write(root / "vmfb" / "opcodes", Build(spec));

  Code loop;
  loop.Block().ConstI32(1, I(2)).ConstI64(32, I(4));
  loop.U8(0x12).U32(0).U16(I(2)).U16(R(0)).Op(0x15, {R(0), I(2)});
  loop.U8(0x6C).U16(I(4)).U16(I(2)).U16(R(1)).Op(0x1B, {R(0), I(8), R(1)});
  loop.Call(1, {I(0), R(1, true)}, {I(0), R(2)}).Op(0x4D, {I(0), I(6)});
  Code sized = loop;
  sized.U8(0x57).U16(I(6)).Branch(0, {I(0), I(10), R(2, true), R(3)}).Branch(0);
  loop.U8(0x57).U16(I(6)).Branch(0, {I(0), I(10), R(2, true), R(3)}).Branch(sized.position());
  loop.Block().U8(0x5B).U16(I(6)).Text("the loop is over");
  ModuleSpec calls = runtime::testing::MainOnly(loop, "0i_v");
  calls.functions.push_back(
      {Code().Block().ConstI32(-1, I(2)).Op(0x22, {I(0), I(2), I(0)}).Return({I(0), R(0, true)}),
       "0ir_ir"});
  Write(root / "vmfb" / "calls", Build(calls));
  return 0;
}
