// SPDX-License-Identifier: Apache-2.0

#include "runtime/kernel/elf.h"

#include <array>
#include <cstring>
#include <string_view>

#include "base/try.h"
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
constexpr uint32_t kTypeOffset = 16;
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
// Tags that would need code run or symbols bound: an embedded image has none.
constexpr std::array kRefusedTags = {kTagNeeded, kTagInit,      kTagFini,     kTagRel,
                                     kTagJmprel, kTagInitArray, kTagFiniArray};

template <typename Elf>
class Loader {
 public:
  using Word = typename Elf::Word;
  template <typename T>
  using Result = base::Result<T>;

  Loader(Bytes elf, Failure& failure) : elf_(elf), failure_(failure) {}

  Result<ElfSummary> Check() {
    TRY(CheckHeader());
    TRY(ReadSegments());
    return ElfSummary{Elf::kMachine, image_size_};
  }

  Result<ImageAddress> Place(KernelImage& image) {
    TRY(CheckHeader());
    TRY(ReadSegments());
    if (image.bytes.size() != image_size_) return Refuse(Message::kElfTables);
    image_ = &image;
    image.pointer_size = sizeof(Word);
    TRY(CopySegments());
    TRY(ReadDynamicTable());
    TRY(Relocate());
    return FindQuery();
  }

 private:
  std::unexpected<Status> Refuse(Message message) { return std::unexpected(failure_.Set(message)); }
  // Both read unchecked; the callers have proved the record around.
  template <typename T>
  static T Field(const uint8_t* record, uint32_t offset) {
    return base::LoadLe<T>(record + offset);
  }
  [[nodiscard]] const uint8_t* Segment(uint32_t index) const {
    return elf_.data() + segment_table_ + index * Elf::kPhSize;
  }
  // A part of the image that a virtual address and a length name.
  Result<uint8_t*> Range(ImageAddress address, ImageAddress length) {
    if (!base::InBounds(image_size_, address, length)) {
      return Refuse(Message::kElfTables);
    }
    return image_->bytes.data() + address;
  }

  Result<void> CheckHeader() {
    if (elf_.size() < Elf::kHeaderSize) return Refuse(Message::kElfHeader);
    const uint8_t* header = elf_.data();
    if (header[kDataOffset] != kLittleEndian ||
        Field<uint16_t>(header, kTypeOffset) != kTypeDynamic) {
      return Refuse(Message::kElfKind);
    }
    if (Field<uint16_t>(header, kMachineOffset) != ElfNumber(Elf::kMachine)) {
      failure_.Begin(Message::kElfMachine).Number(Field<uint16_t>(header, kMachineOffset));
      return std::unexpected(Status::kKernelElfUnsupported);
    }
    const auto table = Field<Word>(header, Elf::kPhoff);
    segment_count_ = Field<uint16_t>(header, Elf::kPhnum);
    if (Field<uint16_t>(header, Elf::kPhentsize) != Elf::kPhSize || segment_count_ > kMaxSegments ||
        !base::InBounds(elf_.size(), table, segment_count_ * Elf::kPhSize)) {
      return Refuse(Message::kElfSegments);
    }
    segment_table_ = static_cast<size_t>(table);
    return {};
  }

  Result<void> ReadSegments() {
    ImageAddress end = 0;
    for (uint32_t i = 0; i < segment_count_; ++i) {
      const uint8_t* segment = Segment(i);
      const auto type = Field<uint32_t>(segment, 0);
      if (type != kSegmentLoad && type != kSegmentDynamic) continue;
      const ImageAddress address = Field<Word>(segment, Elf::kPhVaddr);
      const ImageAddress file_size = Field<Word>(segment, Elf::kPhFilesz);
      const ImageAddress memory_size = Field<Word>(segment, Elf::kPhMemsz);
      if (!base::InBounds(kMaxImageSize, address, memory_size) || file_size > memory_size ||
          !base::InBounds(elf_.size(), Field<Word>(segment, Elf::kPhOffset), file_size)) {
        return Refuse(Message::kElfSegments);
      }
      if (type == kSegmentLoad) {
        end = address + memory_size > end ? address + memory_size : end;
      } else {
        dynamic_address_ = address;
        dynamic_size_ = file_size;
      }
    }
    if (end == 0 || dynamic_size_ == 0) return Refuse(Message::kElfSegments);
    image_size_ = static_cast<uint32_t>(end);
    return {};
  }

  Result<void> CopySegments() {
    for (uint32_t i = 0; i < segment_count_; ++i) {
      const uint8_t* segment = Segment(i);
      if (Field<uint32_t>(segment, 0) != kSegmentLoad) continue;
      const auto file_size = static_cast<size_t>(Field<Word>(segment, Elf::kPhFilesz));
      const auto memory_size = static_cast<size_t>(Field<Word>(segment, Elf::kPhMemsz));
      uint8_t* target = image_->bytes.data() + Field<Word>(segment, Elf::kPhVaddr);
      std::memcpy(target, elf_.data() + Field<Word>(segment, Elf::kPhOffset), file_size);
      std::memset(target + file_size, 0, memory_size - file_size);
    }
    return {};
  }

  Result<void> ReadDynamicTable() {
    const uint8_t* table = TRY(Range(dynamic_address_, dynamic_size_));
    constexpr uint32_t kEntrySize = 2 * sizeof(Word);
    for (ImageAddress offset = 0; offset + kEntrySize <= dynamic_size_; offset += kEntrySize) {
      const auto tag = base::LoadLe<Word>(table + offset);
      if (tag == kTagNull) break;
      if (tag < kTagLimit) tags_[tag] = base::LoadLe<Word>(table + offset + sizeof(Word));
      for (const DynamicTag refused : kRefusedTags) {
        if (tag == refused) return Refuse(Message::kElfNeeds);
      }
    }
    if (tags_[kTagRelasz] != 0 && tags_[kTagRelaent] != Elf::kRelaSize) {
      return Refuse(Message::kElfTables);
    }
    if (tags_[kTagSyment] != Elf::kSymSize) return Refuse(Message::kElfTables);
    return {};
  }

  Result<void> Relocate() {
    const ImageAddress size = tags_[kTagRelasz];
    const uint8_t* table = TRY(Range(tags_[kTagRela], size));
    for (ImageAddress offset = 0; offset + Elf::kRelaSize <= size; offset += Elf::kRelaSize) {
      const uint8_t* entry = table + offset;
      const auto type = Field<Word>(entry, Elf::kRelaInfo) & ((Word{1} << Elf::kTypeBits) - 1);
      if (type != Elf::kRelative) {
        failure_.Begin(Message::kElfRelocation).Number(static_cast<uint32_t>(type));
        return std::unexpected(Status::kKernelElfUnsupported);
      }
      const ImageAddress target = Field<Word>(entry, 0);
      const ImageAddress addend = Field<Word>(entry, Elf::kRelaAddend);
      if (!base::InBounds(image_size_, target, sizeof(Word)) || addend > image_size_) {
        return Refuse(Message::kElfTables);
      }
      base::StoreLe(image_->bytes.data() + target,
                    static_cast<Word>(image_->base_address + addend));
    }
    return {};
  }

  Result<ImageAddress> FindQuery() {
    // The symbol count is the hash table's second word.
    const uint8_t* hash = TRY(Range(tags_[kTagHash], 2 * sizeof(uint32_t)));
    const ImageAddress count = tags_[kTagHash] != 0 ? Field<uint32_t>(hash, sizeof(uint32_t)) : 0;
    if (count > image_size_ / Elf::kSymSize) return Refuse(Message::kElfTables);
    const uint8_t* symbols = TRY(Range(tags_[kTagSymtab], count * Elf::kSymSize));
    const ImageAddress strings_size = tags_[kTagStrsz];
    const uint8_t* strings = TRY(Range(tags_[kTagStrtab], strings_size));
    for (ImageAddress i = 0; i < count; ++i) {
      const uint8_t* symbol = symbols + i * Elf::kSymSize;
      const ImageAddress name = Field<uint32_t>(symbol, 0);
      if (Field<uint16_t>(symbol, Elf::kSymShndx) == 0) continue;
      if (!base::InBounds(strings_size, name, kQuerySymbol.size() + 1)) continue;
      // The terminating NUL is compared too.
      if (std::memcmp(strings + name, kQuerySymbol.data(), kQuerySymbol.size() + 1) != 0) continue;
      const ImageAddress value = Field<Word>(symbol, Elf::kSymValue);
      if (value >= image_size_) return Refuse(Message::kElfQuery);
      return image_->base_address + value;
    }
    return Refuse(Message::kElfQuery);
  }

  Bytes elf_;
  Failure& failure_;
  KernelImage* image_ = nullptr;
  size_t segment_table_ = 0;
  uint32_t segment_count_ = 0;
  uint32_t image_size_ = 0;
  ImageAddress dynamic_address_ = 0;
  ImageAddress dynamic_size_ = 0;
  std::array<ImageAddress, kTagLimit> tags_ = {};
};

#if !defined(__riscv)
constexpr bool kTakesAll = true;  // to look at, if not to run
#else
constexpr bool kTakesAll = false;
#endif

// Runs `step` with the loader of the file's machine. A target links only its own.
template <typename Step>
auto WithLoader(Bytes elf, Failure& failure, Step step)
    -> decltype(step(Loader<ElfRiscV32>(elf, failure))) {
  constexpr uint32_t kMagic = 0x464C457F;
  const auto magic = base::ReadAt<uint32_t>(elf, 0);
  if (!magic || *magic != kMagic || elf.size() <= kMachineOffset + sizeof(uint16_t)) {
    return std::unexpected(failure.Set(Message::kNotAnElf));
  }
  if constexpr (kTakesAll || kNativeMachine == Machine::kRiscV32) {
    if (elf[kClassOffset] == Elf32::kClass) return step(Loader<ElfRiscV32>(elf, failure));
  }
  if (elf[kClassOffset] == Elf64::kClass) {
    if constexpr (kTakesAll) {
      if (base::LoadLe<uint16_t>(&elf[kMachineOffset]) == ElfNumber(Machine::kX8664)) {
        return step(Loader<ElfX8664>(elf, failure));
      }
    }
    if constexpr (kTakesAll || kNativeMachine == Machine::kRiscV64) {
      return step(Loader<ElfRiscV64>(elf, failure));
    }
  }
  return std::unexpected(failure.Set(Message::kElfKind));
}

}  // namespace

base::Result<ImageAddress> KernelImage::Pointer(ImageAddress address) const {
  if (pointer_size == sizeof(uint32_t)) return TRY(At<uint32_t>(address));
  return At<uintptr_t>(address);
}

base::Result<ElfSummary> CheckElf(Bytes elf, Failure& failure) {
  return WithLoader(elf, failure, [](auto loader) { return loader.Check(); });
}

base::Result<ImageAddress> PlaceElf(Bytes elf, KernelImage& image, Failure& failure) {
  return WithLoader(elf, failure, [&](auto loader) { return loader.Place(image); });
}

}  // namespace runtime
