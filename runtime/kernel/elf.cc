// SPDX-License-Identifier: Apache-2.0

#include "runtime/kernel/elf.h"

#include <array>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "runtime/kernel/elf_layout.h"

namespace runtime {
namespace {

using base::Bytes;
using base::Status;

constexpr std::string_view kQuerySymbol = "iree_hal_executable_library_query";
constexpr uint32_t kMaxImageSize = 16u << 20;
constexpr uint32_t kMaxSegments = 16;

constexpr uint32_t kClassOffset = 4;
constexpr uint32_t kDataOffset = 5;
constexpr uint32_t kMachineOffset = 18;
constexpr uint8_t kLittleEndian = 1;
constexpr uint16_t kTypeDynamic = 3;
constexpr uint32_t kSegmentLoad = 1;
constexpr uint32_t kSegmentDynamic = 2;

enum DynamicTag : uint32_t {
  kTagNull = 0,
  kTagNeeded = 1,
  kTagHash = 4,
  kTagStrtab = 5,
  kTagSymtab = 6,
  kTagRela = 7,
  kTagRelasz = 8,
  kTagRelaent = 9,
  kTagStrsz = 10,
  kTagSyment = 11,
  kTagInit = 12,
  kTagFini = 13,
  kTagRel = 17,
  kTagJmprel = 23,
  kTagInitArray = 25,
  kTagFiniArray = 26,
  kTagLimit = 32,
};
// Tags that would need code run or symbols bound, a bit each: an embedded image has none.
constexpr uint32_t kRefusedTags = 1u << kTagNeeded | 1u << kTagInit | 1u << kTagFini |
                                  1u << kTagRel | 1u << kTagJmprel | 1u << kTagInitArray |
                                  1u << kTagFiniArray;

// A record of the file or of the image; false if not all of it lies there. Not in line: field by
// field, without alignment, it would be many times as much code.
[[gnu::noinline]] bool Copy(Bytes from, ImageAddress offset, void* record, size_t size) {
  if (!base::InBounds(from.size(), offset, size)) return false;
  std::memcpy(record, from.data() + offset, size);
  return true;
}
template <typename Record>
bool Read(Bytes from, ImageAddress offset, Record& record) {
  return Copy(from, offset, &record, sizeof(record));
}

template <typename Elf>
bool TakeSegment(const typename Elf::Segment& segment, size_t file_size, ElfSummary& summary) {
  if (segment.type != kSegmentLoad && segment.type != kSegmentDynamic) return true;
  if (!base::InBounds(kMaxImageSize, segment.address, segment.memory_size) ||
      segment.file_size > segment.memory_size ||
      !base::InBounds(file_size, segment.offset, segment.file_size)) {
    return false;
  }
  const auto address = static_cast<uint32_t>(segment.address);
  const uint32_t end = address + static_cast<uint32_t>(segment.memory_size);
  if (segment.type == kSegmentDynamic) {
    summary.dynamic_address = address;
    summary.dynamic_size = static_cast<uint32_t>(segment.file_size);
  } else if (end > summary.image_size) {
    summary.image_size = end;
  }
  return true;
}

template <typename Elf>
Status Check(Bytes elf, ElfSummary& summary, Failure& failure) {
  using Segment = typename Elf::Segment;
  typename Elf::Header header;
  if (!Read(elf, 0, header)) return failure.Set(Message::kElfHeader);
  if (header.ident[kClassOffset] != Elf::kClass || header.ident[kDataOffset] != kLittleEndian ||
      header.type != kTypeDynamic) {
    return failure.Set(Message::kElfKind);
  }
  if (header.machine != ElfNumber(Elf::kMachine)) {
    return failure.Begin(Message::kElfMachine).Number(header.machine).status();
  }
  summary = {.machine = Elf::kMachine,
             .segment_table = static_cast<uint32_t>(header.segment_table),
             .segment_count = header.segment_count};
  bool good = header.segment_size == sizeof(Segment) && header.segment_count <= kMaxSegments;
  Segment segment;
  for (uint32_t i = 0; good && i < header.segment_count; ++i) {
    good = Read(elf, header.segment_table + i * sizeof(segment), segment) &&
           TakeSegment<Elf>(segment, elf.size(), summary);
  }
  return good && summary.image_size != 0 && summary.dynamic_size != 0
             ? Status::kOk
             : failure.Set(Message::kElfSegments);
}

template <typename Elf>
class Placement {
 public:
  Placement(Bytes elf, const ElfSummary& summary, KernelImage& image, Failure& failure)
      : elf_(elf), summary_(summary), image_(image), failure_(failure) {}

  Status Place() {
    if (image_.bytes.size() != summary_.image_size) return Outside();
    image_.pointer_size = sizeof(Word);
    CopySegments();
    Status status = ReadDynamicTable();
    if (status == Status::kOk) status = Relocate();
    return status == Status::kOk ? FindQuery() : status;
  }

 private:
  using Word = typename Elf::Word;
  using Relocation = typename Elf::Relocation;
  using Symbol = typename Elf::Symbol;

  Status Outside() { return failure_.Set(Message::kElfTables); }

  void CopySegments() {
    typename Elf::Segment segment;
    for (uint32_t i = 0; i < summary_.segment_count; ++i) {
      if (!Read(elf_, summary_.segment_table + i * sizeof(segment), segment)) return;
      if (segment.type != kSegmentLoad) continue;
      uint8_t* target = image_.bytes.data() + segment.address;
      std::memcpy(target, elf_.data() + segment.offset, segment.file_size);
      std::memset(target + segment.file_size, 0, segment.memory_size - segment.file_size);
    }
  }

  Status ReadDynamicTable() {
    typename Elf::Dynamic entry;
    for (uint32_t offset = 0; offset + sizeof(entry) <= summary_.dynamic_size;
         offset += sizeof(entry)) {
      if (!Read(image_.bytes, summary_.dynamic_address + offset, entry)) return Outside();
      if (entry.tag == kTagNull) break;
      if (entry.tag >= kTagLimit) continue;
      if ((kRefusedTags >> entry.tag & 1) != 0) return failure_.Set(Message::kElfNeeds);
      tags_[entry.tag] = entry.value;
    }
    if (tags_[kTagRelasz] != 0 && tags_[kTagRelaent] != sizeof(Relocation)) return Outside();
    return tags_[kTagSyment] == sizeof(Symbol) ? Status::kOk : Outside();
  }

  Status Relocate() {
    Relocation entry;
    for (ImageAddress offset = 0; offset + sizeof(entry) <= tags_[kTagRelasz];
         offset += sizeof(entry)) {
      if (!Read(image_.bytes, tags_[kTagRela] + offset, entry)) return Outside();
      const auto type = static_cast<uint32_t>(entry.info & Elf::kTypeMask);
      if (type != Elf::kRelative) {
        return failure_.Begin(Message::kElfRelocation).Number(type).status();
      }
      if (!base::InBounds(summary_.image_size, entry.offset, sizeof(Word)) ||
          entry.addend > summary_.image_size) {
        return Outside();
      }
      base::StoreLe(image_.bytes.data() + entry.offset,
                    static_cast<Word>(image_.base_address + entry.addend));
    }
    return Status::kOk;
  }

  Status FindQuery() {
    struct {
      uint32_t bucket_count, symbol_count;
    } hash = {};
    if (tags_[kTagHash] != 0 && !Read(image_.bytes, tags_[kTagHash], hash)) return Outside();
    Symbol symbol;
    std::array<char, kQuerySymbol.size() + 1> name;  // the terminating NUL is compared too
    for (uint32_t i = 0; i < hash.symbol_count; ++i) {
      if (!Read(image_.bytes, tags_[kTagSymtab] + ImageAddress{i} * sizeof(symbol), symbol))
        return Outside();
      if (symbol.section == 0) continue;
      if (!base::InBounds(tags_[kTagStrsz], symbol.name, name.size())) continue;
      if (!Read(image_.bytes, tags_[kTagStrtab] + symbol.name, name)) return Outside();
      if (std::memcmp(name.data(), kQuerySymbol.data(), name.size()) != 0) continue;
      if (symbol.value >= summary_.image_size) break;
      image_.query = image_.base_address + symbol.value;
      return Status::kOk;
    }
    return failure_.Set(Message::kElfQuery);
  }

  Bytes elf_;
  const ElfSummary& summary_;
  KernelImage& image_;
  Failure& failure_;
  std::array<ImageAddress, kTagLimit> tags_ = {};
};

// Runs `step` with the records of a machine. A target links only its own.
template <typename Step>
Status WithRecordsOf(Machine machine, Step step) {
  if constexpr (kTakesEveryMachine) {
    switch (machine) {
      case Machine::kRiscV32:
        return step.template operator()<ElfRiscV32>();
      case Machine::kRiscV64:
        return step.template operator()<ElfRiscV64>();
      case Machine::kX8664:
        return step.template operator()<ElfX8664>();
    }
  }
  using Native = std::conditional_t<kNativeMachine == Machine::kRiscV32, ElfRiscV32, ElfRiscV64>;
  return step.template operator()<Native>();
}

// By class, and where that is not enough by the machine's number. Checks nothing else of it.
Machine MachineOf(const uint8_t* header) {
  if (header[kClassOffset] == Elf32::kClass) return Machine::kRiscV32;
  return base::LoadLe<uint16_t>(header + kMachineOffset) == ElfNumber(Machine::kX8664)
             ? Machine::kX8664
             : Machine::kRiscV64;
}

}  // namespace

ImageAddress ImageReader::Value(ImageAddress address, uint32_t size_bytes) {
  ImageAddress value = 0;
  if (image_->Contains(address, size_bytes)) {
    std::memcpy(&value, image_->bytes.data() + (address - image_->base_address), size_bytes);
  } else {
    ok_ = false;
  }
  return value;
}

std::string_view ImageReader::Text(ImageAddress address) {
  if (image_->Contains(address, 1)) {
    const size_t offset = address - image_->base_address;
    const auto* text = reinterpret_cast<const char*>(image_->bytes.data() + offset);
    const size_t room = image_->bytes.size() - offset;
    const auto* end = static_cast<const char*>(std::memchr(text, 0, room));
    if (end != nullptr) return {text, static_cast<size_t>(end - text)};
  }
  ok_ = false;
  return {};
}

Status CheckElf(Bytes elf, ElfSummary& summary, Failure& failure) {
  constexpr std::string_view kMagic = "\177ELF";
  if (elf.size() <= kMachineOffset + sizeof(uint16_t) ||
      std::memcmp(elf.data(), kMagic.data(), kMagic.size()) != 0) {
    return failure.Set(Message::kNotAnElf);
  }
  return WithRecordsOf(MachineOf(elf.data()),
                       [&]<typename Elf>() { return Check<Elf>(elf, summary, failure); });
}

Status PlaceElf(Bytes elf, const ElfSummary& summary, KernelImage& image, Failure& failure) {
  return WithRecordsOf(summary.machine, [&]<typename Elf>() {
    return Placement<Elf>(elf, summary, image, failure).Place();
  });
}

}  // namespace runtime
