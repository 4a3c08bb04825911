// SPDX-License-Identifier: Apache-2.0

// Reading little-endian values out of foreign bytes. Every read is checked against both bounds; an
// access outside gives Status::kOutOfBounds and reads nothing. Owns no memory.
#ifndef BASE_BYTE_READER_H_
#define BASE_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "base/status.h"

namespace base {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

// True if [offset, offset + length) lies inside `size` bytes. Cannot wrap.
[[nodiscard]] constexpr bool InBounds(size_t size, size_t offset, size_t length) {
  return offset <= size && length <= size - offset;
}

// Unchecked little-endian load and store; the caller has proved the bounds. Any alignment. Both
// hosts and targets of this project are little-endian.
template <typename T>
  requires std::is_trivially_copyable_v<T>
[[nodiscard]] inline T LoadLe(const uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

template <typename T>
  requires std::is_trivially_copyable_v<T>
inline void StoreLe(uint8_t* bytes, T value) {
  std::memcpy(bytes, &value, sizeof(T));
}

// Checked load of a T at `offset`.
template <typename T>
[[nodiscard]] inline Result<T> ReadAt(Bytes bytes, size_t offset) {
  if (!InBounds(bytes.size(), offset, sizeof(T))) return std::unexpected(Status::kOutOfBounds);
  return LoadLe<T>(bytes.data() + offset);
}

// Checked sub-range.
[[nodiscard]] inline Result<Bytes> SliceAt(Bytes bytes, size_t offset, size_t length) {
  if (!InBounds(bytes.size(), offset, length)) return std::unexpected(Status::kOutOfBounds);
  return bytes.subspan(offset, length);
}

// Sequential reader over a range it does not own.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes, size_t offset = 0) : bytes_(bytes), offset_(offset) {}

  template <typename T>
  [[nodiscard]] Result<T> Read() {
    auto value = ReadAt<T>(bytes_, offset_);
    if (value) offset_ += sizeof(T);
    return value;
  }

  [[nodiscard]] Result<Bytes> ReadBytes(size_t length) {
    auto slice = SliceAt(bytes_, offset_, length);
    if (slice) offset_ += length;
    return slice;
  }

  [[nodiscard]] size_t offset() const { return offset_; }
  [[nodiscard]] size_t remaining() const { return bytes_.size() - offset_; }

 private:
  Bytes bytes_;
  size_t offset_;
};

}  // namespace base

#endif  // BASE_BYTE_READER_H_
