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

  Result<uint64_t> Place(KernelImage& image) {
    TRY(CheckHeader());
    TRY(ReadSegments());
    if (image.bytes.size() != image_size_) return Malformed("image has another size");
    image_ = &image;
    image.pointer_size = sizeof(Word);
    TRY(CopySegments());
    TRY(ReadDynamicTable());
    TRY(Relocate());
    return FindQuery();
  }

 private:
  std::unexpected<Status> Malformed(std::string_view text) {
    return std::unexpected(failure_.Set(Status::kKernelElfMalformed, "kernel ELF", text));
  }
  std::unexpected<Status> Unsupported(std::string_view text) {
    return std::unexpected(failure_.Set(Status::kKernelElfUnsupported, "kernel ELF", text));
  }
  // Both read unchecked; the callers have proved the record around.
  template <typename T>
  static T Field(const uint8_t* record, uint32_t offset) {
    return base::LoadLe<T>(record + offset);
  }
  [[nodiscard]] const uint8_t* Segment(uint32_t index) const {
    return elf_.data() + segment_table_ + index * Elf::kPhSize;
  }
  // A part of the image that a virtual address and a length name.
  Result<uint8_t*> Range(uint64_t address, uint64_t length) {
    if (!base::InBounds(image_size_, address, length)) {
      return Malformed("table lies outside the image");
    }
    return image_->bytes.data() + address;
  }

  Result<void> CheckHeader() {
    if (elf_.size() < Elf::kHeaderSize) return Malformed("header is cut off");
    const uint8_t* header = elf_.data();
    if (header[kDataOffset] != kLittleEndian ||
        Field<uint16_t>(header, kTypeOffset) != kTypeDynamic) {
      return Unsupported("not a little-endian shared object");
    }
    if (Field<uint16_t>(header, kMachineOffset) != static_cast<uint16_t>(Elf::kMachine)) {
      failure_.Begin(Status::kKernelElfUnsupported, "kernel ELF: code for machine ")
          .AppendNumber(Field<uint16_t>(header, kMachineOffset));
      return std::unexpected(Status::kKernelElfUnsupported);
    }
    const auto table = Field<Word>(header, Elf::kPhoff);
    segment_count_ = Field<uint16_t>(header, Elf::kPhnum);
    if (Field<uint16_t>(header, Elf::kPhentsize) != Elf::kPhSize || segment_count_ > kMaxSegments ||
        !base::InBounds(elf_.size(), table, segment_count_ * Elf::kPhSize)) {
      return Malformed("segment table");
    }
    segment_table_ = static_cast<size_t>(table);
    return {};
  }

  Result<void> ReadSegments() {
    uint64_t end = 0;
    for (uint32_t i = 0; i < segment_count_; ++i) {
      const uint8_t* segment = Segment(i);
      const auto type = Field<uint32_t>(segment, 0);
      if (type != kSegmentLoad && type != kSegmentDynamic) continue;
      const uint64_t address = Field<Word>(segment, Elf::kPhVaddr);
      const uint64_t file_size = Field<Word>(segment, Elf::kPhFilesz);
      const uint64_t memory_size = Field<Word>(segment, Elf::kPhMemsz);
      if (!base::InBounds(kMaxImageSize, address, memory_size) || file_size > memory_size ||
          !base::InBounds(elf_.size(), Field<Word>(segment, Elf::kPhOffset), file_size)) {
        return Malformed("segment lies outside the file or is too big");
      }
      if (type == kSegmentLoad) {
        end = address + memory_size > end ? address + memory_size : end;
      } else {
        dynamic_address_ = address;
        dynamic_size_ = file_size;
      }
    }
    if (end == 0 || dynamic_size_ == 0) return Malformed("no loadable or no dynamic segment");
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
    for (uint64_t offset = 0; offset + kEntrySize <= dynamic_size_; offset += kEntrySize) {
      const auto tag = base::LoadLe<Word>(table + offset);
      if (tag == kTagNull) break;
      if (tag < kTagLimit) tags_[tag] = base::LoadLe<Word>(table + offset + sizeof(Word));
      for (const DynamicTag refused : kRefusedTags) {
        if (tag == refused)
          return Unsupported("needs other libraries, relocations or initialisers");
      }
    }
    if (tags_[kTagRelasz] != 0 && tags_[kTagRelaent] != Elf::kRelaSize) {
      return Malformed("relocation size");
    }
    if (tags_[kTagSyment] != Elf::kSymSize) return Malformed("symbol size");
    return {};
  }

  Result<void> Relocate() {
    const uint64_t size = tags_[kTagRelasz];
    const uint8_t* table = TRY(Range(tags_[kTagRela], size));
    for (uint64_t offset = 0; offset + Elf::kRelaSize <= size; offset += Elf::kRelaSize) {
      const uint8_t* entry = table + offset;
      const auto type = Field<Word>(entry, Elf::kRelaInfo) & ((Word{1} << Elf::kTypeBits) - 1);
      if (type != Elf::kRelative) {
        failure_.Begin(Status::kKernelElfUnsupported, "kernel ELF: relocation type ")
            .AppendNumber(static_cast<uint32_t>(type));
        return std::unexpected(Status::kKernelElfUnsupported);
      }
      const uint64_t target = Field<Word>(entry, 0);
      const uint64_t addend = Field<Word>(entry, Elf::kRelaAddend);
      if (!base::InBounds(image_size_, target, sizeof(Word)) || addend > image_size_) {
        return Malformed("relocation lies outside the image");
      }
      base::StoreLe(image_->bytes.data() + target,
                    static_cast<Word>(image_->base_address + addend));
    }
    return {};
  }

  Result<uint64_t> FindQuery() {
    // The symbol count is the hash table's second word.
    const uint8_t* hash = TRY(Range(tags_[kTagHash], 2 * sizeof(uint32_t)));
    const uint64_t count = tags_[kTagHash] != 0 ? Field<uint32_t>(hash, sizeof(uint32_t)) : 0;
    const uint8_t* symbols = TRY(Range(tags_[kTagSymtab], count * Elf::kSymSize));
    const uint64_t strings_size = tags_[kTagStrsz];
    const uint8_t* strings = TRY(Range(tags_[kTagStrtab], strings_size));
    for (uint64_t i = 0; i < count; ++i) {
      const uint8_t* symbol = symbols + i * Elf::kSymSize;
      const uint64_t name = Field<uint32_t>(symbol, 0);
      if (Field<uint16_t>(symbol, Elf::kSymShndx) == 0) continue;
      if (!base::InBounds(strings_size, name, kQuerySymbol.size() + 1)) continue;
      // The terminating NUL is compared too.
      if (std::memcmp(strings + name, kQuerySymbol.data(), kQuerySymbol.size() + 1) != 0) continue;
      const uint64_t value = Field<Word>(symbol, Elf::kSymValue);
      if (value >= image_size_) return Malformed("query function lies outside the image");
      return image_->base_address + value;
    }
    return Malformed("no library query function");
  }

  Bytes elf_;
  Failure& failure_;
  KernelImage* image_ = nullptr;
  size_t segment_table_ = 0;
  uint32_t segment_count_ = 0;
  uint32_t image_size_ = 0;
  uint64_t dynamic_address_ = 0;
  uint64_t dynamic_size_ = 0;
  std::array<uint64_t, kTagLimit> tags_ = {};
};

// Runs `step` with the loader of the file's class. The target links only its own.
template <typename Step>
auto WithLoader(Bytes elf, Failure& failure, Step step)
    -> decltype(step(Loader<Elf32>(elf, failure))) {
  constexpr uint32_t kMagic = 0x464C457F;
  const auto magic = base::ReadAt<uint32_t>(elf, 0);
  if (!magic || *magic != kMagic || elf.size() <= kDataOffset) {
    return std::unexpected(
        failure.Set(Status::kKernelElfUnsupported, "executable is not an ELF file"));
  }
  if (elf[kClassOffset] == Elf32::kClass) return step(Loader<Elf32>(elf, failure));
  if constexpr (sizeof(void*) == 8) {
    if (elf[kClassOffset] == Elf64::kClass) return step(Loader<Elf64>(elf, failure));
  }
  return std::unexpected(
      failure.Set(Status::kKernelElfUnsupported, "kernel ELF: class for another machine"));
}

}  // namespace

base::Result<uint64_t> KernelImage::Pointer(uint64_t address) const {
  if (pointer_size == sizeof(uint32_t)) return TRY(At<uint32_t>(address));
  return At<uint64_t>(address);
}

base::Result<ElfSummary> CheckElf(Bytes elf, Failure& failure) {
  return WithLoader(elf, failure, [](auto loader) { return loader.Check(); });
}

base::Result<uint64_t> PlaceElf(Bytes elf, KernelImage& image, Failure& failure) {
  return WithLoader(elf, failure, [&](auto loader) { return loader.Place(image); });
}

}  // namespace runtime
