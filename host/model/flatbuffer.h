// SPDX-License-Identifier: Apache-2.0

// A FlatBuffer whose bytes are hostile: every offset is checked against the buffer before it is
// followed, so nothing outside of it is ever read, and nothing is copied or allocated.
//
// The caller keeps the bytes alive. A field that is absent gives its default, as the format has it;
// a field that points outside gives an Error of kind kInput whose place is "@0x<offset>". Cost: a
// few comparisons a field. Tables may be shared or form a cycle; whoever recurses limits the depth.
#ifndef HOST_MODEL_FLATBUFFER_H_
#define HOST_MODEL_FLATBUFFER_H_

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/try.h"
#include "host/error/error.h"

namespace host {

class FlatTable {
 public:
  // The root table of a buffer with this file identifier (four characters at offset 4).
  [[nodiscard]] static Result<FlatTable> Root(std::span<const uint8_t> bytes,
                                              std::string_view identifier);

  // A number stored in the table itself.
  template <typename T>
  [[nodiscard]] Result<T> Scalar(uint32_t field, T absent) const {
    const uint32_t at = TRY(FieldOffset(field, sizeof(T)));
    if (at == 0) return absent;
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof(T));
    return value;
  }
  [[nodiscard]] Result<std::string_view> Text(uint32_t field) const;
  // Bytes in place; empty if absent.
  [[nodiscard]] Result<std::span<const uint8_t>> Bytes(uint32_t field) const;
  // Numbers, copied, at most `limit` of them.
  template <typename T>
  [[nodiscard]] Result<std::vector<T>> Numbers(uint32_t field, size_t limit) const {
    const Extent extent = TRY(Vector(field, sizeof(T)));
    if (extent.count > limit) return TooMany(extent, limit);
    std::vector<T> values(extent.count);
    if (extent.count != 0) {
      std::memcpy(values.data(), bytes_.data() + extent.offset, extent.count * sizeof(T));
    }
    return values;
  }
  [[nodiscard]] Result<std::optional<FlatTable>> Table(uint32_t field) const;
  [[nodiscard]] Result<std::vector<FlatTable>> Tables(uint32_t field, size_t limit) const;

  [[nodiscard]] uint32_t offset() const { return offset_; }

 private:
  struct Extent {
    uint32_t offset = 0;  // of the first element
    uint32_t count = 0;
  };

  [[nodiscard]] static Result<FlatTable> At(std::span<const uint8_t> bytes, uint32_t offset);
  [[nodiscard]] static std::unexpected<Error> TooMany(const Extent& extent, size_t limit);
  // 0 if absent.
  [[nodiscard]] Result<uint32_t> FieldOffset(uint32_t field, size_t size) const;
  [[nodiscard]] Result<uint32_t> Target(uint32_t at) const;
  [[nodiscard]] Result<Extent> Vector(uint32_t field, size_t element_size) const;

  std::span<const uint8_t> bytes_;
  uint32_t offset_ = 0;
  uint32_t vtable_ = 0;
  uint16_t vtable_bytes_ = 0;
  uint16_t table_bytes_ = 0;
};

}  // namespace host

#endif  // HOST_MODEL_FLATBUFFER_H_
