#include "sim/isa/disassembler.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
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

TEST(DisassemblerTest, AgreesWithLlvmObjdumpOnRandomOperandsOfEveryRow) {
  if (std::system("command -v llvm-objdump-19 llvm-objcopy-19 > /dev/null") != 0) {
    GTEST_SKIP() << "llvm-objdump-19 or llvm-objcopy-19 is not installed";
  }
  std::mt19937 random(4);
  std::vector<uint32_t> words;
  for (const InsnInfo& info : kInsnTable) {
    for (int round = 0; round < 24; ++round) {
      words.push_back(info.encoding.match |
                      (static_cast<uint32_t>(random()) & ~info.encoding.mask));
    }
  }
  std::array<char, 32> path = {"/tmp/disassembler_test.XXXXXX"};
  const int file = mkstemp(path.data());
  ASSERT_GE(file, 0);
  ASSERT_EQ(write(file, words.data(), words.size() * 4), static_cast<ssize_t>(words.size() * 4));
  close(file);
  const std::vector<std::string> theirs = ObjdumpTexts(path.data());
  std::remove(path.data());
  ASSERT_EQ(theirs.size(), words.size());
  size_t compared = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const DecodedInsn insn = Decode(words[i], static_cast<uint32_t>(4 * i));
    if (theirs[i].starts_with("<unknown>") && MayBeUnknownToLlvm(insn)) continue;
    // CSRs that our core lacks are numbers here, names there.
    if (Info(insn.op).insn_class == InsnClass::kCsrReg ||
        Info(insn.op).insn_class == InsnClass::kCsrImm) {
      EXPECT_EQ(theirs[i].substr(0, theirs[i].find(',')),
                Disassemble(words[i], insn.pc).substr(0, theirs[i].find(',')));
      continue;
    }
    EXPECT_EQ(Disassemble(words[i], insn.pc), theirs[i]) << std::hex << words[i];
    ++compared;
  }
  EXPECT_GT(compared, words.size() / 2);
}

}  // namespace
}  // namespace sim
