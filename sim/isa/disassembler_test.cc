// SPDX-License-Identifier: Apache-2.0

#include "sim/isa/disassembler.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/isa/insn.h"

namespace sim {
namespace {

struct TextCase {
  uint32_t word;
  const char* text;
};

TEST(DisassemblerTest, SpellsAsObjdumpDoes) {
  for (const TextCase& c : {
           TextCase{0x0055'0513, "addi\ta0, a0, 0x5"},
           TextCase{0x1234'5537, "lui\ta0, 0x12345"},
           TextCase{0x0080'00ef, "jal\tra, 0x32000008"},
           TextCase{0xfea5'9ee3, "bne\ta1, a0, 0x31fffffc"},
           TextCase{0x00c5'a503, "lw\ta0, 0xc(a1)"},
           TextCase{0xf140'2573, "csrrs\ta0, mhartid, zero"},
           TextCase{0x0ff0'000f, "fence\tiorw, iorw"},
           TextCase{0x0000'100f, "fence.i"},
           TextCase{0x00b5'7553, "fadd.s\tfa0, fa0, fa1, dyn"},
           TextCase{0x0d05'72d7, "vsetvli\tt0, a0, e32, m1, ta, ma"},
           TextCase{0x0285'0457, "vadd.vv\tv8, v8, v10"},
           TextCase{0x0000'0000, "<unknown>"},
           TextCase{0x00c5'857b, "simprint\ta0, a1, a2"},
       }) {
    EXPECT_EQ(Disassemble(c.word, 0x3200'0000), c.text) << std::hex << c.word;
  }
}

// Lines "address:\tbytes\tmnemonic\toperands" of llvm-objdump, from the mnemonic on.
std::vector<std::string> ObjdumpTexts(const std::string& path) {
  const std::string command =
      "llvm-objcopy-19 -I binary -O elf32-littleriscv " + path + " " + path +
      ".o && llvm-objdump-19 -D -j .data -M no-aliases --mattr=+m,+f,+zicsr,+zifencei,+zve32f " +
      path + ".o";
  std::vector<std::string> texts;
  std::FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 512> line{};
  while (pipe != nullptr && std::fgets(line.data(), line.size(), pipe) != nullptr) {
    std::string text = line.data();
    const size_t colon = text.find(": ");
    const size_t tab = text.find('\t');
    if (colon == std::string::npos || tab == std::string::npos || tab < colon) continue;
    text = text.substr(tab + 1);
    text.erase(text.find_last_not_of("\n\t ") + 1);
    if (const size_t symbol = text.find(" <_binary"); symbol != std::string::npos) {
      text.resize(symbol);
    }
    texts.push_back(text);
  }
  if (pipe != nullptr) pclose(pipe);
  std::remove((path + ".o").c_str());
  return texts;
}

// Where LLVM refuses what we accept, and why both are right.
bool MayBeUnknownToLlvm(const DecodedInsn& insn) {
  const InsnInfo& info = Info(insn.op);
  if (info.extension == Extension::kCustom) return true;             // Springbok's own
  if (insn.op == Op::kFenceI || insn.op == Op::kFence) return true;  // reserved fields are ignored
  if ((insn.word >> 12 & 7) >= 5 && info.extension == Extension::kF) return true;  // reserved rm
  return info.extension ==
         Extension::kV;  // static operand constraints; here they are the handler's
}

// What LLVM spells and we refuse.
bool MayBeUnknownToUs(std::string_view mnemonic, uint32_t word) {
  // The sixth bit of a shift amount is reserved on RV32; LLVM prints it as one.
  const bool long_shift = (word >> 25 & 1) != 0;
  if (mnemonic == "slli" || mnemonic == "srli" || mnemonic == "srai") return long_shift;
  // Never legal at ELEN 32 without half precision (platform facts, section 5.1).
  for (const std::string_view never :
       {"vzext.vf8",    "vsext.vf8",     "vfwadd.",      "vfwsub.",           "vfwmul.",
        "vfwmacc.",     "vfwnmacc.",     "vfwmsac.",     "vfwnmsac.",         "vfwredusum.",
        "vfwredosum.",  "vfwcvt.xu.f.v", "vfwcvt.x.f.v", "vfwcvt.rtz.xu.f.v", "vfwcvt.rtz.x.f.v",
        "vfwcvt.f.f.v", "vfncvt.f.xu.w", "vfncvt.f.x.w", "vfncvt.f.f.w",      "vfncvt.rod.f.f.w"}) {
    if (mnemonic.starts_with(never)) return true;
  }
  // Privileged instructions of a core with more than machine mode.
  return mnemonic == "sret" || mnemonic == "dret" || mnemonic == "mnret" ||
         mnemonic == "sfence.vma";
}

// Both decode each word: the texts agree, or both say unknown, or a rule above says why not.
// Returns how many texts agreed.
size_t CompareWithObjdump(const std::vector<uint32_t>& words) {
  std::array<char, 32> path = {"/tmp/disassembler_test.XXXXXX"};
  const int file = mkstemp(path.data());
  EXPECT_GE(file, 0);
  EXPECT_EQ(write(file, words.data(), words.size() * 4), static_cast<ssize_t>(words.size() * 4));
  close(file);
  const std::vector<std::string> theirs = ObjdumpTexts(path.data());
  std::remove(path.data());
  EXPECT_EQ(theirs.size(), words.size());
  if (theirs.size() != words.size()) return 0;
  size_t compared = 0;
  int reported = 0;
  std::set<std::string> unknown_here;
  for (size_t i = 0; i < words.size() && reported < 60; ++i) {
    const DecodedInsn insn = Decode(words[i], static_cast<uint32_t>(4 * i));
    const std::string ours = Disassemble(words[i], insn.pc);
    if (insn.op == Op::kIllegal) {
      const std::string mnemonic = theirs[i].substr(0, theirs[i].find('\t'));
      if (mnemonic == "<unknown>" || MayBeUnknownToUs(mnemonic, words[i])) continue;
      // One of each mnemonic says enough.
      if (!unknown_here.insert(mnemonic).second) continue;
      ++reported;
      ADD_FAILURE() << std::hex << words[i] << ": ours <unknown>, llvm-objdump " << theirs[i];
      continue;
    }
    if (theirs[i].starts_with("<unknown>") && MayBeUnknownToLlvm(insn)) continue;
    const InsnClass insn_class = Info(insn.op).insn_class;
    const bool is_csr = insn_class == InsnClass::kCsrReg || insn_class == InsnClass::kCsrImm;
    // CSRs that our core lacks are numbers here, names there.
    const size_t until = is_csr ? theirs[i].find(',') : std::string::npos;
    if (ours.substr(0, until) != theirs[i].substr(0, until)) {
      ++reported;
      ADD_FAILURE() << std::hex << words[i] << ": ours " << ours << ", llvm-objdump " << theirs[i];
    }
    ++compared;
  }
  return compared;
}

bool HasObjdump() {
  return std::system("command -v llvm-objdump-19 llvm-objcopy-19 > /dev/null") == 0;
}

TEST(DisassemblerTest, AgreesWithLlvmObjdumpOnRandomOperandsOfEveryRow) {
  if (!HasObjdump()) GTEST_SKIP() << "llvm-objdump-19 or llvm-objcopy-19 is not installed";
  std::mt19937 random(4);
  std::vector<uint32_t> words;
  for (const InsnInfo& info : kInsnTable) {
    for (int round = 0; round < 24; ++round) {
      words.push_back(info.encoding.match |
                      (static_cast<uint32_t>(random()) & ~info.encoding.mask));
    }
  }
  EXPECT_GT(CompareWithObjdump(words), words.size() / 2);
}

// The structured part of the 32-bit space: every major opcode with every funct3 and every value of
// the bits 31:20, which hold funct7, funct6 with vm, and the CSR or sub-opcode in rs2's place; the
// other fields at random. So a row that is missing, or too wide, shows.
TEST(DisassemblerTest, AgreesWithLlvmObjdumpOnEveryFunctionCode) {
  if (!HasObjdump()) GTEST_SKIP() << "llvm-objdump-19 or llvm-objcopy-19 is not installed";
  const char* const setting = std::getenv("KN_SWEEP_STEP");  // 1: all; otherwise each n-th
  const uint32_t step = setting == nullptr ? 5 : std::max(1, std::atoi(setting));
  std::mt19937 random(5);
  std::vector<uint32_t> words;
  for (uint32_t opcode = 3; opcode < 128; opcode += 4) {
    if ((opcode & 0x1c) == 0x1c) continue;  // begins an instruction longer than 32 bits
    for (uint32_t function = 0; function < 8; ++function) {
      for (uint32_t top = opcode % step; top < 4096; top += step) {
        const uint32_t fields = static_cast<uint32_t>(random()) & 0x000f'8f80;
        words.push_back(top << 20 | fields | function << 12 | opcode);
      }
    }
  }
  const size_t compared = CompareWithObjdump(words);
  std::printf("%zu words, %zu texts agree\n", words.size(), compared);
  EXPECT_GT(compared, words.size() / 10);
}

}  // namespace
}  // namespace sim
