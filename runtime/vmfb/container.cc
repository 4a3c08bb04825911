// SPDX-License-Identifier: Apache-2.0

#include "runtime/vmfb/container.h"

#include <cstdint>
#include <cstring>

#include "base/try.h"

namespace runtime {
namespace {

using base::Status;

constexpr uint32_t kZipLocalHeader = 0x04034B50;  // "PK\3\4"
constexpr size_t kZipHeaderSize = 30;
constexpr size_t kZipNameLengthOffset = 26;
constexpr size_t kZipExtraLengthOffset = 28;
constexpr size_t kRodataAlignment = 64;
constexpr size_t kMinFlatbufferSize = 16;

}  // namespace

base::Result<Container> LocateModule(base::Bytes file) {
  const auto magic = base::ReadAt<uint32_t>(file, 0);
  if (!magic) return std::unexpected(Status::kVmfbNotAModule);
  Container container = {};
  size_t start = 0;
  if (*magic == kZipLocalHeader) {
    container.zip = true;
    start = kZipHeaderSize + TRY(base::ReadAt<uint16_t>(file, kZipNameLengthOffset)) +
            TRY(base::ReadAt<uint16_t>(file, kZipExtraLengthOffset));
  }
  const auto size = base::ReadAt<uint32_t>(file, start);
  if (!size) return std::unexpected(Status::kVmfbNotAModule);
  const auto flatbuffer = base::SliceAt(file, start + sizeof(uint32_t), *size);
  // Identifier first: a foreign file should be called foreign, not damaged.
  const auto identifier = base::SliceAt(file, start + 8, 4);
  if (!identifier || std::memcmp(identifier->data(), "IREE", 4) != 0) {
    return std::unexpected(Status::kVmfbNotAModule);
  }
  if (!flatbuffer || flatbuffer->size() < kMinFlatbufferSize) {
    return std::unexpected(Status::kVmfbMalformed);
  }
  container.flatbuffer_offset = start + sizeof(uint32_t);
  container.flatbuffer_size = flatbuffer->size();
  const size_t end = container.flatbuffer_offset + container.flatbuffer_size;
  container.rodata_base = (end + kRodataAlignment - 1) / kRodataAlignment * kRodataAlignment;
  return container;
}

}  // namespace runtime
