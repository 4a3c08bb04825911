// SPDX-License-Identifier: Apache-2.0

#include "tests/isa/qemu_compare/guest_image.h"

#include <cstring>
#include <type_traits>

#include "sim/isa/insn.h"

namespace qemu_compare {
namespace {

using sim::Op;

constexpr uint32_t kSp = 2, kA0 = 10, kA1 = 11, kA2 = 12, kA3 = 13, kA7 = 17;
constexpr uint32_t kScratch = 30, kPointer = 31;  // the program's own while a case runs

constexpr uint32_t kCsrFcsr = 0x003, kCsrVstart = 0x008, kCsrVcsr = 0x00F, kCsrVl = 0xC20,
                   kCsrVtype = 0xC21;

constexpr uint32_t kSigill = 4;
constexpr uint32_t kSaSiginfo = 4, kSaNodefer = 0x4000'0000;

// The first page of data: the program's variables.
constexpr uint32_t kVarCase = 0, kVarResult = 4, kVarCasesEnd = 8, kVarSp = 12, kVarAction = 32;

uint32_t Match(Op op) { return sim::Info(op).encoding.match; }

class Assembler {
 public:
  [[nodiscard]] uint32_t Here() const {
    return kCodeBase + 4 * static_cast<uint32_t>(words_.size());
  }
  size_t Emit(uint32_t word) {
    words_.push_back(word);
    return words_.size() - 1;
  }
  size_t R(Op op, uint32_t rd, uint32_t rs1, uint32_t rs2) {
    return Emit(Match(op) | rd << 7 | rs1 << 15 | rs2 << 20);
  }
  size_t I(Op op, uint32_t rd, uint32_t rs1, uint32_t imm) {
    return Emit(Match(op) | rd << 7 | rs1 << 15 | imm << 20);
  }
  size_t S(Op op, uint32_t rs2, uint32_t rs1, uint32_t imm) {
    return Emit(Match(op) | (imm & 31) << 7 | rs1 << 15 | rs2 << 20 | imm >> 5 << 25);
  }
  size_t Branch(Op op, uint32_t rs1, uint32_t rs2) { return R(op, 0, rs1, rs2); }
  size_t Jump() { return Emit(Match(Op::kJal)); }
  // Lets the branch or jump at `from` go to `target`.
  void Resolve(size_t from, uint32_t target) {
    const uint32_t offset = target - (kCodeBase + 4 * static_cast<uint32_t>(from));
    const bool is_jump = (words_[from] & 0x7F) == (Match(Op::kJal) & 0x7F);
    words_[from] |= is_jump ? (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3FF) << 21 |
                                  (offset >> 11 & 1) << 20 | (offset >> 12 & 0xFF) << 12
                            : (offset >> 12 & 1) << 31 | (offset >> 5 & 0x3F) << 25 |
                                  (offset >> 1 & 0xF) << 8 | (offset >> 11 & 1) << 7;
  }
  void Constant(uint32_t rd, uint32_t value) {
    const uint32_t upper = value + 0x800;  // addi's immediate is signed
    Emit(Match(Op::kLui) | rd << 7 | (upper & 0xFFFF'F000));
    I(Op::kAddi, rd, rd, value & 0xFFF);
  }
  void ReadCsr(uint32_t rd, uint32_t csr) { I(Op::kCsrrs, rd, 0, csr); }
  void WriteCsr(uint32_t csr, uint32_t rs1) { I(Op::kCsrrw, 0, rs1, csr); }

  // Four groups of eight registers from or to the address in `base`, which moves.
  void WholeVectorFile(Op op, uint32_t base) {
    for (uint32_t group = 0; group < 32; group += 8) {
      Emit(Match(op) | group << 7 | base << 15);
      I(Op::kAddi, base, base, 8 * kVlenBytes);
    }
  }

  [[nodiscard]] const std::vector<uint32_t>& words() const { return words_; }

 private:
  std::vector<uint32_t> words_;
};

bool IsReserved(uint32_t x) { return x == 0 || x == kSp || x == kScratch || x == kPointer; }

void EmitSetUp(Assembler& as) {
  as.Constant(kPointer, kDataBase);
  as.S(Op::kSw, kSp, kPointer, kVarSp);
  as.I(Op::kAddi, kA0, 0, kSigill);
  as.I(Op::kAddi, kA1, kPointer, kVarAction);
  as.I(Op::kAddi, kA2, 0, 0);
  as.I(Op::kAddi, kA3, 0, 8);
  as.I(Op::kAddi, kA7, 0, kCallSigaction);
  as.Emit(Match(Op::kEcall));
}

// The case record's address is in kScratch.
void EmitLoadState(Assembler& as) {
  constexpr uint32_t kT = 5, kU = 6;
  as.WriteCsr(kCsrVstart, 0);
  as.I(Op::kLw, kT, kScratch, offsetof(CaseRecord, vector_file));
  as.WholeVectorFile(Op::kVl8re8V, kT);
  as.I(Op::kLw, kT, kScratch, offsetof(CaseRecord, vtype));
  as.I(Op::kLw, kU, kScratch, offsetof(CaseRecord, avl));
  as.R(Op::kVsetvl, 0, kU, kT);
  as.I(Op::kLw, kT, kScratch, offsetof(CaseRecord, fcsr));
  as.WriteCsr(kCsrFcsr, kT);
  as.I(Op::kLw, kT, kScratch, offsetof(CaseRecord, vcsr));
  as.WriteCsr(kCsrVcsr, kT);
  for (uint32_t n = 0; n < 32; ++n) {
    as.I(Op::kFlw, n, kScratch, offsetof(CaseRecord, f) + 4 * n);
  }
  as.I(Op::kLw, kT, kScratch, offsetof(CaseRecord, vstart));
  as.WriteCsr(kCsrVstart, kT);
  for (uint32_t n = 0; n < 32; ++n) {
    if (!IsReserved(n)) as.I(Op::kLw, n, kScratch, offsetof(CaseRecord, x) + 4 * n);
  }
}

// The result record's address is in kPointer.
void EmitSaveState(Assembler& as) {
  constexpr uint32_t kT = 5;
  const struct {
    uint32_t csr, offset;
  } csrs[] = {{kCsrVstart, offsetof(ResultRecord, vstart)},
              {kCsrVl, offsetof(ResultRecord, vl)},
              {kCsrVtype, offsetof(ResultRecord, vtype)},
              {kCsrFcsr, offsetof(ResultRecord, fcsr)},
              {kCsrVcsr, offsetof(ResultRecord, vcsr)}};
  for (const auto& [csr, offset] : csrs) {
    as.ReadCsr(kT, csr);
    as.S(Op::kSw, kT, kPointer, offset);
  }
  for (uint32_t n = 0; n < 32; ++n) {
    as.S(Op::kFsw, n, kPointer, offsetof(ResultRecord, f) + 4 * n);
  }
  as.WriteCsr(kCsrVstart, 0);
  as.I(Op::kAddi, kT, kPointer, offsetof(ResultRecord, v));
  as.WholeVectorFile(Op::kVs8rV, kT);
}

// Copies the window's first contents back if the case in kScratch asks for it; uses v0..v7.
void EmitRestoreWindow(Assembler& as, const DataLayout& layout) {
  constexpr uint32_t kFrom = 5, kTo = 6, kEnd = 7;
  as.I(Op::kLw, kFrom, kScratch, offsetof(CaseRecord, window));
  as.I(Op::kAndi, kFrom, kFrom, kRestoreWindow);
  const size_t skip = as.Branch(Op::kBeq, kFrom, 0);
  as.WriteCsr(kCsrVstart, 0);
  as.Constant(kFrom, layout.window_copy);
  as.Constant(kTo, kWindowBase);
  as.Constant(kEnd, kWindowBase + kWindowBytes);
  const uint32_t again = as.Here();
  as.Emit(Match(Op::kVl8re8V) | kFrom << 15);
  as.Emit(Match(Op::kVs8rV) | kTo << 15);
  as.I(Op::kAddi, kFrom, kFrom, 8 * kVlenBytes);
  as.I(Op::kAddi, kTo, kTo, 8 * kVlenBytes);
  as.Resolve(as.Branch(Op::kBne, kTo, kEnd), again);
  as.Resolve(skip, as.Here());
}

// hash = rotate(hash, 5) ^ word, over the window. Result address in kPointer, case in kScratch.
void EmitHash(Assembler& as) {
  constexpr uint32_t kFlag = 5, kAt = 6, kEnd = 7, kHash = 8, kWord = 9, kLeft = 18, kRight = 19;
  as.I(Op::kLw, kFlag, kScratch, offsetof(CaseRecord, window));
  as.I(Op::kAndi, kFlag, kFlag, kHashWindow);
  const size_t skip = as.Branch(Op::kBeq, kFlag, 0);
  as.Constant(kAt, kWindowBase);
  as.Constant(kEnd, kWindowBase + kWindowBytes);
  as.I(Op::kAddi, kHash, 0, 0);
  const uint32_t again = as.Here();
  as.I(Op::kLw, kWord, kAt, 0);
  as.I(Op::kSlli, kLeft, kHash, 5);
  as.I(Op::kSrli, kRight, kHash, 27);
  as.R(Op::kOr, kHash, kLeft, kRight);
  as.R(Op::kXor, kHash, kHash, kWord);
  as.I(Op::kAddi, kAt, kAt, 4);
  as.Resolve(as.Branch(Op::kBne, kAt, kEnd), again);
  as.S(Op::kSw, kHash, kPointer, offsetof(ResultRecord, window_hash));
  as.Resolve(skip, as.Here());
}

void EmitWriteAndExit(Assembler& as, const DataLayout& layout) {
  as.Constant(kA1, layout.results);
  as.Constant(kA2, layout.end - layout.results);
  const uint32_t again = as.Here();
  as.I(Op::kAddi, kA0, 0, 1);
  as.I(Op::kAddi, kA7, 0, kCallWrite);
  as.Emit(Match(Op::kEcall));
  const size_t failed = as.Branch(Op::kBge, 0, kA0);
  as.R(Op::kAdd, kA1, kA1, kA0);
  as.R(Op::kSub, kA2, kA2, kA0);
  as.Resolve(as.Branch(Op::kBne, kA2, 0), again);
  as.Resolve(failed, as.Here());
  as.R(Op::kAdd, kA0, kA2, 0);  // what is left: 0 when all is written
  as.I(Op::kAddi, kA7, 0, kCallExit);
  as.Emit(Match(Op::kEcall));
}

struct Program {
  std::vector<uint32_t> words;
  uint32_t trap_handler;
};

Program Assemble(const DataLayout& layout) {
  Assembler as;
  EmitSetUp(as);
  const uint32_t next_case = as.Here();
  as.Constant(kPointer, kDataBase);
  as.I(Op::kLw, kScratch, kPointer, kVarCase);
  as.I(Op::kLw, 5, kPointer, kVarCasesEnd);
  const size_t done = as.Branch(Op::kBeq, kScratch, 5);
  as.I(Op::kLw, kSp, kPointer, kVarSp);  // signal frames are abandoned, not returned from
  EmitRestoreWindow(as, layout);
  EmitLoadState(as);
  as.I(Op::kLw, kScratch, kScratch, offsetof(CaseRecord, stub));
  as.I(Op::kJalr, kPointer, kScratch, 0);
  as.Constant(kPointer, kDataBase);
  as.I(Op::kLw, kPointer, kPointer, kVarResult);
  for (uint32_t n = 0; n < 32; ++n) {
    if (!IsReserved(n)) as.S(Op::kSw, n, kPointer, offsetof(ResultRecord, x) + 4 * n);
  }
  const size_t retired = as.Jump();
  const uint32_t trap_handler = as.Here();
  as.Constant(kPointer, kDataBase);
  as.I(Op::kLw, kPointer, kPointer, kVarResult);
  as.I(Op::kAddi, kScratch, 0, 1);
  as.S(Op::kSw, kScratch, kPointer, offsetof(ResultRecord, trapped));
  as.Resolve(retired, as.Here());
  EmitSaveState(as);
  as.Constant(20, kDataBase);
  as.I(Op::kLw, kScratch, 20, kVarCase);
  EmitHash(as);
  as.I(Op::kAddi, kScratch, kScratch, sizeof(CaseRecord));
  as.S(Op::kSw, kScratch, 20, kVarCase);
  as.Constant(5, sizeof(ResultRecord));
  as.R(Op::kAdd, kPointer, kPointer, 5);
  as.S(Op::kSw, kPointer, 20, kVarResult);
  as.Resolve(as.Jump(), next_case);
  as.Resolve(done, as.Here());
  EmitWriteAndExit(as, layout);
  return {as.words(), trap_handler};
}

template <typename T>
void Put(std::vector<uint8_t>& bytes, size_t at, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

void PutBytes(std::vector<uint8_t>& bytes, size_t at, std::span<const uint8_t> source) {
  std::memcpy(bytes.data() + at, source.data(), source.size());
}

struct ElfHeader {
  std::array<uint8_t, 16> ident{0x7F, 'E', 'L', 'F', 1, 1, 1};
  uint16_t type = 2, machine = 243;  // executable, RISC-V
  uint32_t version = 1, entry = kCodeBase, program_headers = 52, section_headers = 0, flags = 0;
  uint16_t header_bytes = 52, program_header_bytes = 32, program_header_count = 2,
           section_header_bytes = 40, section_header_count = 0, names_section = 0;
};
static_assert(sizeof(ElfHeader) == 52);

struct ProgramHeader {
  uint32_t type = 1, offset, address, physical, file_bytes, memory_bytes, flags, align = 0x1000;
};
static_assert(sizeof(ProgramHeader) == 32);

}  // namespace

DataLayout LayOut(size_t case_count, size_t file_count) {
  DataLayout layout{};
  layout.window_copy = kWindowBase + kWindowBytes;
  layout.files = layout.window_copy + kWindowBytes;
  layout.cases = layout.files + static_cast<uint32_t>(file_count) * kVectorFileBytes;
  layout.results = layout.cases + static_cast<uint32_t>(case_count * sizeof(CaseRecord));
  layout.end = layout.results + static_cast<uint32_t>(case_count * sizeof(ResultRecord));
  return layout;
}

uint32_t ReturnWord() { return Match(Op::kJalr) | kPointer << 15; }

std::vector<uint32_t> StubOf(uint32_t word) {
  const uint32_t mark = Match(Op::kAddi) | 28u << 7 | 28u << 15 | 1u << 20;
  return {word, ReturnWord(), mark, ReturnWord()};
}

GuestImage BuildImage(std::span<const CaseRecord> records,
                      std::span<const std::vector<uint32_t>> stubs,
                      std::span<const uint8_t> vector_files, std::span<const uint8_t> window) {
  const DataLayout layout = LayOut(records.size(), vector_files.size() / kVectorFileBytes);
  const Program program = Assemble(layout);
  GuestImage image;
  image.code.resize(records.back().stub - kCodeBase + 4 * stubs.back().size());
  for (size_t i = 0; i < program.words.size(); ++i) Put(image.code, 4 * i, program.words[i]);
  for (size_t i = 0; i < records.size(); ++i) {
    for (size_t word = 0; word < stubs[i].size(); ++word) {
      Put(image.code, records[i].stub - kCodeBase + 4 * word, stubs[i][word]);
    }
  }
  image.data.resize(layout.results - kDataBase);
  image.data_bytes = layout.end - kDataBase;
  Put(image.data, kVarCase, layout.cases);
  Put(image.data, kVarResult, layout.results);
  Put(image.data, kVarCasesEnd, layout.results);
  Put(image.data, kVarAction,
      std::array<uint32_t, 2>{program.trap_handler, kSaSiginfo | kSaNodefer});
  PutBytes(image.data, kWindowBase - kDataBase, window);
  PutBytes(image.data, layout.window_copy - kDataBase, window);
  PutBytes(image.data, layout.files - kDataBase, vector_files);
  for (size_t i = 0; i < records.size(); ++i) {
    Put(image.data, layout.cases - kDataBase + i * sizeof(CaseRecord), records[i]);
  }
  return image;
}

std::vector<uint8_t> GuestImage::ToElf() const {
  constexpr uint32_t kPage = 0x1000;
  constexpr uint32_t kReadExecute = 5, kReadWrite = 6;
  const auto code_bytes = static_cast<uint32_t>(code.size());
  const auto file_bytes = static_cast<uint32_t>(data.size());
  const uint32_t data_offset = kPage + (code_bytes + kPage - 1) / kPage * kPage;
  std::vector<uint8_t> elf(data_offset + file_bytes);
  Put(elf, 0, ElfHeader{});
  Put(elf, sizeof(ElfHeader),
      ProgramHeader{.offset = kPage,
                    .address = kCodeBase,
                    .physical = kCodeBase,
                    .file_bytes = code_bytes,
                    .memory_bytes = code_bytes,
                    .flags = kReadExecute});
  Put(elf, sizeof(ElfHeader) + sizeof(ProgramHeader),
      ProgramHeader{.offset = data_offset,
                    .address = kDataBase,
                    .physical = kDataBase,
                    .file_bytes = file_bytes,
                    .memory_bytes = data_bytes,
                    .flags = kReadWrite});
  PutBytes(elf, kPage, code);
  PutBytes(elf, data_offset, data);
  return elf;
}

}  // namespace qemu_compare
