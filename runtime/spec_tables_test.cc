// SPDX-License-Identifier: Apache-2.0

// Our tables beside those of the shared spec, iree-formats 2.5 to 2.7 and 3.2: every opcode and
// import of every release is here, implemented or refused by its name.
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/hal/import_table.h"
#include "runtime/runtime.h"
#include "runtime/testing/module_builder.h"
#include "runtime/vm/opcode.h"

namespace runtime {
namespace {

using testing::Aligned;
using testing::Build;
using testing::Code;
using testing::MainOnly;
using testing::ModuleSpec;

// The lines from the heading that starts with `from` to the next one.
std::vector<std::string> Section(const std::string& from) {
  const char* shared = std::getenv("KN_SHARED");
  std::ifstream in(std::string(shared != nullptr ? shared : "../shared") + "/spec/iree-formats.md");
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#")) inside = line.starts_with("### " + from);
    if (inside) lines.push_back(line);
  }
  return lines;
}

struct Opcode {
  std::string mnemonic;
  std::string operands;
};

// By number: cells read "22 add.i32 `rrr`", maybe with a remark behind.
std::map<int, Opcode> OpcodesOf(const std::string& section) {
  static const std::regex kCell("([0-9A-F]{2}) ([a-z0-9_.]+) `([^`]*)`");
  std::map<int, Opcode> opcodes;
  for (const std::string& line : Section(section)) {
    if (!line.starts_with("|")) continue;
    for (std::sregex_iterator at(line.begin(), line.end(), kCell), end; at != end; ++at) {
      opcodes[std::stoi((*at)[1], nullptr, 16)] = {(*at)[2], (*at)[3]};
    }
  }
  return opcodes;
}

// Our letters in the spec's: it does not tell kinds of registers and globals apart.
std::string InSpec(const std::string& ours) {
  std::string letters;
  for (const char letter : ours) {
    switch (letter) {
      case 'i':
      case 'I':
      case 'u':
      case 'o':
      case 'O':
      case 'a':
        letters += 'r';
        break;
      case 'g':
      case 'R':
        letters += 'G';
        break;
      default:
        letters += letter;
    }
  }
  return letters.empty() ? "-" : letters;
}

void ExpectOpcode(const std::map<int, Opcode>& spec, int number, const std::string& mnemonic,
                  const std::string& operands) {
  const auto found = spec.find(number);
  ASSERT_NE(found, spec.end()) << mnemonic;
  EXPECT_EQ(found->second.mnemonic, mnemonic);
  if (operands != "!") EXPECT_EQ(InSpec(operands), found->second.operands) << mnemonic;
}

TEST(SpecTablesTest, OpcodesAreTheSpecs) {
  const auto core = OpcodesOf("2.5");
  const auto floats = OpcodesOf("2.6");
  if (core.empty()) GTEST_SKIP() << "no shared spec";
  ASSERT_EQ(core.size(), 0x89u);
  ASSERT_EQ(floats.size(), 0x3Eu);
  size_t core_rows = 0;
  size_t float_rows = 0;
#define OPCODE(number, name, mnemonic, operands, version) \
  ++core_rows;                                            \
  ExpectOpcode(core, number, mnemonic, operands);
#define OPCODE_F32(number, name, mnemonic, operands, version) \
  ++float_rows;                                               \
  ExpectOpcode(floats, number, mnemonic, operands);
#include "runtime/vm/opcodes.def"
#undef OPCODE_F32
#undef OPCODE
  EXPECT_EQ(core_rows, core.size());
  EXPECT_EQ(float_rows, floats.size());
}

std::string RefusalOf(const Code& code) {
  ModuleSpec spec = MainOnly(code, "0v_v");
  spec.bytecode_major = 17;
  Aligned file(Build(spec));
  Aligned arena(size_t{1} << 18);
  Runtime runtime;
  const base::Status status =
      runtime.Load(file.bytes(), arena.bytes(), {.kernel_mode = KernelMode::kSkip});
  return status == base::Status::kOk ? "accepted" : std::string(runtime.failure().text());
}

TEST(SpecTablesTest, WhatIsNotImplementedIsRefusedByName) {
  size_t refused = 0;
#define OPCODE(number, name, mnemonic, operands, version)                                       \
  if (std::string(operands) == "!") {                                                           \
    ++refused;                                                                                  \
    EXPECT_NE(RefusalOf(Code().Block().Op(number).Return()).find(mnemonic), std::string::npos); \
  }
#define OPCODE_F32(number, name, mnemonic, operands, version)                                      \
  if (std::string(operands) == "!") {                                                              \
    ++refused;                                                                                     \
    EXPECT_NE(RefusalOf(Code().Block().F32Op(number).Return()).find(mnemonic), std::string::npos); \
  }
#include "runtime/vm/opcodes.def"
#undef OPCODE_F32
#undef OPCODE
  EXPECT_EQ(refused, 6u);
  // Doubles as a whole: no compiler emits them unless asked to.
  for (int number = 0; number <= 0x3F; ++number) {
    EXPECT_NE(RefusalOf(Code().Block().U8(kPrefixF64).U8(number).Return()).find("f64"),
              std::string::npos)
        << number;
  }
}

std::string Plain(const char* convention) {
  std::string plain = convention;
  for (char& c : plain) {
    if (c >= 'a' && c != 'i' && c != 'f' && c != 'v') c = 'r';
  }
  return plain;
}

TEST(SpecTablesTest, ImportsAreTheSpecs) {
  static const std::regex kConvention("\\b0[a-zA-Z]*_[a-zA-Z]+\\b");
  static const std::regex kName("[a-z][a-z0-9_.]*");
  const auto lines = Section("3.2");
  if (lines.empty()) GTEST_SKIP() << "no shared spec";
  std::set<std::string> conventions;
  std::set<const ImportDeclaration*> named;
  std::string names;
  for (const std::string& line : lines) {
    if (!line.starts_with("| ") || line.starts_with("| import")) continue;
    const size_t second = line.find(" | ", 1);
    if (second == std::string::npos) continue;
    // A row without a name goes on with the one before it.
    const std::string first = line.substr(2, second - 2);
    if (first.find_first_not_of(' ') != std::string::npos) names = first;
    const std::string rest = line.substr(second);
    for (std::sregex_iterator at(rest.begin(), rest.end(), kConvention), end; at != end; ++at) {
      const std::string convention = at->str();
      bool found = false;
      for (const ImportDeclaration& row : ImportDeclarations()) {
        if (Plain(row.convention) != convention) continue;
        // "buffer.load / store": the last part of a name tells.
        for (std::sregex_iterator name(names.begin(), names.end(), kName); name != end; ++name) {
          const std::string part = name->str().substr(name->str().rfind('.') + 1);
          if (std::string(row.name).find(part) == std::string::npos) continue;
          found = true;
          named.insert(&row);
        }
      }
      EXPECT_TRUE(found || rest.find("flush " + convention) != std::string::npos)
          << names << " " << convention;
      conventions.insert(names + convention);
    }
  }
  EXPECT_EQ(conventions.size(), 79u);
  // Nothing of ours is in no row, but for writes to files (declared, never emitted) and flush,
  // which stands in a remark.
  for (const ImportDeclaration& row : ImportDeclarations()) {
    const std::string name = row.name;
    EXPECT_TRUE(named.contains(&row) || name == "hal.device.queue.write" ||
                name == "hal.device.queue.flush")
        << name << " " << row.convention;
  }
}

}  // namespace
}  // namespace runtime
