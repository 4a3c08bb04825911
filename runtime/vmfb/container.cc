// SPDX-License-Identifier: Apache-2.0

#include "runtime/vmfb/container.h"

#include "runtime/vmfb/flatbuffer.h"

namespace runtime {
namespace {

using base::Status;

constexpr uint32_t kZipLocalHeader = 0x04034B50;  // "PK\3\4"
constexpr uint32_t kZipHeaderSize = 30;
constexpr uint32_t kZipNameLengthOffset = 26;
constexpr uint32_t kZipExtraLengthOffset = 28;
constexpr uint32_t kRodataAlignment = 64;
constexpr uint32_t kIdentifier = 0x45455249;  // "IREE"
constexpr uint32_t kIdentifierOffset = 8;
constexpr uint32_t kMinFlatbufferSize = 16;

}  // namespace

Status LocateModule(base::Bytes file, Container& container) {
  flatbuffer::Reader reader(file);
  container = {.zip = reader.U32(0) == kZipLocalHeader};
  uint32_t start = 0;
  if (container.zip) {
    start = kZipHeaderSize + reader.U16(kZipNameLengthOffset) + reader.U16(kZipExtraLengthOffset);
  }
  const uint32_t size = reader.U32(start);
  // Identifier first: a foreign file should be called foreign, not damaged.
  if (reader.U32(start + kIdentifierOffset) != kIdentifier) return Status::kVmfbNotAModule;
  start += sizeof(size);
  if (size < kMinFlatbufferSize || size > file.size() - start) return Status::kVmfbMalformed;
  container.flatbuffer_offset = start;
  container.flatbuffer_size = size;
  container.rodata_base = (start + size + kRodataAlignment - 1) & ~(kRodataAlignment - 1);
  return Status::kOk;
}

}  // namespace runtime
