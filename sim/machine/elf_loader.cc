// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/elf_loader.h"

#include <algorithm>
#include <cstring>

#include "base/byte_reader.h"

namespace sim {
namespace {

// ELF-32 object file format (System V ABI, chapters 4 and 5), with packed little-endian fields.
struct ElfHeader {
  uint8_t ident[16];
  uint16_t type;
  uint16_t machine;
  uint32_t version;
  uint32_t entry;
  uint32_t phoff;
  uint32_t shoff;
  uint32_t flags;
  uint16_t ehsize;
  uint16_t phentsize;
  uint16_t phnum;
  uint16_t shentsize;
  uint16_t shnum;
  uint16_t shstrndx;
};
static_assert(sizeof(ElfHeader) == 52);

struct ProgramHeader {
  uint32_t type;
  uint32_t offset;
  uint32_t vaddr;
  uint32_t paddr;
  uint32_t filesz;
  uint32_t memsz;
  uint32_t flags;
  uint32_t align;
};
static_assert(sizeof(ProgramHeader) == 32);

struct SectionHeader {
  uint32_t name;
  uint32_t type;
  uint32_t flags;
  uint32_t addr;
  uint32_t offset;
  uint32_t size;
  uint32_t link;
  uint32_t info;
  uint32_t addralign;
  uint32_t entsize;
};
static_assert(sizeof(SectionHeader) == 40);

struct Symbol {
  uint32_t name;
  uint32_t value;
  uint32_t size;
  uint8_t info;
  uint8_t other;
  uint16_t shndx;
};
static_assert(sizeof(Symbol) == 16);

constexpr uint16_t kTypeExecutable = 2;
constexpr uint16_t kMachineRiscv = 243;
constexpr uint32_t kFlagExecute = 1;
constexpr uint32_t kFlagWrite = 2;
constexpr uint32_t kSegmentLoad = 1;
constexpr uint32_t kSectionSymbols = 2;
constexpr uint8_t kSymbolFunction = 2;
constexpr size_t kMaxSymbols = 1u << 16;
// Sections may share a table, so that a small file has any number of entries.
constexpr size_t kMaxSymbolEntries = 1u << 20;
constexpr size_t kMaxNameLength = 1024;

std::unexpected<ElfError> Refuse(std::string sentence, uint64_t offset) {
  return std::unexpected(ElfError{std::move(sentence), offset});
}

std::string Hex(uint32_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[value >> shift & 15];
  return text;
}

std::expected<ElfHeader, ElfError> ReadHeader(base::Bytes elf) {
  const auto header = base::ReadAt<ElfHeader>(elf, 0);
  if (!header) return Refuse("the file is shorter than an ELF header", elf.size());
  constexpr uint8_t kIdent[] = {0x7f, 'E', 'L', 'F', 1, 1, 1};  // 32 bits, little endian, version 1
  if (std::memcmp(header->ident, kIdent, 4) != 0) return Refuse("the file is no ELF", 0);
  if (std::memcmp(header->ident, kIdent, sizeof(kIdent)) != 0) {
    return Refuse("the ELF is not 32-bit little-endian", 4);
  }
  if (header->machine != kMachineRiscv) return Refuse("the ELF is not for RISC-V", 18);
  if (header->type != kTypeExecutable) return Refuse("the ELF is not an executable", 16);
  if (header->phnum == 0) return Refuse("the ELF has no segments", 44);
  if (header->phentsize != sizeof(ProgramHeader)) {
    return Refuse("the ELF's program headers have an unknown size", 42);
  }
  if (!base::InBounds(elf.size(), header->phoff, uint64_t{header->phnum} * sizeof(ProgramHeader))) {
    return Refuse("the ELF's program headers lie outside the file", 28);
  }
  return *header;
}

// The name at `offset` of a string table; empty if it does not end inside the table.
std::string NameAt(base::Bytes strings, uint32_t offset) {
  if (offset >= strings.size()) return {};
  const char* begin = reinterpret_cast<const char*>(strings.data()) + offset;
  const size_t limit = std::min(strings.size() - offset, kMaxNameLength);
  const size_t length = strnlen(begin, limit);
  return length == limit ? std::string{} : std::string(begin, length);
}

// Symbols only help to read a profile: whatever is wrong with them, there are simply none.
std::vector<ElfSymbol> ReadSymbols(base::Bytes elf, const ElfHeader& header) {
  std::vector<ElfSymbol> symbols;
  size_t entries = 0;
  if (header.shentsize != sizeof(SectionHeader)) return symbols;
  for (uint32_t i = 0; i < header.shnum; ++i) {
    const auto section = base::ReadAt<SectionHeader>(
        elf, uint64_t{header.shoff} + uint64_t{i} * sizeof(SectionHeader));
    if (!section || section->type != kSectionSymbols || section->link >= header.shnum) continue;
    const auto names = base::ReadAt<SectionHeader>(
        elf, uint64_t{header.shoff} + uint64_t{section->link} * sizeof(SectionHeader));
    if (!names) continue;
    const auto strings = base::SliceAt(elf, names->offset, names->size);
    const auto table = base::SliceAt(elf, section->offset, section->size);
    if (!strings || !table) continue;
    for (size_t at = 0; at + sizeof(Symbol) <= table->size(); at += sizeof(Symbol)) {
      if (symbols.size() == kMaxSymbols || entries++ == kMaxSymbolEntries) return symbols;
      const auto symbol = base::LoadLe<Symbol>(table->data() + at);
      const uint8_t type = symbol.info & 15;
      if (symbol.shndx == 0 || type > kSymbolFunction) continue;  // sections, files
      std::string name = NameAt(*strings, symbol.name);
      if (name.empty()) continue;
      symbols.push_back({.name = std::move(name),
                         .address = symbol.value,
                         .size_bytes = symbol.size,
                         .is_function = type == kSymbolFunction});
    }
  }
  return symbols;
}

}  // namespace

std::expected<LoadedElf, ElfError> LoadElfInto(Bus& bus, std::span<const uint8_t> elf) {
  const auto header = ReadHeader(elf);
  if (!header) return std::unexpected(header.error());

  std::vector<ProgramHeader> segments;
  // Else a small file asks for any amount of memory to be cleared, again and again.
  uint64_t room = 0;
  for (const auto& memory : bus.memories()) room += memory->size_bytes;
  for (uint32_t i = 0; i < header->phnum; ++i) {
    const uint64_t at = uint64_t{header->phoff} + uint64_t{i} * sizeof(ProgramHeader);
    const auto segment = base::LoadLe<ProgramHeader>(elf.data() + at);
    if (segment.type != kSegmentLoad || segment.memsz == 0) continue;
    const std::string name = "segment " + std::to_string(i) + " of the ELF ";
    if (segment.filesz > segment.memsz)
      return Refuse(name + "is longer in file than in memory", at);
    if (!base::InBounds(elf.size(), segment.offset, segment.filesz)) {
      return Refuse(name + "lies outside the file", at);
    }
    if (bus.Ram(segment.paddr, segment.memsz) == nullptr) {
      return Refuse(name + "(" + std::to_string(segment.memsz) + " bytes at " + Hex(segment.paddr) +
                        ") does not fit any memory of the platform",
                    at);
    }
    if (segment.memsz > room) {
      return Refuse(name + "and those before it are larger than all memories of the platform", at);
    }
    room -= segment.memsz;
    segments.push_back(segment);
  }
  if (segments.empty()) return Refuse("the ELF has nothing to load", header->phoff);
  if ((header->entry & 3) != 0 || bus.Ram(header->entry, 4) == nullptr) {
    return Refuse("the ELF's entry " + Hex(header->entry) + " lies in no memory", 24);
  }

  LoadedElf loaded{.entry = header->entry,
                   .segments = static_cast<uint32_t>(segments.size()),
                   .bytes = 0,
                   .placed = {},
                   .symbols = ReadSymbols(elf, *header)};
  for (const ProgramHeader& segment : segments) {
    uint8_t* target = bus.Ram(segment.paddr, segment.memsz);
    std::memcpy(target, elf.data() + segment.offset, segment.filesz);
    std::memset(target + segment.filesz, 0, segment.memsz - segment.filesz);
    loaded.bytes += segment.filesz;
    loaded.placed.push_back({.start = segment.paddr,
                             .size_bytes = segment.memsz,
                             .is_executable = (segment.flags & kFlagExecute) != 0,
                             .is_writable = (segment.flags & kFlagWrite) != 0});
  }
  return loaded;
}

}  // namespace sim
